//! The parts of a compact model that mirror one type each.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{super::ReadError, Times};
use crate::{
    fitted,
    fitted::check::Flaw,
    spec::{self, Growth, Mode, Scaling, SeasonalityChoice},
};

/// The options of a model, but for its holidays and regressors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    growth: String,
    changepoints: Option<Times>,
    n_changepoints: u64,
    changepoint_range: f64,
    built_in: [Choice; 3],
    seasonalities: Vec<Seasonality>,
    country_holidays: Option<String>,
    seasonality_mode: String,
    holidays_mode: Option<String>,
    seasonality_prior_scale: f64,
    holidays_prior_scale: f64,
    changepoint_prior_scale: f64,
    interval_width: f64,
    uncertainty_samples: u64,
    mcmc_samples: u64,
    scaling: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Choice {
    Auto,
    On,
    Off,
    Order(u32),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Seasonality {
    name: String,
    period: f64,
    fourier_order: u32,
    prior_scale: f64,
    mode: String,
    condition_name: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Holiday {
    name: String,
    /// Days since the first of the year 1.
    day: i32,
    lower_window: i32,
    upper_window: i32,
    prior_scale: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Regressor {
    name: String,
    prior_scale: f64,
    standardize: Option<bool>,
    mode: String,
    predictor: Option<Predictor>,
}

/// The specification of a regressor's own model, which has no regressors.
#[derive(Debug, Serialize, Deserialize)]
struct Predictor {
    spec: Spec,
    holidays: Vec<Holiday>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Params {
    k: f64,
    m: f64,
    delta: Vec<f64>,
    beta: Vec<f64>,
    sigma_obs: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    log_posterior: f64,
    exact_log_posterior: f64,
    kkt_residual: f64,
    converged: bool,
    unidentified: Vec<String>,
}

/// A name that stands for a value, or an error that says which are known.
fn named<T>(key: &str, name: &str, known: Option<T>, allowed: &'static str) -> Result<T, Flaw> {
    let flaw = || Flaw::Value { key: key.to_owned(), value: name.to_owned(), allowed };
    known.ok_or_else(flaw)
}

fn mode(key: &str, name: &str) -> Result<Mode, Flaw> {
    named(key, name, Mode::from_name(name), "`additive` or `multiplicative`")
}

impl Spec {
    pub(super) fn of(spec: &spec::Spec) -> Self {
        let spec::Spec {
            growth,
            changepoints,
            n_changepoints,
            changepoint_range,
            yearly_seasonality,
            weekly_seasonality,
            daily_seasonality,
            seasonalities,
            holidays: _,
            country_holidays,
            regressors: _,
            seasonality_mode,
            holidays_mode,
            seasonality_prior_scale,
            holidays_prior_scale,
            changepoint_prior_scale,
            interval_width,
            uncertainty_samples,
            mcmc_samples,
            scaling,
        } = spec;
        Self {
            growth: growth.name().to_owned(),
            changepoints: changepoints.as_ref().map(|ds| Times::of(ds)),
            n_changepoints: *n_changepoints as u64,
            changepoint_range: *changepoint_range,
            built_in: [*yearly_seasonality, *weekly_seasonality, *daily_seasonality]
                .map(Choice::of),
            seasonalities: seasonalities.iter().map(Seasonality::of).collect(),
            country_holidays: country_holidays.clone(),
            seasonality_mode: seasonality_mode.name().to_owned(),
            holidays_mode: holidays_mode.map(|mode| mode.name().to_owned()),
            seasonality_prior_scale: *seasonality_prior_scale,
            holidays_prior_scale: *holidays_prior_scale,
            changepoint_prior_scale: *changepoint_prior_scale,
            interval_width: *interval_width,
            uncertainty_samples: *uncertainty_samples as u64,
            mcmc_samples: *mcmc_samples as u64,
            scaling: scaling.name().to_owned(),
        }
    }

    pub(super) fn read(
        self,
        holidays: Vec<spec::Holiday>,
        regressors: Vec<spec::Regressor>,
    ) -> Result<spec::Spec, ReadError> {
        let [yearly, weekly, daily] = self.built_in.map(Choice::read);
        let growth = Growth::from_name(&self.growth);
        let scaling = Scaling::from_name(&self.scaling);
        let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        Ok(spec::Spec {
            growth: named("growth", &self.growth, growth, "linear, logistic or flat")?,
            changepoints: match &self.changepoints {
                Some(times) => Some(times.read("changepoints")?),
                None => None,
            },
            n_changepoints: count(self.n_changepoints),
            changepoint_range: self.changepoint_range,
            yearly_seasonality: yearly,
            weekly_seasonality: weekly,
            daily_seasonality: daily,
            seasonalities: self
                .seasonalities
                .into_iter()
                .map(Seasonality::read)
                .collect::<Result<_, _>>()?,
            holidays,
            country_holidays: self.country_holidays,
            regressors,
            seasonality_mode: mode("seasonality_mode", &self.seasonality_mode)?,
            holidays_mode: match &self.holidays_mode {
                Some(name) => Some(mode("holidays_mode", name)?),
                None => None,
            },
            seasonality_prior_scale: self.seasonality_prior_scale,
            holidays_prior_scale: self.holidays_prior_scale,
            changepoint_prior_scale: self.changepoint_prior_scale,
            interval_width: self.interval_width,
            uncertainty_samples: count(self.uncertainty_samples),
            mcmc_samples: count(self.mcmc_samples),
            scaling: named("scaling", &self.scaling, scaling, "`absmax` or `minmax`")?,
        })
    }
}

impl Choice {
    fn of(choice: SeasonalityChoice) -> Self {
        match choice {
            SeasonalityChoice::Auto => Self::Auto,
            SeasonalityChoice::On => Self::On,
            SeasonalityChoice::Off => Self::Off,
            SeasonalityChoice::Order(order) => Self::Order(order),
        }
    }

    fn read(self) -> SeasonalityChoice {
        match self {
            Self::Auto => SeasonalityChoice::Auto,
            Self::On => SeasonalityChoice::On,
            Self::Off => SeasonalityChoice::Off,
            Self::Order(order) => SeasonalityChoice::Order(order),
        }
    }
}

impl Seasonality {
    pub(super) fn of(seasonality: &spec::Seasonality) -> Self {
        let spec::Seasonality { name, period, fourier_order, prior_scale, mode, condition_name } =
            seasonality;
        Self {
            name: name.clone(),
            period: *period,
            fourier_order: *fourier_order,
            prior_scale: *prior_scale,
            mode: mode.name().to_owned(),
            condition_name: condition_name.clone(),
        }
    }

    pub(super) fn read(self) -> Result<spec::Seasonality, ReadError> {
        Ok(spec::Seasonality {
            mode: mode("seasonalities.mode", &self.mode)?,
            name: self.name,
            period: self.period,
            fourier_order: self.fourier_order,
            prior_scale: self.prior_scale,
            condition_name: self.condition_name,
        })
    }
}

impl Holiday {
    pub(super) fn of(holiday: &spec::Holiday) -> Self {
        let spec::Holiday { name, date, lower_window, upper_window, prior_scale } = holiday;
        Self {
            name: name.clone(),
            day: date.num_days_from_ce(),
            lower_window: *lower_window,
            upper_window: *upper_window,
            prior_scale: *prior_scale,
        }
    }

    pub(super) fn read(self) -> Result<spec::Holiday, ReadError> {
        let date = NaiveDate::from_num_days_from_ce_opt(self.day);
        Ok(spec::Holiday {
            name: self.name,
            date: date.ok_or(ReadError::Time { key: "holidays" })?,
            lower_window: self.lower_window,
            upper_window: self.upper_window,
            prior_scale: self.prior_scale,
        })
    }
}

impl Regressor {
    pub(super) fn of(regressor: &spec::Regressor) -> Self {
        let spec::Regressor { name, prior_scale, standardize, mode, predictor } = regressor;
        Self {
            name: name.clone(),
            prior_scale: *prior_scale,
            standardize: *standardize,
            mode: mode.name().to_owned(),
            predictor: predictor.as_deref().map(|own| Predictor {
                spec: Spec::of(own),
                holidays: own.holidays.iter().map(Holiday::of).collect(),
            }),
        }
    }

    pub(super) fn read(self) -> Result<spec::Regressor, ReadError> {
        let predictor = match self.predictor {
            Some(own) => {
                let holidays = own.holidays.into_iter().map(Holiday::read);
                Some(Box::new(own.spec.read(holidays.collect::<Result<_, _>>()?, Vec::new())?))
            }
            None => None,
        };
        Ok(spec::Regressor {
            mode: mode("extra_regressors.mode", &self.mode)?,
            name: self.name,
            prior_scale: self.prior_scale,
            standardize: self.standardize,
            predictor,
        })
    }
}

impl Params {
    pub(super) fn of(params: &fitted::Params) -> Self {
        let fitted::Params { k, m, delta, beta, sigma_obs } = params;
        let (delta, beta) = (delta.clone(), beta.clone());
        Self { k: *k, m: *m, delta, beta, sigma_obs: *sigma_obs }
    }

    pub(super) fn read(self) -> fitted::Params {
        let Self { k, m, delta, beta, sigma_obs } = self;
        fitted::Params { k, m, delta, beta, sigma_obs }
    }
}

impl Report {
    pub(super) fn of(report: &fitted::FitReport) -> Self {
        let fitted::FitReport {
            log_posterior,
            exact_log_posterior,
            kkt_residual,
            converged,
            unidentified,
            // The draws are kept, what was said about them is not.
            mcmc: _,
        } = report;
        Self {
            log_posterior: *log_posterior,
            exact_log_posterior: *exact_log_posterior,
            kkt_residual: *kkt_residual,
            converged: *converged,
            unidentified: unidentified.clone(),
        }
    }

    pub(super) fn read(self) -> fitted::FitReport {
        let Self { log_posterior, exact_log_posterior, kkt_residual, converged, unidentified } =
            self;
        fitted::FitReport {
            log_posterior,
            exact_log_posterior,
            kkt_residual,
            converged,
            unidentified,
            mcmc: None,
        }
    }
}
