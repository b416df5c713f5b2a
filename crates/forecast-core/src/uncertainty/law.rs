//! How far a future trend, with its noise, is from its mean: exact quantiles.

#![expect(
    clippy::inline_always,
    reason = "arithmetic on registers must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

use super::contour::{Chunk, Contour, LANES};
use crate::normal;

/// A symmetric distribution: a Poisson number of changes, and noise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Law {
    /// Changes to be expected.
    pub(super) changes: f64,
    /// Standard deviation of the noise, in units of a change's mean reach.
    pub(super) noise: f64,
    /// Probability of a value above the quantile that is asked for.
    pub(super) tail: f64,
}

/// Excess kurtosis below which the distribution is normal to 1e-9.
const KURTOSIS_MIN: f64 = 1e-8;

/// Quantiles below this share of a change's reach are zero.
const NEAR: f64 = 1e-6;

/// Steps of the search; bisection alone, from 2³⁰ to [`NEAR`], takes 50.
const STEPS_MAX: usize = 100;

/// The quantile of each law, in units of a change's mean reach.
///
/// Products and sums are not fused, so that all instruction sets give the same bits.
pub(super) fn quantiles(laws: &[Law]) -> Vec<f64> {
    Arch::new().dispatch(Quantiles(laws))
}

struct Quantiles<'a>(&'a [Law]);

impl WithSimd for Quantiles<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let mut found = Vec::with_capacity(self.0.len());
        let (mut last_tail, mut z) = (0.5, 0.0);
        for law in self.0 {
            if law.tail.to_bits() != f64::to_bits(last_tail) {
                (last_tail, z) = (law.tail, -normal::quantile(law.tail));
            }
            found.push(law.quantile(simd, z));
        }
        found
    }
}

impl Law {
    /// The quantile; `z` is that of the standard normal distribution.
    #[inline(always)]
    fn quantile<S: Simd>(&self, simd: S, z: f64) -> f64 {
        let variance = self.variance();
        let kurtosis = 4.8 * self.changes / (variance * variance);
        let deviation = variance.sqrt();
        if kurtosis < KURTOSIS_MIN {
            return z * deviation;
        }
        // Without noise, no change at all has a probability of its own.
        let moved = -(-self.changes).exp_m1();
        if self.noise < NEAR && moved <= 2.0 * self.tail {
            return 0.0;
        }
        self.search(simd, self.guess(z, deviation, kurtosis, moved))
    }

    fn variance(&self) -> f64 {
        2.0 / 3.0 * self.changes + self.noise * self.noise
    }

    /// The quantile within some tenths of itself, for tails that changes reach.
    pub(super) fn rough_quantile(&self) -> f64 {
        let variance = self.variance();
        let kurtosis = 4.8 * self.changes / (variance * variance);
        // A bound of the normal quantile, a tenth too far out.
        let z = (-2.0 * (2.0 * self.tail).ln()).sqrt();
        let moved = -(-self.changes).exp_m1();
        self.guess(z, variance.sqrt(), kurtosis, moved)
    }

    /// A quantile to start from.
    #[inline(always)]
    fn guess(&self, z: f64, deviation: f64, kurtosis: f64, moved: f64) -> f64 {
        const PEAKED: f64 = 2.0;
        if PEAKED < kurtosis && self.noise < NEAR {
            // Few changes and no noise: nearly exponential, found by trial.
            let excess = (0.5 * moved / self.tail).ln();
            return (excess * excess / (excess + 0.9) * (1.0 + 0.2 * self.changes)).max(NEAR);
        }
        // Cornish and Fisher's first term.
        let skewed = z + (z * z * z - 3.0 * z) * kurtosis.min(1.0) / 24.0;
        deviation * skewed.max(0.1)
    }

    /// Halley's method on the logarithm of the tail, kept between bounds.
    #[inline(always)]
    fn search<S: Simd>(&self, simd: S, start: f64) -> f64 {
        const CLOSE: f64 = 2e-3;
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut y = start;
        for _ in 0..STEPS_MAX {
            let Tail { log, hazard, decline } = self.tail_above(simd, y);
            let excess = log - self.tail.ln();
            if 0.0 < excess {
                low = y;
            } else {
                high = y;
            }
            if high < NEAR {
                return 0.0;
            }
            // The slope of the logarithm is −hazard, its curvature hazard (decline − hazard).
            let bend = 0.5 * excess / hazard * (decline - hazard);
            let next = y + excess / hazard / (1.0 + bend).clamp(0.5, 2.0);
            // The error after a step is of the order of its cube.
            if (next - y).abs() <= CLOSE * y {
                return next;
            }
            y = if low < next && next < high {
                next
            } else if high.is_finite() {
                f64::midpoint(low, high)
            } else {
                2.0 * y
            };
        }
        y
    }

    /// The tail above `y`.
    #[inline(always)]
    fn tail_above<S: Simd>(&self, simd: S, y: f64) -> Tail {
        /// Share of a sum that its last terms may have.
        const NEGLIGIBLE: f64 = 1e-9;
        let contour = Contour::near(self.saddle(y));
        let square = self.noise * self.noise;
        // All is relative to the apex, where the integrand is largest.
        let apex = self.changes * contour.apex_change
            + square * (0.5 * contour.apex * contour.apex)
            - y * contour.apex;
        let mut sums = Sums::default();
        for chunk in &contour.chunks {
            sums.add(simd, chunk, [self.changes, square, y, apex]);
            if sums.last.iter().sum::<f64>() < NEGLIGIBLE {
                break;
            }
        }
        // What is positive stays so where rounding is all there is.
        let tail = sums.tail.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let density = sums.density.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let slope: f64 = sums.slope.iter().sum();
        Tail { log: apex + tail.ln(), hazard: density / tail, decline: slope / density }
    }

    /// About where `K(s) − s y − ln s` is smallest on the real axis.
    #[inline(always)]
    pub(super) fn saddle(&self, y: f64) -> f64 {
        /// Nearest place to the branch point.
        const MAX: f64 = 0.9;
        let variance = self.variance();
        let at = |variance: f64| (y + (y * y + 4.0 * variance).sqrt()) / (2.0 * variance);
        let mut s = at(variance).min(MAX);
        for _ in 0..2 {
            s = at(self.noise * self.noise + 2.0 / 3.0 * self.changes / (1.0 - s * s)).min(MAX);
        }
        s
    }
}

/// The tail above some value.
#[derive(Debug, Clone, Copy)]
struct Tail {
    /// Logarithm of its probability.
    log: f64,
    /// The density there, over that probability.
    hazard: f64,
    /// How fast the density falls, over the density.
    decline: f64,
}

/// The integrals, by lane.
#[derive(Debug, Default)]
struct Sums {
    tail: [f64; LANES],
    /// Less its first derivative.
    density: [f64; LANES],
    /// Its second derivative.
    slope: [f64; LANES],
    /// Sizes of the integrand at the last nodes.
    last: [f64; LANES],
}

impl Sums {
    /// Adds the nodes of a chunk.
    #[inline(always)]
    fn add<S: Simd>(&mut self, simd: S, chunk: &Chunk, factors: [f64; 4]) {
        let changes = simd.splat_f64s(factors[0]);
        let square = simd.splat_f64s(factors[1]);
        let y = simd.splat_f64s(factors[2]);
        let apex = simd.splat_f64s(factors[3]);
        for i in 0..LANES / S::F64_LANES {
            let s = complex::<S>(&chunk.s, i);
            let moved = scaled(simd, changes, complex::<S>(&chunk.change, i));
            let spread = scaled(simd, square, complex::<S>(&chunk.noise, i));
            let back = scaled(simd, y, s);
            let re = simd.sub_f64s(simd.add_f64s(moved.0, spread.0), back.0);
            let im = simd.sub_f64s(simd.add_f64s(moved.1, spread.1), back.1);
            let value = exp(simd, simd.sub_f64s(re, apex), im);
            let tail = product(simd, value, complex::<S>(&chunk.weight, i));
            let density = product(simd, tail, s);
            let slope = product(simd, density, s);
            add_to(simd, &mut self.tail, i, tail.1);
            add_to(simd, &mut self.density, i, density.1);
            add_to(simd, &mut self.slope, i, slope.1);
            S::as_mut_simd_f64s(&mut self.last).0[i] =
                simd.add_f64s(simd.abs_f64s(tail.0), simd.abs_f64s(tail.1));
        }
    }
}

/// Register `i` of complex numbers.
#[inline(always)]
pub(super) fn complex<S: Simd>(values: &[[f64; LANES]; 2], i: usize) -> (S::f64s, S::f64s) {
    (S::as_simd_f64s(&values[0]).0[i], S::as_simd_f64s(&values[1]).0[i])
}

/// Adds to register `i` of `cells`.
#[inline(always)]
pub(super) fn add_to<S: Simd>(simd: S, cells: &mut [f64; LANES], i: usize, value: S::f64s) {
    let cell = &mut S::as_mut_simd_f64s(cells).0[i];
    *cell = simd.add_f64s(*cell, value);
}

/// Complex numbers, a factor larger.
#[inline(always)]
pub(super) fn scaled<S: Simd>(
    simd: S,
    factor: S::f64s,
    z: (S::f64s, S::f64s),
) -> (S::f64s, S::f64s) {
    (simd.mul_f64s(factor, z.0), simd.mul_f64s(factor, z.1))
}

/// The product of complex numbers.
#[inline(always)]
pub(super) fn product<S: Simd>(
    simd: S,
    a: (S::f64s, S::f64s),
    b: (S::f64s, S::f64s),
) -> (S::f64s, S::f64s) {
    let re = simd.sub_f64s(simd.mul_f64s(a.0, b.0), simd.mul_f64s(a.1, b.1));
    (re, simd.add_f64s(simd.mul_f64s(a.0, b.1), simd.mul_f64s(a.1, b.0)))
}

/// Exponentials of complex numbers: a Taylor series of a 256th, squared eight times.
///
/// Exact to 1e-10 for sizes up to 40. Larger ones only come with real parts
/// that leave nothing.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, re: S::f64s, im: S::f64s) -> (S::f64s, S::f64s) {
    const SQUARINGS: i32 = 8;
    const INVERSES: [f64; 8] =
        [1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0, 1.0 / 5.0, 1.0 / 6.0, 1.0 / 7.0, 1.0 / 8.0];
    /// Smaller real parts, and larger imaginary ones, are cut off.
    const LEAST: f64 = -40.0;
    const TURN: f64 = 120.0;
    let part = simd.splat_f64s(0.5_f64.powi(SQUARINGS));
    let re = simd.max_f64s(re, simd.splat_f64s(LEAST));
    let im = simd.max_f64s(simd.min_f64s(im, simd.splat_f64s(TURN)), simd.splat_f64s(-TURN));
    let z = scaled(simd, part, (re, im));
    let one = simd.splat_f64s(1.0);
    let mut sum = (one, simd.splat_f64s(0.0));
    for inverse in INVERSES.iter().rev() {
        // Horner: 1 + z/k (…).
        let (a, b) = product(simd, sum, z);
        let inverse = simd.splat_f64s(*inverse);
        sum = (simd.add_f64s(one, simd.mul_f64s(a, inverse)), simd.mul_f64s(b, inverse));
    }
    for _ in 0..SQUARINGS {
        let (a, b) = sum;
        let cross = simd.mul_f64s(a, b);
        sum =
            (simd.sub_f64s(simd.mul_f64s(a, a), simd.mul_f64s(b, b)), simd.add_f64s(cross, cross));
    }
    sum
}
