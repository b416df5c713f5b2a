//! Prophet behind the traits of `augurs-core`, so that it composes with augurs' own
//! transforms, ensembles and evaluation.
//!
//! Those traits know values in order, without dates: [`Regular`] gives them dates.

pub use augurs_core::{Fit, Predict};
use augurs_core::{ForecastIntervals, ModelError};
use chrono::TimeDelta;

use crate::{
    FitError, Fitted, PredictError, Series, Spec,
    ds::{self, Ds},
};

impl ModelError for FitError {}
impl ModelError for PredictError {}

/// A specification for values at regular steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Regular {
    /// What to fit.
    pub spec: Spec,
    /// Time stamp of the first value.
    pub start: Ds,
    /// Time from one value to the next.
    pub step: TimeDelta,
    /// Seed of the intervals.
    pub seed: u64,
}

/// A fitted model of values at regular steps.
#[derive(Debug, Clone, PartialEq)]
pub struct RegularFitted {
    fitted: Fitted,
    start: Ds,
    step: TimeDelta,
    seed: u64,
    rows: usize,
}

impl Regular {
    /// Values a day apart from the day of `start` on.
    pub fn daily(spec: Spec, start: chrono::NaiveDate, seed: u64) -> Self {
        Self { spec, start: ds::midnight(start), step: TimeDelta::days(1), seed }
    }
}

impl Fit for Regular {
    type Fitted = RegularFitted;
    type Error = FitError;

    fn fit(&self, y: &[f64]) -> Result<Self::Fitted, Self::Error> {
        let Self { spec, start, step, seed } = self;
        let series = Series::new(stamps(*start, *step, 0, y.len()), y.to_vec())?;
        let fitted = crate::fit(spec, &series)?;
        Ok(RegularFitted { fitted, start: *start, step: *step, seed: *seed, rows: y.len() })
    }
}

impl Predict for RegularFitted {
    type Error = PredictError;

    fn predict_in_sample_inplace(
        &self,
        level: Option<f64>,
        forecast: &mut augurs_core::Forecast,
    ) -> Result<(), Self::Error> {
        self.fill(0, self.rows, level, forecast)
    }

    fn predict_inplace(
        &self,
        horizon: usize,
        level: Option<f64>,
        forecast: &mut augurs_core::Forecast,
    ) -> Result<(), Self::Error> {
        self.fill(self.rows, horizon, level, forecast)
    }

    fn training_data_size(&self) -> usize {
        self.rows
    }
}

impl RegularFitted {
    /// The model, with all that augurs does not ask for.
    pub fn fitted(&self) -> &Fitted {
        &self.fitted
    }

    fn fill(
        &self,
        first: usize,
        count: usize,
        level: Option<f64>,
        forecast: &mut augurs_core::Forecast,
    ) -> Result<(), PredictError> {
        forecast.point.clear();
        forecast.intervals = None;
        if count == 0 {
            return Ok(());
        }
        let mut fitted = self.fitted.clone();
        match level {
            Some(level) => fitted.spec.interval_width = level,
            None => fitted.spec.uncertainty_samples = 0,
        }
        fitted.spec.check().map_err(PredictError::Rows)?;
        let rows = stamps(self.start, self.step, first, count);
        let found = fitted.predict(&rows, self.seed)?;
        forecast.point = found.yhat;
        forecast.intervals = level.filter(|_| !found.yhat_lower.is_empty()).map(|level| {
            ForecastIntervals { level, lower: found.yhat_lower, upper: found.yhat_upper }
        });
        Ok(())
    }
}

/// Time stamps of the values `first..first + count`; they stop at the calendar's end.
fn stamps(start: Ds, step: TimeDelta, first: usize, count: usize) -> Vec<Ds> {
    let at = |i: usize| start.checked_add_signed(step.checked_mul(i32::try_from(i).ok()?)?);
    (first..first + count).map_while(at).collect()
}
