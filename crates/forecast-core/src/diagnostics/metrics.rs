//! How wrong the forecasts of a cross-validation were.

use super::{
    CrossValidation, Horizon, HorizonRows, Metric, MetricsError, Rolling, Window,
    frame::check_column,
};

/// Actual values closer to zero than this have no relative error, says Prophet.
const RELATIVE_Y_MIN: f64 = 1e-8;

/// Metrics along the horizon: one row a horizon, or a row of the
/// cross-validation where nothing is averaged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PerformanceMetrics {
    /// The right edge of each window; empty if every metric was left out.
    pub horizon: Vec<Horizon>,
    /// The metrics by name, in the order asked for, each as long as `horizon`.
    pub columns: Vec<(String, Vec<f64>)>,
    /// Metrics that were asked for and left out.
    pub skipped: Vec<SkippedMetric>,
}

impl PerformanceMetrics {
    /// A metric by name.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let found = self.columns.iter().find(|(known, _)| known == name);
        found.map(|(_, values)| values.as_slice())
    }
}

/// A metric that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedMetric {
    /// Its name.
    pub name: String,
    /// Why it was left out.
    pub reason: &'static str,
}

/// Scores a cross-validation along the horizon.
///
/// `rolling_window` is the share of the rows that each value is averaged over: 0
/// averages each horizon by itself, 1 all rows, and below 0 nothing is averaged.
/// `monthly` counts the horizon in calendar months. Averages are first taken
/// within each horizon; a window ends at its horizon and reaches back.
///
/// As in Prophet, `mape` is left out if an actual value is near zero, and
/// `coverage` without intervals; besides, a metric that is not finite
/// everywhere is left out. [`PerformanceMetrics::skipped`] names them.
///
/// # Errors
///
/// [`MetricsError`]: no rows, columns of different lengths, values that are not
/// finite, options out of range, a metric asked for twice.
///
/// # Source
///
/// `performance_metrics` in Prophet 1.5, `metrics.py`.
pub fn performance_metrics(
    cv: &CrossValidation,
    metrics: &[Metric<'_>],
    rolling_window: f64,
    monthly: bool,
) -> Result<PerformanceMetrics, MetricsError> {
    cv.check()?;
    for (i, metric) in metrics.iter().enumerate() {
        check_metric(metric, cv)?;
        if metrics[..i].iter().any(|earlier| earlier.name() == metric.name()) {
            return Err(MetricsError::TwiceNamed { name: metric.name().to_owned() });
        }
    }
    let window = window(rolling_window, cv.ds.len())?;
    let near_zero = cv.y.iter().any(|y| y.abs() < RELATIVE_Y_MIN);
    let rows = HorizonRows::of(cv, monthly);
    // Every average of as many rows has the same horizons.
    let horizon = super::rolling_mean_by_h(&rows.y, &rows.horizon, window).horizon;
    let mut out = PerformanceMetrics::default();
    for metric in metrics {
        let name = metric.name().to_owned();
        let reason = if metric.needs_intervals() && !cv.has_intervals() {
            Some("the forecasts have no intervals")
        } else if matches!(metric, Metric::Mape) && near_zero {
            Some("an actual value is near 0")
        } else {
            None
        };
        if let Some(reason) = reason {
            out.skipped.push(SkippedMetric { name, reason });
            continue;
        }
        let Rolling { horizon: found, values } = metric.compute(&rows, window);
        if found != horizon || values.len() != horizon.len() {
            let (found, expected) = (values.len(), horizon.len());
            return Err(MetricsError::OtherHorizons { name, found, expected });
        }
        if values.iter().all(|value| value.is_finite()) {
            out.columns.push((name, values));
        } else {
            out.skipped.push(SkippedMetric { name, reason: "it is not finite at every horizon" });
        }
    }
    if !out.columns.is_empty() {
        out.horizon = horizon;
    }
    Ok(out)
}

/// The rows of one average.
fn window(rolling_window: f64, rows: usize) -> Result<Window, MetricsError> {
    if !rolling_window.is_finite() {
        let allowed = "a finite number, 0 to 1 to average";
        return Err(MetricsError::Option {
            option: "rolling_window",
            value: rolling_window,
            allowed,
        });
    }
    let share = (rolling_window * rows as f64).trunc();
    if share < 0.0 {
        return Ok(Window::Each);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 1 and at most the number of rows"
    )]
    let count = share.max(1.0).min(rows as f64) as usize;
    Ok(Window::Rows(count))
}

/// Checks what a metric brings along.
fn check_metric(metric: &Metric<'_>, cv: &CrossValidation) -> Result<(), MetricsError> {
    match *metric {
        Metric::Mase { scale } => {
            check_column("scale", scale, &cv.ds)?;
            match scale.iter().find(|&&scale| scale <= 0.0) {
                Some(&value) => {
                    Err(MetricsError::Option { option: "scale", value, allowed: "above 0" })
                }
                None => Ok(()),
            }
        }
        Metric::Skill { baseline } => check_column("baseline", baseline, &cv.ds),
        Metric::Pinball { interval_width } | Metric::Winkler { interval_width } => {
            if 0.0 < interval_width && interval_width < 1.0 {
                return Ok(());
            }
            let (option, allowed) = ("interval_width", "between 0 and 1");
            Err(MetricsError::Option { option, value: interval_width, allowed })
        }
        _ => Ok(()),
    }
}
