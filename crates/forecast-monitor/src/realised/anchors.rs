//! Whether closes still come in the unit in which a model was fitted.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::join::is_price;

/// How far the ratio of one date may be from the others' and still be the same, as a share: more
/// than prices are rounded by.
const SAME_RATIO: f64 = 0.002;

/// How far from 1 the ratio is at least after a split, as a share: the smallest are far above.
const RESCALED_FROM: f64 = 0.005;

/// What the closes on the anchors' dates say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    /// Closes are what they were, or nothing is known of what they were.
    Same,
    /// All closes are what they were times this.
    Rescaled(f64),
    /// They changed, and not by one ratio.
    Disagree,
    /// No close is known on any of the dates.
    Unseen,
}

/// Compares anchors, the rows that a model was fitted to, with the closes of the same dates.
///
/// One of them may differ from the middle: a single close that was corrected says nothing of the
/// others. Of two that differ both do.
pub(super) fn unit(anchors: &[(NaiveDate, f64)], closes: &BTreeMap<NaiveDate, f64>) -> Unit {
    let usable = anchors.iter().filter(|(_, y)| is_price(*y));
    let (mut n_usable, mut ratios) = (0, Vec::new());
    for (ds, y) in usable {
        n_usable += 1;
        ratios.extend(closes.get(ds).map(|close| close / y));
    }
    ratios.sort_by(f64::total_cmp);
    let Some(middle) = median(&ratios) else {
        return if n_usable == 0 { Unit::Same } else { Unit::Unseen };
    };
    let n_compared = ratios.len();
    ratios.retain(|ratio| (ratio / middle - 1.0).abs() <= SAME_RATIO);
    if ratios.len() + 1 < n_compared {
        return Unit::Disagree;
    }
    match median(&ratios) {
        Some(ratio) if RESCALED_FROM < (ratio - 1.0).abs() => Unit::Rescaled(ratio),
        Some(_) => Unit::Same,
        None => Unit::Disagree,
    }
}

/// The middle of sorted values; of an even number the mean of the two.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}
