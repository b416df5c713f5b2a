//! Whether the parts of a model that came from elsewhere make a model.

use std::{collections::BTreeSet, fmt::Display};

use thiserror::Error;

use super::{Fitted, Params};
use crate::{
    design::Design,
    error::FitError,
    holidays,
    spec::{PERIOD_ALLOWED, UNCERTAINTY_SAMPLES_MAX, WINDOW_DAYS_MAX, is_period},
};

/// Posterior draws that a model may bring: five times what four chains of a thousand
/// give, and what a forecast of ten years still has memory for.
pub(crate) const DRAWS_MAX: usize = 20_000;

/// What is wrong with a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A value is out of its range.
    #[error("`{key}` is {value}, it must be {allowed}")]
    Value {
        /// Which.
        key: String,
        /// The value found.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A parameter does not fit the design.
    #[error("`{key}` has {found} values, the model has {expected}")]
    Shape {
        /// Which.
        key: String,
        /// Values found.
        found: usize,
        /// Values expected.
        expected: usize,
    },
    /// A part is not valid by itself.
    #[error(transparent)]
    Part(FitError),
}

fn value(
    key: impl Into<String>,
    found: &dyn Display,
    allowed: &'static str,
    ok: bool,
) -> Result<(), Flaw> {
    if ok {
        return Ok(());
    }
    Err(Flaw::Value { key: key.into(), value: found.to_string(), allowed })
}

fn shape(key: impl Into<String>, found: usize, expected: usize) -> Result<(), Flaw> {
    if found == expected {
        return Ok(());
    }
    Err(Flaw::Shape { key: key.into(), found, expected })
}

fn finite(key: &str, x: f64) -> Result<(), Flaw> {
    value(key, &x, "a finite number", x.is_finite())
}

fn positive(key: &str, x: f64) -> Result<(), Flaw> {
    value(key, &x, "a number above 0", x.is_finite() && 0.0 < x)
}

impl Fitted {
    /// Checks all that a forecast relies on.
    pub(crate) fn check(&self) -> Result<(), Flaw> {
        positive("t_scale", self.scales.t_scale_s)?;
        positive("y_scale", self.scales.y_scale)?;
        finite("y_min", self.scales.y_min)?;
        let width = self.spec.interval_width;
        value("interval_width", &width, "between 0 and 1", 0.0 < width && width < 1.0)?;
        let samples = self.spec.uncertainty_samples;
        let few = samples <= UNCERTAINTY_SAMPLES_MAX;
        value("uncertainty_samples", &samples, "0 to 10000", few)?;
        for &t in &self.changepoints_t {
            finite("changepoints_t", t)?;
        }
        self.check_design()?;
        self.check_params()?;
        self.check_history()
    }

    fn check_design(&self) -> Result<(), Flaw> {
        for seasonality in &self.design.seasonalities {
            let (key, period) =
                (format!("seasonalities.{}.period", seasonality.name), seasonality.period);
            value(key, &period, PERIOD_ALLOWED, is_period(period))?;
        }
        for scaled in &self.design.regressors {
            let name = &scaled.regressor.name;
            finite(&format!("extra_regressors.{name}.mu"), scaled.mu)?;
            let some = scaled.std.is_finite() && scaled.std != 0.0;
            let key = format!("extra_regressors.{name}.std");
            value(key, &scaled.std, "a finite number other than 0", some)?;
        }
        for holiday in &self.design.holidays {
            let (lower, upper) = (holiday.lower_window, holiday.upper_window);
            let key = |end: &str| format!("holidays.{}.{end}_window", holiday.name);
            let (before, after) = (-WINDOW_DAYS_MAX..=0, 0..=WINDOW_DAYS_MAX);
            value(key("lower"), &lower, "-366 to 0", before.contains(&lower))?;
            value(key("upper"), &upper, "0 to 366", after.contains(&upper))?;
        }
        match &self.design.country {
            Some(country) => holidays::known(country).map_err(Flaw::Part),
            None => Ok(()),
        }
    }

    fn check_params(&self) -> Result<(), Flaw> {
        let draws = self.samples.len();
        value("params", &format!("{draws} draws"), "1 to 20000", (1..=DRAWS_MAX).contains(&draws))?;
        let beta = self.mean.beta.len();
        let columns = columns(&self.design, beta);
        shape("params.beta", beta, columns.max(1))?;
        for params in self.samples.iter().chain([&self.mean]) {
            check_draw(params, self.changepoints_t.len(), columns.max(1))?;
        }
        Ok(())
    }

    fn check_history(&self) -> Result<(), Flaw> {
        shape("history.y", self.history.y.len(), self.history.rows.ds().len())?;
        self.history.y.iter().try_for_each(|&y| finite("history.y", y))
    }
}

fn check_draw(params: &Params, deltas: usize, betas: usize) -> Result<(), Flaw> {
    shape("params.delta", params.delta.len(), deltas)?;
    shape("params.beta", params.beta.len(), betas)?;
    finite("params.k", params.k)?;
    finite("params.m", params.m)?;
    let sigma = params.sigma_obs;
    value("params.sigma_obs", &sigma, "zero or above", sigma.is_finite() && 0.0 <= sigma)?;
    params.delta.iter().try_for_each(|&delta| finite("params.delta", delta))?;
    params.beta.iter().try_for_each(|&beta| finite("params.beta", beta))
}

/// How many columns the design has, without laying them out: an order and a number of
/// windows may be anything. Counting stops beyond `enough`.
fn columns(design: &Design, enough: usize) -> usize {
    let orders = design.seasonalities.iter().map(|s| 2 * u64::from(s.fourier_order));
    let seasonal = orders.fold(0, u64::saturating_add);
    let mut count = usize::try_from(seasonal).unwrap_or(usize::MAX);
    count = count.saturating_add(design.regressors.len());
    let mut seen = BTreeSet::new();
    for name in design.holiday_names.iter().flatten() {
        if enough < count {
            break;
        }
        if !seen.insert(name) {
            continue;
        }
        let own = design.holidays.iter().filter(|holiday| holiday.name == *name);
        let mut offsets: BTreeSet<i32> =
            own.flat_map(|holiday| holiday.lower_window..=holiday.upper_window).collect();
        offsets.insert(0);
        count = count.saturating_add(offsets.len());
    }
    count
}
