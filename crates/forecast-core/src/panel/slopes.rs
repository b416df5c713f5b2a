//! The pass over a panel that looks for slopes alone, for a sampler: no curvature.

#![expect(
    clippy::inline_always,
    reason = "register code must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

use super::{Panel, point};
use crate::{simd::sigmoid, spec::Growth};

/// Rows of a block: its features stay close to the core.
const BLOCK: usize = 128;

/// Features that are read side by side.
const GROUP: usize = 4;

/// The sum of squared residuals at `w`, which is `delta, k, m, beta`; `out` becomes
/// `Jᵀ` times the residuals, by `delta`, the rate and the offset of the trend's
/// argument, and `beta`.
pub(crate) fn slopes(panel: &Panel, w: &[f64], out: &mut [f64]) -> f64 {
    slopes_on(Arch::new(), panel, w, out)
}

/// The same with the registers of `arch`.
pub(super) fn slopes_on(arch: Arch, panel: &Panel, w: &[f64], out: &mut [f64]) -> f64 {
    let s = panel.s();
    let lines = point::lines(panel, w);
    let beta: Vec<f64> = panel.places.iter().map(|&place| w[s + 2 + place]).collect();
    let Sums { rss, trend, features } = arch.dispatch(Pass { panel, lines: &lines, beta: &beta });
    out.fill(0.0);
    // Sums over the rows behind each changepoint, from the last one on.
    let (mut pull, mut pull_t) = (0.0, 0.0);
    for segment in (0..=s).rev() {
        pull += trend[segment][0];
        pull_t += trend[segment][1];
        if panel.growth != Growth::Flat {
            match segment.checked_sub(1) {
                Some(j) => out[j] = pull_t - panel.changepoints_t[j] * pull,
                None => out[s] = pull_t,
            }
        }
    }
    out[s + 1] = pull;
    for (&place, slope) in panel.places.iter().zip(features) {
        out[s + 2 + place] = slope;
    }
    rss
}

struct Sums {
    rss: f64,
    /// Slope by the trend's argument with weights 1 and t, segment by segment.
    trend: Vec<[f64; 2]>,
    features: Vec<f64>,
}

struct Pass<'a> {
    panel: &'a Panel,
    lines: &'a [(f64, f64)],
    beta: &'a [f64],
}

impl WithSimd for Pass<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sums {
        let Self { panel, lines, beta } = self;
        let zero = simd.splat_f64s(0.0);
        let mut state = State {
            simd,
            panel,
            beta,
            first: [0.0; BLOCK],
            second: [0.0; BLOCK],
            rss: zero,
            features: vec![zero; beta.len()],
        };
        let mut trend = Vec::with_capacity(lines.len());
        for (segment, line) in lines.iter().enumerate() {
            let (mut from, end) = (panel.bounds[segment], panel.bounds[segment + 1]);
            let mut sums = [zero; 2];
            while from < end {
                let to = end.min(from + BLOCK);
                state.effects(from, to);
                state.weigh(*line, from, to, &mut sums);
                state.sum_features(from, to);
                from = to;
            }
            trend.push([simd.reduce_sum_f64s(sums[0]), simd.reduce_sum_f64s(sums[1])]);
        }
        let mut features = vec![0.0; beta.len()];
        for (sum, register) in features.iter_mut().zip(&state.features) {
            *sum = simd.reduce_sum_f64s(*register);
        }
        Sums { rss: simd.reduce_sum_f64s(state.rss), trend, features }
    }
}

struct State<'a, S: Simd> {
    simd: S,
    panel: &'a Panel,
    beta: &'a [f64],
    /// Of each row of a block what multiplies the trend, then what multiplies the
    /// multiplicative features in the slopes.
    first: [f64; BLOCK],
    /// What is added to the trend, then what multiplies the additive features.
    second: [f64; BLOCK],
    rss: S::f64s,
    features: Vec<S::f64s>,
}

impl<S: Simd> State<'_, S> {
    /// The features' part of the mean of the rows from `from` to `to`.
    #[inline(always)]
    fn effects(&mut self, from: usize, to: usize) {
        let (panel, simd) = (self.panel, self.simd);
        let (multiplicative, count) = (panel.multiplicative, self.beta.len());
        self.first[..to - from].fill(1.0);
        self.second[..to - from].fill(0.0);
        let parts =
            [(&mut self.first, 0, multiplicative), (&mut self.second, multiplicative, count)];
        for (out, start, end) in parts {
            let (out, _) = S::as_mut_simd_f64s(&mut out[..to - from]);
            let mut j = start;
            while j + GROUP <= end {
                add_columns::<S, GROUP>(simd, panel, (j, from, to), self.beta, out);
                j += GROUP;
            }
            while j < end {
                add_columns::<S, 1>(simd, panel, (j, from, to), self.beta, out);
                j += 1;
            }
        }
    }

    /// Goes from effects to weights, and adds up what needs no feature.
    #[inline(always)]
    fn weigh(
        &mut self,
        (rate, offset): (f64, f64),
        from: usize,
        to: usize,
        sums: &mut [S::f64s; 2],
    ) {
        let (panel, simd) = (self.panel, self.simd);
        let (t, _) = S::as_simd_f64s(&panel.t[from..to]);
        let (y, _) = S::as_simd_f64s(&panel.y[from..to]);
        let (cap, _) = S::as_simd_f64s(&panel.cap[from..to]);
        let (live, _) = S::as_simd_f64s(&panel.live[from..to]);
        let (first, _) = S::as_mut_simd_f64s(&mut self.first[..to - from]);
        let (second, _) = S::as_mut_simd_f64s(&mut self.second[..to - from]);
        let (rate, offset) = (simd.splat_f64s(rate), simd.splat_f64s(offset));
        for i in 0..t.len() {
            let u = simd.mul_add_e_f64s(rate, t[i], offset);
            // The trend and its derivative by u.
            let (trend, slope) = if panel.growth == Growth::Logistic {
                let (share, rest) = sigmoid(simd, u);
                let trend = simd.mul_f64s(cap[i], share);
                (trend, simd.mul_f64s(trend, rest))
            } else {
                (u, live[i])
            };
            let mean = simd.mul_add_e_f64s(trend, first[i], second[i]);
            let residual = simd.mul_f64s(live[i], simd.sub_f64s(y[i], mean));
            self.rss = simd.mul_add_e_f64s(residual, residual, self.rss);
            let pull = simd.mul_f64s(simd.mul_f64s(slope, first[i]), residual);
            sums[0] = simd.add_f64s(sums[0], pull);
            sums[1] = simd.mul_add_e_f64s(pull, t[i], sums[1]);
            first[i] = simd.mul_f64s(residual, trend);
            second[i] = residual;
        }
    }

    /// Adds the products of each feature with its weights.
    #[inline(always)]
    fn sum_features(&mut self, from: usize, to: usize) {
        let (panel, simd) = (self.panel, self.simd);
        let (multiplicative, count) = (panel.multiplicative, self.beta.len());
        for (weights, start, end) in
            [(&self.first, 0, multiplicative), (&self.second, multiplicative, count)]
        {
            let (weights, _) = S::as_simd_f64s(&weights[..to - from]);
            let mut j = start;
            while j + 2 * GROUP <= end {
                add_products::<S, { 2 * GROUP }>(
                    simd,
                    panel,
                    (j, from, to),
                    weights,
                    &mut self.features,
                );
                j += 2 * GROUP;
            }
            while j < end {
                add_products::<S, 1>(simd, panel, (j, from, to), weights, &mut self.features);
                j += 1;
            }
        }
    }
}

/// Adds `N` features from `j` on, each times its coefficient, to `out`.
#[inline(always)]
fn add_columns<S: Simd, const N: usize>(
    simd: S,
    panel: &Panel,
    (j, from, to): (usize, usize, usize),
    beta: &[f64],
    out: &mut [S::f64s],
) {
    let columns = columns::<S, N>(panel, (j, from, to));
    let mut factors = [simd.splat_f64s(0.0); N];
    for (factor, beta) in factors.iter_mut().zip(&beta[j..]) {
        *factor = simd.splat_f64s(*beta);
    }
    for (i, cell) in out.iter_mut().enumerate() {
        for (factor, column) in factors.iter().zip(&columns) {
            *cell = simd.mul_add_e_f64s(*factor, column[i], *cell);
        }
    }
}

/// Adds to `out` the products of `N` features from `j` on with `weights`.
#[inline(always)]
fn add_products<S: Simd, const N: usize>(
    simd: S,
    panel: &Panel,
    (j, from, to): (usize, usize, usize),
    weights: &[S::f64s],
    out: &mut [S::f64s],
) {
    let columns = columns::<S, N>(panel, (j, from, to));
    let mut sums = [simd.splat_f64s(0.0); N];
    for (i, weight) in weights.iter().enumerate() {
        for (sum, column) in sums.iter_mut().zip(&columns) {
            *sum = simd.mul_add_e_f64s(*weight, column[i], *sum);
        }
    }
    for (cell, sum) in out[j..].iter_mut().zip(sums) {
        *cell = simd.add_f64s(*cell, sum);
    }
}

/// The rows from `from` to `to` of `N` features from `j` on.
#[inline(always)]
fn columns<S: Simd, const N: usize>(
    panel: &Panel,
    (j, from, to): (usize, usize, usize),
) -> [&[S::f64s]; N] {
    let len = panel.len();
    let mut columns: [&[S::f64s]; N] = [&[]; N];
    for (i, column) in columns.iter_mut().enumerate() {
        let start = (j + i) * len;
        *column = S::as_simd_f64s(&panel.features[start + from..start + to]).0;
    }
    columns
}
