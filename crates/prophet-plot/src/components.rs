//! Prophet's `plot_components`: a panel for each part of a forecast.

use forecast_core::{Fitted, Forecast, Mode, ds::Ds};

use crate::{
    axis::{time::seconds, value::Numbers},
    check_points, effects,
    error::PlotError,
    figure::{Figure, HEIGHT, Layer, Panel, XAxis},
    seasonality,
    sheet::{Fill, Pen},
    theme::Ink,
};

/// Height of one panel with what is around it, and of the header.
const PANEL_HEIGHT: f64 = 270.0;
const HEADER_HEIGHT: f64 = 104.0;
/// Width of a component's line.
pub(crate) const LINE_PX: f64 = 2.4;
const CAP: Pen =
    Pen { fill: Fill { ink: Ink::Text, alpha: 0.8 }, width: 1.6, dash: Some((9.0, 5.0)) };
/// Sums of the regressors, under Prophet's names.
const REGRESSOR_SUMS: [&str; 2] = ["extra_regressors_additive", "extra_regressors_multiplicative"];

/// How components are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComponentOptions<'a> {
    /// Whether intervals are drawn, where there are any.
    pub uncertainty: bool,
    /// The cap of each row of the forecast, drawn with the trend; empty draws none.
    pub cap: &'a [f64],
    /// The floor of each row of the forecast, drawn with the trend; empty draws none.
    pub floor: &'a [f64],
    /// The day with which the week begins: 0 is Sunday, 1 is Monday.
    pub weekly_start: u32,
    /// The day with which the year begins: 0 is 1 January, 1 is 2 January.
    pub yearly_start: u32,
    /// What the values are, such as `BRL per share`.
    pub y_label: &'a str,
}

impl Default for ComponentOptions<'_> {
    fn default() -> Self {
        let (cap, floor) = (&[][..], &[][..]);
        Self { uncertainty: true, cap, floor, weekly_start: 0, yearly_start: 0, y_label: "" }
    }
}

impl ComponentOptions<'_> {
    /// What the values of a component are.
    pub(crate) fn unit(&self, mode: Mode) -> &str {
        match mode {
            Mode::Additive => self.y_label,
            Mode::Multiplicative => "share of the trend",
        }
    }
}

/// Draws every component of a model that there is: the trend, the holidays, the
/// seasonalities, and the sums of the regressors by mode.
///
/// Holidays and regressors that are zero in every row are left out.
///
/// # Errors
///
/// As [`plot_forecast_component`], and [`PlotError::Effects`] if the model
/// cannot be asked for its seasonalities.
///
/// # Source
///
/// `plot_components` in Prophet 1.5, `plot.py`.
pub fn plot_components(
    fitted: &Fitted,
    forecast: &Forecast,
    options: &ComponentOptions<'_>,
) -> Result<Figure, PlotError> {
    let mut panels = vec![over_time(forecast, "trend", options)?];
    panels.extend(unless_zero(forecast, "holidays", options)?);
    let mut seasons: Vec<effects::Season> =
        forecast.components.iter().filter_map(|c| effects::season(fitted, &c.name)).collect();
    let rank = |name: &str| match name {
        "weekly" => 0,
        "yearly" => 1,
        _ => 2,
    };
    seasons.sort_by(|a, b| rank(&a.name).cmp(&rank(&b.name)).then_with(|| a.name.cmp(&b.name)));
    for season in &seasons {
        panels.push(seasonality::suitable(fitted, season, options)?);
    }
    for name in REGRESSOR_SUMS {
        panels.extend(unless_zero(forecast, name, options)?);
    }
    let height = HEADER_HEIGHT + PANEL_HEIGHT * panels.len() as f64;
    Ok(Figure { panels, height, ..Figure::default() })
}

/// Draws one component over the dates of the forecast: `trend`, `holidays`, a
/// seasonality, a holiday, a regressor, `extra_regressors_additive`, ….
///
/// # Errors
///
/// [`PlotError::UnknownComponent`], [`PlotError::Length`] if `cap` or `floor`
/// is not as long as the forecast, [`PlotError::TooManyPoints`].
///
/// # Source
///
/// `plot_forecast_component` in Prophet 1.5, `plot.py`.
pub fn plot_forecast_component(
    forecast: &Forecast,
    name: &str,
    options: &ComponentOptions<'_>,
) -> Result<Figure, PlotError> {
    let panels = vec![over_time(forecast, name, options)?];
    Ok(Figure { panels, height: HEIGHT, ..Figure::default() })
}

/// A component as a column of the forecast.
struct Column {
    mode: Mode,
    values: Vec<f64>,
    interval: Option<(Vec<f64>, Vec<f64>)>,
}

/// The panel of a component, unless it is not there or zero in every row.
fn unless_zero(
    forecast: &Forecast,
    name: &str,
    options: &ComponentOptions<'_>,
) -> Result<Option<Panel>, PlotError> {
    if forecast.component(name).is_none_or(|values| values.iter().all(|v| *v == 0.0)) {
        return Ok(None);
    }
    over_time(forecast, name, options).map(Some)
}

fn over_time(
    forecast: &Forecast,
    name: &str,
    options: &ComponentOptions<'_>,
) -> Result<Panel, PlotError> {
    let column = column(forecast, name)?;
    check_points("forecast", forecast.ds.len())?;
    let mut order: Vec<usize> = (0..forecast.ds.len()).collect();
    order.sort_by_key(|&i| forecast.ds[i]);
    let at = |i: Option<&usize>| i.map_or(Ds::default(), |&i| forecast.ds[i]);
    let x = XAxis::Time { from: at(order.first()), to: at(order.last()) };
    let mut panel = Panel::new(headline(name), options.unit(column.mode), x);
    if column.mode == Mode::Multiplicative {
        panel.numbers = Numbers::Percent;
    }
    panel.has_zero = name != "trend";
    if let Some((lower, upper)) = column.interval.filter(|_| options.uncertainty) {
        let points = order.iter().map(|&i| (seconds(forecast.ds[i]), lower[i], upper[i]));
        panel.layers.push(Layer::Band { points: points.collect(), ink: Ink::Forecast, share: 1.0 });
    }
    let line = |values: &[f64], pen| {
        let points = order.iter().map(|&i| (seconds(forecast.ds[i]), values[i])).collect();
        Layer::Line { points, pen }
    };
    panel.layers.push(line(&column.values, Pen::solid(Ink::Forecast, LINE_PX)));
    if name == "trend" {
        for (what, values) in [("cap", options.cap), ("floor", options.floor)] {
            let (found, rows) = (values.len(), forecast.ds.len());
            if found != 0 && found != rows {
                return Err(PlotError::Length { what, found, rows });
            }
            if found != 0 {
                panel.layers.push(line(values, CAP));
            }
        }
    }
    Ok(panel)
}

fn column(forecast: &Forecast, name: &str) -> Result<Column, PlotError> {
    if name == "trend" {
        let ends = (forecast.trend_lower.clone(), forecast.trend_upper.clone());
        let interval = (!ends.0.is_empty()).then_some(ends);
        let values = forecast.trend.clone();
        return Ok(Column { mode: Mode::Additive, values, interval });
    }
    if let Some(found) = forecast.components.iter().find(|c| c.name == name) {
        let (mode, values) = (found.mode, found.values.clone());
        return Ok(Column { mode, values, interval: effects::interval(found) });
    }
    let mut known = vec!["trend"];
    known.extend(forecast.components.iter().map(|c| c.name.as_str()));
    Err(PlotError::UnknownComponent { name: name.to_owned(), known: known.join(", ") })
}

/// A component's name as a headline: `extra_regressors_additive` becomes
/// `Extra regressors additive`.
pub(crate) fn headline(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}
