//! Scales of time and value, set by the history alone.

use crate::{
    ds::{Ds, seconds_between},
    error::FitError,
    series::Future,
    spec::{Growth, Scaling, Spec},
};

/// Where time starts and how long and how tall the history is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scales {
    /// First row of the history: `t = 0`.
    pub(crate) start: Ds,
    /// Seconds from the first row to the last: `t = 1`.
    pub(crate) t_scale_s: f64,
    /// What `y` is divided by.
    pub(crate) y_scale: f64,
    /// What is subtracted from `y` first, with min-max scaling.
    pub(crate) y_min: f64,
    /// Whether the rows carry a floor of their own.
    pub(crate) logistic_floor: bool,
    /// How `y` is scaled.
    pub(crate) scaling: Scaling,
}

impl Scales {
    /// Measures the history: `rows` in order of time, `y` beside them.
    ///
    /// # Source
    ///
    /// `initialize_scales` in Prophet 1.5, `forecaster.py`.
    pub(crate) fn of(spec: &Spec, rows: &Future, y: &[f64]) -> Result<Self, FitError> {
        let ds = rows.ds();
        if y.len() < 2 {
            return Err(FitError::TooFewRows { rows: y.len() });
        }
        let t_scale_s = seconds_between(ds[0], ds[ds.len() - 1]);
        if t_scale_s <= 0.0 {
            return Err(FitError::OneTimeStamp { rows: y.len(), ds: ds[0] });
        }
        let floor = rows.column("floor").filter(|_| spec.growth == Growth::Logistic);
        let above = |i: usize| y[i] - floor.map_or(0.0, |floor| floor[i]);
        let (y_min, y_scale) = match (spec.scaling, floor) {
            (Scaling::AbsMax, None) => (0.0, max(y.iter().map(|v| v.abs()))),
            (Scaling::AbsMax, Some(_)) => {
                let sizes = || (0..y.len()).map(|i| above(i).abs());
                (min(sizes()), max(sizes()))
            }
            (Scaling::MinMax, None) => {
                let low = min(y.iter().copied());
                (low, max(y.iter().copied()) - low)
            }
            (Scaling::MinMax, Some(floor)) => {
                let low = min(floor.iter().copied());
                let cap = rows.require("cap", "growth is logistic")?;
                (low, max(cap.iter().copied()) - low)
            }
        };
        if !y_scale.is_finite() {
            return Err(FitError::Range { value: y_scale });
        }
        let y_scale = if y_scale == 0.0 { 1.0 } else { y_scale };
        let logistic_floor = floor.is_some();
        let scaling = spec.scaling;
        Ok(Self { start: ds[0], t_scale_s, y_scale, y_min, logistic_floor, scaling })
    }

    /// Scaled time of `ds`.
    pub(crate) fn t(&self, ds: Ds) -> f64 {
        seconds_between(self.start, ds) / self.t_scale_s
    }

    /// The floor of each row, in the unit of `y`.
    pub(crate) fn floor(&self, rows: &Future) -> Result<Vec<f64>, FitError> {
        if self.logistic_floor {
            return Ok(rows.require("floor", "the model was fitted with one")?.to_vec());
        }
        let floor = match self.scaling {
            Scaling::AbsMax => 0.0,
            Scaling::MinMax => self.y_min,
        };
        Ok(vec![floor; rows.ds().len()])
    }

    /// The scaled cap of each row; empty unless growth is logistic.
    pub(crate) fn cap(
        &self,
        growth: Growth,
        rows: &Future,
        floor: &[f64],
    ) -> Result<Vec<f64>, FitError> {
        if growth != Growth::Logistic {
            return Ok(Vec::new());
        }
        let cap = rows.require("cap", "growth is logistic")?;
        for (i, (&cap, &floor)) in cap.iter().zip(floor).enumerate() {
            if cap <= floor {
                return Err(FitError::CapBelowFloor { ds: rows.ds()[i], cap, floor });
            }
        }
        Ok(cap.iter().zip(floor).map(|(cap, floor)| (cap - floor) / self.y_scale).collect())
    }
}

fn max(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::NEG_INFINITY, f64::max)
}

fn min(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}
