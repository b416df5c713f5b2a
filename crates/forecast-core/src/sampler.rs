//! Draws from the whole posterior (`mcmc_samples`), as Prophet has from Stan.
//!
//! Linear and flat trends with additive features are sampled by Gibbs steps on
//! their sufficient statistics ([`collapsed`], [`gibbs`]): no step looks at the rows.
//! Other models are sampled by the No-U-Turn sampler in coordinates in which the
//! posterior is round at its optimum ([`density`], [`nuts`]).
//!
//! The density is that of `prophet.stan`: normal priors of `k`, `m` and `beta`,
//! Laplace of `delta`, half-normal of `sigma_obs`, whose own density is meant
//! (Stan adds the Jacobian of its logarithm, and so do we).
//!
//! Directions that the rows leave open are drawn from their prior, as Stan draws
//! them: the draws say how little is known, which a smallest coefficient would hide.

mod collapsed;
pub mod convergence;
mod density;
mod gibbs;
mod nuts;
mod report;
mod slice;

use std::thread;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{error::FitError, fitted::Params, optimizer::Data, panel::Panel};
use collapsed::Collapsed;
pub use report::{McmcReport, McmcWarning, ParameterReport};

/// Seed of a fit that is given none.
pub const SEED_DEFAULT: u64 = 42;

/// Chains that Prophet runs.
const CHAINS_DEFAULT: usize = 4;

/// Chains that may be asked for; R-hat needs two, and more than this tell no more.
const CHAINS_MAX: usize = 64;

/// How the posterior is sampled; how much is `mcmc_samples` of the specification.
///
/// Every chain has a stream of random numbers of its own, so the draws depend on
/// the seed and the number of chains, never on the number of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplerOptions {
    /// Seed of all chains; default [`SEED_DEFAULT`].
    pub seed: u64,
    /// Chains, 1 to 64; default 4, as Prophet has.
    pub chains: usize,
    /// Threads that share the chains; default 1.
    pub threads: usize,
}

impl Default for SamplerOptions {
    fn default() -> Self {
        Self { seed: SEED_DEFAULT, chains: CHAINS_DEFAULT, threads: 1 }
    }
}

impl SamplerOptions {
    /// Checks every option against its range.
    pub(crate) fn check(&self) -> Result<(), FitError> {
        let counts = [("chains", self.chains, CHAINS_MAX), ("threads", self.threads, usize::MAX)];
        for (option, value, most) in counts {
            if !(1..=most).contains(&value) {
                let allowed = if most == CHAINS_MAX { "1 to 64" } else { "1 or more" };
                return Err(FitError::Option { option, value: value.to_string(), allowed });
            }
        }
        Ok(())
    }
}

/// What one chain brought.
#[derive(Debug, Default)]
struct Run {
    /// Draws after warm-up, in order.
    recorded: Vec<Params>,
    /// Transitions after warm-up that left the level set of their energy.
    divergences: usize,
}

/// Draws from the posterior of `data` about its optimum: the draws kept, chain by
/// chain, and how the chains went.
///
/// # Errors
///
/// [`FitError::Sampler`] if the density is not finite where a chain starts.
pub(crate) fn sample(
    data: &Data,
    optimum: &Params,
    mcmc_samples: usize,
    options: &SamplerOptions,
) -> Result<(Vec<Params>, McmcReport), FitError> {
    // Half of the iterations are warm-up, as Stan is told by Prophet.
    let kept = mcmc_samples / 2;
    let panel = Panel::of_data(data);
    if let Some(model) = Collapsed::of(data, &panel, optimum) {
        // More is recorded than kept where little is asked for: a sweep is cheap.
        let thinning = gibbs::RECORDED_MIN.div_ceil(kept);
        let chains = on_threads(options, |rng| Ok(gibbs::run(&model, rng, kept * thinning)))?;
        return Ok(report::finish(&chains, thinning));
    }
    let geometry = density::Geometry::of(data, &panel, optimum);
    let warm_up = mcmc_samples - kept;
    let chains =
        on_threads(options, |rng| nuts::run((data, &panel), &geometry, rng, warm_up, kept))?;
    Ok(report::finish(&chains, 1))
}

/// Runs every chain on its own stream of random numbers, in order of the chains.
fn on_threads(
    options: &SamplerOptions,
    chain: impl Fn(Xoshiro256PlusPlus) -> Result<Run, FitError> + Sync,
) -> Result<Vec<Run>, FitError> {
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let streams: Vec<Xoshiro256PlusPlus> = (0..options.chains)
        .map(|_| {
            stream.jump();
            stream.clone()
        })
        .collect();
    let share = options.chains.div_ceil(options.threads);
    if share == options.chains {
        return streams.into_iter().map(chain).collect();
    }
    let chain = &chain;
    thread::scope(|scope| {
        let workers: Vec<_> = streams
            .chunks(share)
            .map(|streams| scope.spawn(|| streams.iter().cloned().map(chain).collect::<Vec<_>>()))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("invariant: a chain does not panic"))
            .collect()
    })
}

#[cfg(test)]
mod tests;
