//! The maximum of the posterior (MAP), exactly.
//!
//! A linear or flat trend with additive features has one maximum, which the sums
//! over the rows determine ([`linear`]). Other models, and fits so close that sums
//! cannot tell them from perfect ones, are climbed step by step ([`newton`]); they
//! may have several maxima, so two starts are tried and the better end is kept.

mod lasso;
pub(crate) mod linear;
mod newton;
pub(crate) mod open;
pub(crate) mod priors;
mod quadratic;

use thiserror::Error as ThisError;

use crate::{
    fitted::Params,
    moments::Moments,
    optimizer::{
        Data, Error, InitialParams, OptimizeOpts, OptimizedParams, Optimizer, PositiveFloat,
    },
    panel::Panel,
    spec::{Growth, Mode},
};
use newton::{Climb, SHOULDER, SUMMIT, climb};
use open::Open;
use priors::Priors;

/// Largest subgradient that counts as zero, in nats per unit of a parameter.
pub(crate) const KKT_TOLERANCE: f64 = 1e-6;

/// A factor of the trend nearer to zero than this is not taken in by the trend.
const FACTOR_MIN: f64 = 1e-3;

/// What the optimizer found, and how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The parameters, with unidentified directions at their smallest.
    pub params: Params,
    /// Their log posterior.
    pub log_posterior: f64,
    /// Log posterior at the exact maximum, before unidentified directions were
    /// resolved.
    pub exact_log_posterior: f64,
    /// Residual of the optimality conditions there.
    pub kkt_residual: f64,
    /// Whether that residual is within tolerance, or a further step promises next to no gain.
    pub converged: bool,
    /// Steps taken.
    pub steps: u32,
    /// Columns of the design whose coefficients the rows do not determine.
    pub unidentified_columns: Vec<usize>,
}

/// Finds the exact maximum of the posterior.
///
/// Stan's L-BFGS, which Python Prophet uses, stops before it: by 14 nats on
/// PETR4 closes.
#[derive(Debug, Clone, Copy, Default)]
pub struct MapOptimizer;

/// Rows or changepoints that do not stand in order of time.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("`{column}` falls at place {place}; put rows and changepoints in order of time")]
pub struct OutOfOrder {
    /// `t` or `t_change`.
    pub column: &'static str,
    /// The first place, from 0, that is lower than the one before.
    pub place: usize,
}

impl MapOptimizer {
    /// Optimizes from `start`; `t` and `t_change` of the data must rise.
    pub fn solve(&self, data: &Data, start: &Params) -> Solution {
        let scales = data.sigmas.iter().map(|scale| **scale);
        let priors = Priors::new(data.t_change.len(), *data.tau, scales);
        solve(&Panel::of_data(data), &priors, start)
    }
}

impl Optimizer for MapOptimizer {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        _opts: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        for (column, times) in [("t", &data.t), ("t_change", &data.t_change)] {
            if let Some(before) = times.windows(2).position(|pair| pair[1] < pair[0]) {
                return Err(Error::custom(OutOfOrder { column, place: before + 1 }));
            }
        }
        let start = Params {
            k: init.k,
            m: init.m,
            delta: init.delta.clone(),
            beta: init.beta.clone(),
            sigma_obs: *init.sigma_obs,
        };
        let params = self.solve(data, &start).params;
        let sigma_obs = PositiveFloat::try_new(params.sigma_obs).map_err(Error::custom)?;
        let Params { k, m, delta, beta, .. } = params;
        Ok(OptimizedParams { k, m, sigma_obs, delta, beta, trend: Vec::new() })
    }
}

/// The best maximum that is found from `start`.
pub(crate) fn solve(panel: &Panel, priors: &Priors, start: &Params) -> Solution {
    let open = open::of_panel(panel, priors);
    if panel.is_linear()
        && let Some(solution) = solve_linear(&Moments::of_panel(panel), priors, &open)
    {
        return solution;
    }
    let best = best_climb(panel, priors, flat(start));
    let ended = if open.is_empty() {
        best.clone()
    } else {
        narrowed_climb(panel, priors, &open, (start, &best.w))
    };
    Solution {
        params: params(&ended.w, priors.s, ended.sigma),
        log_posterior: -ended.value,
        exact_log_posterior: -best.value,
        kkt_residual: best.kkt_residual,
        converged: best.converged && ended.converged,
        steps: best.steps,
        unidentified_columns: open.columns,
    }
}

/// The maximum of a linear additive model from its statistics; `None` where they
/// are too coarse.
pub(crate) fn solve_linear(moments: &Moments, priors: &Priors, open: &Open) -> Option<Solution> {
    let found = linear::solve(moments, priors)?;
    if KKT_TOLERANCE < found.kkt_residual {
        return None;
    }
    let s = priors.s;
    let mut level = found.w.clone();
    let constant = open.project_off(&mut level[s + 2..], Mode::Additive);
    level[s + 1] += constant;
    Some(Solution {
        params: params(&level, s, found.sigma),
        log_posterior: found.log_posterior - (priors.value(&level) - priors.value(&found.w)),
        exact_log_posterior: found.log_posterior,
        kkt_residual: found.kkt_residual,
        converged: true,
        steps: found.steps,
        unidentified_columns: open.columns.clone(),
    })
}

/// Whether `params` are at a maximum: the conditions hold, or the quadratic model
/// promises next to no gain.
pub(crate) fn is_optimal(data: &Data, params: &Params) -> bool {
    let scales = data.sigmas.iter().map(|scale| **scale);
    let priors = Priors::new(data.t_change.len(), *data.tau, scales);
    newton::is_optimal(&Panel::of_data(data), &priors, &flat(params), params.sigma_obs)
}

/// The best of the same model without its open directions, which is looked for from
/// `start` and from where the whole model ended.
fn narrowed_climb(
    panel: &Panel,
    priors: &Priors,
    open: &Open,
    (start, ended): (&Params, &[f64]),
) -> Climb {
    let narrowed = panel.without(&open.basis);
    let mut from = ended.to_vec();
    let (trend, beta) = from.split_at_mut(priors.s + 2);
    let factor = 1.0 + open.project_off(beta, Mode::Multiplicative);
    open.project_off(beta, Mode::Additive);
    // A trend that was multiplied on all rows takes the factor in.
    if panel.growth() != Growth::Logistic && FACTOR_MIN < factor.abs() {
        for w in trend {
            *w *= factor;
        }
        for column in panel.seen(true) {
            beta[column] /= factor;
        }
    }
    let afresh = best_climb(&narrowed, priors, flat(start));
    let mut best = better(afresh, climb(&narrowed, priors, from, SUMMIT, None));
    for mode in [Mode::Additive, Mode::Multiplicative] {
        // Rounding alone: the climb has no reason to leave.
        open.project_off(&mut best.w[priors.s + 2..], mode);
    }
    best
}

/// The one that is higher; NaN compares false, so a climb that led nowhere never wins.
fn better(one: Climb, other: Option<Climb>) -> Climb {
    match other {
        Some(other) if other.value < one.value || one.value.is_nan() => other,
        _ => one,
    }
}

/// The best of the starts that are worth a try.
fn best_climb(panel: &Panel, priors: &Priors, start: Vec<f64>) -> Climb {
    let whole = |start| climb(panel, priors, start, SUMMIT, None);
    if panel.is_linear() {
        return whole(start).expect("invariant: nothing is known that could end the climb");
    }
    // The trend alone first: seasonalities that act on a bad trend lead astray.
    let bare = priors.bare();
    let mut trend = start.clone();
    let first = start[..priors.s + 2].to_vec();
    if let Some(alone) = climb(&panel.bare(), &bare, first, SHOULDER, None) {
        trend[..alone.w.len()].copy_from_slice(&alone.w);
    }
    let best = whole(trend).expect("invariant: nothing is known that could end the climb");
    let other = climb(panel, priors, start, SUMMIT, Some(&best));
    better(best, other)
}

/// Parameters but sigma, in the order `delta, k, m, beta`.
pub(crate) fn flat(params: &Params) -> Vec<f64> {
    let mut all = params.delta.clone();
    all.extend([params.k, params.m]);
    all.extend(&params.beta);
    all
}

fn params(w: &[f64], s: usize, sigma_obs: f64) -> Params {
    Params { delta: w[..s].to_vec(), k: w[s], m: w[s + 1], beta: w[s + 2..].to_vec(), sigma_obs }
}

#[cfg(test)]
mod tests;
