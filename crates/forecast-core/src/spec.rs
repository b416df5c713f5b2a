//! What to fit: the options of Prophet's constructor, with its names and defaults.

mod add;
mod names;

use std::ops::RangeInclusive;

use chrono::NaiveDate;

use crate::{ds::Ds, error::FitError, holidays, regressor};

/// The shape of the trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Growth {
    /// Piecewise linear.
    #[default]
    Linear,
    /// Saturating at `cap`, above `floor`.
    Logistic,
    /// Constant.
    Flat,
}

impl Growth {
    /// Prophet's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Logistic => "logistic",
            Self::Flat => "flat",
        }
    }

    /// The growth of that name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Linear, Self::Logistic, Self::Flat].into_iter().find(|known| known.name() == name)
    }
}

/// How a component acts on the trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is added.
    #[default]
    Additive,
    /// It scales the trend.
    Multiplicative,
}

impl Mode {
    /// Prophet's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Multiplicative => "multiplicative",
        }
    }

    /// The mode of that name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Additive, Self::Multiplicative].into_iter().find(|known| known.name() == name)
    }
}

/// How `y` is scaled before the fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scaling {
    /// By its largest absolute value.
    #[default]
    AbsMax,
    /// From its minimum to its maximum.
    MinMax,
}

impl Scaling {
    /// Prophet's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbsMax => "absmax",
            Self::MinMax => "minmax",
        }
    }

    /// The scaling of that name, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::AbsMax, Self::MinMax].into_iter().find(|known| known.name() == name)
    }
}

/// Whether a built-in seasonality is in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeasonalityChoice {
    /// In the model if the history is long and dense enough.
    #[default]
    Auto,
    /// In the model with its default Fourier order.
    On,
    /// Not in the model.
    Off,
    /// In the model with this Fourier order.
    Order(u32),
}

/// A seasonality of the model's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Seasonality {
    /// Its name, which is the component's.
    pub name: String,
    /// Period in days.
    pub period: f64,
    /// Number of sine and cosine pairs.
    pub fourier_order: u32,
    /// Standard deviation of the prior of its coefficients.
    pub prior_scale: f64,
    /// Additive or multiplicative.
    pub mode: Mode,
    /// A column of zeros and ones that switches it on.
    pub condition_name: Option<String>,
}

/// One occurrence of a holiday of the model's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Holiday {
    /// Its name, which is the component's.
    pub name: String,
    /// The day.
    pub date: NaiveDate,
    /// Days before `date` that count too, zero or negative.
    pub lower_window: i32,
    /// Days after `date` that count too.
    pub upper_window: i32,
    /// Standard deviation of the prior; `None` is `holidays_prior_scale`.
    pub prior_scale: Option<f64>,
}

impl Holiday {
    /// A holiday of one day at the common prior scale.
    pub fn new(name: &str, date: NaiveDate) -> Self {
        let name = name.to_owned();
        Self { name, date, lower_window: 0, upper_window: 0, prior_scale: None }
    }
}

/// A regressor of the model's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Regressor {
    /// Its name, which is the column's and the component's.
    pub name: String,
    /// Standard deviation of the prior of its coefficient.
    pub prior_scale: f64,
    /// Whether it is scaled to mean 0 and standard deviation 1; `None` is
    /// Python's `auto`: unless it is a column of zeros and ones.
    pub standardize: Option<bool>,
    /// Additive or multiplicative.
    pub mode: Mode,
    /// A model of the regressor itself, fitted beside this one, that forecasts it for rows
    /// after the history; `None` takes it from the rows. Its doubt widens the interval,
    /// unless its `uncertainty_samples` are 0.
    ///
    /// It needs nothing but dates: no regressors, no cap, no conditions of its own.
    pub predictor: Option<Box<Spec>>,
}

/// Every option of a model, under Prophet's name.
///
/// | option | default |
/// |---|---|
/// | `growth` | linear |
/// | `changepoints` | placed on the history |
/// | `n_changepoints` | 25 |
/// | `changepoint_range` | 0.8 |
/// | `yearly_seasonality`, `weekly_seasonality`, `daily_seasonality` | auto |
/// | `seasonality_mode` | additive |
/// | `holidays_mode` | as `seasonality_mode` |
/// | `seasonality_prior_scale`, `holidays_prior_scale` | 10 |
/// | `changepoint_prior_scale` | 0.05 |
/// | `interval_width` | 0.8 |
/// | `uncertainty_samples` | 1000 |
/// | `mcmc_samples` | 0 |
/// | `scaling` | absmax |
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The shape of the trend.
    pub growth: Growth,
    /// Changepoints by hand, in any order; `None` places them.
    pub changepoints: Option<Vec<Ds>>,
    /// How many changepoints to place.
    pub n_changepoints: usize,
    /// Share of the history, from its start, in which they are placed.
    pub changepoint_range: f64,
    /// Period of 365.25 days, order 10.
    pub yearly_seasonality: SeasonalityChoice,
    /// Period of 7 days, order 3.
    pub weekly_seasonality: SeasonalityChoice,
    /// Period of 1 day, order 4.
    pub daily_seasonality: SeasonalityChoice,
    /// Seasonalities of the model's own, in the order of their columns.
    pub seasonalities: Vec<Seasonality>,
    /// Holidays of the model's own.
    pub holidays: Vec<Holiday>,
    /// Country whose public holidays are in the model.
    pub country_holidays: Option<String>,
    /// Regressors, in the order of their columns.
    pub regressors: Vec<Regressor>,
    /// Mode of the built-in seasonalities.
    pub seasonality_mode: Mode,
    /// Mode of the holidays; `None` is `seasonality_mode`.
    pub holidays_mode: Option<Mode>,
    /// Standard deviation of the prior of seasonal coefficients.
    pub seasonality_prior_scale: f64,
    /// Standard deviation of the prior of holiday coefficients.
    pub holidays_prior_scale: f64,
    /// Scale of the Laplace prior of the rate changes (tau).
    pub changepoint_prior_scale: f64,
    /// Probability that the interval is to hold, 0 to 1.
    pub interval_width: f64,
    /// Paths simulated for intervals; 0 gives none.
    pub uncertainty_samples: usize,
    /// Iterations of each chain that samples the posterior, the first half of them
    /// warm-up; 0 takes the maximum of the posterior instead.
    pub mcmc_samples: usize,
    /// How `y` is scaled.
    pub scaling: Scaling,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            growth: Growth::Linear,
            changepoints: None,
            n_changepoints: 25,
            changepoint_range: 0.8,
            yearly_seasonality: SeasonalityChoice::Auto,
            weekly_seasonality: SeasonalityChoice::Auto,
            daily_seasonality: SeasonalityChoice::Auto,
            seasonalities: Vec::new(),
            holidays: Vec::new(),
            country_holidays: None,
            regressors: Vec::new(),
            seasonality_mode: Mode::Additive,
            holidays_mode: None,
            seasonality_prior_scale: 10.0,
            holidays_prior_scale: 10.0,
            changepoint_prior_scale: 0.05,
            interval_width: 0.8,
            uncertainty_samples: 1000,
            mcmc_samples: 0,
            scaling: Scaling::AbsMax,
        }
    }
}

/// Paths that may be asked for: ten times Prophet's default, which still fits in
/// memory for ten years of days.
pub(crate) const UNCERTAINTY_SAMPLES_MAX: usize = 10_000;

/// Iterations that a chain may be asked for: what the diagnostics need at the least,
/// at the most what four chains may bring to a model that is read.
const MCMC_SAMPLES: RangeInclusive<usize> = 8..=10_000;

/// Days that a holiday's window may reach either way: a year.
pub(crate) const WINDOW_DAYS_MAX: i32 = 366;

/// Sine and cosine pairs of one seasonality; more than any series can tell apart.
const FOURIER_ORDER_MAX: u32 = 1_000;

/// The shortest period, in days: below a tenth of a millisecond a period says nothing about
/// rows of whole microseconds, and far below it its angles are no numbers any more.
const PERIOD_DAYS_MIN: f64 = 1e-9;

/// What [`is_period`] allows.
pub(crate) const PERIOD_ALLOWED: &str = "a number of days, at least 1e-9";

/// Whether a seasonality may have this period, in days.
pub(crate) fn is_period(days: f64) -> bool {
    days.is_finite() && PERIOD_DAYS_MIN <= days
}

/// Seasonalities that come by themselves.
pub(crate) const BUILT_IN: [&str; 3] = ["yearly", "weekly", "daily"];

impl Spec {
    /// The mode of the holidays.
    pub fn holidays_mode(&self) -> Mode {
        self.holidays_mode.unwrap_or(self.seasonality_mode)
    }

    /// Checks every option against its range.
    ///
    /// # Errors
    ///
    /// [`FitError::Option`], [`FitError::Name`] or [`FitError::Country`], for
    /// the first option that is wrong.
    pub fn check(&self) -> Result<(), FitError> {
        let range = self.changepoint_range;
        option("changepoint_range", range, (0.0..=1.0).contains(&range), "between 0 and 1")?;
        let width = self.interval_width;
        option("interval_width", width, 0.0 < width && width < 1.0, "between 0 and 1")?;
        let samples = self.uncertainty_samples;
        let few = samples <= UNCERTAINTY_SAMPLES_MAX;
        option("uncertainty_samples", samples as f64, few, "0 to 10000")?;
        let samples = self.mcmc_samples;
        let fair = samples == 0 || MCMC_SAMPLES.contains(&samples);
        option("mcmc_samples", samples as f64, fair, "0 or 8 to 10000")?;
        positive("seasonality_prior_scale", self.seasonality_prior_scale)?;
        positive("holidays_prior_scale", self.holidays_prior_scale)?;
        positive("changepoint_prior_scale", self.changepoint_prior_scale)?;
        for seasonality in &self.seasonalities {
            let period = seasonality.period;
            option("period", period, is_period(period), PERIOD_ALLOWED)?;
            positive("prior_scale", seasonality.prior_scale)?;
            check_order("fourier_order", seasonality.fourier_order)?;
        }
        let built_in = [
            ("yearly_seasonality", self.yearly_seasonality),
            ("weekly_seasonality", self.weekly_seasonality),
            ("daily_seasonality", self.daily_seasonality),
        ];
        for (name, choice) in built_in {
            if let SeasonalityChoice::Order(order) = choice {
                check_order(name, order)?;
            }
        }
        for holiday in &self.holidays {
            positive("prior_scale", holiday.prior_scale.unwrap_or(1.0))?;
            let (lower, upper) = (holiday.lower_window, holiday.upper_window);
            let range = (-WINDOW_DAYS_MAX..=0).contains(&lower);
            option("lower_window", f64::from(lower), range, "-366 to 0")?;
            let range = (0..=WINDOW_DAYS_MAX).contains(&upper);
            option("upper_window", f64::from(upper), range, "0 to 366")?;
        }
        for regressor in &self.regressors {
            positive("prior_scale", regressor.prior_scale)?;
            if let Some(predictor) = &regressor.predictor {
                regressor::check_predictor(predictor)?;
            }
        }
        if let Some(country) = &self.country_holidays {
            holidays::known(country)?;
        }
        names::check(self)
    }
}

fn check_order(name: &'static str, order: u32) -> Result<(), FitError> {
    option(name, f64::from(order), (1..=FOURIER_ORDER_MAX).contains(&order), "1 to 1000")
}

fn positive(name: &'static str, value: f64) -> Result<(), FitError> {
    option(name, value, value.is_finite() && 0.0 < value, "above 0")
}

fn option(
    option: &'static str,
    value: f64,
    ok: bool,
    allowed: &'static str,
) -> Result<(), FitError> {
    if ok { Ok(()) } else { Err(FitError::Option { option, value: value.to_string(), allowed }) }
}
