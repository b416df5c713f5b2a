//! Prophet's `plot`: history, forecast, interval, and what else is asked for.

use forecast_core::{Fitted, Forecast, ds::Ds};

use crate::{
    axis::time::seconds,
    check_points,
    error::PlotError,
    figure::{Entry, Figure, HEIGHT, Layer, Panel, Swatch, XAxis},
    sheet::{Fill, Pen},
    theme::Ink,
};

/// More rows than this are drawn with a finer line, or a week is a blot.
const DENSE_ROWS: usize = 500;
/// So few values are drawn as dots too, or nobody would see where they are.
const DOTS_MAX: usize = 90;
/// The detail is worth a panel of its own if the whole is a third longer.
const WHOLE_TO_DETAIL: f64 = 1.3;
/// Heights of the panel of the whole and of its detail.
const WEIGHTS: (f64, f64) = (1.0, 1.9);
/// How opaque the part of the whole that the lower panel enlarges is tinted.
const TINT: f64 = 0.07;
/// Radius of the dot of a value.
const DOT_PX: f64 = 2.6;
const CHANGEPOINT: Pen =
    Pen { fill: Fill { ink: Ink::Changepoint, alpha: 0.8 }, width: 1.4, dash: Some((4.0, 5.0)) };
const CUTOFF: Pen =
    Pen { fill: Fill { ink: Ink::Text, alpha: 0.9 }, width: 1.6, dash: Some((8.0, 6.0)) };
const CAP: Pen =
    Pen { fill: Fill { ink: Ink::Text, alpha: 0.8 }, width: 1.6, dash: Some((9.0, 5.0)) };

/// How the rows that were fitted are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum History {
    /// A dot for each, as Prophet does.
    #[default]
    Points,
    /// A line through them, which suits prices.
    Line,
    /// Not at all.
    Hidden,
}

/// Which changepoints are marked, as in Prophet's `add_changepoints_to_plot`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Changepoints {
    /// The least change of the rate, in the scaled units of the fit, that is
    /// marked; Prophet's is 0.01, zero marks all.
    pub threshold: f64,
    /// Whether the trend is drawn too.
    pub trend: bool,
}

impl Default for Changepoints {
    fn default() -> Self {
        Self { threshold: 0.01, trend: true }
    }
}

/// What [`plot`] shows besides history and forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlotOptions<'a> {
    /// Whether the interval is drawn, where the forecast has one.
    pub uncertainty: bool,
    /// How the history is drawn.
    pub history: History,
    /// The changepoints to mark; `None` marks none.
    pub changepoints: Option<Changepoints>,
    /// The cap of each row of the forecast; empty draws none.
    pub cap: &'a [f64],
    /// The floor of each row of the forecast; empty draws none.
    pub floor: &'a [f64],
    /// Values that the fit did not see, in order of time.
    pub test: &'a [(Ds, f64)],
    /// Marks the last time stamp that the fit saw; the forecast before it is the fit.
    pub cutoff: Option<Ds>,
    /// Shows so many of the last known values once more, enlarged.
    pub detail_rows: Option<usize>,
    /// Written below the time axis.
    pub x_label: &'a str,
    /// What the values are, such as `BRL per share`.
    pub y_label: &'a str,
}

impl Default for PlotOptions<'_> {
    fn default() -> Self {
        Self {
            uncertainty: true,
            history: History::Points,
            changepoints: None,
            cap: &[],
            floor: &[],
            test: &[],
            cutoff: None,
            detail_rows: None,
            x_label: "",
            y_label: "",
        }
    }
}

/// Draws a forecast over the history that it was fitted to.
///
/// # Errors
///
/// [`PlotError::Length`] if `cap` or `floor` is not as long as the forecast,
/// [`PlotError::TooManyPoints`].
///
/// # Source
///
/// `plot` and `add_changepoints_to_plot` in Prophet 1.5, `plot.py`.
pub fn plot(
    fitted: &Fitted,
    forecast: &Forecast,
    options: &PlotOptions<'_>,
) -> Result<Figure, PlotError> {
    let subject = Subject::new(fitted, forecast, options)?;
    let legend = subject.legend();
    let panels = match (subject.span(), subject.detail_from()) {
        (None, _) => vec![Panel::new("", options.y_label, XAxis::Values { range: (0.0, 1.0) })],
        (Some((from, to)), None) => vec![subject.panel("", options.y_label, (from, to), true)],
        (Some((from, to)), Some((n_rows, detail))) => {
            let mut whole = subject.panel("Whole series", options.y_label, (from, to), false);
            let fill = Fill { ink: Ink::Forecast, alpha: TINT };
            let tint = Layer::Tint { from: seconds(detail), to: seconds(to), fill };
            whole.layers.insert(0, tint);
            whole.weight = WEIGHTS.0;
            let title = format!("Last {n_rows} rows");
            let mut near = subject.panel(title, "the shaded part, enlarged", (detail, to), true);
            near.weight = WEIGHTS.1;
            vec![whole, near]
        }
    };
    let mut figure = Figure { legend, panels, height: HEIGHT, ..Figure::default() };
    if let Some(last) = figure.panels.last_mut() {
        options.x_label.clone_into(&mut last.x_label);
    }
    Ok(figure)
}

/// Everything that is drawn, in order of time.
struct Subject<'a> {
    options: &'a PlotOptions<'a>,
    forecast: &'a Forecast,
    /// Rows of the forecast in order of time.
    order: Vec<usize>,
    history: Vec<(Ds, f64)>,
    changepoints: Vec<Ds>,
}

impl<'a> Subject<'a> {
    fn new(
        fitted: &Fitted,
        forecast: &'a Forecast,
        options: &'a PlotOptions<'a>,
    ) -> Result<Self, PlotError> {
        let rows = forecast.ds.len();
        for (what, found) in [("cap", options.cap.len()), ("floor", options.floor.len())] {
            if found != 0 && found != rows {
                return Err(PlotError::Length { what, found, rows });
            }
        }
        check_points("forecast", rows)?;
        check_points("test", options.test.len())?;
        let (ds, y) = fitted.history();
        check_points("history", ds.len())?;
        let shown = options.history != History::Hidden;
        let history = ds.iter().copied().zip(y.iter().copied()).filter(|_| shown).collect();
        let delta = &fitted.params().delta;
        let changepoints = options.changepoints.map_or_else(Vec::new, |marked| {
            let all = fitted.changepoints().iter().zip(delta);
            all.filter(|(_, d)| marked.threshold <= d.abs()).map(|(ds, _)| *ds).collect()
        });
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by_key(|&i| forecast.ds[i]);
        Ok(Self { options, forecast, order, history, changepoints })
    }

    fn has_trend(&self) -> bool {
        self.options.changepoints.is_some_and(|marked| marked.trend)
    }

    fn has_band(&self) -> bool {
        let rows = self.forecast.ds.len();
        let ends = [&self.forecast.yhat_lower, &self.forecast.yhat_upper];
        self.options.uncertainty && 0 < rows && ends.iter().all(|e| e.len() == rows)
    }

    /// The first and the last time of anything that has a value.
    fn span(&self) -> Option<(Ds, Ds)> {
        let known = self.known().map(|(ds, _)| ds);
        let all = known.chain(self.forecast.ds.iter().copied());
        let (mut from, mut to) = (None, None);
        for ds in all {
            from = Some(from.map_or(ds, |from: Ds| from.min(ds)));
            to = Some(to.map_or(ds, |to: Ds| to.max(ds)));
        }
        from.zip(to)
    }

    fn known(&self) -> impl DoubleEndedIterator<Item = (Ds, f64)> + '_ {
        self.history.iter().chain(self.options.test).copied()
    }

    /// How many rows the lower panel enlarges, and the first of them; `None` if
    /// one panel is enough.
    fn detail_from(&self) -> Option<(usize, Ds)> {
        let n_rows = self.options.detail_rows.filter(|n| 0 < *n)?;
        let all = self.history.len() + self.options.test.len();
        if (all as f64) < n_rows as f64 * WHOLE_TO_DETAIL {
            return None;
        }
        self.known().nth_back(n_rows).map(|(ds, _)| (n_rows, ds))
    }

    fn panel(
        &self,
        title: impl Into<String>,
        unit: &str,
        (from, to): (Ds, Ds),
        is_detail: bool,
    ) -> Panel {
        let mut panel = Panel::new(title, unit, XAxis::Time { from, to });
        let seen = |ds: Ds| from <= ds && ds <= to;
        let pairs = |rows: &[(Ds, f64)]| -> Vec<(f64, f64)> {
            rows.iter().filter(|(ds, _)| seen(*ds)).map(|(ds, v)| (seconds(*ds), *v)).collect()
        };
        let (history, test) = (pairs(&self.history), pairs(self.options.test));
        let n_rows = self.forecast.ds.iter().filter(|ds| seen(**ds)).count();
        let line_px = if is_detail && n_rows <= DENSE_ROWS { 2.0 } else { 1.4 };
        let layers = &mut panel.layers;
        for ds in self.changepoints.iter().filter(|ds| seen(**ds)) {
            let label = String::new();
            layers.push(Layer::Vertical { at: seconds(*ds), pen: CHANGEPOINT, label });
        }
        self.forecast_layers(layers, &seen, line_px, &history);
        layers.push(line(&test, Ink::Test, line_px + 0.4));
        if is_detail {
            for (points, ink) in [(&history, Ink::History), (&test, Ink::Test)] {
                let lined = self.options.history == History::Line || ink == Ink::Test;
                if lined && points.len() <= DOTS_MAX {
                    layers.push(dots(points, ink, DOT_PX));
                }
            }
        }
        if let Some(cutoff) = self.options.cutoff.filter(|ds| seen(*ds)) {
            let label = if is_detail { format!("cutoff {}", cutoff.date()) } else { String::new() };
            layers.push(Layer::Vertical { at: seconds(cutoff), pen: CUTOFF, label });
        }
        if is_detail && self.options.detail_rows.is_some() {
            let known = test.last().or(history.last());
            let ahead =
                self.order.last().map(|&i| (seconds(self.forecast.ds[i]), self.forecast.yhat[i]));
            let ink = if test.is_empty() { Ink::History } else { Ink::Test };
            layers.extend(known.map(|&at| Layer::Last { at, ink }));
            layers.extend(ahead.map(|at| Layer::Last { at, ink: Ink::Forecast }));
        }
        panel
    }

    /// The history, and over it the forecast with its interval; what lies before
    /// the cutoff is the fit, and lighter.
    fn forecast_layers(
        &self,
        layers: &mut Vec<Layer>,
        seen: &impl Fn(Ds) -> bool,
        line_px: f64,
        history: &[(f64, f64)],
    ) {
        let forecast = self.forecast;
        let rows: Vec<usize> =
            self.order.iter().copied().filter(|&i| seen(forecast.ds[i])).collect();
        let cutoff = self.options.cutoff;
        let split = rows.partition_point(|&i| cutoff.is_some_and(|c| forecast.ds[i] <= c));
        let (fit, ahead) = rows.split_at(split);
        let column = |rows: &[usize], values: &[f64]| -> Vec<(f64, f64)> {
            rows.iter().map(|&i| (seconds(forecast.ds[i]), values[i])).collect()
        };
        if self.has_band() {
            for (rows, share) in [(fit, 0.5), (ahead, 1.0)] {
                let ends = |i: usize| (forecast.yhat_lower[i], forecast.yhat_upper[i]);
                let points = rows.iter().map(|&i| {
                    let (lower, upper) = ends(i);
                    (seconds(forecast.ds[i]), lower, upper)
                });
                layers.push(Layer::Band { points: points.collect(), ink: Ink::Forecast, share });
            }
        }
        match self.options.history {
            History::Points => layers.push(dots(history, Ink::History, DOT_PX)),
            History::Line => layers.push(line(history, Ink::History, line_px)),
            History::Hidden => {}
        }
        layers.push(line(&column(fit, &forecast.yhat), Ink::Forecast, line_px));
        layers.push(line(&column(ahead, &forecast.yhat), Ink::Forecast, line_px + 0.6));
        if self.has_trend() {
            layers.push(line(&column(&rows, &forecast.trend), Ink::Changepoint, line_px + 0.4));
        }
        for values in [self.options.cap, self.options.floor] {
            if !values.is_empty() {
                layers.push(Layer::Line { points: column(&rows, values), pen: CAP });
            }
        }
    }

    fn legend(&self) -> Vec<Entry> {
        let stroke = |ink| Swatch::Line(Pen::solid(ink, 3.0));
        let history = match self.options.history {
            History::Points => Swatch::Dot(Ink::History),
            History::Line | History::Hidden => stroke(Ink::History),
        };
        let options = self.options;
        let entries = [
            (!self.history.is_empty(), history, "history"),
            (!options.test.is_empty(), stroke(Ink::Test), "test"),
            (!self.forecast.ds.is_empty(), stroke(Ink::Forecast), "forecast"),
            (self.has_band(), Swatch::Band(Ink::Forecast), "interval"),
            (self.has_trend(), stroke(Ink::Changepoint), "trend"),
            (!self.changepoints.is_empty(), Swatch::Line(CHANGEPOINT), "changepoint"),
            (options.cutoff.is_some(), Swatch::Line(CUTOFF), "cutoff"),
            (!options.cap.is_empty(), Swatch::Line(CAP), "cap"),
            (!options.floor.is_empty(), Swatch::Line(CAP), "floor"),
        ];
        let shown = entries.into_iter().filter(|(is_shown, ..)| *is_shown);
        shown.map(|(_, swatch, label)| Entry { label, swatch }).collect()
    }
}

fn line(points: &[(f64, f64)], ink: Ink, width: f64) -> Layer {
    Layer::Line { points: points.to_vec(), pen: Pen::solid(ink, width) }
}

fn dots(points: &[(f64, f64)], ink: Ink, radius: f64) -> Layer {
    Layer::Dots { points: points.to_vec(), radius, fill: Fill { ink, alpha: 0.9 } }
}
