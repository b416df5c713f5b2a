//! The maximum for a linear trend with additive features, from its sufficient
//! statistics alone.
//!
//! For a given variance the model is a quadratic with an L1 term. Rate, offset
//! and coefficients are eliminated, the rate changes are found exactly, and the
//! variance is the fixed point of its closed form, by secant steps.

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use nalgebra::{DMatrix, DVector};
use pulp::Arch;

use super::lasso::Reduced;
use crate::{
    fitted::Params,
    moments::Moments,
    posterior::{RATE_VARIANCE, SIGMA_VARIANCE, best_variance},
};

/// Steps of the variance at the most; series seen so far take 4 to 8.
const STEPS_MAX: u32 = 60;

/// Change of the variance, relative, below which it stands.
const VARIANCE_TOLERANCE: f64 = 1e-10;

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

/// The problem without the columns of zeros.
struct Problem<'a> {
    moments: &'a Moments,
    /// Places of rate, offset and live coefficients in the Gram matrix.
    rest: Vec<usize>,
    /// Their prior precisions.
    precision: Vec<f64>,
    /// Weight of the L1 term.
    weight: f64,
}

/// Solves, or returns `None` where the sums are too coarse: a perfect fit.
pub(crate) fn solve(moments: &Moments, prior_scales: &[f64], tau: f64) -> Option<Found> {
    let (s, width) = (moments.s, moments.width());
    let live = |i: &usize| 0.0 < moments.gram[i * width + i];
    let rest: Vec<usize> = (s..width).filter(live).collect();
    let precision = rest
        .iter()
        .map(|&i| match i - s {
            0 | 1 => 1.0 / RATE_VARIANCE,
            beta => 1.0 / prior_scales[beta - 2].powi(2),
        })
        .collect();
    let problem = Problem { moments, rest, precision, weight: 1.0 / tau };
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
        // A residual of a tenth of the values is where most series begin.
        let mut variance = best_variance(n, 0.01 * self.moments.yy);
        let mut at = vec![0.0; self.moments.width()];
        let (mut last, mut steps) = (None, 0);
        loop {
            steps += 1;
            at = self.step(variance, &at[..self.moments.s])?;
            let rss = self.rss(&at);
            if rss.is_nan() || rss <= floor {
                return None;
            }
            let next = best_variance(n, rss);
            let error = next - variance;
            if error.abs() <= VARIANCE_TOLERANCE * variance || STEPS_MAX <= steps {
                return Some(self.found(&at, rss));
            }
            let secant = last.map(|(before, error_before): (f64, f64)| {
                variance - error * (variance - before) / (error - error_before)
            });
            last = Some((variance, error));
            let sane = |v: &f64| v.is_finite() && 0.5 * next < *v && *v < 2.0 * next;
            variance = secant.filter(sane).unwrap_or(next);
        }
    }

    /// The minimum for a given variance.
    #[inline(always)]
    fn step(&self, variance: f64, start: &[f64]) -> Option<Vec<f64>> {
        let Moments { s, gram, score, .. } = self.moments;
        let (s, width, r) = (*s, self.moments.width(), self.rest.len());
        // Rows of [M | G_rδ | c_r], M upper triangular as it is eliminated.
        let row_len = r + s + 1;
        let scale = 1.0 / variance;
        let mut stacked = vec![0.0; r * row_len];
        for (i, &place) in self.rest.iter().enumerate() {
            let row = &mut stacked[i * row_len..(i + 1) * row_len];
            let source = &gram[place * width..(place + 1) * width];
            for (cell, &other) in row[i..r].iter_mut().zip(&self.rest[i..]) {
                *cell = source[other] * scale;
            }
            row[i] += self.precision[i];
            for (cell, value) in row[r..r + s].iter_mut().zip(&source[..s]) {
                *cell = value * scale;
            }
            row[r + s] = score[place] * scale;
        }
        let mut pivots = vec![0.0; r];
        for p in 0..r {
            let (above, below) = stacked.split_at_mut((p + 1) * row_len);
            let pivot_row = &above[p * row_len..];
            let pivot = pivot_row[p];
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            pivots[p] = 1.0 / pivot;
            for (i, row) in below.chunks_exact_mut(row_len).enumerate() {
                let i = p + 1 + i;
                let factor = pivot_row[i] * pivots[p];
                for (cell, value) in row[i..].iter_mut().zip(&pivot_row[i..]) {
                    *cell -= factor * value;
                }
            }
        }
        let (schur, pull) = self.schur(&stacked, &pivots, scale);
        let reduced = Reduced { curvature: schur, pull, weight: self.weight };
        let delta = reduced.minimise(start);
        let mut at = vec![0.0; width];
        at[..s].copy_from_slice(delta.as_slice());
        for p in (0..r).rev() {
            let row = &stacked[p * row_len..(p + 1) * row_len];
            let mut value = row[r + s];
            value -= row[r..r + s].iter().zip(&at[..s]).map(|(a, b)| a * b).sum::<f64>();
            for (cell, &place) in row[p + 1..r].iter().zip(&self.rest[p + 1..]) {
                value -= cell * at[place];
            }
            at[self.rest[p]] = value * pivots[p];
        }
        Some(at)
    }

    /// What is left for the rate changes once the rest is eliminated.
    #[inline(always)]
    fn schur(&self, stacked: &[f64], pivots: &[f64], scale: f64) -> (DMatrix<f64>, DVector<f64>) {
        let Moments { s, gram, score, .. } = self.moments;
        let (s, width, r) = (*s, self.moments.width(), pivots.len());
        let row_len = r + s + 1;
        let mut schur = vec![0.0; s * s];
        let mut pull: Vec<f64> = score[..s].iter().map(|c| c * scale).collect();
        for i in 0..s {
            for (cell, value) in schur[i * s..(i + 1) * s].iter_mut().zip(&gram[i * width..][..s]) {
                *cell = value * scale;
            }
        }
        for (row, pivot) in stacked.chunks_exact(row_len).zip(pivots) {
            let (hinges, right) = (&row[r..r + s], row[r + s]);
            for i in 0..s {
                let factor = hinges[i] * pivot;
                for (cell, value) in schur[i * s..(i + 1) * s].iter_mut().zip(hinges) {
                    *cell -= factor * value;
                }
                pull[i] -= factor * right;
            }
        }
        (DMatrix::from_vec(s, s, schur), DVector::from_vec(pull))
    }

    #[inline(always)]
    fn rss(&self, at: &[f64]) -> f64 {
        let product = self.gram_times(at);
        let score = &self.moments.score;
        let cross: f64 = at.iter().zip(score).map(|(w, c)| w * c).sum();
        let square: f64 = at.iter().zip(&product).map(|(w, g)| w * g).sum();
        self.moments.yy - 2.0 * cross + square
    }

    #[inline(always)]
    fn gram_times(&self, at: &[f64]) -> Vec<f64> {
        let rows = self.moments.gram.chunks_exact(at.len());
        rows.map(|row| row.iter().zip(at).map(|(g, w)| g * w).sum()).collect()
    }

    /// The parameters at their best variance, their log posterior and residual.
    #[inline(always)]
    fn found(&self, at: &[f64], rss: f64) -> Found {
        let Moments { n, s, score, .. } = self.moments;
        let variance = best_variance(*n, rss);
        let slopes = self.gram_times(at);
        let slope = |i: usize| (score[i] - slopes[i]) / variance;
        let mut kkt_residual: f64 = 0.0;
        let mut prior = 0.0;
        for (i, delta) in at[..*s].iter().enumerate() {
            let miss = if *delta == 0.0 {
                (slope(i).abs() - self.weight).max(0.0)
            } else {
                (slope(i) - self.weight * delta.signum()).abs()
            };
            kkt_residual = kkt_residual.max(miss);
            prior += self.weight * delta.abs();
        }
        for (&i, precision) in self.rest.iter().zip(&self.precision) {
            kkt_residual = kkt_residual.max((slope(i) - precision * at[i]).abs());
            prior += precision * at[i] * at[i] / 2.0;
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
