//! From a specification and a series to a fitted model.

mod bayes;
pub(crate) mod linear;
pub(crate) mod prepared;
mod problem;

pub use bayes::fit_bayes;

use crate::{
    error::FitError,
    fitted::{FitReport, Fitted, Params},
    map,
    optimizer::{Data, InitialParams, OptimizeOpts, Optimizer},
    posterior,
    sampler::SamplerOptions,
    series::Series,
    spec::Spec,
};
use prepared::Prepared;
use problem::Problem;

/// A specification that can be fitted, for those who like it as a builder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prophet {
    spec: Spec,
}

impl Prophet {
    /// Takes a specification; it is checked when it is fitted.
    pub fn new(spec: Spec) -> Self {
        Self { spec }
    }

    /// Fits `series` at the exact maximum of the posterior.
    ///
    /// # Errors
    ///
    /// As [`fit`].
    pub fn fit(&self, series: &Series) -> Result<Fitted, FitError> {
        fit(&self.spec, series)
    }
}

/// Fits `series` at the exact maximum of the posterior or, where the specification
/// has `mcmc_samples`, by draws from the whole of it ([`fit_bayes`] with its default
/// options, seed 42 among them).
///
/// # Errors
///
/// [`FitError`]: an option out of range, fewer than two rows with a value, a
/// column that the specification needs and the series lacks.
pub fn fit(spec: &Spec, series: &Series) -> Result<Fitted, FitError> {
    let prepared = Prepared::of(spec, series)?;
    let start = prepared.start();
    bayes::draw(prepared, &SamplerOptions::default(), |prepared| solve(prepared, &start))
}

/// Fits several series that have the same dates and a value on each, with one pass over
/// their rows: the results are those of [`fit()`], to the bit.
pub(crate) fn fit_together(spec: &Spec, series: &[&Series]) -> Vec<Result<Fitted, FitError>> {
    let together = Prepared::together(spec, series);
    let solved = together.and_then(|prepared| {
        let solutions = linear::solve(&prepared, &prepared[0].priors()).ok()?;
        Some(prepared.into_iter().zip(solutions))
    });
    let Some(solved) = solved else {
        return series.iter().map(|series| fit(spec, series)).collect();
    };
    let finish = |((prepared, solution), series): ((Prepared, _), &&Series)| match solution {
        Some(solution) if !prepared.is_constant() => {
            bayes::draw(prepared, &SamplerOptions::default(), |prepared| finish(prepared, solution))
        }
        _ => fit(spec, series),
    };
    solved.zip(series).map(finish).collect()
}

/// Fits `series` as [`fit()`] does, starting from the parameters of an earlier fit with the
/// same columns and as many changepoints
/// ([`warm_start_params`](crate::utilities::warm_start_params)).
///
/// A linear trend with additive features has one optimum, which is found without a start:
/// it is that of [`fit()`], to the bit.
///
/// # Errors
///
/// As [`fit()`], and [`FitError::WarmStart`] if the parameters do not fit the model.
pub fn fit_from(spec: &Spec, series: &Series, start: &Params) -> Result<Fitted, FitError> {
    let prepared = Prepared::of(spec, series)?;
    prepared.check_start(start)?;
    bayes::draw(prepared, &SamplerOptions::default(), |prepared| solve(prepared, start))
}

/// The model at its maximum, looked for from `start` where there may be several.
fn solve(prepared: Prepared, start: &Params) -> Result<Fitted, FitError> {
    if prepared.is_constant() {
        return Problem::of(prepared).map(Problem::constant);
    }
    let priors = prepared.priors();
    let mut short = linear::solve(std::slice::from_ref(&prepared), &priors)?;
    let solution = match short.pop().flatten() {
        Some(solution) => solution,
        None => map::solve(&prepared.panel()?, &priors, start),
    };
    finish(prepared, solution)
}

/// The model with its parameters, and how they were found.
fn finish(prepared: Prepared, solution: map::Solution) -> Result<Fitted, FitError> {
    if !solution.log_posterior.is_finite() {
        return Err(FitError::Overflow { component: "y".to_owned() });
    }
    let report = FitReport {
        log_posterior: solution.log_posterior,
        exact_log_posterior: solution.exact_log_posterior,
        kkt_residual: solution.kkt_residual,
        converged: solution.converged,
        unidentified: prepared.components(&solution.unidentified_columns),
        mcmc: None,
    };
    Ok(prepared.finish(solution.params, report))
}

/// Fits `series` with any optimizer of augurs-prophet's kind, such as Stan.
///
/// # Errors
///
/// As [`fit`], and [`FitError::Optimizer`] if the optimizer fails.
#[doc(alias = "stan_backend")]
pub fn fit_with(
    spec: &Spec,
    series: &Series,
    optimizer: &dyn Optimizer,
    opts: &OptimizeOpts,
) -> Result<Fitted, FitError> {
    let problem = Problem::of(Prepared::of(spec, series)?)?;
    if problem.prepared.is_constant() {
        return Ok(problem.constant());
    }
    let found = optimizer
        .optimize(&problem.init(), &problem.data, opts)
        .map_err(|error| FitError::Optimizer(error.to_string()))?;
    let params = Params {
        k: found.k,
        m: found.m,
        delta: found.delta,
        beta: found.beta,
        sigma_obs: *found.sigma_obs,
    };
    let kkt_residual = posterior::kkt_residual(&problem.data, &params);
    let log_posterior = posterior::log_posterior(&problem.data, &params);
    let report = FitReport {
        log_posterior,
        exact_log_posterior: log_posterior,
        kkt_residual,
        converged: map::is_optimal(&problem.data, &params),
        unidentified: Vec::new(),
        mcmc: None,
    };
    Ok(problem.prepared.finish(params, report))
}

/// The data and the starting point that an optimizer is given, for those who
/// run one by themselves or look at the posterior.
///
/// # Errors
///
/// As [`fit`].
pub fn prepare(spec: &Spec, series: &Series) -> Result<(Data, InitialParams), FitError> {
    let problem = Problem::of(Prepared::of(spec, series)?)?;
    let init = problem.init();
    Ok((problem.data, init))
}
