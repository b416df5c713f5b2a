//! A distribution of changes, cut into cells.
//!
//! Beside the tail `T(y)` the contour integral gives its two integrals, with one and
//! two powers of `s` more in the denominator: `C(y) = E (x − y)₊` and
//! `D(y) = E (x − y)₊² / 2`. Their differences are the mass, the mean and the
//! variance of each cell, so cells may be wide. The edges are evenly spaced: from
//! one to the next the integrand changes by the factor `exp(−s h)`, and a single
//! contour serves them all.

#![expect(
    clippy::inline_always,
    reason = "arithmetic on registers must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

use super::{
    contour::{Contour, LANES},
    law::{Law, add_to, complex, exp, product, scaled},
};

/// Cells on either side of the middle one.
pub(super) const SIDE: usize = 15;

/// Share of the probability asked for that lies beyond the last edge, about.
const BEYOND: f64 = 1.0 / 32.0;

/// Share of an integral that its last nodes may have.
const NEGLIGIBLE: f64 = 1e-7;

/// A part of a distribution.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    pub(super) weight: f64,
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

/// A distribution that is symmetric about zero, in units of a change's mean reach.
#[derive(Debug)]
pub(super) struct Cells {
    /// The middle, without those that have no change at all.
    pub(super) middle: Cell,
    /// The cells above the middle, from the inmost on.
    pub(super) above: [Cell; SIDE],
}

/// The cells of the sum of so many changes, as fine as the quantiles at `tail` need
/// them; some of them must have a chance of `moved` to be there.
pub(super) fn cells(changes: f64, moved: f64, tail: f64) -> Cells {
    let tail = BEYOND * tail.min(0.5 * moved);
    let last = Law { changes, noise: 0.0, tail }.rough_quantile();
    let width = last / SIDE as f64;
    let edges = Arch::new().dispatch(Edges { changes, width });
    let variance = 2.0 / 3.0 * changes;
    let mut above = [Cell::default(); SIDE];
    let mut outside = (0.0, 0.0);
    for (i, cell) in above.iter_mut().enumerate() {
        let from = width * (i + 1) as f64;
        let [mass, first, second] = edges[i];
        let next = edges.get(i + 1).copied().unwrap_or_default();
        let (weight, step) = (mass - next[0], if i + 1 < SIDE { width } else { 0.0 });
        // Moments about the cell's lower edge.
        let first = first - next[1] - step * next[0];
        let square = 2.0 * (second - next[2] - step * next[1]) - step * step * next[0];
        *cell = Cell::of(weight, first, square, if i + 1 < SIDE { step } else { f64::INFINITY });
        cell.mean += from;
        outside.0 += cell.weight;
        outside.1 += cell.weight * (cell.mean * cell.mean + cell.deviation * cell.deviation);
    }
    let weight = (moved - 2.0 * outside.0).max(0.0);
    let spread = ((variance - 2.0 * outside.1) / weight).clamp(0.0, width * width);
    let deviation = if spread.is_nan() { 0.0 } else { spread.sqrt() };
    Cells { middle: Cell { weight, mean: 0.0, deviation }, above }
}

impl Cell {
    /// The cell of this weight and these moments about its lower edge, so wide at most.
    /// Where rounding is all there is, it is empty or narrow.
    fn of(weight: f64, first: f64, square: f64, width: f64) -> Self {
        if weight <= f64::MIN_POSITIVE {
            return Self::default();
        }
        let mean = (first / weight).clamp(0.0, width);
        let variance = (square / weight - mean * mean).max(0.0);
        Self { weight, mean, deviation: variance.sqrt().min(0.5 * width) }
    }
}

struct Edges {
    changes: f64,
    width: f64,
}

impl WithSimd for Edges {
    type Output = [[f64; 3]; SIDE];

    /// `T`, `C` and `D` at the edges.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [[f64; 3]; SIDE] {
        let Self { changes, width } = self;
        // Half-way out, where the integrand is neither too large nor too small.
        let middle = 0.5 * width * SIDE as f64;
        let contour = Contour::near(Law { changes, noise: 0.0, tail: 0.5 }.saddle(middle));
        let still = exp(simd, simd.splat_f64s(-changes), simd.splat_f64s(0.0)).0;
        let mut sums = [[[0.0; LANES]; 3]; SIDE];
        for chunk in &contour.chunks {
            let mut last = 0.0;
            for i in 0..LANES / S::F64_LANES {
                let s = complex::<S>(&chunk.s, i);
                let inverse = complex::<S>(&chunk.inverse, i);
                let step = scaled(simd, simd.splat_f64s(-width), s);
                let step = exp(simd, step.0, step.1);
                let moved = scaled(simd, simd.splat_f64s(changes), complex::<S>(&chunk.change, i));
                let value = exp(simd, moved.0, moved.1);
                // Futures without a change are none of the cells'.
                let value = (simd.sub_f64s(value.0, still), value.1);
                let mut tail = product(simd, value, complex::<S>(&chunk.weight, i));
                let over = product(simd, inverse, inverse);
                for (place, sums) in sums.iter_mut().enumerate() {
                    tail = product(simd, tail, step);
                    let first = product(simd, tail, inverse);
                    let second = product(simd, tail, over);
                    add_to(simd, &mut sums[0], i, tail.1);
                    add_to(simd, &mut sums[1], i, first.1);
                    add_to(simd, &mut sums[2], i, second.1);
                    if place == 0 {
                        let size = simd.add_f64s(simd.abs_f64s(tail.0), simd.abs_f64s(tail.1));
                        last += simd.reduce_sum_f64s(size);
                    }
                }
            }
            if last < NEGLIGIBLE * sums[0][0].iter().sum::<f64>() {
                break;
            }
        }
        let mut edges = [[0.0; 3]; SIDE];
        for (edge, sums) in edges.iter_mut().zip(&sums) {
            for (value, sum) in edge.iter_mut().zip(sums) {
                *value = sum.iter().sum();
            }
        }
        edges
    }
}
