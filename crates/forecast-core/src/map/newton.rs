//! The climb to a maximum by proximal Newton steps.
//!
//! With sigma at its best value for the residuals, each step minimises the
//! quadratic model of the likelihood plus the Laplace prior of `delta` exactly,
//! and a line search keeps the posterior rising. The model is Gauss and Newton's
//! at first, which has a minimum anywhere, and the whole second derivative near
//! the end, which gets there in fewer steps.

use pulp::Arch;

use super::{
    KKT_TOLERANCE,
    priors::{Priors, size},
    quadratic::{Minimiser, Quadratic},
};
use crate::{
    panel::{Panel, Point, Scratch},
    posterior::{SIGMA_VARIANCE, best_variance, best_variance_slope},
    spec::Growth,
};

/// Steps at the most; series seen so far take 3 to 60.
const STEPS_MAX: u32 = 1_000;

/// Sigma never falls below this, which is what Prophet uses for a constant
/// series: the density has no maximum where the fit is perfect.
const SIGMA_MIN: f64 = 1e-9;

/// Gain that is left at the optimum at the most, in nats, by the quadratic model.
const DECREMENT_TOLERANCE: f64 = 1e-9;

/// Residual of the conditions at which a climb to a maximum ends. Steps near the end
/// square the error, so what is left is far below.
pub(super) const SUMMIT: f64 = KKT_TOLERANCE / 2.0;

/// Residual at which a climb ends that only looks for a place to start from.
pub(super) const SHOULDER: f64 = 1e-1;

/// Damping of a step, as a share of the largest curvature: from what keeps a
/// singular system solvable to what makes a step a short one downhill.
const DAMPING: (f64, f64) = (1e-13, 1e3);

/// Halvings of a step before the search gives up.
const HALVINGS_MAX: u32 = 40;

/// Share of the posterior that its sums may be off by.
const ROUNDING: f64 = 1e-10;

/// Share of the predicted gain that a step must reach (Nocedal and Wright, 3.4).
const ARMIJO: f64 = 1e-4;

/// Promised gain, in nats, below which the whole second derivative is used.
const NEAR: f64 = 10.0;

/// Distance to a known maximum, relative to its parameters, from which a step that
/// aims at it is taken to lead there.
const SAME: f64 = 1e-2;

/// A point with all that the next step needs.
#[derive(Debug, Clone)]
struct Place {
    w: Vec<f64>,
    variance: f64,
    point: Point,
    /// Negative log posterior.
    value: f64,
    bent: bool,
}

/// Where a climb ended.
#[derive(Debug, Clone)]
pub(super) struct Climb {
    /// The parameters in the order `delta, k, m, beta`.
    pub(super) w: Vec<f64>,
    pub(super) sigma: f64,
    /// Negative log posterior.
    pub(super) value: f64,
    pub(super) kkt_residual: f64,
    pub(super) converged: bool,
    pub(super) steps: u32,
}

/// Climbs from `start` until the residual of the conditions is at most `goal`; gives up
/// on the way to a maximum that is known.
pub(super) fn climb(
    panel: &Panel,
    priors: &Priors,
    start: Vec<f64>,
    goal: f64,
    known: Option<&Climb>,
) -> Option<Climb> {
    let mut posterior = Posterior { panel, priors, scratch: Scratch::new(panel) };
    let mut minimiser = posterior.minimiser();
    let mut place = posterior.place(start, false);
    let mut damping = DAMPING.0;
    let mut steps = 0;
    while steps < STEPS_MAX && goal < posterior.residual(&place) {
        steps += 1;
        let aimed = posterior.aim(&place, damping, &mut minimiser);
        if aimed && known.is_some_and(|known| is_same(minimiser.at(), &known.w)) {
            return None;
        }
        let next = if aimed { posterior.search(&place, minimiser.at()) } else { None };
        match next {
            Some((next, share)) => {
                damping = if share < 1.0 { damping * 10.0 } else { damping / 10.0 };
                damping = damping.clamp(DAMPING.0, DAMPING.1);
                place = next;
            }
            // The whole second derivative led astray: Gauss and Newton's does not.
            None if place.bent => place = posterior.place(place.w, false),
            None if panel.is_linear() || DAMPING.1 <= damping => break,
            None => damping *= 100.0,
        }
    }
    let sigma = place.variance.sqrt();
    let kkt_residual = posterior.residual(&place);
    let converged = kkt_residual <= goal || is_optimal(panel, priors, &place.w, sigma);
    Some(Climb { w: place.w, sigma, value: place.value, kkt_residual, converged, steps })
}

/// Whether parameters are at a maximum: the conditions hold, or the quadratic model
/// promises next to no gain.
pub(super) fn is_optimal(panel: &Panel, priors: &Priors, w: &[f64], sigma: f64) -> bool {
    let mut posterior = Posterior { panel, priors, scratch: Scratch::new(panel) };
    let mut place = posterior.place(w.to_vec(), false);
    let (best, variance) = (best_variance(panel.n(), place.point.rss), sigma * sigma);
    let sigma_fits = (variance - best).abs() <= 1e-6 * best || sigma <= SIGMA_MIN;
    if !sigma_fits {
        return false;
    }
    place.variance = variance.max(SIGMA_MIN * SIGMA_MIN);
    let by_sigma = posterior.by_sigma(&place);
    if posterior.residual(&place).max(by_sigma) <= KKT_TOLERANCE {
        return true;
    }
    let mut minimiser = posterior.minimiser();
    // NaN compares false.
    posterior.aim(&place, DAMPING.0, &mut minimiser)
        && posterior.change(&place, minimiser.at()).abs() <= DECREMENT_TOLERANCE
}

fn is_same(target: &[f64], known: &[f64]) -> bool {
    let scale = known.iter().fold(0.0f64, |scale, w| scale.max(w.abs()));
    target.iter().zip(known).all(|(a, b)| (a - b).abs() <= SAME * scale)
}

/// The posterior of a panel.
struct Posterior<'a> {
    panel: &'a Panel,
    priors: &'a Priors,
    scratch: Scratch,
}

impl Posterior<'_> {
    fn minimiser(&self) -> Minimiser {
        let s = self.panel.s();
        let first = if self.panel.growth() == Growth::Flat { s + 1 } else { s };
        Minimiser::new(s, self.panel.width(), (first..self.panel.width()).collect())
    }

    fn place(&mut self, w: Vec<f64>, bent: bool) -> Place {
        let n = self.panel.n();
        let point = Point::of(self.panel, &w, bent, &mut self.scratch);
        let variance = best_variance(n, point.rss).max(SIGMA_MIN * SIGMA_MIN);
        let value = n as f64 * variance.ln() / 2.0
            + point.rss / (2.0 * variance)
            + variance / (2.0 * SIGMA_VARIANCE)
            + self.priors.value(&w);
        Place { w, variance, point, value, bent }
    }

    /// The largest component of the smallest subgradient.
    fn residual(&self, place: &Place) -> f64 {
        let rises = place.point.score.iter().map(|score| score / place.variance);
        let misses = rises.enumerate().map(|(i, rise)| self.priors.miss(i, &place.w, rise));
        // A NaN anywhere is no optimum; `max` alone would pass over it.
        misses.fold(0.0, |a: f64, b| if b.is_nan() { f64::INFINITY } else { a.max(b) })
    }

    /// The derivative by sigma.
    fn by_sigma(&self, place: &Place) -> f64 {
        let sigma = place.variance.sqrt();
        let n = self.panel.n() as f64;
        ((place.point.rss / place.variance - n) / sigma - sigma / SIGMA_VARIANCE).abs()
    }

    /// The minimum of the quadratic model around `place`, with its L1 term.
    fn aim(&self, place: &Place, damping: f64, minimiser: &mut Minimiser) -> bool {
        let Place { w, variance, point, bent, .. } = place;
        let width = w.len();
        let mut gram = point.gram.clone();
        // A variance at its floor does not follow the residuals.
        if *bent && SIGMA_MIN * SIGMA_MIN < *variance {
            // How the best sigma follows the residuals: one direction is less steep.
            let lean = 2.0 * best_variance_slope(self.panel.n(), point.rss) / variance;
            for (row, left) in gram.chunks_exact_mut(width).zip(&point.score) {
                for (cell, right) in row.iter_mut().zip(&point.score) {
                    *cell -= lean * left * right;
                }
            }
        }
        // Damping pulls towards where we stand, so it moves no optimum.
        let steepest = (0..width).map(|i| point.gram[i * width + i]).fold(0.0, f64::max);
        let ridge = damping * steepest / variance;
        let precision: Vec<f64> = self.priors.precision.iter().map(|p| p + ridge).collect();
        // Written in the new point z, the model is ½ zᵀGz/v − zᵀ(Gw + Jᵀr)/v.
        let rows = gram.chunks_exact(width).zip(&point.score).zip(w);
        let score: Vec<f64> = rows
            .map(|((row, score), at)| {
                let product: f64 = row.iter().zip(w).map(|(g, w)| g * w).sum();
                score + product + ridge * variance * at
            })
            .collect();
        let quadratic = Quadratic {
            gram: &gram,
            score: &score,
            precision: &precision,
            penalised: self.priors.s,
            weight: self.priors.weight,
        };
        minimiser.start_from(&w[..self.priors.s]);
        Arch::new().dispatch(
            #[inline(always)]
            || minimiser.minimise(&quadratic, *variance),
        )
    }

    /// The farthest point towards `target` at which the posterior, at its best
    /// sigma, has risen enough, and its share of the way; `None` where it does not
    /// rise at all.
    fn search(&mut self, from: &Place, target: &[f64]) -> Option<(Place, f64)> {
        let slope = self.change(from, target);
        let bent = -slope <= NEAR;
        // NaN compares false.
        if slope < 0.0 {
            let mut share = 1.0;
            for _ in 0..HALVINGS_MAX {
                let next = self.place(between(&from.w, target, share), bent);
                let enough = next.value <= from.value + ARMIJO * share * slope;
                if next.value.is_finite() && enough && next.value < from.value {
                    return Some((next, share));
                }
                if 1.0 <= share && self.is_closer(from, &next) {
                    return Some((next, share));
                }
                share /= 2.0;
            }
            return None;
        }
        let next = self.place(target.to_vec(), bent);
        self.is_closer(from, &next).then_some((next, 1.0))
    }

    /// Whether the conditions of the optimum are closer at `to`.
    ///
    /// Near the optimum the posterior no longer shows a gain above its rounding,
    /// but its gradient still does.
    fn is_closer(&self, from: &Place, to: &Place) -> bool {
        // NaN compares false, so an overflow is no progress.
        self.residual(to) < 0.5 * self.residual(from)
            && to.value <= from.value + ROUNDING * from.value.abs()
    }

    /// First-order change of the negative log posterior from `place` to `target`.
    fn change(&self, place: &Place, target: &[f64]) -> f64 {
        let Priors { s, precision, weight } = self.priors;
        let steps = target.iter().zip(&place.w);
        let slopes = place.point.score.iter().zip(precision).zip(&place.w);
        let smooth: f64 = steps
            .zip(slopes)
            .map(|((to, from), ((score, precision), w))| {
                (to - from) * (precision * w - score / place.variance)
            })
            .sum();
        smooth + weight * (size(&target[..*s]) - size(&place.w[..*s]))
    }
}

fn between(from: &[f64], to: &[f64], share: f64) -> Vec<f64> {
    // The whole way ends exactly at `to`, with its exact zeros.
    let mix = |(&a, &b): (&f64, &f64)| if 1.0 <= share { b } else { a + share * (b - a) };
    from.iter().zip(to).map(mix).collect()
}
