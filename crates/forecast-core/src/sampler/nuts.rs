//! One chain of any model, by the No-U-Turn sampler of `nuts-rs`.

use std::convert::Infallible;

use nuts_rs::{
    Chain as _, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, LogpError,
    Settings as _,
};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use thiserror::Error;

use super::{
    Run,
    density::{Geometry, log_density},
};
use crate::{error::FitError, optimizer::Data, panel::Panel};

/// Doublings of a trajectory at the most, as in Stan.
const DEPTH_MAX: u64 = 10;

/// Starts that are tried before a chain gives up.
const STARTS_MAX: usize = 100;

/// Runs a chain from a start about the optimum: `warm_up` transitions that fit step
/// size and masses, then `draws` that count.
pub(super) fn run(
    (data, panel): (&Data, &Panel),
    geometry: &Geometry,
    mut rng: impl Rng,
    warm_up: usize,
    draws: usize,
) -> Result<Run, FitError> {
    let failed = |error: &dyn std::fmt::Display| FitError::Sampler(error.to_string());
    let settings = DiagNutsSettings {
        num_tune: warm_up as u64,
        num_draws: draws as u64,
        maxdepth: DEPTH_MAX,
        ..DiagNutsSettings::default()
    };
    let density = Density { data, panel, geometry, gradient: vec![0.0; geometry.width()] };
    let mut chain =
        settings.new_chain(0, CpuMath::new(density), &mut rng).map_err(|error| failed(&error))?;
    let mut spread = 2.0;
    let mut start = || {
        // Overdispersed, and nearer with each failure: a start may be off the map.
        let at: Vec<f64> = (0..geometry.width())
            .map(|_| {
                spread * <StandardNormal as Distribution<f64>>::sample(&StandardNormal, &mut rng)
            })
            .collect();
        spread *= 0.9;
        chain.set_position(&at)
    };
    let mut started = start();
    for _ in 1..STARTS_MAX {
        if started.is_ok() {
            break;
        }
        started = start();
    }
    started.map_err(|error| failed(&error))?;
    let mut run = Run::default();
    for i in 0..warm_up + draws {
        let (at, progress) = chain.draw().map_err(|error| failed(&error))?;
        if warm_up <= i {
            run.recorded.push(geometry.params(&at));
            run.divergences += usize::from(progress.diverging);
        }
    }
    Ok(run)
}

/// The density in round coordinates.
#[derive(Debug)]
struct Density<'a> {
    data: &'a Data,
    /// The rows of the data.
    panel: &'a Panel,
    geometry: &'a Geometry,
    /// Workspace: the gradient by parameters.
    gradient: Vec<f64>,
}

/// The density is not a number here: the sampler counts a divergence and goes on.
#[derive(Debug, Error)]
#[error("the log posterior is not finite")]
struct NotFinite;

impl LogpError for NotFinite {
    fn is_recoverable(&self) -> bool {
        true
    }
}

#[expect(clippy::disallowed_types, reason = "the signature is of nuts-rs; one entry has no order")]
impl HasDims for Density<'_> {
    fn dim_sizes(&self) -> std::collections::HashMap<String, u64> {
        [("unconstrained_parameter".to_owned(), self.geometry.width() as u64)].into()
    }
}

impl CpuLogpFunc for Density<'_> {
    type LogpError = NotFinite;
    type FlowParameters = Infallible;
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.geometry.width()
    }

    fn logp(&mut self, position: &[f64], gradient: &mut [f64]) -> Result<f64, NotFinite> {
        let params = self.geometry.params(position);
        let value = log_density(self.data, self.panel, &params, &mut self.gradient)
            + self.geometry.pull_back(&params, &mut self.gradient, gradient);
        if value.is_finite() && gradient.iter().all(|slope| slope.is_finite()) {
            Ok(value)
        } else {
            Err(NotFinite)
        }
    }

    fn expand_vector<R: Rng + ?Sized>(
        &mut self,
        _rng: &mut R,
        array: &[f64],
    ) -> Result<Vec<f64>, CpuMathError> {
        Ok(array.to_vec())
    }
}
