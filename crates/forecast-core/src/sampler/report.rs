//! How the chains went.

use std::fmt;

use super::{Run, convergence};
use crate::fitted::Params;

/// R-hat above which chains are not to be trusted (Vehtari et al. 2021).
const RHAT_MAX: f64 = 1.01;

/// Effective draws a chain below which even the diagnostics are not to be trusted
/// (Vehtari et al. 2021).
const ESS_PER_CHAIN_MIN: f64 = 100.0;

/// The diagnostics of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterReport {
    /// Its name: `k`, `m`, `sigma_obs`, or `delta[i]` and `beta[i]`, counted from 0.
    pub name: String,
    /// Rank-normalised split R-hat of the chains; 1 once they agree.
    pub rhat: f64,
    /// Effective number of draws, for the bulk.
    pub ess_bulk: f64,
    /// Effective number of draws, for the 5 % and 95 % quantiles.
    pub ess_tail: f64,
}

/// How sampling went.
///
/// All figures are those of the recorded draws, of which the model keeps every
/// `thinning`-th: of the 150 draws a chain that `mcmc_samples` 300 keeps, R-hat says
/// 1.01 by chance alone. A mean over the draws kept is worth no more than their
/// number.
#[derive(Debug, Clone, PartialEq)]
pub struct McmcReport {
    /// Chains.
    pub chains: usize,
    /// Draws that a chain keeps.
    pub draws_per_chain: usize,
    /// Recorded draws to one that is kept.
    pub thinning: usize,
    /// The largest R-hat.
    pub rhat_max: f64,
    /// The smallest effective sample size of the bulk.
    pub ess_bulk_min: f64,
    /// The smallest effective sample size of the tails.
    pub ess_tail_min: f64,
    /// Divergent transitions after warm-up; Gibbs steps have none.
    pub divergences: usize,
    /// Each parameter: `k`, `m`, `sigma_obs`, then `delta`, then `beta`.
    pub parameters: Vec<ParameterReport>,
}

/// A reason to doubt the draws.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum McmcWarning {
    /// The chains disagree, or there is one only.
    NotConverged {
        /// The parameter that is worst.
        parameter: String,
        /// Its R-hat.
        rhat: f64,
    },
    /// Too few effective draws for stable estimates.
    FewEffectiveDraws {
        /// The parameter that is worst.
        parameter: String,
        /// The smaller of its effective sample sizes.
        ess: f64,
    },
    /// The model keeps too few draws for quantiles.
    FewDrawsKept {
        /// Draws of all chains.
        kept: usize,
    },
    /// Transitions left the region that they should explore.
    Divergences {
        /// How many.
        count: usize,
    },
}

impl fmt::Display for McmcWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConverged { parameter, rhat } => write!(
                f,
                "R-hat of `{parameter}` is {rhat:.3}, above {RHAT_MAX}: the chains have not \
                 converged, raise mcmc_samples"
            ),
            Self::FewEffectiveDraws { parameter, ess } => write!(
                f,
                "the draws of `{parameter}` are worth {ess:.0} independent ones, fewer than \
                 {ESS_PER_CHAIN_MIN} a chain: raise mcmc_samples"
            ),
            Self::FewDrawsKept { kept } => write!(
                f,
                "{kept} draws are kept, fewer than {ESS_PER_CHAIN_MIN} a chain: raise mcmc_samples"
            ),
            Self::Divergences { count } => {
                write!(f, "{count} transitions diverged: the draws may be biased")
            }
        }
    }
}

impl McmcReport {
    /// The reasons to doubt the draws, none if all is well.
    pub fn warnings(&self) -> Vec<McmcWarning> {
        let mut warnings = Vec::new();
        let by_rhat = self.parameters.iter().max_by(|a, b| a.rhat.total_cmp(&b.rhat));
        if let Some(worst) = by_rhat.filter(|worst| RHAT_MAX < worst.rhat) {
            let parameter = worst.name.clone();
            warnings.push(McmcWarning::NotConverged { parameter, rhat: worst.rhat });
        }
        let ess = |parameter: &ParameterReport| parameter.ess_bulk.min(parameter.ess_tail);
        let by_ess = self.parameters.iter().min_by(|a, b| ess(a).total_cmp(&ess(b)));
        let enough = ESS_PER_CHAIN_MIN * self.chains as f64;
        if let Some(worst) = by_ess.filter(|worst| ess(worst) < enough) {
            let parameter = worst.name.clone();
            warnings.push(McmcWarning::FewEffectiveDraws { parameter, ess: ess(worst) });
        }
        if (self.draws_per_chain as f64) < ESS_PER_CHAIN_MIN {
            let kept = self.chains * self.draws_per_chain;
            warnings.push(McmcWarning::FewDrawsKept { kept });
        }
        if 0 < self.divergences {
            warnings.push(McmcWarning::Divergences { count: self.divergences });
        }
        warnings
    }
}

/// Keeps every so many draws of each chain, chain by chain, and judges them.
pub(super) fn finish(runs: &[Run], thinning: usize) -> (Vec<Params>, McmcReport) {
    let parameters: Vec<ParameterReport> = names(&runs[0].recorded[0])
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let value = |params: &Params| value(params, i);
            let recorded: Vec<Vec<f64>> =
                runs.iter().map(|run| run.recorded.iter().map(value).collect()).collect();
            ParameterReport {
                name,
                rhat: convergence::rhat(&recorded),
                ess_bulk: convergence::ess_bulk(&recorded),
                ess_tail: convergence::ess_tail(&recorded),
            }
        })
        .collect();
    let least =
        |of: fn(&ParameterReport) -> f64| parameters.iter().map(of).fold(f64::INFINITY, f64::min);
    let report = McmcReport {
        chains: runs.len(),
        draws_per_chain: runs[0].recorded.len() / thinning,
        thinning,
        rhat_max: -least(|parameter| -parameter.rhat),
        ess_bulk_min: least(|parameter| parameter.ess_bulk),
        ess_tail_min: least(|parameter| parameter.ess_tail),
        divergences: runs.iter().map(|run| run.divergences).sum(),
        parameters,
    };
    let samples = runs.iter().flat_map(|run| every(&run.recorded, thinning).cloned()).collect();
    (samples, report)
}

/// The last of every `thinning` items.
fn every<T>(items: &[T], thinning: usize) -> impl Iterator<Item = &T> {
    items.iter().skip(thinning - 1).step_by(thinning)
}

fn names(params: &Params) -> Vec<String> {
    let mut names = ["k", "m", "sigma_obs"].map(str::to_owned).to_vec();
    names.extend((0..params.delta.len()).map(|i| format!("delta[{i}]")));
    names.extend((0..params.beta.len()).map(|i| format!("beta[{i}]")));
    names
}

/// The parameter at this place of [`names`].
fn value(params: &Params, place: usize) -> f64 {
    let s = params.delta.len();
    match place {
        0 => params.k,
        1 => params.m,
        2 => params.sigma_obs,
        _ if place < 3 + s => params.delta[place - 3],
        _ => params.beta[place - 3 - s],
    }
}
