//! The metrics: Prophet's seven, four more, and the caller's own.

use std::fmt;

use super::{HorizonRows, Rolling, Window, rolling_mean_by_h, rolling_median_by_h};
use crate::evaluate;

/// A metric of the caller's own: rows in order of horizon, and the window.
type Compute<'a> = Box<dyn Fn(&HorizonRows, Window) -> Rolling + Send + Sync + 'a>;

/// How a forecast is scored. Values are in the unit of `y`, unless said otherwise.
#[non_exhaustive]
pub enum Metric<'a> {
    /// Mean squared error.
    Mse,
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Mean absolute error as a share of the actual value.
    Mape,
    /// Median absolute error as a share of the actual value.
    Mdape,
    /// Mean absolute error as a share of the mean size of actual value and
    /// prediction; 0 where both are 0.
    Smape,
    /// Share of actual values within the interval.
    Coverage,
    /// Mean absolute error in units of the naive error of the history.
    Mase {
        /// The scale of each row of the table, from
        /// [`CrossValidation::mase_scale`](super::CrossValidation::mase_scale).
        scale: &'a [f64],
    },
    /// Pinball loss of both ends of the interval, averaged.
    Pinball {
        /// The probability that the intervals promise.
        interval_width: f64,
    },
    /// Winkler's score: the interval's width, and a penalty for what it misses.
    Winkler {
        /// The probability that the intervals promise.
        interval_width: f64,
    },
    /// One less the mean absolute error in units of a baseline's: 1 is perfect,
    /// 0 is no better than the baseline.
    Skill {
        /// The baseline's forecast for each row of the table, from
        /// [`CrossValidation::baseline`](super::CrossValidation::baseline).
        baseline: &'a [f64],
    },
    /// A metric of the caller's own, from [`register_performance_metric`].
    Custom(CustomMetric<'a>),
}

/// A metric of the caller's own.
pub struct CustomMetric<'a> {
    name: String,
    compute: Compute<'a>,
}

/// Makes a metric of a function, for one call of
/// [`performance_metrics`](super::performance_metrics).
///
/// The function is given the rows in order of their horizon, and the window; it
/// mostly ends in [`rolling_mean_by_h`] or [`rolling_median_by_h`], and must give
/// the horizons that they give.
pub fn register_performance_metric<'a>(
    name: &str,
    compute: impl Fn(&HorizonRows, Window) -> Rolling + Send + Sync + 'a,
) -> Metric<'a> {
    Metric::Custom(CustomMetric { name: name.to_owned(), compute: Box::new(compute) })
}

impl Metric<'_> {
    /// What Prophet computes unless told otherwise.
    pub const DEFAULT: [Metric<'static>; 7] = [
        Metric::Mse,
        Metric::Rmse,
        Metric::Mae,
        Metric::Mape,
        Metric::Mdape,
        Metric::Smape,
        Metric::Coverage,
    ];

    /// One of Prophet's metrics by its name, or `None`.
    pub fn from_name(name: &str) -> Option<Metric<'static>> {
        Metric::DEFAULT.into_iter().find(|known| known.name() == name)
    }

    /// Its name, which is the column's.
    pub fn name(&self) -> &str {
        match self {
            Self::Mse => "mse",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::Mape => "mape",
            Self::Mdape => "mdape",
            Self::Smape => "smape",
            Self::Coverage => "coverage",
            Self::Mase { .. } => "mase",
            Self::Pinball { .. } => "pinball",
            Self::Winkler { .. } => "winkler",
            Self::Skill { .. } => "skill",
            Self::Custom(custom) => &custom.name,
        }
    }

    /// Whether it scores intervals.
    pub(super) fn needs_intervals(&self) -> bool {
        matches!(self, Self::Coverage | Self::Pinball { .. } | Self::Winkler { .. })
    }

    /// The metric along the horizon.
    ///
    /// # Source
    ///
    /// The functions of these names in Prophet 1.5, `metrics.py`; Gneiting and
    /// Raftery, *Strictly proper scoring rules* (2007), for `Winkler`.
    pub(super) fn compute(&self, rows: &HorizonRows, window: Window) -> Rolling {
        let mean = |x: &[f64]| rolling_mean_by_h(x, &rows.horizon, window);
        let absolute = |y: f64, yhat: f64| (y - yhat).abs();
        match self {
            Self::Mse => mean(&rows.errors(squared)),
            Self::Rmse => {
                let mut found = mean(&rows.errors(squared));
                // What remains of a sum taken apart may lie below zero.
                found.values.iter_mut().for_each(|value| *value = value.max(0.0).sqrt());
                found
            }
            Self::Mae => mean(&rows.errors(absolute)),
            Self::Mape => mean(&rows.errors(share)),
            Self::Mdape => rolling_median_by_h(&rows.errors(share), &rows.horizon, window),
            Self::Smape => mean(
                &rows.errors(|y, yhat| ratio((y - yhat).abs(), f64::midpoint(y.abs(), yhat.abs()))),
            ),
            Self::Coverage => mean(&of_intervals(rows, |lower, upper, y| {
                f64::from(u8::from(lower <= y && y <= upper))
            })),
            Self::Mase { scale } => {
                let errors = rows.errors(absolute);
                let scaled = errors.iter().zip(&rows.row).map(|(error, &row)| error / scale[row]);
                mean(&scaled.collect::<Vec<_>>())
            }
            Self::Pinball { interval_width } => mean(&of_intervals(rows, |lower, upper, y| {
                evaluate::pinball_of_ends((lower, upper), y, *interval_width)
            })),
            Self::Winkler { interval_width } => mean(&of_intervals(rows, |lower, upper, y| {
                let missed = (lower - y).max(0.0) + (y - upper).max(0.0);
                upper - lower + 2.0 / (1.0 - interval_width) * missed
            })),
            Self::Skill { baseline } => {
                let theirs =
                    rows.y.iter().zip(&rows.row).map(|(y, &row)| (y - baseline[row]).abs());
                let theirs = mean(&theirs.collect::<Vec<_>>()).values;
                let mut found = mean(&rows.errors(absolute));
                for (ours, theirs) in found.values.iter_mut().zip(theirs) {
                    // 0 / 0, where both are exact, is left out as not finite.
                    *ours = 1.0 - *ours / theirs;
                }
                found
            }
            Self::Custom(custom) => (custom.compute)(rows, window),
        }
    }
}

fn squared(y: f64, yhat: f64) -> f64 {
    (y - yhat) * (y - yhat)
}

fn share(y: f64, yhat: f64) -> f64 {
    ratio((y - yhat).abs(), y.abs())
}

/// `error / size`, where no error of nothing is no error.
fn ratio(error: f64, size: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / size }
}

fn of_intervals(rows: &HorizonRows, f: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
    let ends = rows.yhat_lower.iter().zip(&rows.yhat_upper);
    ends.zip(&rows.y).map(|((&lower, &upper), &y)| f(lower, upper, y)).collect()
}

impl fmt::Debug for Metric<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metric").field(&self.name()).finish()
    }
}

impl fmt::Debug for CustomMetric<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomMetric").field("name", &self.name).finish_non_exhaustive()
    }
}
