//! Forecasts: trend, components, intervals.

use crate::{
    ds::Ds,
    error::PredictError,
    fitted::Fitted,
    series::Future,
    spec::Mode,
    trend::Trend,
    uncertainty::{self, Paths},
};

/// A seasonality, a holiday, a regressor, or a sum of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its name, as in Prophet's forecast table.
    pub name: String,
    /// In the unit of `y` if additive, a share of the trend if multiplicative.
    pub mode: Mode,
    /// One value a row.
    pub values: Vec<f64>,
}

/// A forecast, row by row, in the unit of `y`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// The rows' time stamps.
    pub ds: Vec<Ds>,
    /// The prediction: `trend × (1 + multiplicative_terms) + additive_terms`.
    pub yhat: Vec<f64>,
    /// Lower end of the interval; empty if no paths were asked for.
    pub yhat_lower: Vec<f64>,
    /// Upper end of the interval; empty if no paths were asked for.
    pub yhat_upper: Vec<f64>,
    /// The trend.
    pub trend: Vec<f64>,
    /// Lower end of the trend's interval; empty if no paths were asked for.
    pub trend_lower: Vec<f64>,
    /// Upper end of the trend's interval; empty if no paths were asked for.
    pub trend_upper: Vec<f64>,
    /// Sum of the additive components.
    pub additive_terms: Vec<f64>,
    /// Sum of the multiplicative components, as a share of the trend.
    pub multiplicative_terms: Vec<f64>,
    /// The seasonalities, holidays and regressors, and `holidays`, their sum.
    pub components: Vec<Component>,
}

impl Forecast {
    /// A component by name.
    pub fn component(&self, name: &str) -> Option<&[f64]> {
        let found = self.components.iter().find(|component| component.name == name);
        found.map(|component| component.values.as_slice())
    }
}

/// Forecasts `rows` of a fitted model.
pub(crate) fn forecast(
    fitted: &Fitted,
    rows: &Future,
    seed: u64,
) -> Result<Forecast, PredictError> {
    if rows.ds().is_empty() {
        return Err(PredictError::NoRows);
    }
    let growth = fitted.spec.growth;
    let floor = fitted.scales.floor(rows).map_err(PredictError::Rows)?;
    let cap = fitted.scales.cap(growth, rows, &floor).map_err(PredictError::Rows)?;
    let t: Vec<f64> = rows.ds().iter().map(|&ds| fitted.scales.t(ds)).collect();
    let matrix = fitted.design.matrix(rows).map_err(PredictError::Rows)?;
    let y_scale = fitted.scales.y_scale;

    let trend_of = Trend { growth, params: &fitted.mean, changepoints_t: &fitted.changepoints_t };
    let scaled = trend_of.at(&t, &cap);
    let trend: Vec<f64> = scaled.iter().zip(&floor).map(|(g, floor)| g * y_scale + floor).collect();
    let mut out = Forecast { ds: rows.ds().to_vec(), trend, ..Forecast::default() };
    add_components(fitted, &matrix, &mut out);
    out.yhat = (0..t.len())
        .map(|i| out.trend[i] * (1.0 + out.multiplicative_terms[i]) + out.additive_terms[i])
        .collect();
    if let Some(i) = out.yhat.iter().position(|value| !value.is_finite()) {
        return Err(PredictError::NotFinite { ds: out.ds[i], value: out.yhat[i] });
    }
    if 0 < fitted.spec.uncertainty_samples {
        let end = t.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let changes = uncertainty::expected_changes(fitted, end);
        if uncertainty::CHANGES_MAX < changes {
            return Err(PredictError::TooFar { histories: end - 1.0 });
        }
        let paths = Paths { fitted, t: &t, cap: &cap, floor: &floor, matrix: &matrix };
        let bands = uncertainty::bands(&paths, seed);
        (out.yhat_lower, out.yhat_upper) = bands.yhat;
        (out.trend_lower, out.trend_upper) = bands.trend;
    }
    Ok(out)
}

/// Fills the components and the sums by mode.
fn add_components(fitted: &Fitted, matrix: &[f64], out: &mut Forecast) {
    let rows = out.ds.len();
    let columns = fitted.design.columns();
    let width = columns.len();
    out.additive_terms = vec![0.0; rows];
    out.multiplicative_terms = vec![0.0; rows];
    let mut holidays: Option<Component> = None;
    let mut components: Vec<Component> = Vec::new();
    for (j, column) in columns.iter().enumerate() {
        let (unit, sums) = match column.mode {
            Mode::Additive => (fitted.scales.y_scale, &mut out.additive_terms),
            Mode::Multiplicative => (1.0, &mut out.multiplicative_terms),
        };
        let found = components.iter().position(|component| component.name == column.component);
        let at = found.unwrap_or_else(|| {
            components.push(empty(&column.component, column.mode, rows));
            components.len() - 1
        });
        let mut group = column
            .holiday
            .then(|| holidays.get_or_insert_with(|| empty("holidays", column.mode, rows)));
        for (i, x) in matrix.iter().skip(j).step_by(width).enumerate() {
            let term = x * fitted.mean.beta[j] * unit;
            components[at].values[i] += term;
            sums[i] += term;
            if let Some(group) = &mut group {
                group.values[i] += term;
            }
        }
    }
    components.extend(holidays);
    out.components = components;
}

fn empty(name: &str, mode: Mode, rows: usize) -> Component {
    Component { name: name.to_owned(), mode, values: vec![0.0; rows] }
}
