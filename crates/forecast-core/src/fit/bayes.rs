//! From the maximum of the posterior to draws from it.

use super::{Prepared, problem, solve};
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
    draw(prepared, options, |prepared| solve(prepared, &start))
}

/// Finds an optimum, and replaces it by draws about it where its specification asks for them.
pub(super) fn draw(
    prepared: Prepared,
    options: &SamplerOptions,
    solve: impl FnOnce(Prepared) -> Result<Fitted, FitError>,
) -> Result<Fitted, FitError> {
    let mcmc_samples = prepared.spec.mcmc_samples;
    let kept = mcmc_samples / 2;
    if kept == 0 || prepared.is_constant() {
        return solve(prepared);
    }
    if DRAWS_MAX < options.chains * kept {
        let value = format!("{} of {kept} draws", options.chains);
        return Err(FitError::Option { option: "chains", value, allowed: "20000 draws or fewer" });
    }
    let data = problem::data(&prepared)?;
    let mut fitted = solve(prepared)?;
    let (mut samples, report) = sampler::sample(&data, &fitted.mean, mcmc_samples, options)?;
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
