//! The phases of a fit one by one, for benchmarks alone: not part of the interface.

use std::fmt;

use crate::{
    error::FitError,
    fit::{linear, prepared},
    map::{self, open},
    moments,
    series::Series,
    spec::Spec,
};

/// A checked specification and a history in order.
pub struct Prepared(prepared::Prepared);

/// The sums over the rows that a linear additive model is fitted from.
pub struct Moments(moments::Moments);

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}

impl fmt::Debug for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moments").finish_non_exhaustive()
    }
}

impl Prepared {
    /// Checks, sorts, scales and lays out.
    ///
    /// # Errors
    ///
    /// As [`crate::fit()`].
    pub fn of(spec: &Spec, series: &Series) -> Result<Self, FitError> {
        prepared::Prepared::of(spec, series).map(Self)
    }

    /// The pass over the rows; `None` for models that are not linear and additive.
    ///
    /// # Errors
    ///
    /// As [`crate::fit()`].
    pub fn moments(&self) -> Result<Option<Moments>, FitError> {
        let all = linear::moments(std::slice::from_ref(&self.0))?;
        Ok(all.and_then(|mut all| all.pop()).map(Moments))
    }

    /// The steps of a solution from the sums; `None` where they are too coarse.
    pub fn solve(&self, moments: &Moments) -> Option<u32> {
        let priors = self.0.priors();
        let open = open::of_moments(&moments.0, &priors);
        map::solve_linear(&moments.0, &priors, &open).map(|solution| solution.steps)
    }
}
