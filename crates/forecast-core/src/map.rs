//! The maximum of the posterior (MAP) by proximal Gauss-Newton steps.
//!
//! With sigma at its best value for the residuals, each step minimises the
//! quadratic model of the likelihood plus the Laplace prior of `delta`
//! *exactly* ([`lasso`]), and a line search keeps the posterior rising.
//! For a linear or flat trend with additive features the quadratic model is the
//! likelihood itself: the Gram matrix is built once, and the maximum is the only
//! one. Other models may have several; two starts are tried and the better kept.

mod lasso;
pub(crate) mod linear;
pub(crate) mod open;
pub(crate) mod quadratic;
mod unidentified;

use nalgebra::{DMatrix, DVector};

use crate::{
    fitted::Params,
    optimizer::{
        Data, Error, InitialParams, OptimizeOpts, OptimizedParams, Optimizer, PositiveFloat,
        TrendIndicator,
    },
    posterior::{self, Linearised},
};

/// Steps at the most; series seen so far take 5 to 60.
const STEPS_MAX: u32 = 1_000;

/// Largest subgradient that counts as zero, in nats per unit of a parameter.
pub(crate) const KKT_TOLERANCE: f64 = 1e-6;

/// Sigma never falls below this, which is what Prophet uses for a constant
/// series: the density has no maximum where the fit is perfect.
const SIGMA_MIN: f64 = 1e-9;

/// Gain that is left at the optimum at the most, in nats, by the quadratic model.
const DECREMENT_TOLERANCE: f64 = 1e-7;

/// Damping of a step, as a share of the largest curvature: from what keeps a
/// singular system solvable to what makes a step a short one downhill.
const DAMPING: (f64, f64) = (1e-13, 1e3);

/// Halvings of a step before the search gives up.
const HALVINGS_MAX: u32 = 40;

/// Share of the posterior that its sums may be off by.
const ROUNDING: f64 = 1e-10;

/// Share of the predicted gain that a step must reach (Nocedal and Wright, 3.4).
const ARMIJO: f64 = 1e-4;

/// What the optimizer found, and how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The parameters, with unidentified directions at their smallest.
    pub params: Params,
    /// Log posterior before unidentified directions were resolved.
    pub log_posterior: f64,
    /// Residual of the optimality conditions there.
    pub kkt_residual: f64,
    /// Whether that residual is within tolerance.
    pub converged: bool,
    /// Steps taken.
    pub steps: u32,
    /// Columns of the design whose coefficients the rows do not determine.
    pub unidentified_columns: Vec<usize>,
}

/// Finds the exact maximum of the posterior.
///
/// Stan's L-BFGS, which Python Prophet uses, stops before it: by 14 nats on
/// PETR4 closes.
#[derive(Debug, Clone, Copy, Default)]
pub struct MapOptimizer;

impl MapOptimizer {
    /// Optimizes from `start`.
    pub fn solve(&self, data: &Data, start: Params) -> Solution {
        let best = best_climb(data, start);
        let log_posterior = posterior::log_posterior(data, &best.params);
        let kkt_residual = posterior::kkt_residual(data, &best.params);
        let open = unidentified::directions(data);
        let params = if open.is_empty() {
            best.params
        } else {
            // The same model without those directions, from where it stands.
            let narrowed = open.narrow(data);
            let start = open.project(&best.params);
            open.project(&climb(&narrowed, start).params)
        };
        Solution {
            params,
            log_posterior,
            kkt_residual,
            converged: best.converged,
            steps: best.steps,
            unidentified_columns: open.columns().to_vec(),
        }
    }
}

impl Optimizer for MapOptimizer {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        _opts: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        let start = Params {
            k: init.k,
            m: init.m,
            delta: init.delta.clone(),
            beta: init.beta.clone(),
            sigma_obs: *init.sigma_obs,
        };
        let params = self.solve(data, start).params;
        let sigma_obs = PositiveFloat::try_new(params.sigma_obs).map_err(Error::custom)?;
        let Params { k, m, delta, beta, .. } = params;
        Ok(OptimizedParams { k, m, sigma_obs, delta, beta, trend: Vec::new() })
    }
}

/// Whether `params` are at a maximum: the conditions hold, or the quadratic model
/// promises next to no gain.
pub(crate) fn is_optimal(data: &Data, params: &Params) -> bool {
    if posterior::kkt_residual(data, params) <= KKT_TOLERANCE {
        return true;
    }
    let point = posterior::linearise(data, params, true);
    let variance = params.sigma_obs * params.sigma_obs;
    let gram = gram(data, &point);
    let target = propose(data, params, &point, &gram, variance, DAMPING.0);
    let gain = target.map(|target| -predicted_change(data, params, &point, &target));
    let best = posterior::best_variance(data.y.len(), point.rss);
    let sigma_fits = (variance - best).abs() <= 1e-6 * best || params.sigma_obs <= SIGMA_MIN;
    // NaN compares false.
    sigma_fits && gain.is_some_and(|gain| gain.abs() <= DECREMENT_TOLERANCE)
}

/// A linear or flat trend with additive features: one maximum, one Gram matrix.
fn is_convex(data: &Data) -> bool {
    data.trend_indicator != TrendIndicator::Logistic && data.s_m.iter().all(|&m| m == 0)
}

/// The best of the starts that are worth a try.
fn best_climb(data: &Data, start: Params) -> Climb {
    if is_convex(data) {
        return climb(data, start);
    }
    // The trend alone first: seasonalities that act on a bad trend lead astray.
    let mut plain = data.clone();
    plain.X.fill(0.0);
    let trend = climb(&plain, start.clone()).params;
    let (first, second) = (climb(data, start), climb(data, trend));
    let value = |climb: &Climb| posterior::log_posterior(data, &climb.params);
    // NaN compares false, so a start that led nowhere never wins.
    if value(&first) < value(&second) || value(&first).is_nan() { second } else { first }
}

/// Where a climb ended.
struct Climb {
    params: Params,
    steps: u32,
    converged: bool,
}

/// Climbs to a maximum; the steps taken are counted.
fn climb(data: &Data, start: Params) -> Climb {
    let convex = is_convex(data);
    let mut params = start;
    let mut point = posterior::linearise(data, &params, true);
    params.sigma_obs = sigma(data, point.rss);
    let mut gram = gram(data, &point);
    let mut damping = DAMPING.0;
    let mut steps = 0;
    while steps < STEPS_MAX {
        steps += 1;
        let variance = params.sigma_obs * params.sigma_obs;
        let target = propose(data, &params, &point, &gram, variance, damping);
        let next = target.and_then(|target| {
            search(data, &params, &point, &target)
                .or_else(|| polish(data, &params, point.rss, &target).map(|next| (next, 1.0)))
        });
        let Some((next, share)) = next else {
            // Nothing better on the way there: a shorter way, or the end.
            if convex || DAMPING.1 <= damping {
                break;
            }
            damping *= 100.0;
            continue;
        };
        damping = if share < 1.0 { damping * 10.0 } else { damping / 10.0 };
        damping = if convex { DAMPING.0 } else { damping.clamp(DAMPING.0, DAMPING.1) };
        params = next;
        point = if convex {
            // The Jacobian of a linear model does not depend on the parameters.
            Linearised { jacobian: point.jacobian, ..posterior::linearise(data, &params, false) }
        } else {
            posterior::linearise(data, &params, true)
        };
        if !convex {
            gram = self::gram(data, &point);
        }
        if posterior::kkt_residual(data, &params) <= KKT_TOLERANCE * 1e-2 {
            break;
        }
    }
    Climb { converged: is_optimal(data, &params), params, steps }
}

fn sigma(data: &Data, rss: f64) -> f64 {
    posterior::best_variance(data.y.len(), rss).sqrt().max(SIGMA_MIN)
}

/// Jacobian transposed times Jacobian.
fn gram(data: &Data, point: &Linearised) -> DMatrix<f64> {
    let width = posterior::parameter_count(data);
    let mut sums = vec![0.0; width * width];
    for row in point.jacobian.chunks_exact(width) {
        for (i, &left) in row.iter().enumerate() {
            // Hinges before their changepoint and unseen holidays are zero.
            if left != 0.0 {
                let out = &mut sums[i * width + i..(i + 1) * width];
                for (sum, right) in out.iter_mut().zip(&row[i..]) {
                    *sum += left * right;
                }
            }
        }
    }
    DMatrix::from_fn(width, width, |i, j| sums[i.min(j) * width + i.max(j)])
}

/// The minimum of the quadratic model around `params`, with its L1 term; `None`
/// where numbers overflow.
fn propose(
    data: &Data,
    params: &Params,
    point: &Linearised,
    gram: &DMatrix<f64>,
    variance: f64,
    damping: f64,
) -> Option<Params> {
    let s = params.delta.len();
    let at = DVector::from_vec(flat(params));
    let scores = DVector::from_vec(posterior::weigh(point, data)) + gram * &at;
    let ridge = damping * gram.diagonal().amax() / variance;
    let precision: Vec<f64> = precisions(data).iter().map(|p| p + ridge).collect();
    let score: Vec<f64> = scores.iter().zip(&at).map(|(c, w)| c + ridge * variance * w).collect();
    let quadratic = quadratic::Quadratic {
        gram: gram.as_slice(),
        score: &score,
        precision: &precision,
        penalised: s,
        weight: 1.0 / *data.tau,
    };
    let mut minimiser = quadratic::Minimiser::new(&quadratic);
    minimiser.start_from(&params.delta);
    if !minimiser.minimise(&quadratic, variance) {
        return None;
    }
    let rest = &minimiser.at()[s..];
    let delta = minimiser.at()[..s].to_vec();
    let found = Params {
        delta,
        k: rest[0],
        m: rest[1],
        beta: rest[2..].to_vec(),
        sigma_obs: params.sigma_obs,
    };
    flat(&found).iter().all(|value| value.is_finite()).then_some(found)
}

/// The farthest point towards `target` at which the posterior, at its best
/// sigma, has risen enough, and its share of the way; `None` where it does not
/// rise at all.
fn search(
    data: &Data,
    from: &Params,
    point: &Linearised,
    target: &Params,
) -> Option<(Params, f64)> {
    let start = posterior::negative(data, from, point.rss);
    let slope = predicted_change(data, from, point, target);
    if slope >= 0.0 {
        return None;
    }
    let mut share = 1.0;
    for _ in 0..HALVINGS_MAX {
        let mut candidate = between(from, target, share);
        let rss = posterior::linearise(data, &candidate, false).rss;
        candidate.sigma_obs = sigma(data, rss);
        let value = posterior::negative(data, &candidate, rss);
        if value.is_finite() && value <= start + ARMIJO * share * slope && value < start {
            return Some((candidate, share));
        }
        share /= 2.0;
    }
    None
}

/// The whole step, if it brings the conditions of the optimum closer.
///
/// Near the optimum the posterior no longer shows a gain above its rounding,
/// but its gradient still does.
fn polish(data: &Data, from: &Params, rss: f64, target: &Params) -> Option<Params> {
    let mut candidate = target.clone();
    let reached = posterior::linearise(data, target, false).rss;
    candidate.sigma_obs = sigma(data, reached);
    let (before, after) =
        (posterior::negative(data, from, rss), posterior::negative(data, &candidate, reached));
    let residual = posterior::kkt_residual(data, &candidate);
    // NaN compares false, so an overflow is no progress.
    let closer = residual < 0.5 * posterior::kkt_residual(data, from);
    (closer && after <= before + ROUNDING * before.abs()).then_some(candidate)
}

/// First-order change of the negative log posterior from `from` to `target`.
fn predicted_change(data: &Data, from: &Params, point: &Linearised, target: &Params) -> f64 {
    let variance = from.sigma_obs * from.sigma_obs;
    let scores = posterior::weigh(point, data);
    let penalties = posterior::penalties(data, from);
    let steps = flat(target).into_iter().zip(flat(from)).map(|(to, from)| to - from);
    let smooth: f64 = steps
        .zip(scores.iter().zip(&penalties))
        .map(|(step, (score, penalty))| step * (penalty - score / variance))
        .sum();
    let size = |params: &Params| params.delta.iter().map(|delta| delta.abs()).sum::<f64>();
    smooth + (size(target) - size(from)) / *data.tau
}

fn precisions(data: &Data) -> Vec<f64> {
    let mut all = vec![0.0; data.t_change.len()];
    all.extend([1.0 / posterior::RATE_VARIANCE; 2]);
    all.extend(data.sigmas.iter().map(|scale| 1.0 / scale.powi(2)));
    all
}

fn flat(params: &Params) -> Vec<f64> {
    let mut all = params.delta.clone();
    all.extend([params.k, params.m]);
    all.extend(&params.beta);
    all
}

fn between(from: &Params, to: &Params, share: f64) -> Params {
    // The whole way ends exactly at `to`, with its exact zeros.
    let mix = |a: f64, b: f64| if 1.0 <= share { b } else { a + share * (b - a) };
    let each = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(&a, &b)| mix(a, b)).collect();
    Params {
        k: mix(from.k, to.k),
        m: mix(from.m, to.m),
        delta: each(&from.delta, &to.delta),
        beta: each(&from.beta, &to.beta),
        sigma_obs: from.sigma_obs,
    }
}
