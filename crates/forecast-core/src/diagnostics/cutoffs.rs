//! Where a history is cut.

use chrono::TimeDelta;

use super::CrossValidationError;
use crate::ds::Ds;

/// Cutoffs of one cross-validation; each is a fit, and a day of fits is enough.
pub(crate) const CUTOFFS_MAX: usize = 1_000_000;

/// The cutoffs of a history with these time stamps, in order of time.
///
/// The last is `horizon` before the last row, the others stand `period` apart
/// before it, as long as `initial` fits between the first row and the cutoff.
/// Where a gap leaves no row to forecast, the cutoff moves to `horizon` before
/// the last row in front of the gap.
///
/// # Errors
///
/// [`CrossValidationError::Option`], [`CrossValidationError::NoHistory`] without
/// rows, [`CrossValidationError::LessDataThanHorizon`],
/// [`CrossValidationError::LessDataThanInitial`] or
/// [`CrossValidationError::TooManyCutoffs`].
///
/// # Source
///
/// `generate_cutoffs` in Prophet 1.5, `diagnostics.py`.
pub fn generate_cutoffs(
    ds: &[Ds],
    horizon: TimeDelta,
    initial: TimeDelta,
    period: TimeDelta,
) -> Result<Vec<Ds>, CrossValidationError> {
    above_zero("horizon", horizon)?;
    above_zero("period", period)?;
    if initial < TimeDelta::zero() {
        let (option, allowed) = ("initial", "at least 0 days");
        return Err(CrossValidationError::Option { option, value: initial, allowed });
    }
    let mut ds = ds.to_vec();
    ds.sort_unstable();
    let (Some(&first), Some(&last)) = (ds.first(), ds.last()) else {
        return Err(CrossValidationError::NoHistory);
    };
    let less_than_horizon = CrossValidationError::LessDataThanHorizon { horizon, first, last };
    let mut cutoff = match last.checked_sub_signed(horizon) {
        Some(cutoff) if first <= cutoff => cutoff,
        _ => return Err(less_than_horizon),
    };
    let mut result = Vec::new();
    // Without an end to the calendar there is no cutoff late enough.
    let earliest = first.checked_add_signed(initial).unwrap_or(Ds::MAX);
    while earliest <= cutoff {
        if result.len() == CUTOFFS_MAX {
            return Err(CrossValidationError::TooManyCutoffs { period });
        }
        result.push(cutoff);
        match before(&ds, cutoff, horizon, period) {
            Some(next) => cutoff = next,
            None => break,
        }
    }
    if result.is_empty() {
        return Err(CrossValidationError::LessDataThanInitial { horizon, initial, first, last });
    }
    result.reverse();
    Ok(result)
}

/// The cutoff before `cutoff`, or `None` where the calendar ends.
fn before(ds: &[Ds], cutoff: Ds, horizon: TimeDelta, period: TimeDelta) -> Option<Ds> {
    let cutoff = cutoff.checked_sub_signed(period)?;
    let seen = rows_until(ds, cutoff);
    if seen < rows_until(ds, cutoff.checked_add_signed(horizon)?) {
        return Some(cutoff);
    }
    match seen.checked_sub(1) {
        // At or before the first row nothing is left, and the cutoff is dropped.
        Some(row) if ds[0] < cutoff => ds[row].checked_sub_signed(horizon),
        _ => Some(cutoff),
    }
}

/// How many of the sorted `ds` are not after `cutoff`.
pub(super) fn rows_until(ds: &[Ds], cutoff: Ds) -> usize {
    ds.partition_point(|&at| at <= cutoff)
}

pub(super) fn above_zero(
    option: &'static str,
    value: TimeDelta,
) -> Result<(), CrossValidationError> {
    if TimeDelta::zero() < value {
        return Ok(());
    }
    Err(CrossValidationError::Option { option, value, allowed: "above 0 days" })
}
