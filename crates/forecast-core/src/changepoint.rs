//! Where the rate of the trend may change.

use crate::{ds::Ds, error::FitError, spec::Spec};

/// The changepoints of a history: those given, sorted, or placed evenly over
/// the rows of its first part.
///
/// # Source
///
/// `set_changepoints` in Prophet 1.5, `forecaster.py`; the rounding to even of
/// half positions is NumPy's.
pub(crate) fn place(spec: &Spec, ds: &[Ds]) -> Result<Vec<Ds>, FitError> {
    let (first, last) = (ds[0], ds[ds.len() - 1]);
    if let Some(given) = &spec.changepoints {
        let mut given = given.clone();
        given.sort_unstable();
        return match given.iter().find(|&&at| at < first || last < at) {
            Some(&at) => Err(FitError::ChangepointOutside { at, first, last }),
            None => Ok(given),
        };
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1 of a length"
    )]
    let rows = (ds.len() as f64 * spec.changepoint_range).floor() as usize;
    let count = spec.n_changepoints.min(rows.saturating_sub(1));
    let step = if count == 0 { 0.0 } else { (rows - 1) as f64 / count as f64 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most the last row"
    )]
    let at = |i: usize| ds[(i as f64 * step).round_ties_even() as usize];
    Ok((1..=count).map(at).collect())
}
