//! A fitted model: everything that a forecast needs, and nothing that changes.

pub(crate) mod check;

use crate::{
    design::Design,
    ds::Ds,
    error::PredictError,
    predict::{self, Columns, Forecast, Samples},
    regressor,
    sampler::McmcReport,
    scale::Scales,
    series::{Future, Series},
    spec::{Growth, Spec},
};

/// One set of parameters, in the scaled units of the fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Base rate of the trend.
    pub k: f64,
    /// Offset of the trend.
    pub m: f64,
    /// Changes of the rate, one a changepoint.
    pub delta: Vec<f64>,
    /// Coefficients, one a column of the design.
    pub beta: Vec<f64>,
    /// Standard deviation of the noise.
    pub sigma_obs: f64,
}

impl Params {
    /// The mean of draws, of which there is at least one.
    pub(crate) fn mean(samples: &[Self]) -> Self {
        let n = samples.len() as f64;
        let average = |of: &dyn Fn(&Self) -> f64| samples.iter().map(of).sum::<f64>() / n;
        let each = |len: usize, of: &dyn Fn(&Self, usize) -> f64| {
            (0..len).map(|i| average(&|params| of(params, i))).collect()
        };
        Self {
            k: average(&|params| params.k),
            m: average(&|params| params.m),
            sigma_obs: average(&|params| params.sigma_obs),
            delta: each(samples[0].delta.len(), &|params, i| params.delta[i]),
            beta: each(samples[0].beta.len(), &|params, i| params.beta[i]),
        }
    }

    /// Gives the rate change at the start, which stands in where a model has no
    /// changepoints, to the base rate.
    pub(crate) fn merge_dummy_changepoint(&mut self) {
        self.k += self.delta.iter().sum::<f64>();
        self.delta.fill(0.0);
    }
}

/// How a fit went.
#[derive(Debug, Clone, PartialEq)]
pub struct FitReport {
    /// Log posterior of the parameters kept.
    pub log_posterior: f64,
    /// Log posterior where the optimizer stopped, before what the rows do not
    /// determine was set to the smallest that fits.
    pub exact_log_posterior: f64,
    /// Largest subgradient where the optimizer stopped, in nats per unit.
    pub kkt_residual: f64,
    /// Whether that counts as zero.
    pub converged: bool,
    /// Components that the rows do not determine, wholly or in part; their
    /// coefficients are the smallest that fit.
    pub unidentified: Vec<String>,
    /// How the posterior was sampled; `None` for an optimum. The other members
    /// are about the optimum, around which the chains were run.
    pub mcmc: Option<McmcReport>,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub(crate) spec: Spec,
    pub(crate) scales: Scales,
    pub(crate) design: Design,
    pub(crate) changepoints: Vec<Ds>,
    /// Scaled times of the changepoints; one zero where there are none.
    pub(crate) changepoints_t: Vec<f64>,
    /// Posterior draws, or the one optimum.
    pub(crate) samples: Vec<Params>,
    /// Mean of the draws.
    pub(crate) mean: Params,
    pub(crate) history: History,
    pub(crate) report: Option<FitReport>,
}

/// The rows that were fitted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct History {
    /// The rows with a value, in order of time.
    pub(crate) rows: Future,
    pub(crate) y: Vec<f64>,
    /// All time stamps, also of rows without a value.
    pub(crate) all_ds: Vec<Ds>,
}

impl Fitted {
    /// The specification.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The parameters: the optimum, or the mean of the posterior draws.
    pub fn params(&self) -> &Params {
        &self.mean
    }

    /// The posterior draws, chain by chain, or the one optimum.
    pub fn samples(&self) -> &[Params] {
        &self.samples
    }

    /// The changepoints, in order of time.
    pub fn changepoints(&self) -> &[Ds] {
        &self.changepoints
    }

    /// The last time stamp of the history, or `None` where the model came
    /// without its history.
    pub fn last_ds(&self) -> Option<Ds> {
        self.history.all_ds.last().copied()
    }

    /// How many rows were fitted.
    pub fn rows(&self) -> usize {
        self.history.y.len()
    }

    /// The history that was fitted: time stamps and values, in order of time.
    pub fn history(&self) -> (&[Ds], &[f64]) {
        (self.history.rows.ds(), &self.history.y)
    }

    /// The rows that were fitted, with their columns, in order of time.
    pub fn history_rows(&self) -> &Future {
        &self.history.rows
    }

    /// The columns that rows to predict must bring besides `ds`, each once: `cap`, `floor`,
    /// regressors, conditions. A regressor with a model of its own
    /// ([`Regressor::predictor`](crate::spec::Regressor::predictor)) is not among them.
    pub fn needed_columns(&self) -> Vec<&str> {
        let spec = &self.spec;
        let cap = (spec.growth == Growth::Logistic).then_some("cap");
        let floor = self.scales.logistic_floor.then_some("floor");
        let regressors = spec.regressors.iter().filter(|regressor| regressor.predictor.is_none());
        let regressors = regressors.map(|regressor| regressor.name.as_str());
        let conditions = spec.seasonalities.iter().filter_map(|one| one.condition_name.as_deref());
        let mut needed: Vec<&str> = Vec::new();
        for name in cap.into_iter().chain(floor).chain(regressors).chain(conditions) {
            if !needed.contains(&name) {
                needed.push(name);
            }
        }
        needed
    }

    /// How the fit went; `None` for a model that was read.
    pub fn report(&self) -> Option<&FitReport> {
        self.report.as_ref()
    }

    /// Forecasts `ds`, in the order given.
    ///
    /// At an optimum the intervals are exact and the seed does not matter; over
    /// posterior draws future trends are simulated, and the same seed gives the
    /// same bits. The interval of a row does not depend on the other rows.
    ///
    /// # Errors
    ///
    /// [`PredictError`] if `ds` is empty, if the model needs columns besides
    /// `ds` (use [`Fitted::predict_rows`]), or if a prediction is not finite.
    pub fn predict(&self, ds: &[Ds], seed: u64) -> Result<Forecast, PredictError> {
        self.predict_rows(&Future::new(ds.to_vec()), seed)
    }

    /// Forecasts rows that bring columns: `cap`, `floor`, regressors, conditions.
    ///
    /// A regressor with a model of its own
    /// ([`Regressor::predictor`](crate::spec::Regressor::predictor)) is forecast by it
    /// after the history, and need not be there.
    ///
    /// # Errors
    ///
    /// As [`Fitted::predict`].
    pub fn predict_rows(&self, rows: &Future, seed: u64) -> Result<Forecast, PredictError> {
        let rows = regressor::complete(self, rows)?;
        predict::forecast(self, &rows, seed, Columns::All)
    }

    /// As [`Fitted::predict_rows`], with nothing but `yhat` and its interval, to
    /// the same bits: the other columns are empty. About twice as fast.
    ///
    /// # Errors
    ///
    /// As [`Fitted::predict`].
    pub fn predict_yhat(&self, rows: &Future, seed: u64) -> Result<Forecast, PredictError> {
        let rows = regressor::complete(self, rows)?;
        predict::forecast(self, &rows, seed, Columns::Yhat)
    }

    /// Draws futures: as many as `uncertainty_samples`, the same number from each
    /// posterior draw, and at least one.
    ///
    /// A draw has a trend with new changepoints, as frequent as those of the
    /// history and as large, and independent noise in each row. The same seed
    /// gives the same bits, and rows of one time the same trends.
    ///
    /// # Errors
    ///
    /// As [`Fitted::predict`], and [`PredictError::TooManySamples`].
    ///
    /// # Source
    ///
    /// `predictive_samples` in Prophet 1.5, `forecaster.py`.
    pub fn predictive_samples(&self, rows: &Future, seed: u64) -> Result<Samples, PredictError> {
        let rows = regressor::complete(self, rows)?;
        predict::predictive_samples(self, &rows, seed)
    }

    /// Refits the same specification to another history, for example to all
    /// rows after an evaluation.
    ///
    /// # Errors
    ///
    /// As [`crate::fit()`].
    pub fn refit(&self, series: &Series) -> Result<Self, crate::FitError> {
        crate::fit(&self.spec, series)
    }
}
