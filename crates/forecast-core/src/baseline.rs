//! Forecasts that cost nothing, and that a model has to beat.

use crate::ds::{Ds, seconds_between};

/// Repeats the last value for every row: the honest forecast of a price.
///
/// Returns `None` for an empty history.
pub fn naive_last(y: &[f64], rows: usize) -> Option<Vec<f64>> {
    y.last().map(|&last| vec![last; rows])
}

/// Goes on along the line through the first and the last value.
///
/// `ds` and `y` are the history in order of time. Returns `None` with fewer than
/// two time stamps.
pub fn drift(ds: &[Ds], y: &[f64], future: &[Ds]) -> Option<Vec<f64>> {
    let (&first_ds, &last_ds) = (ds.first()?, ds.last()?);
    let (&first, &last) = (y.first()?, y.last()?);
    let span = seconds_between(first_ds, last_ds);
    if span <= 0.0 {
        return None;
    }
    let slope = (last - first) / span;
    Some(future.iter().map(|&at| last + slope * seconds_between(last_ds, at)).collect())
}
