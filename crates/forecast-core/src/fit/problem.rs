//! A problem as augurs' optimizers take it: the data of Prophet's Stan program.

use super::Prepared;
use crate::{
    error::FitError,
    fitted::{FitReport, Fitted, Params},
    optimizer::{Data, InitialParams, PositiveFloat, TrendIndicator},
    posterior,
    spec::{Growth, Mode},
};

/// Noise that Prophet gives a constant series.
const SIGMA_CONSTANT: f64 = 1e-9;

/// What an optimizer is given, and what is kept of it.
pub(super) struct Problem {
    pub(super) prepared: Prepared,
    pub(super) data: Data,
    start: Params,
}

impl Problem {
    pub(super) fn of(prepared: Prepared) -> Result<Self, FitError> {
        let data = data(&prepared)?;
        let start = prepared.start();
        Ok(Self { prepared, data, start })
    }

    pub(super) fn init(&self) -> InitialParams {
        let Params { k, m, delta, beta, .. } = self.start.clone();
        InitialParams { k, m, delta, beta, sigma_obs: PositiveFloat::one() }
    }

    /// The fit of a series that repeats one value.
    pub(super) fn constant(self) -> Fitted {
        let mut params = self.start;
        params.sigma_obs = SIGMA_CONSTANT;
        let log_posterior = posterior::log_posterior(&self.data, &params);
        let report = FitReport {
            log_posterior,
            exact_log_posterior: log_posterior,
            kkt_residual: f64::INFINITY,
            converged: true,
            unidentified: Vec::new(),
            mcmc: None,
        };
        self.prepared.finish(params, report)
    }
}

/// The data of the Stan program.
pub(super) fn data(prepared: &Prepared) -> Result<Data, FitError> {
    let Prepared { spec, design, t, y, history, .. } = prepared;
    let t_change = prepared.changepoints_t.clone();
    let columns = design.columns();
    let flag = |mode: Mode| columns.iter().map(move |column| i32::from(column.mode == mode));
    let mut sigmas = Vec::with_capacity(columns.len().max(1));
    for column in &columns {
        sigmas.push(prior("prior_scale", column.prior_scale)?);
    }
    let (mut s_a, mut s_m) = (flag(Mode::Additive).collect(), flag(Mode::Multiplicative).collect());
    let mut x = design.matrix(&history.rows)?;
    if columns.is_empty() {
        // Stan needs one column, and Prophet's is of zeros.
        x = vec![0.0; y.len()];
        sigmas.push(PositiveFloat::one());
        (s_a, s_m) = (vec![0], vec![0]);
    }
    let mut cap = prepared.cap.clone();
    cap.resize(y.len(), 0.0);
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    Ok(Data {
        T: count(y.len()),
        S: count(t_change.len()),
        K: count(sigmas.len()),
        tau: prior("changepoint_prior_scale", spec.changepoint_prior_scale)?,
        trend_indicator: match spec.growth {
            Growth::Linear => TrendIndicator::Linear,
            Growth::Logistic => TrendIndicator::Logistic,
            Growth::Flat => TrendIndicator::Flat,
        },
        y: y.clone(),
        t: t.clone(),
        cap,
        t_change,
        s_a,
        s_m,
        X: x,
        sigmas,
    })
}

fn prior(option: &'static str, value: f64) -> Result<PositiveFloat, FitError> {
    PositiveFloat::try_new(value).map_err(|_| FitError::Option {
        option,
        value: value.to_string(),
        allowed: "above 0",
    })
}
