//! The JSON that is printed.

use forecast_core::{Fitted, Forecast, McmcReport, ds::Ds};
use serde::Serialize;

/// `prophet fit --json`. A number that is not finite is null.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "`fit_seconds` is what others look for")]
pub(crate) struct Fit<'a> {
    pub(crate) log_posterior: f64,
    /// Before directions that the rows leave open were set to zero.
    pub(crate) exact_log_posterior: f64,
    pub(crate) converged: bool,
    pub(crate) kkt_residual: f64,
    /// Median of the fits, from `ds` and `y` in memory to parameters.
    pub(crate) fit_seconds: f64,
    pub(crate) fits: u32,
    pub(crate) rows: usize,
    pub(crate) params: Params<'a>,
    pub(crate) changepoints: Vec<String>,
    pub(crate) unidentified: &'a [String],
    /// How the posterior was sampled, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mcmc: Option<Mcmc>,
    pub(crate) forecast: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Mcmc {
    rhat_max: f64,
    ess_bulk_min: f64,
    ess_tail_min: f64,
    divergences: usize,
    /// Of the fit with its sampling.
    seconds: f64,
}

impl Mcmc {
    pub(crate) fn of(report: &McmcReport, seconds: f64) -> Self {
        let McmcReport { rhat_max, ess_bulk_min, ess_tail_min, divergences, .. } = *report;
        Self { rhat_max, ess_bulk_min, ess_tail_min, divergences, seconds }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Params<'a> {
    k: f64,
    m: f64,
    delta: &'a [f64],
    sigma_obs: f64,
    beta: &'a [f64],
}

impl<'a> Params<'a> {
    pub(crate) fn of(fitted: &'a Fitted) -> Self {
        let forecast_core::Params { k, m, delta, beta, sigma_obs } = fitted.params();
        Self { k: *k, m: *m, delta, sigma_obs: *sigma_obs, beta }
    }
}

/// A row of a forecast; without intervals their ends are null.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) ds: String,
    pub(crate) yhat: f64,
    pub(crate) yhat_lower: Option<f64>,
    pub(crate) yhat_upper: Option<f64>,
    pub(crate) trend: f64,
}

/// The rows of a forecast, in its order.
pub(crate) fn rows(forecast: &Forecast) -> Vec<Row> {
    let ds = times(&forecast.ds);
    let rows = ds.into_iter().enumerate().map(|(i, ds)| Row {
        ds,
        yhat: forecast.yhat[i],
        yhat_lower: forecast.yhat_lower.get(i).copied(),
        yhat_upper: forecast.yhat_upper.get(i).copied(),
        trend: forecast.trend[i],
    });
    rows.collect()
}

/// Dates where all are midnights, else dates with times.
pub(crate) fn times(ds: &[Ds]) -> Vec<String> {
    let is_midnight = |ds: &Ds| ds.time() == chrono::NaiveTime::MIN;
    let format = if ds.iter().all(is_midnight) { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S%.f" };
    ds.iter().map(|ds| ds.format(format).to_string()).collect()
}

/// `prophet cv --json`.
#[derive(Debug, Serialize)]
pub(crate) struct Cv {
    /// One object for each horizon: `horizon`, and a member for each metric.
    pub(crate) metrics: Vec<serde_json::Map<String, serde_json::Value>>,
    /// Of the cross-validation alone.
    pub(crate) seconds: f64,
    pub(crate) fit_seconds: f64,
    pub(crate) cutoffs: Vec<String>,
    pub(crate) rows: usize,
    /// Metrics that are not defined for these rows, and why.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Skipped {
    pub(crate) metric: String,
    pub(crate) reason: &'static str,
}
