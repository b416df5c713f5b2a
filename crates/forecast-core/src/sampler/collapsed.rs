//! The posterior of a linear additive model with rate, offset and coefficients
//! integrated out.
//!
//! Given rate changes δ and noise σ, the rest r = (k, m, β) is normal. In the basis
//! in which its precision `Z_rᵀZ_r/σ² + Λ` is diagonal for every σ at once, the
//! integral costs a few products: a chain needs δ and σ alone, and r is drawn
//! only for the draws that are kept. Everything is written about an expansion
//! point near the optimum, so that sums of squares keep their digits.

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use nalgebra::{DMatrix, SymmetricEigen};

use crate::{
    fitted::Params,
    map,
    optimizer::Data,
    panel::{Panel, Point},
    posterior::{RATE_VARIANCE, SIGMA_VARIANCE},
    simd::dot,
};

/// What a chain needs of the rows.
#[derive(Debug)]
pub(super) struct Collapsed {
    /// Rows.
    pub(super) n: f64,
    /// Rate changes.
    pub(super) s: usize,
    /// Length of a row of S numbers, filled up with zeros to whole registers.
    pub(super) stride: usize,
    /// Scaled times of the changepoints.
    at: Vec<f64>,
    /// Scale of the Laplace prior of the rate changes.
    pub(super) tau: f64,
    /// The expansion point.
    pub(super) centre: Params,
    /// Sum of squared residuals there.
    rss: f64,
    /// Products of the hinges with each other, rows of the stride's length, and
    /// with the residuals.
    hinges: Vec<f64>,
    hinge_score: Vec<f64>,
    /// Data precision of each direction of the rest, in units of its prior.
    pub(super) precision: Vec<f64>,
    /// Products of the directions with the hinges, R rows, and with the residuals.
    cross: Vec<f64>,
    score: Vec<f64>,
    /// Pull of the prior at the expansion point.
    prior: Vec<f64>,
    /// From directions back to k, m and β, R × R.
    basis: Vec<f64>,
}

/// The normal conditional of the rate changes for one σ, without their prior:
/// `−½ dᵀHd + gᵀd` about the expansion point.
#[derive(Debug, Default)]
pub(super) struct Quadratic {
    /// H, symmetric, rows of the stride's length.
    pub(super) curvature: Vec<f64>,
    /// g.
    pub(super) pull: Vec<f64>,
    /// Workspace: the products of the directions, weighted.
    weighted: Vec<f64>,
}

/// The density of σ for one set of rate changes.
#[derive(Debug, Default)]
pub(super) struct Noise {
    n: f64,
    rss: f64,
    /// Products of the directions with the residuals.
    score: Vec<f64>,
}

impl Collapsed {
    /// Prepares the posterior of `data`, laid out in `panel`, about `centre`, or returns
    /// `None` where the model is not linear in its parameters.
    pub(super) fn of(data: &Data, panel: &Panel, centre: &Params) -> Option<Self> {
        if !panel.is_linear() {
            return None;
        }
        let (s, width) = (panel.s(), panel.width());
        let (r, stride) = (width - s, s.next_multiple_of(LANES));
        let Point { rss, gram, score: residuals } = Point::once(panel, &map::flat(centre));
        let gram = DMatrix::from_vec(width, width, gram);
        let scales: Vec<f64> = [RATE_VARIANCE.sqrt(); 2]
            .into_iter()
            .chain(data.sigmas.iter().map(|scale| **scale))
            .collect();
        let rest = DMatrix::from_fn(r, r, |i, j| gram[(s + i, s + j)] * scales[i] * scales[j]);
        let eigen = SymmetricEigen::new(rest);
        // Directions in which the rows say nothing have rounding for a precision.
        let precision = eigen.eigenvalues.iter().map(|value| value.max(0.0)).collect();
        let vector = |i: usize, a: usize| eigen.eigenvectors[(a, i)];
        let along = |i: usize, of: &dyn Fn(usize) -> f64| -> f64 {
            (0..r).map(|a| vector(i, a) * of(a)).sum()
        };
        let values = [centre.k, centre.m].into_iter().chain(centre.beta.iter().copied());
        let whitened: Vec<f64> = values.zip(&scales).map(|(value, scale)| value / scale).collect();
        Some(Self {
            n: data.y.len() as f64,
            s,
            stride,
            at: data.t_change.clone(),
            tau: *data.tau,
            centre: centre.clone(),
            rss,
            hinges: (0..stride * stride)
                .map(|at| (at / stride, at % stride))
                .map(|(i, j)| if i.max(j) < s { gram[(i, j)] } else { 0.0 })
                .collect(),
            hinge_score: residuals[..s].to_vec(),
            cross: (0..r * stride)
                .map(|at| (at / stride, at % stride))
                .map(|(i, j)| if j < s { along(i, &|a| scales[a] * gram[(s + a, j)]) } else { 0.0 })
                .collect(),
            score: (0..r).map(|i| along(i, &|a| scales[a] * residuals[s + a])).collect(),
            prior: (0..r).map(|i| along(i, &|a| whitened[a])).collect(),
            basis: (0..r * r).map(|at| scales[at / r] * vector(at % r, at / r)).collect(),
            precision,
        })
    }

    /// The part of a bend at the changepoint `middle` that goes to `first` if the
    /// rest goes to `last` and the trend outside of them is to stay.
    #[inline(always)]
    pub(super) fn share(&self, first: usize, middle: usize, last: usize) -> f64 {
        let (before, after) = (self.at[middle] - self.at[first], self.at[last] - self.at[middle]);
        // Two changepoints at one time share evenly.
        if 0.0 < before + after { after / (before + after) } else { 0.5 }
    }

    /// The conditional of the rate changes for the noise variance `v`.
    #[inline(always)]
    pub(super) fn quadratic(&self, v: f64, out: &mut Quadratic) {
        let (s, stride) = (self.s, self.stride);
        out.pull.clear();
        out.pull.extend(self.hinge_score.iter().map(|x| x / v));
        out.weighted.resize(self.cross.len(), 0.0);
        let directions = self.precision.iter().zip(&self.score).zip(&self.prior);
        let rows = self.cross.chunks_exact(stride).zip(out.weighted.chunks_exact_mut(stride));
        for ((row, weighted), ((d, score), prior)) in rows.zip(directions) {
            let share = 1.0 / (d + v);
            let (weight, pulled) = (share / v, (score / v - prior) * share);
            for (cell, x) in weighted.iter_mut().zip(row) {
                *cell = weight * x;
            }
            for (cell, x) in out.pull.iter_mut().zip(row) {
                *cell -= pulled * x;
            }
        }
        out.curvature.resize(stride * stride, 0.0);
        for top in (0..stride).step_by(TILE_ROWS) {
            for left in (top / LANES * LANES..stride).step_by(LANES) {
                let tile = tile(&self.cross, &out.weighted, stride, top, left);
                for (i, sums) in tile.iter().enumerate() {
                    let at = (top + i) * stride + left;
                    let cells = out.curvature[at..at + LANES].iter_mut();
                    for ((cell, sum), x) in cells.zip(sums).zip(&self.hinges[at..at + LANES]) {
                        *cell = x / v - sum;
                    }
                }
            }
        }
        for i in 0..s {
            for j in 0..i {
                out.curvature[i * stride + j] = out.curvature[j * stride + i];
            }
        }
    }

    /// The density of σ at the rate changes `d` away from the expansion point.
    #[inline(always)]
    pub(super) fn noise(&self, d: &[f64], out: &mut Noise) {
        out.n = self.n;
        out.rss = self.rss;
        let rows = self.hinges.chunks_exact(self.stride).zip(&self.hinge_score);
        for ((row, score), x) in rows.zip(d) {
            out.rss += x * (dot(&row[..self.s], d) - 2.0 * score);
        }
        out.score.clear();
        let rows = self.cross.chunks_exact(self.stride).zip(&self.score);
        out.score.extend(rows.map(|(row, score)| score - dot(&row[..self.s], d)));
    }

    /// Log density of `ln σ`, the rest integrated out.
    #[inline(always)]
    pub(super) fn log_noise(&self, noise: &Noise, log_sigma: f64) -> f64 {
        let v = (2.0 * log_sigma).exp();
        let mut sum = 0.0;
        let (mut determinant, mut logs) = (1.0, 0.0);
        for ((d, score), prior) in self.precision.iter().zip(&noise.score).zip(&self.prior) {
            let pulled = score - prior * v;
            sum += pulled * pulled / (d + v);
            // ln(d/v + 1), several at once.
            determinant *= d / v + 1.0;
            if DETERMINANT_MAX < determinant {
                logs += determinant.ln();
                determinant = 1.0;
            }
        }
        logs += determinant.ln();
        -(noise.n - 1.0) * log_sigma
            - (noise.rss - sum) / (2.0 * v)
            - 0.5 * logs
            - v / (2.0 * SIGMA_VARIANCE)
    }

    /// Parameters with the rest drawn from its conditional: `normals` has one
    /// standard normal number a direction.
    pub(super) fn complete(&self, noise: &Noise, d: &[f64], sigma: f64, normals: &[f64]) -> Params {
        let v = sigma * sigma;
        let r = self.precision.len();
        let directions = self.precision.iter().zip(&noise.score).zip(&self.prior);
        let steps: Vec<f64> = directions
            .zip(normals)
            .map(|(((d, score), prior), z)| {
                let precision = d / v + 1.0;
                (score / v - prior) / precision + z / precision.sqrt()
            })
            .collect();
        let rest: Vec<f64> = self.basis.chunks_exact(r).map(|row| dot(row, &steps)).collect();
        let centre = &self.centre;
        Params {
            k: centre.k + rest[0],
            m: centre.m + rest[1],
            delta: centre.delta.iter().zip(d).map(|(at, d)| at + d).collect(),
            beta: centre.beta.iter().zip(&rest[2..]).map(|(at, step)| at + step).collect(),
            sigma_obs: sigma,
        }
    }
}

/// Rows and columns of a block of the curvature that stays in registers.
const TILE_ROWS: usize = 4;
const LANES: usize = 8;

/// One block of `crossᵀ · weighted`, at row `top` and column `left`.
#[inline(always)]
fn tile(
    cross: &[f64],
    weighted: &[f64],
    stride: usize,
    top: usize,
    left: usize,
) -> [[f64; LANES]; TILE_ROWS] {
    let mut sums = [[0.0; LANES]; TILE_ROWS];
    for (row, weights) in cross.chunks_exact(stride).zip(weighted.chunks_exact(stride)) {
        let row: &[f64; LANES] =
            row[left..left + LANES].try_into().expect("invariant: a whole block");
        let weights: &[f64; TILE_ROWS] =
            weights[top..top + TILE_ROWS].try_into().expect("invariant: a whole block");
        for i in 0..TILE_ROWS {
            for j in 0..LANES {
                sums[i][j] += weights[i] * row[j];
            }
        }
    }
    sums
}

/// Product of `d/v + 1` over directions beyond which its logarithm is taken: far
/// below what a double holds.
const DETERMINANT_MAX: f64 = 1e150;
