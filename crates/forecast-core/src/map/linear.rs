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

use super::{
    priors::Priors,
    quadratic::{Minimiser, Quadratic},
};
use crate::{
    moments::Moments,
    posterior::{SIGMA_VARIANCE, best_variance, best_variance_slope},
    simd::dot,
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
    /// Parameters in the order `delta, k, m, beta`.
    pub(crate) w: Vec<f64>,
    pub(crate) sigma: f64,
    pub(crate) log_posterior: f64,
    pub(crate) kkt_residual: f64,
    /// Steps of the variance.
    pub(crate) steps: u32,
}

/// The sums, and the priors that go with them.
struct Problem<'a> {
    moments: &'a Moments,
    priors: &'a Priors,
    quadratic: Quadratic<'a>,
    /// Parameters without the L1 term that the rows feel.
    rest: Vec<usize>,
}

/// Solves, or returns `None` where the sums are too coarse: a perfect fit.
pub(crate) fn solve(moments: &Moments, priors: &Priors) -> Option<Found> {
    let quadratic = Quadratic {
        gram: &moments.gram,
        score: &moments.score,
        precision: &priors.precision,
        penalised: moments.s,
        weight: priors.weight,
    };
    let width = moments.width();
    let live = |&i: &usize| 0.0 < moments.gram[i * width + i];
    let rest = (moments.s..width).filter(live).collect();
    let problem = Problem { moments, priors, quadratic, rest };
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
        let width = self.moments.width();
        let mut minimiser = Minimiser::new(self.moments.s, width, self.rest.clone());
        let (mut pull, mut tangent) = (vec![0.0; width], vec![0.0; width]);
        // A residual of a tenth of the values is where most series begin.
        let mut variance = best_variance(n, 0.01 * self.moments.yy);
        for steps in 1..=STEPS_MAX {
            if !minimiser.minimise(&self.quadratic, variance) {
                return None;
            }
            let rss = self.rss(minimiser.at());
            if rss.is_nan() || rss <= floor {
                return None;
            }
            // The point w minimises RSS/2v + priors, so with q the slope of the
            // priors it moves by −M⁻¹q/v, and RSS by 2qᵀM⁻¹q, a unit of v.
            for (i, cell) in pull.iter_mut().enumerate() {
                *cell = self.priors.slope(i, minimiser.at());
            }
            let rss_slope = 2.0 * minimiser.solve(&pull, &mut tangent);
            let error = best_variance(n, rss) - variance;
            let slope = 1.0 - best_variance_slope(n, rss) * rss_slope;
            let change = if 0.1 < slope { error / slope } else { error };
            let share = -change / variance;
            if share.abs() <= TANGENT_SHARE {
                let point = minimiser.at().iter().zip(&tangent);
                let at: Vec<f64> = point.map(|(w, t)| w + share * t).collect();
                return Some(self.found(at, steps));
            }
            variance += change.clamp(-0.9 * variance, 10.0 * variance);
        }
        None
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
    fn found(&self, w: Vec<f64>, steps: u32) -> Found {
        let Moments { n, s, score, yy, .. } = self.moments;
        let products = self.gram_times(&w);
        let rss = yy - 2.0 * dot(&w, score) + dot(&w, &products);
        let variance = best_variance(*n, rss);
        // A NaN anywhere is no optimum; `max` alone would pass over it.
        let larger = |a: f64, b: f64| if b.is_nan() { f64::INFINITY } else { a.max(b) };
        let miss = |i| self.priors.miss(i, &w, (score[i] - products[i]) / variance);
        let kkt_residual = (0..*s).chain(self.rest.iter().copied()).map(miss).fold(0.0, larger);
        let fit = *n as f64 * variance.ln() / 2.0 + rss / (2.0 * variance);
        let prior = self.priors.value(&w) + variance / (2.0 * SIGMA_VARIANCE);
        Found { w, sigma: variance.sqrt(), log_posterior: -(fit + prior), kkt_residual, steps }
    }
}
