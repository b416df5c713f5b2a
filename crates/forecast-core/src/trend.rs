//! The trend at scaled times.
//!
//! Prophet's gamma terms only make the trend continuous, so both the linear
//! and the logistic trend are functions of one hinge basis:
//! `u(t) = k (t − m′) + Σ δ_j (t − s_j)₊`, which also holds where a rate is zero
//! and Prophet's recursion divides by it.

use crate::{fitted::Params, spec::Growth};

/// The trend of one set of parameters, in pieces.
#[derive(Debug, Clone)]
pub(crate) struct Trend {
    growth: Growth,
    /// Where pieces end, in order of time.
    changepoints_t: Vec<f64>,
    /// Rate and offset of each piece.
    pieces: Vec<(f64, f64)>,
}

impl Trend {
    /// Sums up the pieces; `changepoints_t` is as long as `delta`.
    pub(crate) fn new(growth: Growth, params: &Params, changepoints_t: &[f64]) -> Self {
        let offset = match growth {
            Growth::Linear | Growth::Flat => params.m,
            Growth::Logistic => -params.k * params.m,
        };
        if growth == Growth::Flat {
            return Self { growth, changepoints_t: Vec::new(), pieces: vec![(0.0, offset)] };
        }
        let mut bends: Vec<(f64, f64)> =
            changepoints_t.iter().copied().zip(params.delta.iter().copied()).collect();
        bends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut rate, mut offset) = (params.k, offset);
        let mut pieces = vec![(rate, offset)];
        for &(at, delta) in &bends {
            rate += delta;
            offset -= delta * at;
            pieces.push((rate, offset));
        }
        Self { growth, changepoints_t: bends.iter().map(|bend| bend.0).collect(), pieces }
    }

    /// The piecewise linear function `u(t)` that the trend is made of.
    pub(crate) fn argument(&self, t: f64) -> f64 {
        let (rate, offset) = self.pieces[self.changepoints_t.partition_point(|&at| at <= t)];
        rate * t + offset
    }

    /// The trend where its argument is `u`; `cap` is there for logistic growth.
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
