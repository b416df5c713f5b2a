//! From the maximum of the posterior to draws from it.

use super::{Prepared, Problem, solve};
use crate::{
    error::FitError,
    fitted::{Fitted, Params, check::DRAWS_MAX},
    sampler::{self, SamplerOptions},
    series::Series,
    spec::Spec,
};

/// Samples the posterior of `series`: `mcmc_samples / 2` draws from each chain, as
/// Prophet keeps them; at the maximum of the posterior where `mcmc_samples` is 0
/// and, as in Prophet, for a constant series.
///
/// # Errors
///
/// As [`fit`](super::fit()); [`FitError::Option`] for options out of range, and
/// [`FitError::Sampler`] if a chain cannot start.
pub fn fit_bayes(
    spec: &Spec,
    series: &Series,
    options: &SamplerOptions,
) -> Result<Fitted, FitError> {
    let prepared = Prepared::of(spec, series)?;
    options.check()?;
    let start = prepared.start();
    about(solve(prepared, &start)?, series, options)
}

/// Replaces an optimum by draws about it, where its specification asks for them.
pub(super) fn about(
    mut fitted: Fitted,
    series: &Series,
    options: &SamplerOptions,
) -> Result<Fitted, FitError> {
    let kept = fitted.spec.mcmc_samples / 2;
    if kept == 0 {
        return Ok(fitted);
    }
    if DRAWS_MAX < options.chains * kept {
        let value = format!("{} of {kept} draws", options.chains);
        return Err(FitError::Option { option: "chains", value, allowed: "20000 draws or fewer" });
    }
    let prepared = Prepared::of(&fitted.spec, series)?;
    if prepared.is_constant() {
        return Ok(fitted);
    }
    let data = Problem::of(prepared)?.data;
    let (mut samples, report) =
        sampler::sample(&data, &fitted.mean, fitted.spec.mcmc_samples, options)?;
    if fitted.changepoints.is_empty() {
        samples.iter_mut().for_each(Params::merge_dummy_changepoint);
    }
    fitted.mean = Params::mean(&samples);
    fitted.samples = samples;
    if let Some(fit) = &mut fitted.report {
        fit.mcmc = Some(report);
    }
    Ok(fitted)
}
