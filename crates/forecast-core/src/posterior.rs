//! The posterior density of Prophet's parameters, as in `prophet.stan`.
//!
//! `−N ln σ − RSS/2σ² − k²/50 − m²/50 − Σ|δ|/τ − 2σ² − Σ β_j²/2σ_j²`, with the
//! scaled series, without normalising constants and without a Jacobian: the
//! value that Stan prints as `lp__` when it optimizes.

use crate::{
    fitted::Params,
    optimizer::{Data, TrendIndicator},
    trend::sigmoid,
};

/// Variance of the normal priors of `k` and `m`.
pub(crate) const RATE_VARIANCE: f64 = 25.0;

/// Variance of the half-normal prior of sigma.
pub(crate) const SIGMA_VARIANCE: f64 = 0.25;

/// The residuals of `params`, and on request their derivatives.
///
/// Parameters are in the order `delta, k, m, beta`.
///
/// # Shapes
///
/// `residuals` has N values, `jacobian` N × (S + 2 + K), row-major: the
/// derivatives of the *mean*, not of the residual.
#[derive(Debug, Default, Clone)]
pub(crate) struct Linearised {
    pub(crate) residuals: Vec<f64>,
    pub(crate) rss: f64,
    pub(crate) jacobian: Vec<f64>,
}

/// Number of parameters but sigma.
pub(crate) fn parameter_count(data: &Data) -> usize {
    data.t_change.len() + 2 + data.sigmas.len()
}

/// Evaluates the mean at `params`.
pub(crate) fn linearise(data: &Data, params: &Params, jacobian: bool) -> Linearised {
    let (n, s, width) = (data.y.len(), data.t_change.len(), parameter_count(data));
    let k_count = data.sigmas.len();
    let mut out = Linearised { residuals: Vec::with_capacity(n), ..Linearised::default() };
    if jacobian {
        out.jacobian = vec![0.0; n * width];
    }
    for i in 0..n {
        let t = data.t[i];
        let x = &data.X[i * k_count..(i + 1) * k_count];
        let (mut additive, mut factor) = (0.0, 1.0);
        let flags = data.s_a.iter().zip(&data.s_m);
        for ((x, beta), (&is_additive, &is_factor)) in x.iter().zip(&params.beta).zip(flags) {
            additive += x * beta * f64::from(is_additive);
            factor += x * beta * f64::from(is_factor);
        }
        let mut u = params.k * t;
        for (at, delta) in data.t_change.iter().zip(&params.delta) {
            u += delta * (t - at).max(0.0);
        }
        // The trend and its derivatives by u, k and m.
        let (trend, by_u, by_k, by_m) = match data.trend_indicator {
            TrendIndicator::Linear => (u + params.m, 1.0, t, 1.0),
            TrendIndicator::Logistic => {
                let share = sigmoid(u - params.k * params.m);
                let slope = data.cap[i] * share * (1.0 - share);
                (data.cap[i] * share, slope, slope * (t - params.m), -slope * params.k)
            }
            TrendIndicator::Flat => (params.m, 0.0, 0.0, 1.0),
        };
        let residual = data.y[i] - (trend * factor + additive);
        out.residuals.push(residual);
        out.rss += residual * residual;
        if jacobian {
            let row = &mut out.jacobian[i * width..(i + 1) * width];
            for (cell, at) in row.iter_mut().zip(&data.t_change) {
                *cell = by_u * factor * (t - at).max(0.0);
            }
            row[s] = by_k * factor;
            row[s + 1] = by_m * factor;
            for j in 0..k_count {
                row[s + 2 + j] = x[j] * (f64::from(data.s_a[j]) + trend * f64::from(data.s_m[j]));
            }
        }
    }
    out
}

/// The log posterior of `params`.
pub fn log_posterior(data: &Data, params: &Params) -> f64 {
    let rss = linearise(data, params, false).rss;
    -negative(data, params, rss)
}

/// The negative log posterior, given the sum of squared residuals.
pub(crate) fn negative(data: &Data, params: &Params, rss: f64) -> f64 {
    let variance = params.sigma_obs * params.sigma_obs;
    data.y.len() as f64 * params.sigma_obs.ln()
        + rss / (2.0 * variance)
        + variance / (2.0 * SIGMA_VARIANCE)
        + prior(data, params)
}

/// The part of the negative log posterior that is about `k`, `m`, `delta`, `beta`.
fn prior(data: &Data, params: &Params) -> f64 {
    let rates = (params.k * params.k + params.m * params.m) / (2.0 * RATE_VARIANCE);
    let bends: f64 = params.delta.iter().map(|delta| delta.abs()).sum();
    let coefficients = params.beta.iter().zip(&data.sigmas);
    let features: f64 = coefficients.map(|(beta, scale)| (beta / **scale).powi(2) / 2.0).sum();
    rates + bends / *data.tau + features
}

/// The gradient of the log posterior by `delta, k, m, beta` and `sigma_obs`, in
/// this order; at a `delta` of zero, the middle of the subgradient.
pub fn gradient(data: &Data, params: &Params) -> Vec<f64> {
    let point = linearise(data, params, true);
    let variance = params.sigma_obs * params.sigma_obs;
    let mut gradient: Vec<f64> = weigh(&point, data).iter().map(|score| score / variance).collect();
    for (slope, penalty) in gradient.iter_mut().zip(penalties(data, params)) {
        *slope -= penalty;
    }
    for (slope, delta) in gradient.iter_mut().zip(&params.delta) {
        if *delta != 0.0 {
            *slope -= delta.signum() / *data.tau;
        }
    }
    let sigma = params.sigma_obs;
    gradient
        .push(-(data.y.len() as f64) / sigma + point.rss / sigma.powi(3) - sigma / SIGMA_VARIANCE);
    gradient
}

/// How far `params` are from satisfying the conditions of Karush, Kuhn and
/// Tucker: the largest component of the smallest subgradient, in nats per unit.
pub fn kkt_residual(data: &Data, params: &Params) -> f64 {
    let slack = 1.0 / *data.tau;
    let slopes = gradient(data, params);
    let s = params.delta.len();
    let worst = |(i, slope): (usize, &f64)| {
        let at_kink = i < s && params.delta[i] == 0.0;
        if at_kink { (slope.abs() - slack).max(0.0) } else { slope.abs() }
    };
    // A NaN anywhere is no optimum; `max` alone would pass over it.
    let larger = |a: f64, b: f64| if b.is_nan() { f64::INFINITY } else { a.max(b) };
    slopes.iter().enumerate().map(worst).fold(0.0, larger)
}

/// Jacobian transposed times residuals.
pub(crate) fn weigh(point: &Linearised, data: &Data) -> Vec<f64> {
    let width = parameter_count(data);
    let mut sums = vec![0.0; width];
    for (row, residual) in point.jacobian.chunks_exact(width).zip(&point.residuals) {
        for (sum, cell) in sums.iter_mut().zip(row) {
            *sum += cell * residual;
        }
    }
    sums
}

/// Derivatives of the normal priors by `delta, k, m, beta`.
pub(crate) fn penalties(data: &Data, params: &Params) -> Vec<f64> {
    let mut slopes = vec![0.0; params.delta.len()];
    slopes.extend([params.k / RATE_VARIANCE, params.m / RATE_VARIANCE]);
    slopes.extend(params.beta.iter().zip(&data.sigmas).map(|(beta, scale)| beta / scale.powi(2)));
    slopes
}

/// The sigma that maximises the posterior for a given sum of squared residuals.
///
/// # Source
///
/// The root of the derivative by sigma of the density above, in closed form:
/// `σ² = 2 RSS / (N + √(N² + 16 RSS))`.
pub(crate) fn best_variance(n: usize, rss: f64) -> f64 {
    let n = n as f64;
    2.0 * rss / (n + (n * n + 4.0 * rss / SIGMA_VARIANCE).sqrt())
}

/// The derivative of [`best_variance`] by the sum of squared residuals.
pub(crate) fn best_variance_slope(n: usize, rss: f64) -> f64 {
    let n = n as f64;
    let root = (n * n + 4.0 * rss / SIGMA_VARIANCE).sqrt();
    2.0 / (n + root) - 4.0 * rss / (SIGMA_VARIANCE * root * (n + root).powi(2))
}
