//! Quantiles of a mixture of normal distributions.

#![expect(
    clippy::inline_always,
    reason = "arithmetic on registers must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

use crate::normal;

/// Components that are taken at a time.
const LANES: usize = 16;

/// Bins that many values are gathered in.
const BINS: usize = 512;

/// A mixture of normal distributions.
#[derive(Debug, Default)]
pub(super) struct Mixture {
    /// Components; unused lanes weigh nothing.
    chunks: Vec<Chunk>,
    count: usize,
    weight: f64,
    /// Sums for mean and variance, about `origin`.
    origin: f64,
    first: f64,
    second: f64,
    bins: Vec<Bin>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Chunk {
    weight: [f64; LANES],
    mean: [f64; LANES],
    /// Standard deviations, inverted.
    inverse: [f64; LANES],
}

#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    count: f64,
    /// Sums of distances from the bin's left edge, and of their squares.
    first: f64,
    second: f64,
    variance: f64,
}

impl Mixture {
    /// Removes all components.
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        (self.count, self.weight, self.first, self.second) = (0, 0.0, 0.0, 0.0);
    }

    /// Adds a component.
    pub(super) fn add(&mut self, weight: f64, mean: f64, sigma: f64) {
        if self.count == 0 {
            self.origin = mean;
        }
        // Without any noise a quantile is a step: a slope keeps it findable.
        let sigma = sigma.max(1e-12 * (mean.abs() + (mean - self.origin).abs())).max(1e-150);
        let lane = self.count % LANES;
        if lane == 0 {
            self.chunks.push(Chunk::default());
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.weight[lane] = weight;
            chunk.mean[lane] = mean;
            chunk.inverse[lane] = 1.0 / sigma;
        }
        let distance = mean - self.origin;
        self.count += 1;
        self.weight += weight;
        self.first += weight * distance;
        self.second += weight * (distance * distance + sigma * sigma);
    }

    /// Makes the mixture that of `values` with the noise `sigmas`, which are for
    /// `values.len() / sigmas.len()` values each. Values near one another share a
    /// component of the same mean and variance.
    pub(super) fn gather(&mut self, values: &[f64], sigmas: &[f64]) {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let width = ((high - low) / BINS as f64).max(f64::MIN_POSITIVE);
        let mut bins = std::mem::take(&mut self.bins);
        bins.clear();
        bins.resize(BINS, Bin::default());
        let each = values.len() / sigmas.len();
        for (values, sigma) in values.chunks_exact(each).zip(sigmas) {
            for value in values {
                let place = ((value - low) / width).floor();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 0 and the number of bins"
                )]
                let bin = &mut bins[(place as usize).min(BINS - 1)];
                let distance = value - (low + place * width);
                bin.count += 1.0;
                bin.first += distance;
                bin.second += distance * distance;
                bin.variance += sigma * sigma;
            }
        }
        self.clear();
        for (place, bin) in bins.iter().enumerate().filter(|(_, bin)| 0.0 < bin.count) {
            let mean = bin.first / bin.count;
            let variance = (bin.second / bin.count - mean * mean).max(0.0);
            let sigma = (variance + bin.variance / bin.count).sqrt();
            let center = low + place as f64 * width + mean;
            self.add(bin.count / values.len() as f64, center, sigma);
        }
        self.bins = bins;
    }

    /// The value beyond which, upwards (`side` 1) or downwards (−1), lies the
    /// share `tail`.
    pub(super) fn quantile(&self, tail: f64, side: f64) -> f64 {
        let (mean, square) = (self.first / self.weight, self.second / self.weight);
        let deviation = (square - mean * mean).max(0.0).sqrt();
        let start = self.origin + mean + side * deviation * -normal::quantile(tail);
        Arch::new().dispatch(Search { mixture: self, tail, side, start, deviation })
    }

    /// Share beyond `q`, and the density at `q`.
    #[inline(always)]
    fn beyond<S: Simd>(&self, simd: S, q: f64, side: f64) -> (f64, f64) {
        let (mut tails, mut densities) = ([0.0; LANES], [0.0; LANES]);
        let (q, side) = (simd.splat_f64s(q), simd.splat_f64s(side));
        for chunk in &self.chunks {
            for i in 0..LANES / S::F64_LANES {
                let inverse = simd.mul_f64s(side, read::<S>(&chunk.inverse, i));
                let x = simd.mul_f64s(simd.sub_f64s(q, read::<S>(&chunk.mean, i)), inverse);
                let (tail, density) = normal_tail(simd, x);
                let weight = read::<S>(&chunk.weight, i);
                let steepness = simd.mul_f64s(weight, simd.abs_f64s(inverse));
                add_to(simd, &mut tails, i, simd.mul_f64s(weight, tail));
                add_to(simd, &mut densities, i, simd.mul_f64s(steepness, density));
            }
        }
        let (tail, density): (f64, f64) = (tails.iter().sum(), densities.iter().sum());
        (tail / self.weight, density / self.weight)
    }
}

struct Search<'a> {
    mixture: &'a Mixture,
    tail: f64,
    side: f64,
    start: f64,
    deviation: f64,
}

impl WithSimd for Search<'_> {
    type Output = f64;

    /// Newton's method on the logarithm of the tail, kept between bounds.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        const STEPS_MAX: usize = 80;
        const CLOSE: f64 = 1e-4;
        let Self { mixture, tail, side, start, deviation } = self;
        // Distances from the start, outwards.
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut at = 0.0;
        for _ in 0..STEPS_MAX {
            let (beyond, density) = mixture.beyond(simd, start + side * at, side);
            if tail < beyond {
                low = at;
            } else {
                high = at;
            }
            let newton = at + (beyond / tail).ln() * beyond / density;
            // The error after a step is of the order of its square.
            if (newton - at).abs() <= CLOSE * deviation {
                at = newton;
                break;
            }
            at = match (low.is_finite(), high.is_finite()) {
                _ if low < newton && newton < high && (newton - at).abs() < 4.0 * deviation => {
                    newton
                }
                (true, true) => f64::midpoint(low, high),
                (true, false) => at + 2.0 * deviation,
                _ => at - 2.0 * deviation,
            };
        }
        start + side * at
    }
}

/// Register `i` of `values`.
#[inline(always)]
fn read<S: Simd>(values: &[f64; LANES], i: usize) -> S::f64s {
    S::as_simd_f64s(values).0[i]
}

/// Adds to register `i` of `cells`.
#[inline(always)]
fn add_to<S: Simd>(simd: S, cells: &mut [f64; LANES], i: usize, value: S::f64s) {
    let cell = &mut S::as_mut_simd_f64s(cells).0[i];
    *cell = simd.add_f64s(*cell, value);
}

/// Probability of a standard normal value above `x`, to 1.2e-7 of itself, and
/// the density there.
///
/// # Source
///
/// The Chebyshev fit of erfc in Press et al., *Numerical Recipes*, §6.2.
#[inline(always)]
fn normal_tail<S: Simd>(simd: S, x: S::f64s) -> (S::f64s, S::f64s) {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;
    let (zero, half, one) = (simd.splat_f64s(0.0), simd.splat_f64s(0.5), simd.splat_f64s(1.0));
    let size = simd.mul_f64s(simd.abs_f64s(x), simd.splat_f64s(std::f64::consts::FRAC_1_SQRT_2));
    let t = simd.div_f64s(one, simd.add_f64s(one, simd.mul_f64s(half, size)));
    let mut sum = simd.splat_f64s(FIT[9]);
    for &coefficient in FIT[..9].iter().rev() {
        sum = simd.add_f64s(simd.mul_f64s(sum, t), simd.splat_f64s(coefficient));
    }
    let bell = exp(simd, simd.neg_f64s(simd.mul_f64s(size, size)));
    let above = simd.mul_f64s(simd.mul_f64s(simd.mul_f64s(half, t), bell), exp(simd, sum));
    let below = simd.less_than_f64s(x, zero);
    let tail = simd.select_f64s(below, simd.sub_f64s(one, above), above);
    (tail, simd.mul_f64s(simd.splat_f64s(DENSITY_AT_0), bell))
}

/// `exp(x)` for x ≤ 0 (larger than that, up to 1): a Taylor series of a 1024th,
/// squared ten times; exact to 1e-10 down to −70.
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    const SQUARINGS: i32 = 10;
    const INVERSES: [f64; 6] = [1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0, 1.0 / 5.0, 1.0 / 6.0];
    const LEAST: f64 = -600.0;
    let part = simd.splat_f64s(0.5_f64.powi(SQUARINGS));
    let z = simd.mul_f64s(simd.max_f64s(x, simd.splat_f64s(LEAST)), part);
    let one = simd.splat_f64s(1.0);
    let mut sum = one;
    for &inverse in INVERSES.iter().rev() {
        let term = simd.mul_f64s(simd.mul_f64s(sum, z), simd.splat_f64s(inverse));
        sum = simd.add_f64s(one, term);
    }
    for _ in 0..SQUARINGS {
        sum = simd.mul_f64s(sum, sum);
    }
    sum
}
