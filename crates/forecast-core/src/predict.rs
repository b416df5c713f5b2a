//! Forecasts: trend, components, intervals.

mod components;
mod rows;

use crate::{
    ds::Ds,
    error::PredictError,
    fitted::Fitted,
    regressor,
    series::Future,
    spec::Mode,
    trend::Trend,
    uncertainty::{self, Bands, Mean},
};
pub(crate) use rows::Rows;

/// A seasonality, a holiday, a regressor, or a sum of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its name, as in Prophet's forecast table.
    pub name: String,
    /// In the unit of `y` if additive, a share of the trend if multiplicative.
    pub mode: Mode,
    /// One value a row.
    pub values: Vec<f64>,
    /// Lower end of its interval over the posterior draws: the value itself
    /// where there is one set of parameters, empty without `uncertainty_samples`.
    pub lower: Vec<f64>,
    /// Upper end of its interval, likewise.
    pub upper: Vec<f64>,
}

/// A forecast, row by row, in the unit of `y`.
///
/// Ends of intervals are empty where the specification asks for none
/// (`uncertainty_samples` is 0).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// The rows' time stamps.
    pub ds: Vec<Ds>,
    /// The prediction: `trend × (1 + multiplicative_terms) + additive_terms`.
    pub yhat: Vec<f64>,
    /// Lower end of the interval.
    pub yhat_lower: Vec<f64>,
    /// Upper end of the interval.
    pub yhat_upper: Vec<f64>,
    /// The trend.
    pub trend: Vec<f64>,
    /// Lower end of the trend's interval.
    pub trend_lower: Vec<f64>,
    /// Upper end of the trend's interval.
    pub trend_upper: Vec<f64>,
    /// Sum of the additive components.
    pub additive_terms: Vec<f64>,
    /// Lower end of the interval of that sum, as of a [`Component`].
    pub additive_terms_lower: Vec<f64>,
    /// Upper end of the interval of that sum.
    pub additive_terms_upper: Vec<f64>,
    /// Sum of the multiplicative components, as a share of the trend.
    pub multiplicative_terms: Vec<f64>,
    /// Lower end of the interval of that sum, as of a [`Component`].
    pub multiplicative_terms_lower: Vec<f64>,
    /// Upper end of the interval of that sum.
    pub multiplicative_terms_upper: Vec<f64>,
    /// The seasonalities, holidays and regressors, and the sums `holidays`,
    /// `extra_regressors_additive` and `extra_regressors_multiplicative`.
    pub components: Vec<Component>,
}

impl Forecast {
    /// A component by name.
    pub fn component(&self, name: &str) -> Option<&[f64]> {
        let found = self.components.iter().find(|component| component.name == name);
        found.map(|component| component.values.as_slice())
    }
}

/// Draws of the future, one world each, in the unit of `y`.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Draws of a row.
    pub draws: usize,
    /// Values with their noise: N rows × draws, row-major.
    pub yhat: Vec<f64>,
    /// Trends: N rows × draws, row-major.
    pub trend: Vec<f64>,
}

/// Which columns of a forecast are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columns {
    All,
    /// `yhat` and its ends.
    Yhat,
}

/// Forecasts `future`.
pub(crate) fn forecast(
    fitted: &Fitted,
    future: &Future,
    seed: u64,
    columns: Columns,
) -> Result<Forecast, PredictError> {
    let all = columns == Columns::All;
    let bands = 0 < fitted.spec.uncertainty_samples;
    let mut rows = Rows::of(fitted, future)?;
    let components = components::of(fitted, &rows, bands && all);
    let trend_of = Trend::new(fitted.spec.growth, &fitted.mean, &fitted.changepoints_t);
    let argument: Vec<f64> = rows.t.iter().map(|&t| trend_of.argument(t)).collect();
    let trend: Vec<f64> = (0..argument.len())
        .map(|i| {
            let scaled = trend_of.value(argument[i], rows.cap.get(i));
            scaled * fitted.scales.y_scale + rows.floor[i]
        })
        .collect();
    let additive = components.additive_terms;
    let multiplicative = components.multiplicative_terms;
    let yhat: Vec<f64> = (0..trend.len())
        .map(|i| trend[i] * (1.0 + multiplicative.values[i]) + additive.values[i])
        .collect();
    let mut found = Bands::default();
    if bands {
        let mean = Mean {
            argument: &argument,
            trend: &trend,
            additive: &additive.values,
            multiplicative: &multiplicative.values,
            yhat: &yhat,
        };
        check_distance(fitted, &rows)?;
        rows.deviations = regressor::deviations(fitted, future, seed)?;
        found = uncertainty::bands(fitted, &rows, &mean, seed, all);
    }
    let (yhat_lower, yhat_upper) = found.yhat;
    let (trend_lower, trend_upper) = found.trend;
    let columns = [&yhat, &yhat_lower, &yhat_upper, &trend, &trend_lower, &trend_upper];
    let parts = components.all.iter().chain([&additive, &multiplicative]);
    let parts = parts.flat_map(|part| [&part.values, &part.lower, &part.upper]);
    for values in columns.into_iter().chain(parts) {
        check_finite(future.ds(), values)?;
    }
    let ds = future.ds().to_vec();
    if !all {
        return Ok(Forecast { ds, yhat, yhat_lower, yhat_upper, ..Forecast::default() });
    }
    Ok(Forecast {
        ds,
        yhat,
        yhat_lower,
        yhat_upper,
        trend,
        trend_lower,
        trend_upper,
        additive_terms: additive.values,
        additive_terms_lower: additive.lower,
        additive_terms_upper: additive.upper,
        multiplicative_terms: multiplicative.values,
        multiplicative_terms_lower: multiplicative.lower,
        multiplicative_terms_upper: multiplicative.upper,
        components: components.all,
    })
}

/// Draws futures, with their noise.
pub(crate) fn predictive_samples(
    fitted: &Fitted,
    future: &Future,
    seed: u64,
) -> Result<Samples, PredictError> {
    let mut rows = Rows::of(fitted, future)?;
    check_distance(fitted, &rows)?;
    rows.deviations = regressor::deviations(fitted, future, seed)?;
    let draws = uncertainty::paths(fitted);
    let values = rows.t.len() * draws;
    if uncertainty::VALUES_MAX < values {
        return Err(PredictError::TooManySamples {
            rows: rows.t.len(),
            draws,
            max: uncertainty::VALUES_MAX,
        });
    }
    let (yhat, trend) = uncertainty::samples(fitted, &rows, seed);
    for values in [&yhat, &trend] {
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(PredictError::NotFinite { ds: future.ds()[at / draws], value: values[at] });
        }
    }
    Ok(Samples { draws, yhat, trend })
}

/// Whether the last row is near enough for an interval.
fn check_distance(fitted: &Fitted, rows: &Rows) -> Result<(), PredictError> {
    let end = rows.t.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if uncertainty::CHANGES_MAX < uncertainty::expected_changes(fitted, end) {
        return Err(PredictError::TooFar { histories: end - 1.0 });
    }
    Ok(())
}

fn check_finite(ds: &[Ds], values: &[f64]) -> Result<(), PredictError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(i) => Err(PredictError::NotFinite { ds: ds[i], value: values[i] }),
        None => Ok(()),
    }
}
