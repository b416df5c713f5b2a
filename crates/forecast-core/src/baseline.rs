//! Forecasts that cost nothing, and that a model has to beat.

use chrono::TimeDelta;

use crate::ds::{Ds, seconds_between};

/// A forecast that costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The last value again.
    Naive,
    /// On along the line through the first and the last value.
    Drift,
    /// What was a season ago.
    SeasonalNaive(Season),
}

/// How a season is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// In rows: the future's rows follow on the history's, so that 5 is a week of
    /// business days.
    Rows(usize),
    /// In time: the last row that is not after the same moment so many whole
    /// seasons ago. 364 days keep the weekday.
    Time(TimeDelta),
}

impl Baseline {
    /// Forecasts `future` from a history in order of time.
    ///
    /// # Shapes
    ///
    /// `ds` and `y` are equally long; the result has a value for each row of
    /// `future`, in its order. Rows of a season in rows are counted in the order
    /// of `future`.
    ///
    /// Returns `None` if the history is too short: no row, no two time stamps
    /// for a drift, less than a season; or if the season is not above zero.
    pub fn forecast(&self, ds: &[Ds], y: &[f64], future: &[Ds]) -> Option<Vec<f64>> {
        match *self {
            Self::Naive => naive_last(y, future.len()),
            Self::Drift => drift(ds, y, future),
            Self::SeasonalNaive(season) => seasonal_naive(ds, y, future, season),
        }
    }
}

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

/// Repeats the last season. `ds` and `y` are the history in order of time.
///
/// Returns `None` if the history is shorter than a season, or the season not
/// above zero.
pub fn seasonal_naive(ds: &[Ds], y: &[f64], future: &[Ds], season: Season) -> Option<Vec<f64>> {
    match season {
        Season::Rows(rows) => {
            let first = y.len().checked_sub(rows)?;
            (0..future.len()).map(|i| y.get(first + i.checked_rem(rows)?).copied()).collect()
        }
        Season::Time(season) => {
            let last = *ds.last()?;
            future.iter().map(|&at| y.get(season_before(ds, last, at, season)?).copied()).collect()
        }
    }
}

/// The row of `ds` that `at` repeats.
fn season_before(ds: &[Ds], last: Ds, at: Ds, season: TimeDelta) -> Option<usize> {
    if season <= TimeDelta::zero() {
        return None;
    }
    let ahead = seconds_between(last, at).max(0.0);
    // At least one season back, and as many as lead into the history.
    let seasons = (ahead / season.as_seconds_f64()).ceil().max(1.0);
    #[expect(clippy::cast_possible_truncation, reason = "what is too large saturates")]
    let back = season.checked_mul(seasons as i32)?;
    let then = at.checked_sub_signed(back)?;
    ds.partition_point(|&row| row <= then).checked_sub(1)
}
