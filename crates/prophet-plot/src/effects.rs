//! What a seasonality does on given dates, asked of the fitted model.

use chrono::TimeDelta;
use forecast_core::{Component, Fitted, Future, Mode, ds::Ds};

use crate::error::PlotError;

/// Seasonalities that Prophet adds by itself, and their periods in days.
const BUILT_IN: [(&str, f64); 3] = [("yearly", 365.25), ("weekly", 7.0), ("daily", 1.0)];

/// A seasonality of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Season {
    pub(crate) name: String,
    /// In days.
    pub(crate) period: f64,
}

/// The effects of a component: one value for each date asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Effects {
    pub(crate) mode: Mode,
    pub(crate) values: Vec<f64>,
    /// Ends of the interval, where the model has posterior draws.
    pub(crate) interval: Option<(Vec<f64>, Vec<f64>)>,
}

/// A seasonality of the model by name.
pub(crate) fn season(fitted: &Fitted, name: &str) -> Option<Season> {
    let own = fitted.spec().seasonalities.iter().find(|s| s.name == name).map(|s| s.period);
    let built_in = BUILT_IN.into_iter().find(|(known, _)| *known == name).map(|(_, p)| p);
    own.or(built_in).map(|period| Season { name: name.to_owned(), period })
}

/// The effects of component `name` on `ds`, every condition switched on and
/// every regressor at zero, as Prophet plots them.
///
/// # Source
///
/// `seasonality_plot_df` in Prophet 1.5, `plot.py`.
pub(crate) fn of(fitted: &Fitted, name: &str, ds: Vec<Ds>) -> Result<Effects, PlotError> {
    let spec = fitted.spec();
    let failed = |source| PlotError::Effects { name: name.to_owned(), source };
    let ones = vec![1.0; ds.len()];
    let zeros = vec![0.0; ds.len()];
    let column = |rows: Future, column: &str, values: &[f64]| {
        let rows = rows.with_column(column, values.to_vec());
        rows.map_err(|error| failed(forecast_core::PredictError::Rows(error)))
    };
    // A cap above every floor: the trend is not drawn.
    let (_, y) = fitted.history();
    let cap = y.iter().copied().fold(1.0, f64::max) * 2.0;
    let mut rows = column(Future::new(ds), "cap", &vec![cap; ones.len()])?;
    rows = column(rows, "floor", &zeros)?;
    for regressor in &spec.regressors {
        rows = column(rows, &regressor.name, &zeros)?;
    }
    for condition in spec.seasonalities.iter().filter_map(|s| s.condition_name.as_deref()) {
        rows = column(rows, condition, &ones)?;
    }
    // The seed matters to the trend only.
    let forecast = fitted.predict_rows(&rows, 0).map_err(failed)?;
    let known = || forecast.components.iter().map(|c| c.name.as_str()).collect::<Vec<_>>();
    let found = forecast.components.iter().find(|c| c.name == name).ok_or_else(|| {
        PlotError::UnknownComponent { name: name.to_owned(), known: known().join(", ") }
    })?;
    let (mode, values) = (found.mode, found.values.clone());
    Ok(Effects { mode, values, interval: interval(found) })
}

/// The interval of a component, unless it is the value itself, as it is where the
/// model has one set of parameters.
pub(crate) fn interval(component: &Component) -> Option<(Vec<f64>, Vec<f64>)> {
    let Component { lower, upper, .. } = component;
    let is_wide = lower.iter().zip(upper).any(|(lower, upper)| lower < upper);
    is_wide.then(|| (lower.clone(), upper.clone()))
}

/// Where the plots of seasonalities begin: at the history, so that no trend has
/// to be carried far.
pub(crate) fn anchor(fitted: &Fitted) -> Option<Ds> {
    fitted.history().0.first().copied()
}

/// The shortest step of the history, if it has two rows.
pub(crate) fn shortest_step(fitted: &Fitted) -> Option<TimeDelta> {
    let ds = fitted.history().0;
    ds.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| TimeDelta::zero() < *step).min()
}
