//! The maximum for a linear trend with additive features, from its sufficient
//! statistics alone.
//!
//! For a given variance the model is a quadratic with an L1 term. Rate, offset
//! and coefficients are eliminated, the rate changes are found exactly, and the
//! variance is the fixed point of its closed form, by Newton steps: how the point
//! and its residuals move with the variance is one more triangular solve.

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use pulp::Arch;

use super::quadratic::{Minimiser, Quadratic, dot};
use crate::{
    fitted::Params,
    moments::Moments,
    posterior::{RATE_VARIANCE, SIGMA_VARIANCE, best_variance, best_variance_slope},
};

/// Steps of the variance at the most; series seen so far take 2 to 5.
const STEPS_MAX: u32 = 60;

/// Change of the variance, relative, that the point may follow along its tangent
/// instead of being found anew: the error is of the square of it.
const TANGENT_SHARE: f64 = 1e-5;

/// Residuals below this share of the values are rounding of the sums: such a fit
/// needs the rows themselves.
const RESIDUAL_SHARE_MIN: f64 = 1e-9;

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) params: Params,
    pub(crate) log_posterior: f64,
    pub(crate) kkt_residual: f64,
}

/// The part of the negative log posterior that is about offset and coefficients.
pub(crate) fn prior(params: &Params, prior_scales: &[f64]) -> f64 {
    let coefficients = params.beta.iter().zip(prior_scales);
    let features: f64 = coefficients.map(|(beta, scale)| (beta / scale).powi(2) / 2.0).sum();
    params.m * params.m / (2.0 * RATE_VARIANCE) + features
}

/// The sums, and the priors that go with them.
struct Problem<'a> {
    moments: &'a Moments,
    quadratic: Quadratic<'a>,
}

/// Solves, or returns `None` where the sums are too coarse: a perfect fit.
pub(crate) fn solve(moments: &Moments, prior_scales: &[f64], tau: f64) -> Option<Found> {
    let mut precision = vec![0.0; moments.s];
    precision.extend([1.0 / RATE_VARIANCE; 2]);
    precision.extend(prior_scales.iter().map(|scale| 1.0 / scale.powi(2)));
    let quadratic = Quadratic {
        gram: &moments.gram,
        score: &moments.score,
        precision: &precision,
        penalised: moments.s,
        weight: 1.0 / tau,
    };
    let problem = Problem { moments, quadratic };
    // Compiled once for each width of register, and chosen at run time.
    Arch::new().dispatch(
        #[inline(always)]
        || problem.iterate(),
    )
}

impl Problem<'_> {
    #[inline(always)]
    fn iterate(&self) -> Option<Found> {
        let n = self.moments.n;
        let floor = RESIDUAL_SHARE_MIN * self.moments.yy;
        let mut minimiser = Minimiser::new(&self.quadratic);
        let width = self.moments.width();
        let (mut pull, mut tangent) = (vec![0.0; width], vec![0.0; width]);
        // A residual of a tenth of the values is where most series begin.
        let mut variance = best_variance(n, 0.01 * self.moments.yy);
        for _ in 0..STEPS_MAX {
            if !minimiser.minimise(&self.quadratic, variance) {
                return None;
            }
            let rss = self.rss(minimiser.at());
            if rss.is_nan() || rss <= floor {
                return None;
            }
            // The point w minimises RSS/2v + priors, so with q the slope of the
            // priors it moves by −M⁻¹q/v, and RSS by 2qᵀM⁻¹q, a unit of v.
            self.prior_slopes(minimiser.at(), minimiser.rest(), &mut pull);
            let rss_slope = 2.0 * minimiser.solve(&pull, &mut tangent);
            let error = best_variance(n, rss) - variance;
            let slope = 1.0 - best_variance_slope(n, rss) * rss_slope;
            let change = if 0.1 < slope { error / slope } else { error };
            let share = -change / variance;
            if share.abs() <= TANGENT_SHARE {
                let point = minimiser.at().iter().zip(&tangent);
                let at: Vec<f64> = point.map(|(w, t)| w + share * t).collect();
                return Some(self.found(&at, minimiser.rest()));
            }
            variance += change.clamp(-0.9 * variance, 10.0 * variance);
        }
        None
    }

    /// The derivatives of the priors.
    #[inline(always)]
    fn prior_slopes(&self, at: &[f64], rest: &[usize], out: &mut [f64]) {
        for (cell, value) in out.iter_mut().zip(&at[..self.moments.s]) {
            *cell = if *value == 0.0 { 0.0 } else { self.quadratic.weight * value.signum() };
        }
        for &i in rest {
            out[i] = self.quadratic.precision[i] * at[i];
        }
    }

    #[inline(always)]
    fn rss(&self, at: &[f64]) -> f64 {
        let product = self.gram_times(at);
        self.moments.yy - 2.0 * dot(at, &self.moments.score) + dot(at, &product)
    }

    #[inline(always)]
    fn gram_times(&self, at: &[f64]) -> Vec<f64> {
        self.moments.gram.chunks_exact(at.len()).map(|row| dot(row, at)).collect()
    }

    /// The parameters at their best variance, their log posterior and residual.
    #[inline(always)]
    fn found(&self, at: &[f64], rest: &[usize]) -> Found {
        let Moments { n, s, score, .. } = self.moments;
        let Quadratic { precision, weight, .. } = self.quadratic;
        let slopes = self.gram_times(at);
        let rss = self.moments.yy - 2.0 * dot(at, score) + dot(at, &slopes);
        let variance = best_variance(*n, rss);
        let slope = |i: usize| (score[i] - slopes[i]) / variance;
        let mut kkt_residual: f64 = 0.0;
        let mut prior = 0.0;
        for (i, delta) in at[..*s].iter().enumerate() {
            let miss = if *delta == 0.0 {
                (slope(i).abs() - weight).max(0.0)
            } else {
                (slope(i) - weight * delta.signum()).abs()
            };
            kkt_residual = kkt_residual.max(miss);
            prior += weight * delta.abs();
        }
        for &i in rest {
            kkt_residual = kkt_residual.max((slope(i) - precision[i] * at[i]).abs());
            prior += precision[i] * at[i] * at[i] / 2.0;
        }
        let fit = *n as f64 * variance.ln() / 2.0 + rss / (2.0 * variance);
        Found {
            params: Params {
                delta: at[..*s].to_vec(),
                k: at[*s],
                m: at[s + 1],
                beta: at[s + 2..].to_vec(),
                sigma_obs: variance.sqrt(),
            },
            log_posterior: -(fit + variance / (2.0 * SIGMA_VARIANCE) + prior),
            kkt_residual,
        }
    }
}
