//! How wrong a forecast was.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::ds::Ds;

/// Why a forecast could not be scored.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The two share no date.
    #[error("forecast ({forecast} rows) and actual values ({actual} rows) share no date")]
    NoCommonDates {
        /// Rows of the forecast.
        forecast: usize,
        /// Rows of actual values.
        actual: usize,
    },
    /// A percentage of zero is not a number.
    #[error("actual value on {ds} is 0, MAPE is not defined")]
    ZeroActual {
        /// The date.
        ds: Ds,
    },
    /// A value is not finite.
    #[error("`{what}` is {value} on {ds}, it must be a finite number")]
    NotFinite {
        /// Which value.
        what: &'static str,
        /// The date.
        ds: Ds,
        /// The value found.
        value: f64,
    },
    /// The scale of MASE needs values that change.
    #[error("training series of {rows} rows never changes, MASE is not defined")]
    NoScale {
        /// Rows of the training series.
        rows: usize,
    },
}

/// One forecast value with the interval that was promised for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The date it is for.
    pub ds: Ds,
    /// The prediction.
    pub yhat: f64,
    /// Lower and upper end, where there is an interval.
    pub interval: Option<(f64, f64)>,
}

/// Errors in the unit of `y`, unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metrics {
    /// Dates scored.
    pub n: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error relative to the actual value, in percent.
    pub mape: f64,
    /// Mean of prediction minus actual: above zero is too high.
    pub bias: f64,
    /// Share of actual values within the interval, where all rows have one.
    pub coverage: Option<f64>,
    /// Pinball loss of both ends of the interval, averaged, where all rows
    /// have one.
    pub pinball: Option<f64>,
}

/// Scores `forecast` against `actual` on the dates that both have.
///
/// Dates in only one of them are ignored: a forecast for a day without a session
/// has nothing to be compared with. `interval_width` is the probability that the
/// intervals promise.
///
/// # Errors
///
/// [`EvaluateError::NoCommonDates`], [`EvaluateError::ZeroActual`] or
/// [`EvaluateError::NotFinite`].
pub fn score(
    forecast: &[Point],
    actual: &[(Ds, f64)],
    interval_width: f64,
) -> Result<Metrics, EvaluateError> {
    let by_date: BTreeMap<Ds, f64> = actual.iter().copied().collect();
    let pairs: Vec<(Point, f64)> =
        forecast.iter().filter_map(|point| by_date.get(&point.ds).map(|&y| (*point, y))).collect();
    if pairs.is_empty() {
        let (forecast, actual) = (forecast.len(), actual.len());
        return Err(EvaluateError::NoCommonDates { forecast, actual });
    }
    for (point, y) in &pairs {
        for (what, value) in [("yhat", point.yhat), ("y", *y)] {
            if !value.is_finite() {
                return Err(EvaluateError::NotFinite { what, ds: point.ds, value });
            }
        }
        if *y == 0.0 {
            return Err(EvaluateError::ZeroActual { ds: point.ds });
        }
    }
    let n = pairs.len();
    let mean = |f: &dyn Fn(&(Point, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n as f64;
    let intervals: Option<Vec<(f64, f64, f64)>> = pairs
        .iter()
        .map(|(point, y)| point.interval.map(|(lower, upper)| (lower, upper, *y)))
        .collect();
    Ok(Metrics {
        n,
        mae: mean(&|(point, y)| (point.yhat - y).abs()),
        rmse: mean(&|(point, y)| (point.yhat - y).powi(2)).sqrt(),
        mape: 100.0 * mean(&|(point, y)| ((point.yhat - y) / y).abs()),
        bias: mean(&|(point, y)| point.yhat - y),
        coverage: intervals.as_deref().map(coverage),
        pinball: intervals.as_deref().map(|rows| pinball(rows, interval_width)),
    })
}

/// The scale of MASE: the mean absolute change from one value of the training
/// series to the next, which is the error of the naive forecast one step ahead.
///
/// # Errors
///
/// [`EvaluateError::NoScale`] if the series has one row or never changes.
///
/// # Source
///
/// Hyndman and Koehler, *Another look at measures of forecast accuracy* (2006).
pub fn mase_scale(training: &[f64]) -> Result<f64, EvaluateError> {
    seasonal_mase_scale(training, 1)
}

/// As [`mase_scale`], from one value to that `season` rows later: the error of
/// the seasonal naive forecast.
///
/// # Errors
///
/// [`EvaluateError::NoScale`] if the series is not longer than a season, or never
/// changes.
pub fn seasonal_mase_scale(training: &[f64], season: usize) -> Result<f64, EvaluateError> {
    let season = season.max(1);
    let changes = training.iter().skip(season).zip(training).map(|(next, now)| (next - now).abs());
    let scale = changes.sum::<f64>() / training.len().saturating_sub(season) as f64;
    if scale.is_finite() && 0.0 < scale {
        Ok(scale)
    } else {
        Err(EvaluateError::NoScale { rows: training.len() })
    }
}

fn coverage(rows: &[(f64, f64, f64)]) -> f64 {
    let held = rows.iter().filter(|(lower, upper, y)| lower <= y && y <= upper).count();
    held as f64 / rows.len() as f64
}

fn pinball(rows: &[(f64, f64, f64)], interval_width: f64) -> f64 {
    let loss =
        |&(lower, upper, y): &(f64, f64, f64)| pinball_of_ends((lower, upper), y, interval_width);
    rows.iter().map(loss).sum::<f64>() / rows.len() as f64
}

/// The pinball loss of both ends of an interval, averaged.
pub(crate) fn pinball_of_ends((lower, upper): (f64, f64), y: f64, interval_width: f64) -> f64 {
    let tail = (1.0 - interval_width) / 2.0;
    let loss = |q: f64, share: f64| if q <= y { share * (y - q) } else { (1.0 - share) * (q - y) };
    f64::midpoint(loss(lower, tail), loss(upper, 1.0 - tail))
}
