//! The trend at scaled times.
//!
//! Prophet's gamma terms only make the trend continuous, so both the linear
//! and the logistic trend are functions of one hinge basis:
//! `u(t) = k (t − m′) + Σ δ_j (t − s_j)₊`, which also holds where a rate is zero
//! and Prophet's recursion divides by it.

use crate::{fitted::Params, spec::Growth};

/// The trend of one set of parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trend<'a> {
    /// Its shape.
    pub(crate) growth: Growth,
    /// Its parameters.
    pub(crate) params: &'a Params,
    /// Scaled times of the changepoints, as long as `delta`.
    pub(crate) changepoints_t: &'a [f64],
}

impl Trend<'_> {
    /// The scaled trend at each `t`; `cap` is as long as `t` for logistic growth.
    pub(crate) fn at(&self, t: &[f64], cap: &[f64]) -> Vec<f64> {
        let value = |(i, &t): (usize, &f64)| self.value(self.argument(t), cap.get(i));
        t.iter().enumerate().map(value).collect()
    }

    /// The piecewise linear function `u(t)` that the trend is made of.
    pub(crate) fn argument(&self, t: f64) -> f64 {
        let offset = match self.growth {
            Growth::Linear | Growth::Flat => self.params.m,
            Growth::Logistic => -self.params.k * self.params.m,
        };
        if self.growth == Growth::Flat {
            return offset;
        }
        let hinges = self.changepoints_t.iter().zip(&self.params.delta);
        let bends: f64 = hinges.map(|(&s, &delta)| delta * (t - s).max(0.0)).sum();
        self.params.k * t + bends + offset
    }

    /// The trend where its argument is `u`.
    pub(crate) fn value(&self, u: f64, cap: Option<&f64>) -> f64 {
        match (self.growth, cap) {
            (Growth::Logistic, Some(cap)) => sigmoid(u) * cap,
            _ => u,
        }
    }
}

/// The logistic function.
pub(crate) fn sigmoid(u: f64) -> f64 {
    1.0 / (1.0 + (-u).exp())
}
