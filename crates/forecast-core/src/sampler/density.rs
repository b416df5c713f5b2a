//! The log posterior and its gradient as the No-U-Turn sampler takes them.

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use nalgebra::{DMatrix, DVector};

use super::collapsed::dot;
use crate::{
    fitted::Params,
    map::{self, priors::Priors},
    optimizer::{Data, TrendIndicator},
    panel::{Panel, Point},
    posterior::{self, SIGMA_VARIANCE},
    trend::sigmoid,
};

/// Ridge that is added where the curvature is not positive definite by rounding,
/// as a share of its largest entry, and its growth from try to try.
const RIDGE: (f64, f64) = (1e-13, 100.0);

/// The gradient of the log posterior by `delta, k, m, beta, ln sigma`, the Jacobian
/// of the logarithm included, and its value.
///
/// Unlike [`posterior::gradient`] it makes no Jacobian: hinges take suffix sums
/// over the rows, which are in order of time. At a `delta` of zero it is the middle
/// of the subgradient, as in Stan.
#[inline(always)]
pub(super) fn log_density(data: &Data, params: &Params, gradient: &mut [f64]) -> f64 {
    let (s, k_count) = (params.delta.len(), params.beta.len());
    let variance = params.sigma_obs * params.sigma_obs;
    gradient.fill(0.0);
    let mut rss = 0.0;
    let (sums, factors) = (masked(&params.beta, &data.s_a), masked(&params.beta, &data.s_m));
    let (any_sum, any_factor) = (data.s_a.contains(&1), data.s_m.contains(&1));
    let (mut by_sum, mut by_factor) = (vec![0.0; k_count], vec![0.0; k_count]);
    // Sums over the rows not passed yet: by u, and by u times t.
    let (mut by_u, mut by_ut) = (0.0, 0.0);
    let mut next = s;
    let mut rate = params.k + params.delta.iter().sum::<f64>();
    let mut offset: f64 =
        data.t_change.iter().zip(&params.delta).map(|(at, delta)| at * delta).sum();
    for i in (0..data.y.len()).rev() {
        let t = data.t[i];
        while 0 < next && t <= data.t_change[next - 1] {
            next -= 1;
            gradient[next] = by_ut - data.t_change[next] * by_u;
            rate -= params.delta[next];
            offset -= data.t_change[next] * params.delta[next];
        }
        let x = &data.X[i * k_count..(i + 1) * k_count];
        let (trend, slope) = trend(data, params, i, rate * t - offset);
        let factor = if any_factor { 1.0 + dot(x, &factors) } else { 1.0 };
        let additive = if any_sum { dot(x, &sums) } else { 0.0 };
        let residual = data.y[i] - (trend * factor + additive);
        rss += residual * residual;
        let pull = residual * factor * slope;
        by_u += pull;
        by_ut += pull * t;
        // Columns of the other kind are masked out at the end.
        if any_sum {
            add(&mut by_sum, residual, x);
        }
        if any_factor {
            add(&mut by_factor, residual * trend, x);
        }
        if data.trend_indicator == TrendIndicator::Flat {
            gradient[s + 1] += residual * factor;
        }
    }
    let features = masked(&by_sum, &data.s_a).into_iter().zip(masked(&by_factor, &data.s_m));
    for (cell, (sum, factor)) in gradient[s + 2..].iter_mut().zip(features) {
        *cell = sum + factor;
    }
    for j in (0..next).rev() {
        gradient[j] = by_ut - data.t_change[j] * by_u;
    }
    match data.trend_indicator {
        TrendIndicator::Linear => (gradient[s], gradient[s + 1]) = (by_ut, by_u),
        TrendIndicator::Logistic => {
            (gradient[s], gradient[s + 1]) = (by_ut - params.m * by_u, -params.k * by_u);
        }
        TrendIndicator::Flat => {}
    }
    let penalties = posterior::penalties(data, params);
    for (slope, penalty) in gradient.iter_mut().zip(penalties) {
        *slope = *slope / variance - penalty;
    }
    for (slope, delta) in gradient.iter_mut().zip(&params.delta) {
        if *delta != 0.0 {
            *slope -= delta.signum() / *data.tau;
        }
    }
    gradient[s + 2 + k_count] =
        1.0 - data.y.len() as f64 + rss / variance - variance / SIGMA_VARIANCE;
    params.sigma_obs.ln() - posterior::negative(data, params, rss)
}

/// The values whose flag is set, zeros elsewhere.
fn masked(values: &[f64], flags: &[i32]) -> Vec<f64> {
    values.iter().zip(flags).map(|(value, &flag)| value * f64::from(flag)).collect()
}

#[inline(always)]
fn add(sums: &mut [f64], weight: f64, x: &[f64]) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += weight * x;
    }
}

/// The trend of row `i`, and its derivative by u, whose hinges and rate give
/// `argument`.
#[inline(always)]
fn trend(data: &Data, params: &Params, i: usize, argument: f64) -> (f64, f64) {
    match data.trend_indicator {
        TrendIndicator::Linear => (argument + params.m, 1.0),
        TrendIndicator::Logistic => {
            let share = sigmoid(argument - params.k * params.m);
            (data.cap[i] * share, data.cap[i] * share * (1.0 - share))
        }
        TrendIndicator::Flat => (params.m, 0.0),
    }
}

/// Coordinates in which the posterior is about round: distances from the optimum,
/// by the Cholesky factor of the curvature there.
#[derive(Debug)]
pub(super) struct Geometry {
    /// The optimum: `delta, k, m, beta, ln sigma`.
    centre: Vec<f64>,
    /// From round coordinates to parameters: L⁻ᵀ, column-major.
    spread: DMatrix<f64>,
    s: usize,
}

impl Geometry {
    /// Takes the curvature of `data`'s posterior at `optimum`: Gauss and Newton's for
    /// the likelihood, `1/2τ²`, the inverse variance of the prior, for its kinks.
    pub(super) fn of(data: &Data, optimum: &Params) -> Self {
        let panel = Panel::of_data(data);
        let (s, width) = (panel.s(), panel.width());
        let at = map::flat(optimum);
        let gram = Point::once(&panel, &at).gram;
        let gram = DMatrix::from_vec(width, width, gram);
        let variance = optimum.sigma_obs * optimum.sigma_obs;
        let mut curvature = DMatrix::zeros(width + 1, width + 1);
        curvature.view_mut((0, 0), (width, width)).copy_from(&(gram / variance));
        let priors = Priors::new(s, *data.tau, data.sigmas.iter().map(|scale| **scale));
        for (i, precision) in priors.precision.into_iter().enumerate() {
            let kink = if i < s { 0.5 / (*data.tau * *data.tau) } else { 0.0 };
            curvature[(i, i)] += precision + kink;
        }
        curvature[(width, width)] = 2.0 * data.y.len() as f64;
        let mut ridge = RIDGE.0 * curvature.diagonal().amax();
        let factor = loop {
            if let Some(factor) = curvature.clone().cholesky() {
                break factor.unpack();
            }
            for i in 0..=width {
                curvature[(i, i)] += ridge;
            }
            ridge *= RIDGE.1;
        };
        let identity = DMatrix::identity(width + 1, width + 1);
        let inverse = factor
            .solve_lower_triangular(&identity)
            .expect("invariant: a Cholesky factor has no zero on its diagonal");
        let mut centre = at;
        centre.push(optimum.sigma_obs.ln());
        Self { centre, spread: inverse.transpose(), s }
    }

    /// Number of coordinates.
    pub(super) fn width(&self) -> usize {
        self.centre.len()
    }

    /// The parameters at round coordinates.
    pub(super) fn params(&self, at: &[f64]) -> Params {
        let mut values = DVector::from_column_slice(&self.centre);
        values.gemv(1.0, &self.spread, &DVector::from_column_slice(at), 1.0);
        let last = values.len() - 1;
        Params {
            delta: values.as_slice()[..self.s].to_vec(),
            k: values[self.s],
            m: values[self.s + 1],
            beta: values.as_slice()[self.s + 2..last].to_vec(),
            sigma_obs: values[last].exp(),
        }
    }

    /// The gradient by round coordinates, from that by parameters.
    pub(super) fn pull_back(&self, gradient: &[f64], out: &mut [f64]) {
        let pulled = self.spread.tr_mul(&DVector::from_column_slice(gradient));
        out.copy_from_slice(pulled.as_slice());
    }
}
