//! Prophet's `plot_cross_validation_metric`: how an error grows with the horizon.

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
const DOT_PX: f64 = 2.4;
const DOT_ALPHA: f64 = 0.22;

/// A metric of a cross-validation by horizon: `(horizon in seconds, value)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricPoints<'a> {
    /// Its name, such as `mape`.
    pub metric: &'a str,
    /// Of every single forecast.
    pub single: &'a [(f64, f64)],
    /// Over a rolling window, in order of horizon.
    pub rolling: &'a [(f64, f64)],
    /// Whether the values are shares that are written as percentages.
    pub is_share: bool,
}

/// Draws a metric against the horizon: a dot for every forecast, and a line
/// through the rolling mean.
///
/// # Errors
///
/// [`PlotError::TooManyPoints`].
///
/// # Source
///
/// `plot_cross_validation_metric` in Prophet 1.5, `plot.py`.
pub fn plot_cross_validation_metric(points: &MetricPoints<'_>) -> Result<Figure, PlotError> {
    check_points("single", points.single.len())?;
    check_points("rolling", points.rolling.len())?;
    let all = || points.single.iter().chain(points.rolling).map(|p| p.0).filter(|h| h.is_finite());
    let longest = all().fold(0.0, f64::max);
    let (unit, unit_s) =
        UNITS.into_iter().find(|(_, s)| UNITS_MIN < longest / s).unwrap_or(UNITS[UNITS.len() - 1]);
    let shortest = all().fold(longest, f64::min);
    let x = XAxis::Values { range: (shortest / unit_s, longest / unit_s) };
    let mut panel = Panel::new(points.metric, "by horizon", x);
    panel.x_label = format!("horizon ({unit})");
    panel.numbers = if points.is_share { Numbers::Percent } else { Numbers::Plain };
    let scaled = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().filter(|p| p.0.is_finite()).map(|(h, v)| (h / unit_s, *v)).collect()
    };
    let fill = Fill { ink: Ink::History, alpha: DOT_ALPHA };
    panel.layers.push(Layer::Dots { points: scaled(points.single), radius: DOT_PX, fill });
    let pen = Pen::solid(Ink::Forecast, 3.0);
    panel.layers.push(Layer::Line { points: scaled(points.rolling), pen });
    let legend = vec![
        Entry { label: "single forecast", swatch: Swatch::Dot(Ink::History) },
        Entry { label: "rolling window", swatch: Swatch::Line(pen) },
    ];
    Ok(Figure { legend, panels: vec![panel], height: HEIGHT * 0.8, ..Figure::default() })
}
