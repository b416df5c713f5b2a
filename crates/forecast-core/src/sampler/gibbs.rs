//! One chain of a linear additive model.
//!
//! A sweep draws, each given the rest and with k, m and β integrated out:
//!
//! 1. for neighbouring changepoints, how a bend is shared among them;
//! 2. the variance η of each rate change, of which the Laplace prior is a mixture;
//! 3. all rate changes at once, which given η are normal: one Cholesky factor;
//! 4. the logarithm of σ, by slice sampling.
//!
//! Steps 2 and 3 alone are the Bayesian lasso. It is slow where the rows tell that
//! the trend bends, but not at which of several changepoints: η then holds each
//! near its last size. Step 1 moves along just these directions, under the Laplace
//! prior itself: on PETR4 it makes 20,000 draws worth 7,600 instead of 440.
//!
//! # Source
//!
//! Park and Casella, *The Bayesian Lasso* (2008), for steps 2 and 3.

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use pulp::Arch;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, StandardNormal};

use super::{
    Run,
    collapsed::{Collapsed, Noise, Quadratic},
    slice,
};
use crate::{fitted::Params, simd::dot};

/// Draws that a chain records at the least; R-hat of fewer is mostly noise.
pub(super) const RECORDED_MIN: usize = 500;

/// Sweeps between recorded draws: neighbours are then all but independent, on
/// PETR4 too, where a sweep's draws are worth a third of their number.
const SWEEPS_PER_DRAW: usize = 4;

/// Sweeps before the first draw, a hundred times what the chain needs to forget.
const WARM_UP_SWEEPS: usize = 500;

/// Spread of the starts of ln σ: two hundred times the posterior's on a long
/// series, so that R-hat sees a chain that does not arrive.
const START_SPREAD: f64 = 0.5;

/// Smallest variance of a rate change, as a share of the prior's: keeps its
/// inverse finite, and is never met.
const ETA_MIN: f64 = 1e-16;

/// Runs a chain: a spread-out start, warm-up, and `draws` recorded draws.
pub(super) fn run(model: &Collapsed, rng: impl Rng, draws: usize) -> Run {
    // Compiled once for each width of register, and chosen at run time.
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut chain = Chain::new(model, rng);
            for _ in 0..WARM_UP_SWEEPS {
                chain.sweep();
            }
            let mut run = Run::default();
            for _ in 0..draws {
                for _ in 0..SWEEPS_PER_DRAW {
                    chain.sweep();
                }
                run.recorded.push(chain.params());
            }
            run
        },
    )
}

/// The state of a chain, and its workspace.
#[derive(Debug)]
pub(super) struct Chain<'a, R> {
    model: &'a Collapsed,
    rng: R,
    /// Rate changes, as distance from the expansion point.
    pub(super) d: Vec<f64>,
    pub(super) log_sigma: f64,
    quadratic: Quadratic,
    noise: Noise,
    /// Slope of the quadratic, and the right-hand side of the normal draw.
    slope: Vec<f64>,
    /// Cholesky factor of the normal draw, upper, rows as long as the model's.
    factor: Vec<f64>,
}

impl<'a, R: Rng> Chain<'a, R> {
    /// Starts away from the optimum, farther than the posterior is wide.
    #[inline(always)]
    pub(super) fn new(model: &'a Collapsed, mut rng: R) -> Self {
        let mut laplace = || {
            let size: f64 = Exp1.sample(&mut rng);
            if rng.random::<bool>() { model.tau * size } else { -model.tau * size }
        };
        let d = (0..model.s).map(|_| laplace()).collect();
        let z: f64 = StandardNormal.sample(&mut rng);
        Self {
            d,
            log_sigma: model.centre.sigma_obs.ln() + START_SPREAD * z,
            quadratic: Quadratic::default(),
            noise: Noise::default(),
            slope: vec![0.0; model.s],
            factor: vec![0.0; model.stride * model.stride],
            model,
            rng,
        }
    }

    #[inline(always)]
    fn sweep(&mut self) {
        let variance = (2.0 * self.log_sigma).exp();
        self.model.quadratic(variance, &mut self.quadratic);
        self.share_bends();
        self.draw_changes();
        self.model.noise(&self.d, &mut self.noise);
        self.draw_noise();
    }

    /// The parameters where the chain stands, k, m and β drawn.
    fn params(&mut self) -> Params {
        let normals: Vec<f64> =
            (0..self.model.precision.len()).map(|_| StandardNormal.sample(&mut self.rng)).collect();
        self.model.complete(&self.noise, &self.d, self.log_sigma.exp(), &normals)
    }

    /// Step 1: moves part of the bend at a changepoint to those around it, such
    /// that the trend beyond them stays.
    #[inline(always)]
    pub(super) fn share_bends(&mut self) {
        let (s, stride) = (self.model.s, self.model.stride);
        let curvature = self.quadratic.curvature.chunks_exact(stride);
        let pulls = self.slope.iter_mut().zip(&self.quadratic.pull);
        for ((slope, pull), row) in pulls.zip(curvature) {
            *slope = pull - dot(&row[..s], &self.d);
        }
        for (before, after) in [(1, 1), (1, 2), (2, 1)] {
            for middle in before..s.saturating_sub(after) {
                let (first, last) = (middle - before, middle + after);
                let share = self.model.share(first, middle, last);
                self.slide([(first, share), (middle, -1.0), (last, 1.0 - share)]);
            }
        }
    }

    /// Draws how far to go along a direction of a few rate changes.
    #[inline(always)]
    fn slide(&mut self, along: [(usize, f64); 3]) {
        let (s, stride, tau) = (self.model.s, self.model.stride, self.model.tau);
        let curvature = &self.quadratic.curvature;
        let (mut bend, mut slope) = (0.0, 0.0);
        for (i, x) in along {
            slope += x * self.slope[i];
            bend += along.iter().map(|(j, y)| x * y * curvature[i * stride + j]).sum::<f64>();
        }
        let bend = bend.max(0.0);
        let from = along.map(|(i, _)| self.model.centre.delta[i] + self.d[i]);
        let density = |step: f64| {
            let sizes = from.iter().zip(along).map(|(from, (_, x))| (from + step * x).abs());
            step * (slope - 0.5 * bend * step) - sizes.sum::<f64>() / tau
        };
        // As wide as the rows leave it, but no wider than priors do.
        let width = (3.0 / bend.sqrt()).min(20.0 * tau);
        let step = slice::draw(&mut self.rng, 0.0, width, density);
        for (i, x) in along {
            self.d[i] += step * x;
            let row = &curvature[i * stride..i * stride + s];
            for (slope, cell) in self.slope.iter_mut().zip(row) {
                *slope -= step * x * cell;
            }
        }
    }

    /// Steps 2 and 3: the variances of the rate changes, then all rate changes.
    #[inline(always)]
    pub(super) fn draw_changes(&mut self) {
        let Collapsed { s, stride, tau, centre, .. } = self.model;
        let (s, stride, tau) = (*s, *stride, *tau);
        self.factor.copy_from_slice(&self.quadratic.curvature);
        self.slope.copy_from_slice(&self.quadratic.pull[..s]);
        for i in 0..s {
            let size = (centre.delta[i] + self.d[i]).abs();
            let eta = variance(&mut self.rng, size, tau).max(ETA_MIN * tau * tau);
            self.factor[i * stride + i] += 1.0 / eta;
            self.slope[i] -= centre.delta[i] / eta;
        }
        // UᵀU by rows; the right-hand side is eliminated as one more column. Rows
        // begin at a whole register: what is left of the diagonal is not read.
        for p in 0..s {
            let (above, below) = self.factor.split_at_mut((p + 1) * stride);
            let row = &mut above[p * stride..];
            let inverse = 1.0 / row[p].max(f64::MIN_POSITIVE).sqrt();
            for x in &mut row[p..] {
                *x *= inverse;
            }
            for (i, other) in (p + 1..s).zip(below.chunks_exact_mut(stride)) {
                let (factor, from) = (row[i], i / 8 * 8);
                for (x, y) in other[from..].iter_mut().zip(&row[from..]) {
                    *x -= factor * y;
                }
            }
            let value = self.slope[p] * inverse;
            for (x, y) in self.slope[p + 1..].iter_mut().zip(&row[p + 1..]) {
                *x -= value * y;
            }
            let z: f64 = StandardNormal.sample(&mut self.rng);
            self.slope[p] = value + z;
            row[p] = inverse;
        }
        for p in (0..s).rev() {
            let row = &self.factor[p * stride..p * stride + s];
            self.d[p] = (self.slope[p] - dot(&row[p + 1..], &self.d[p + 1..])) * row[p];
        }
    }

    /// Step 4: σ.
    #[inline(always)]
    pub(super) fn draw_noise(&mut self) {
        let (model, noise) = (self.model, &self.noise);
        // Four standard deviations of the logarithm, on a series that has many rows.
        let width = 4.0 / (2.0 * model.n).sqrt();
        let density = |log_sigma: f64| model.log_noise(noise, log_sigma);
        self.log_sigma = slice::draw(&mut self.rng, self.log_sigma, width, density);
    }

    /// Puts the chain at a place, for the tests of single steps.
    #[cfg(test)]
    pub(super) fn place(&mut self, d: &[f64], log_sigma: f64) {
        self.d.copy_from_slice(d);
        self.log_sigma = log_sigma;
        self.model.quadratic((2.0 * log_sigma).exp(), &mut self.quadratic);
        self.model.noise(d, &mut self.noise);
    }
}

/// The variance of a rate change of this size: its inverse is inverse Gaussian
/// with mean `1 / (τ |δ|)` and shape `1 / τ²`.
///
/// # Source
///
/// Michael, Schucany, Haas, *Generating random variates using transformations with
/// multiple roots* (1976), written for the inverse so that a size of zero is no
/// special case.
#[inline(always)]
pub(super) fn variance<R: Rng>(rng: &mut R, size: f64, tau: f64) -> f64 {
    let z: f64 = StandardNormal.sample(rng);
    let mean = tau * size;
    let half = 0.5 * (tau * z) * (tau * z);
    let root = mean + half + (half * (2.0 * mean + half)).sqrt();
    if rng.random::<f64>() * (root + mean) <= root { root } else { mean * mean / root }
}
