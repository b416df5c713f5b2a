//! Prophet's `plot_cross_validation_metric`: how an error grows with the horizon.

use forecast_core::diagnostics::{CrossValidation, Horizon, Metric, performance_metrics};

use crate::{
    axis::value::Numbers,
    check_points,
    error::PlotError,
    figure::{Entry, Figure, HEIGHT, Layer, Panel, Swatch, XAxis},
    sheet::{Fill, Pen},
    theme::Ink,
};

/// Seconds of the units of a horizon, from large to small.
const UNITS: [(&str, f64); 4] =
    [("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0)];
/// The unit is the largest of which the horizon has more than this many.
const UNITS_MIN: f64 = 10.0;
const DAY_S: f64 = 86_400.0;
/// A rolling window that averages nothing.
const EACH_ROW: f64 = -1.0;
const DOT_PX: f64 = 2.4;
const DOT_ALPHA: f64 = 0.22;

/// Metrics that are shares, written as percentages.
const SHARES: [&str; 4] = ["mape", "mdape", "smape", "coverage"];

/// Draws a metric of a cross-validation against the horizon: a dot for every
/// forecast, and a line through the rolling mean, which is taken over the share
/// `rolling_window` of the rows (Prophet's default is 0.1).
///
/// # Errors
///
/// [`PlotError::Metrics`] as `performance_metrics`, [`PlotError::Skipped`] if the
/// metric is not defined for these rows, [`PlotError::TooManyPoints`].
///
/// # Source
///
/// `plot_cross_validation_metric` in Prophet 1.5, `plot.py`.
pub fn plot_cross_validation_metric(
    cv: &CrossValidation,
    metric: &Metric<'_>,
    rolling_window: f64,
) -> Result<Figure, PlotError> {
    check_points("cross-validation", cv.ds.len())?;
    let single = by_horizon(cv, metric, EACH_ROW)?;
    let rolling = by_horizon(cv, metric, rolling_window)?;
    let all = || single.iter().chain(&rolling).map(|p| p.0);
    let longest = all().fold(0.0, f64::max);
    let shortest = all().fold(longest, f64::min);
    let (unit, unit_s) =
        UNITS.into_iter().find(|(_, s)| UNITS_MIN < longest / s).unwrap_or(UNITS[UNITS.len() - 1]);
    let x = XAxis::Values { range: (shortest / unit_s, longest / unit_s) };
    let mut panel = Panel::new(metric.name(), "by horizon", x);
    panel.x_label = format!("horizon ({unit})");
    if SHARES.contains(&metric.name()) {
        panel.numbers = Numbers::Percent;
    }
    let scaled = |points: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        points.into_iter().map(|(h, v)| (h / unit_s, v)).collect()
    };
    let fill = Fill { ink: Ink::History, alpha: DOT_ALPHA };
    panel.layers.push(Layer::Dots { points: scaled(single), radius: DOT_PX, fill });
    let pen = Pen::solid(Ink::Forecast, 3.0);
    panel.layers.push(Layer::Line { points: scaled(rolling), pen });
    let legend = vec![
        Entry { label: "single forecast", swatch: Swatch::Dot(Ink::History) },
        Entry { label: "rolling window", swatch: Swatch::Line(pen) },
    ];
    Ok(Figure { legend, panels: vec![panel], height: HEIGHT * 0.8, ..Figure::default() })
}

/// The metric against the horizon, in seconds.
fn by_horizon(
    cv: &CrossValidation,
    metric: &Metric<'_>,
    rolling_window: f64,
) -> Result<Vec<(f64, f64)>, PlotError> {
    let table = performance_metrics(cv, std::slice::from_ref(metric), rolling_window, false)?;
    let Some(values) = table.column(metric.name()) else {
        let reason = table.skipped.first().map_or("it has no value", |skipped| skipped.reason);
        return Err(PlotError::Skipped { metric: metric.name().to_owned(), reason });
    };
    let seconds = |horizon: &Horizon| horizon.days().unwrap_or(f64::NAN) * DAY_S;
    Ok(table.horizon.iter().map(seconds).zip(values.iter().copied()).collect())
}
