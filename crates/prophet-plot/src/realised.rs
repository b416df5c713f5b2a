//! What was forecast beside what came: no plot of Prophet's, which knows no tomorrow.

use forecast_core::ds::Ds;

use crate::{
    axis::time::seconds,
    check_points,
    error::PlotError,
    figure::{Entry, Figure, HEIGHT, Layer, Panel, Swatch, XAxis},
    sheet::{Fill, Pen},
    theme::Ink,
};

/// Heights of the panel of values and of that of errors.
const WEIGHTS: (f64, f64) = (1.9, 1.0);
/// So few values are drawn as dots too, or nobody would see where they are.
const DOTS_MAX: usize = 90;
const DOT_PX: f64 = 2.6;
const LINE_PX: f64 = 2.0;
const NOW: Pen =
    Pen { fill: Fill { ink: Ink::Text, alpha: 0.9 }, width: 1.6, dash: Some((8.0, 6.0)) };

/// A value that was forecast, with the interval that was promised for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foreseen {
    /// The date it is for.
    pub ds: Ds,
    /// The forecast.
    pub yhat: f64,
    /// Lower and upper end, where there is an interval.
    pub interval: Option<(f64, f64)>,
}

/// What [`plot_realised`] shows. Every list is in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Realised<'a> {
    /// What came.
    pub actual: &'a [(Ds, f64)],
    /// What had been forecast for dates of `actual`.
    pub forecast: &'a [Foreseen],
    /// What is forecast for dates after the last of `actual`.
    pub ahead: &'a [Foreseen],
    /// The error up to a date, and that of repeating the last value. Drawn in a panel of its own,
    /// unless it is empty.
    pub errors: &'a [(Ds, f64, f64)],
    /// What the errors are, such as `mean absolute error, 20 sessions`.
    pub errors_title: &'a str,
    /// What the values are, such as `BRL per share`.
    pub y_label: &'a str,
}

/// Draws what was forecast over what came, and below it how wrong that was.
///
/// # Errors
///
/// [`PlotError::TooManyPoints`].
pub fn plot_realised(realised: &Realised<'_>) -> Result<Figure, PlotError> {
    check_points("actual", realised.actual.len())?;
    check_points("forecast", realised.forecast.len() + realised.ahead.len())?;
    check_points("errors", realised.errors.len())?;
    let Some((from, to)) = span(realised) else {
        let x = XAxis::Values { range: (0.0, 1.0) };
        let panels = vec![Panel::new("", realised.y_label, x)];
        return Ok(Figure { panels, height: HEIGHT, ..Figure::default() });
    };
    let x = XAxis::Time { from, to };
    let mut panels = vec![values(realised, x.clone())];
    if !realised.errors.is_empty() {
        panels.push(errors(realised, x));
    }
    Ok(Figure { legend: legend(realised), panels, height: HEIGHT, ..Figure::default() })
}

fn span(realised: &Realised<'_>) -> Option<(Ds, Ds)> {
    let foreseen = realised.forecast.iter().chain(realised.ahead).map(|one| one.ds);
    let known = realised.actual.iter().map(|(ds, _)| *ds);
    let all: Vec<Ds> = known.chain(foreseen).collect();
    all.iter().min().copied().zip(all.iter().max().copied())
}

fn values(realised: &Realised<'_>, x: XAxis) -> Panel {
    let mut panel = Panel::new("", realised.y_label, x);
    panel.weight = WEIGHTS.0;
    let layers = &mut panel.layers;
    if let Some((last, _)) = realised.actual.last() {
        let label = format!("last value {}", last.date());
        layers.push(Layer::Vertical { at: seconds(*last), pen: NOW, label });
    }
    for (rows, share) in [(realised.forecast, 0.6), (realised.ahead, 1.0)] {
        let ends = |one: &Foreseen| one.interval.unwrap_or((f64::NAN, f64::NAN));
        let points = rows.iter().map(|one| {
            let (lower, upper) = ends(one);
            (seconds(one.ds), lower, upper)
        });
        layers.push(Layer::Band { points: points.collect(), ink: Ink::Forecast, share });
    }
    let actual: Vec<(f64, f64)> =
        realised.actual.iter().map(|(ds, value)| (seconds(*ds), *value)).collect();
    layers.push(line(actual.clone(), Ink::History));
    for rows in [realised.forecast, realised.ahead] {
        let points: Vec<(f64, f64)> = rows.iter().map(|one| (seconds(one.ds), one.yhat)).collect();
        if points.len() <= DOTS_MAX {
            let fill = Fill { ink: Ink::Forecast, alpha: 0.9 };
            layers.push(Layer::Dots { points: points.clone(), radius: DOT_PX, fill });
        }
        layers.push(line(points, Ink::Forecast));
    }
    layers.extend(actual.last().map(|&at| Layer::Last { at, ink: Ink::History }));
    let ahead = realised.ahead.last().map(|one| (seconds(one.ds), one.yhat));
    layers.extend(ahead.map(|at| Layer::Last { at, ink: Ink::Forecast }));
    panel
}

fn errors(realised: &Realised<'_>, x: XAxis) -> Panel {
    let mut panel = Panel::new(realised.errors_title, realised.y_label, x);
    panel.weight = WEIGHTS.1;
    // An error twice as large is to look it.
    panel.has_zero = true;
    let of = |value: fn(&(Ds, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        realised.errors.iter().map(|row| (seconds(row.0), value(row))).collect()
    };
    panel.layers.push(line(of(|row| row.2), Ink::Test));
    panel.layers.push(line(of(|row| row.1), Ink::Forecast));
    panel
}

fn legend(realised: &Realised<'_>) -> Vec<Entry> {
    let stroke = |ink| Swatch::Line(Pen::solid(ink, 3.0));
    let foreseen = || realised.forecast.iter().chain(realised.ahead);
    let entries = [
        (!realised.actual.is_empty(), stroke(Ink::History), "what came"),
        (foreseen().next().is_some(), stroke(Ink::Forecast), "forecast"),
        (foreseen().any(|one| one.interval.is_some()), Swatch::Band(Ink::Forecast), "interval"),
        (!realised.errors.is_empty(), stroke(Ink::Test), "last value repeated"),
    ];
    let shown = entries.into_iter().filter(|(is_shown, ..)| *is_shown);
    shown.map(|(_, swatch, label)| Entry { label, swatch }).collect()
}

fn line(points: Vec<(f64, f64)>, ink: Ink) -> Layer {
    Layer::Line { points, pen: Pen::solid(ink, LINE_PX) }
}
