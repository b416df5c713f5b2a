//! Where the tail of a future trend is integrated.
//!
//! A new rate change at a time that is uniform over the future, of a size that is
//! Laplace distributed, moves the end of the future by `a L U`: `L` a standard
//! Laplace value, `U` uniform on (0, 1), `a` the mean size times the length of
//! the future. Its moment generating function is `E exp(s L U) = atanh(s) / s`.
//! Changes are a Poisson process, so that of the sum of all with Gaussian noise is
//! `exp(K(s))`, `K(s) = μ (atanh(s) / s − 1) + ν² s² / 2`: μ changes are to be
//! expected, and ν is the noise; all in units of `a`. The probability of a value
//! above `y` is the inverse Laplace integral
//!
//! `T(y) = 1 / (2πi) ∫ exp(K(s) − s y) ds / s`
//!
//! over any path from −i∞ to i∞ that crosses the real axis between the pole at 0
//! and the branch cut from 1 on. Here it is a branch of a hyperbola, which turns
//! to the right so that the integrand falls off also without noise,
//! `s(v) = apex + b (cosh v − 1) + i c sinh v`, on which the trapezoidal rule
//! converges exponentially. What depends on `s` alone is tabulated, once a process,
//! for apexes a factor of √2 apart.

use std::{f64::consts::PI, sync::OnceLock};

/// Nodes that are summed at a time: two of the widest registers, whose chains of
/// operations overlap.
pub(super) const LANES: usize = 16;

/// Steps of the trapezoidal rule in `v`: the tail is exact to 2e-6 of itself.
const STEP: f64 = 0.15;

/// `b / c`: the hyperbola leaves the vertical by 27 degrees, so that both the
/// noise (beyond 45 it grows) and the factor `exp(−s y)` fall off along it.
const BEND: f64 = 0.5;

/// `c` over the distances to the pole and to the branch point.
const SPREAD: f64 = 1.4;

/// Nodes of a hyperbola. With 128, `v` reaches 19 and `|s|` 1e7: enough for
/// noise a millionth of a change.
const CHUNKS: usize = 8;

/// Nearest apex to the branch point.
const APEX_MAX: f64 = 0.9;

/// Apexes: down to 1e-4.
const COUNT: usize = 28;

/// A hyperbola, with all on it that does not depend on the distribution.
#[derive(Debug)]
pub(super) struct Contour {
    /// Where it crosses the real axis.
    pub(super) apex: f64,
    /// `atanh(s) / s − 1` there.
    pub(super) apex_change: f64,
    /// Its nodes, from the apex on.
    pub(super) chunks: [Chunk; CHUNKS],
}

/// A row of nodes: real and imaginary parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    /// `s`.
    pub(super) s: [[f64; LANES]; 2],
    /// `1 / s`.
    pub(super) inverse: [[f64; LANES]; 2],
    /// `s² / 2`.
    pub(super) noise: [[f64; LANES]; 2],
    /// `atanh(s) / s − 1`.
    pub(super) change: [[f64; LANES]; 2],
    /// `s′(v) / s`, times the step over π; half of it at the apex.
    pub(super) weight: [[f64; LANES]; 2],
}

impl Contour {
    /// The hyperbola for a saddle point of the integrand near `saddle`: its apex
    /// is at most there, and above it divided by √2.
    pub(super) fn near(saddle: f64) -> &'static Self {
        static ALL: [OnceLock<Contour>; COUNT] = [const { OnceLock::new() }; COUNT];
        let place = (2.0 * (APEX_MAX / saddle).log2()).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the table"
        )]
        let place = place.clamp(0.0, (COUNT - 1) as f64) as usize;
        ALL[place].get_or_init(|| Self::new(APEX_MAX * (-0.5 * place as f64).exp2()))
    }

    fn new(apex: f64) -> Self {
        let mut chunks = [Chunk::ZERO; CHUNKS];
        for (i, chunk) in chunks.iter_mut().enumerate() {
            for lane in 0..LANES {
                chunk.set(lane, apex, i * LANES + lane);
            }
        }
        Self { apex, apex_change: apex.atanh() / apex - 1.0, chunks }
    }
}

impl Chunk {
    const ZERO: Self = {
        let zero = [[0.0; LANES]; 2];
        Self { s: zero, inverse: zero, noise: zero, change: zero, weight: zero }
    };

    fn set(&mut self, lane: usize, apex: f64, node: usize) {
        let v = node as f64 * STEP;
        let c = SPREAD * apex * (1.0 - apex);
        let b = BEND * c;
        let s = (apex + b * (v.cosh() - 1.0), c * v.sinh());
        let square = s.0 * s.0 + s.1 * s.1;
        let over =
            |a: (f64, f64)| ((a.0 * s.0 + a.1 * s.1) / square, (a.1 * s.0 - a.0 * s.1) / square);
        let distance = (1.0 - s.0).powi(2) + s.1 * s.1;
        // atanh(s) is half the logarithm of (1 + s) / (1 − s).
        let arc = (0.25 * (4.0 * s.0 / distance).ln_1p(), 0.5 * (2.0 * s.1).atan2(1.0 - square));
        let change = over(arc);
        let unit = if node == 0 { 0.5 } else { 1.0 } * STEP / PI;
        let weight = over((b * v.sinh() * unit, c * v.cosh() * unit));
        let put = |cell: &mut [[f64; LANES]; 2], value: (f64, f64)| {
            (cell[0][lane], cell[1][lane]) = value;
        };
        put(&mut self.s, s);
        put(&mut self.inverse, over((1.0, 0.0)));
        put(&mut self.noise, (0.5 * (s.0 * s.0 - s.1 * s.1), s.0 * s.1));
        put(&mut self.change, (change.0 - 1.0, change.1));
        put(&mut self.weight, weight);
    }
}
