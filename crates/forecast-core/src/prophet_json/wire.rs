//! The keys of Python Prophet's JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A model, key by key in Python's order.
///
/// `scaling`, `y_min` and `holidays_mode` came with Prophet 1.1.5 and may be
/// missing from older files.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Model {
    pub(super) growth: String,
    /// Prophet writes −1 where `changepoint_range` leaves no row.
    pub(super) n_changepoints: i64,
    pub(super) specified_changepoints: bool,
    pub(super) changepoint_range: f64,
    pub(super) yearly_seasonality: Value,
    pub(super) weekly_seasonality: Value,
    pub(super) daily_seasonality: Value,
    pub(super) seasonality_mode: String,
    pub(super) seasonality_prior_scale: f64,
    pub(super) changepoint_prior_scale: f64,
    pub(super) holidays_prior_scale: f64,
    pub(super) mcmc_samples: u32,
    pub(super) interval_width: f64,
    pub(super) uncertainty_samples: Value,
    pub(super) y_scale: f64,
    #[serde(default)]
    pub(super) y_min: f64,
    #[serde(default = "absmax")]
    pub(super) scaling: String,
    pub(super) logistic_floor: bool,
    pub(super) country_holidays: Option<String>,
    pub(super) component_modes: Option<Modes>,
    #[serde(default)]
    pub(super) holidays_mode: Option<String>,
    pub(super) changepoints: Option<String>,
    pub(super) history_dates: Option<String>,
    pub(super) train_holiday_names: Option<String>,
    pub(super) start: f64,
    pub(super) t_scale: f64,
    pub(super) holidays: Option<String>,
    pub(super) history: Option<String>,
    pub(super) train_component_cols: Option<String>,
    pub(super) changepoints_t: Vec<f64>,
    pub(super) seasonalities: (Vec<String>, Map<String, Value>),
    pub(super) extra_regressors: (Vec<String>, Map<String, Value>),
    #[serde(default)]
    pub(super) fit_kwargs: Map<String, Value>,
    pub(super) params: Params,
    #[serde(rename = "__prophet_version", default)]
    pub(super) prophet_version: Option<String>,
}

fn absmax() -> String {
    "absmax".to_owned()
}

/// Which components act how.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Modes {
    pub(super) additive: Vec<String>,
    pub(super) multiplicative: Vec<String>,
}

/// Draws of each parameter: one row a draw.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Params {
    pub(super) k: Draws,
    pub(super) m: Draws,
    pub(super) delta: Draws,
    pub(super) sigma_obs: Draws,
    pub(super) beta: Draws,
}

/// Rows of draws. Stan's sampler gives scalars flat, its optimizer as rows of
/// one; both are read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Draws(pub(super) Vec<Value>);

/// A seasonality.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Seasonality {
    pub(super) period: f64,
    pub(super) fourier_order: u32,
    pub(super) prior_scale: f64,
    pub(super) mode: String,
    #[serde(default)]
    pub(super) condition_name: Option<String>,
}

/// A regressor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Regressor {
    pub(super) prior_scale: f64,
    pub(super) standardize: Value,
    pub(super) mu: f64,
    pub(super) std: f64,
    pub(super) mode: String,
    #[serde(default)]
    pub(super) predictor: Value,
}
