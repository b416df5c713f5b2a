//! A compact model, part by part; the order of the fields is the format.
//!
//! What the specification and the design share is kept once. The conversions name every
//! field of both sides, so that a new one cannot be forgotten.

mod parts;

use serde::{Deserialize, Serialize};

use self::parts::{Holiday, Params, Regressor, Report, Seasonality, Spec};
use super::ReadError;
use crate::{
    design::{Design, ScaledRegressor},
    fitted::{Fitted, History, check::Flaw},
    scale::Scales,
    series::Future,
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Model {
    spec: Spec,
    holidays: Vec<Holiday>,
    regressors: Vec<Scaled>,
    /// Those of the fit, the built-in ones among them.
    seasonalities: Vec<Seasonality>,
    holiday_names: Option<Vec<String>>,
    start: Times,
    t_scale_s: f64,
    y_scale: f64,
    y_min: f64,
    logistic_floor: bool,
    changepoints: Times,
    changepoints_t: Vec<f64>,
    samples: Vec<Params>,
    /// Of several samples; one is its own mean.
    mean: Option<Params>,
    all_ds: Times,
    history: Option<Rows>,
    report: Option<Report>,
}

/// Time stamps; `time.rs` says how.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Times {
    pub(super) count: u64,
    pub(super) first: i128,
    pub(super) unit: i128,
    pub(super) steps: Vec<i128>,
}

/// A regressor with the scale of its history.
#[derive(Debug, Serialize, Deserialize)]
struct Scaled {
    regressor: Regressor,
    mu: f64,
    std: f64,
    /// Its own model, in this format.
    predictor: Option<Vec<u8>>,
}

/// The rows of the fit.
#[derive(Debug, Serialize, Deserialize)]
struct Rows {
    /// None where they are all of `all_ds`.
    ds: Option<Times>,
    y: Vec<f64>,
    columns: Vec<(String, Vec<f64>)>,
}

impl Model {
    pub(super) fn of(fitted: &Fitted, with_history: bool) -> Self {
        let Fitted {
            spec,
            scales,
            design,
            changepoints,
            changepoints_t,
            samples,
            mean,
            history,
            report,
        } = fitted;
        // The specification has the scaling, the design has none of its own.
        let Scales { start, t_scale_s, y_scale, y_min, logistic_floor, scaling: _ } = scales;
        let Design {
            seasonalities,
            holidays,
            country: _,
            holiday_names,
            holidays_prior_scale: _,
            holidays_mode: _,
            regressors,
        } = design;
        let is_own_mean = samples.len() == 1 && samples[0] == *mean;
        Self {
            spec: Spec::of(spec),
            holidays: holidays.iter().map(Holiday::of).collect(),
            regressors: regressors.iter().map(|scaled| Scaled::of(scaled, with_history)).collect(),
            seasonalities: seasonalities.iter().map(Seasonality::of).collect(),
            holiday_names: holiday_names.clone(),
            start: Times::of(&[*start]),
            t_scale_s: *t_scale_s,
            y_scale: *y_scale,
            y_min: *y_min,
            logistic_floor: *logistic_floor,
            changepoints: Times::of(changepoints),
            changepoints_t: changepoints_t.clone(),
            samples: samples.iter().map(Params::of).collect(),
            mean: (!is_own_mean).then(|| Params::of(mean)),
            all_ds: Times::of(&history.all_ds),
            history: with_history.then(|| Rows::of(history)),
            report: report.as_ref().map(Report::of),
        }
    }

    /// The model, its parts checked against each other.
    pub(super) fn into_checked(self) -> Result<Fitted, ReadError> {
        let fitted = self.into_fitted()?;
        fitted.check()?;
        Ok(fitted)
    }

    fn into_fitted(self) -> Result<Fitted, ReadError> {
        let holidays: Vec<_> =
            self.holidays.into_iter().map(Holiday::read).collect::<Result<_, _>>()?;
        let regressors: Vec<_> =
            self.regressors.into_iter().map(Scaled::read).collect::<Result<_, _>>()?;
        let plain = regressors.iter().map(|scaled| scaled.regressor.clone()).collect();
        let spec = self.spec.read(holidays.clone(), plain)?;
        let [start] = self.start.read("start")?[..] else {
            return Err(ReadError::Time { key: "start" });
        };
        let seasonalities = self.seasonalities.into_iter().map(Seasonality::read);
        let all_ds = self.all_ds.read("history_dates")?;
        let history = match self.history {
            Some(rows) => rows.read(all_ds)?,
            None => History { all_ds, ..History::default() },
        };
        let samples: Vec<_> = self.samples.into_iter().map(Params::read).collect();
        let mean = match (self.mean, samples.first()) {
            (Some(mean), _) => mean.read(),
            (None, Some(only)) => only.clone(),
            (None, None) => return Err(ReadError::NoParams),
        };
        Ok(Fitted {
            scales: Scales {
                start,
                t_scale_s: self.t_scale_s,
                y_scale: self.y_scale,
                y_min: self.y_min,
                logistic_floor: self.logistic_floor,
                scaling: spec.scaling,
            },
            design: Design {
                seasonalities: seasonalities.collect::<Result<_, _>>()?,
                holidays,
                country: spec.country_holidays.clone(),
                holiday_names: self.holiday_names,
                holidays_prior_scale: spec.holidays_prior_scale,
                holidays_mode: spec.holidays_mode(),
                regressors,
            },
            spec,
            changepoints: self.changepoints.read("changepoints")?,
            changepoints_t: self.changepoints_t,
            samples,
            mean,
            history,
            report: self.report.map(Report::read),
        })
    }
}

impl Scaled {
    fn of(scaled: &ScaledRegressor, with_history: bool) -> Self {
        let ScaledRegressor { regressor, mu, std, predictor } = scaled;
        let predictor = predictor.as_deref().map(|own| super::encode(own, with_history));
        Self { regressor: Regressor::of(regressor), mu: *mu, std: *std, predictor }
    }

    fn read(self) -> Result<ScaledRegressor, ReadError> {
        let predictor = match self.predictor {
            Some(bytes) => {
                let own = super::decode(&bytes)?;
                if !own.regressors.is_empty() {
                    // Models in models in models would need a stack without end.
                    let (key, value) = ("predictor".to_owned(), "with regressors".to_owned());
                    let allowed = "a model that needs dates alone";
                    return Err(ReadError::Model(Flaw::Value { key, value, allowed }));
                }
                Some(Box::new(own.into_checked()?))
            }
            None => None,
        };
        let (mu, std) = (self.mu, self.std);
        Ok(ScaledRegressor { regressor: self.regressor.read()?, mu, std, predictor })
    }
}

impl Rows {
    fn of(history: &History) -> Self {
        let History { rows, y, all_ds } = history;
        let columns = rows.columns().map(|(name, values)| (name.to_owned(), values.to_vec()));
        Self {
            ds: (rows.ds() != all_ds.as_slice()).then(|| Times::of(rows.ds())),
            y: y.clone(),
            columns: columns.collect(),
        }
    }

    fn read(self, all_ds: Vec<crate::ds::Ds>) -> Result<History, ReadError> {
        let ds = match self.ds {
            Some(ds) => ds.read("history")?,
            None => all_ds.clone(),
        };
        let mut rows = Future::new(ds);
        for (name, values) in self.columns {
            rows = rows.with_column(&name, values).map_err(Flaw::Part)?;
        }
        Ok(History { rows, y: self.y, all_ds })
    }
}
