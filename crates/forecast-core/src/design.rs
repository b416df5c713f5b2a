//! The feature columns: seasonalities, holidays, regressors.

use std::{
    collections::{BTreeMap, BTreeSet},
    f64::consts::PI,
};

use chrono::{Datelike, Days, NaiveDate};

use crate::{
    ds::{DAY_S, Ds, epoch_seconds},
    error::FitError,
    fitted::Fitted,
    holidays,
    series::Future,
    spec::{Holiday, Mode, Regressor, Seasonality, SeasonalityChoice, Spec},
};

/// A regressor with the scale that the history gave it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScaledRegressor {
    pub(crate) regressor: Regressor,
    pub(crate) mu: f64,
    pub(crate) std: f64,
    /// Its own model, fitted.
    pub(crate) predictor: Option<Box<Fitted>>,
}

/// A column of holiday features: a name and the days from the holiday itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct HolidayColumn {
    /// Prophet's column name, by which columns are sorted.
    key: String,
    name: String,
    offset: i32,
}

/// What a column belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// The seasonality, holiday or regressor it is part of.
    pub(crate) component: String,
    /// Whether that is a holiday.
    pub(crate) holiday: bool,
    /// Whether that is a regressor.
    pub(crate) regressor: bool,
    /// Standard deviation of the prior of its coefficient.
    pub(crate) prior_scale: f64,
    /// How it acts.
    pub(crate) mode: Mode,
}

/// Which columns a model has, decided by its specification and history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Design {
    pub(crate) seasonalities: Vec<Seasonality>,
    pub(crate) holidays: Vec<Holiday>,
    pub(crate) country: Option<String>,
    /// Holidays that the history's years have; `None` without any holidays.
    pub(crate) holiday_names: Option<Vec<String>>,
    pub(crate) holidays_prior_scale: f64,
    pub(crate) holidays_mode: Mode,
    pub(crate) regressors: Vec<ScaledRegressor>,
}

impl Design {
    /// Decides the columns for a history in order of time; `seconds` are those since
    /// its first row.
    pub(crate) fn of(spec: &Spec, rows: &Future, seconds: &[f64]) -> Result<Self, FitError> {
        let mut design = Self {
            seasonalities: seasonalities(spec, seconds),
            holidays: spec.holidays.clone(),
            country: spec.country_holidays.clone(),
            holiday_names: None,
            holidays_prior_scale: spec.holidays_prior_scale,
            holidays_mode: spec.holidays_mode(),
            regressors: Vec::new(),
        };
        for seasonality in &design.seasonalities {
            if let Some(name) = &seasonality.condition_name {
                condition(rows, name)?;
            }
        }
        if !design.holidays.is_empty() || design.country.is_some() {
            design.holiday_names = Some(design.names_in(rows.ds())?);
        }
        for regressor in &spec.regressors {
            let values =
                rows.require(&regressor.name, "the specification names it as regressor")?;
            design.regressors.push(scale_regressor(regressor, values));
        }
        Ok(design)
    }

    /// The columns in the order in which `beta` is stored: seasonalities in
    /// their order, holidays sorted by column name, regressors in their order.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for seasonality in &self.seasonalities {
            let column = Column {
                component: seasonality.name.clone(),
                holiday: false,
                regressor: false,
                prior_scale: seasonality.prior_scale,
                mode: seasonality.mode,
            };
            let count = 2 * seasonality.fourier_order as usize;
            columns.extend(std::iter::repeat_n(column, count));
        }
        columns.extend(self.holiday_columns().into_iter().map(|column| Column {
            holiday: true,
            regressor: false,
            prior_scale: self.holiday_prior(&column.name),
            mode: self.holidays_mode,
            component: column.name,
        }));
        columns.extend(self.regressors.iter().map(|scaled| Column {
            component: scaled.regressor.name.clone(),
            holiday: false,
            regressor: true,
            prior_scale: scaled.regressor.prior_scale,
            mode: scaled.regressor.mode,
        }));
        columns
    }

    /// The prior scales of the columns, in their order.
    pub(crate) fn prior_scales(&self) -> Vec<f64> {
        let mut scales = Vec::new();
        for seasonality in &self.seasonalities {
            let count = 2 * seasonality.fourier_order as usize;
            scales.extend(std::iter::repeat_n(seasonality.prior_scale, count));
        }
        let holidays = self.holiday_columns();
        scales.extend(holidays.iter().map(|column| self.holiday_prior(&column.name)));
        scales.extend(self.regressors.iter().map(|scaled| scaled.regressor.prior_scale));
        scales
    }

    /// The features of `rows`.
    ///
    /// # Shapes
    ///
    /// N rows × K columns, row-major, dimensionless.
    ///
    /// # Errors
    ///
    /// [`FitError::MissingColumn`] if a regressor or a condition is not there, and
    /// [`FitError::Condition`] if a condition is not 0 or 1.
    ///
    /// # Source
    ///
    /// `make_all_seasonality_features` in Prophet 1.5, `forecaster.py`.
    pub(crate) fn matrix(&self, rows: &Future) -> Result<Vec<f64>, FitError> {
        self.features(rows, fourier)
    }

    /// As [`Design::matrix`], with sines and cosines written by `fourier`.
    pub(crate) fn features(
        &self,
        rows: &Future,
        fourier: impl Fn(Ds, &Seasonality, &mut [f64]),
    ) -> Result<Vec<f64>, FitError> {
        let holiday_columns = self.holiday_columns();
        let seasonal: usize = self.seasonalities.iter().map(|s| 2 * s.fourier_order as usize).sum();
        let width = seasonal + holiday_columns.len() + self.regressors.len();
        let mut matrix = vec![0.0; rows.ds().len() * width];
        let mut first = 0;
        for seasonality in &self.seasonalities {
            let condition = match &seasonality.condition_name {
                Some(name) => Some(condition(rows, name)?),
                None => None,
            };
            for (i, &ds) in rows.ds().iter().enumerate() {
                if condition.is_none_or(|on| on[i] != 0.0) {
                    fourier(ds, seasonality, &mut matrix[i * width + first..]);
                }
            }
            first += 2 * seasonality.fourier_order as usize;
        }
        let marks = self.marks(&holiday_columns, rows.ds())?;
        for (i, ds) in rows.ds().iter().enumerate() {
            for &column in marks.get(&ds.date()).into_iter().flatten() {
                matrix[i * width + first + column] = 1.0;
            }
        }
        first += holiday_columns.len();
        for (j, scaled) in self.regressors.iter().enumerate() {
            let values = rows.require(&scaled.regressor.name, "it is a regressor of the model")?;
            for (i, value) in values.iter().enumerate() {
                matrix[i * width + first + j] = (value - scaled.mu) / scaled.std;
            }
        }
        Ok(matrix)
    }

    fn holiday_prior(&self, name: &str) -> f64 {
        let own = self.holidays.iter().find(|holiday| holiday.name == name);
        own.and_then(|holiday| holiday.prior_scale).unwrap_or(self.holidays_prior_scale)
    }

    /// The names of the holidays in the years of `ds`, in order of appearance.
    fn names_in(&self, ds: &[Ds]) -> Result<Vec<String>, FitError> {
        let mut names: Vec<String> = Vec::new();
        let own = self.holidays.iter().map(|holiday| holiday.name.as_str());
        let public = self.public_holidays(ds)?;
        for name in own.chain(public.iter().map(|(_, name)| *name)) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    fn public_holidays(&self, ds: &[Ds]) -> Result<Vec<(NaiveDate, &'static str)>, FitError> {
        let Some(country) = &self.country else { return Ok(Vec::new()) };
        let years: BTreeSet<i32> = ds.iter().map(|ds| ds.date().year()).collect();
        let mut days = Vec::new();
        for year in years {
            days.extend(holidays::of_year(country, year)?);
        }
        Ok(days)
    }

    /// The holiday columns, sorted as Prophet sorts them.
    fn holiday_columns(&self) -> Vec<HolidayColumn> {
        let mut columns = BTreeSet::new();
        for name in self.holiday_names.iter().flatten() {
            let own = self.holidays.iter().filter(|holiday| &holiday.name == name);
            let mut offsets: BTreeSet<i32> =
                own.flat_map(|holiday| holiday.lower_window..=holiday.upper_window).collect();
            offsets.insert(0);
            for offset in offsets {
                let sign = if offset < 0 { '-' } else { '+' };
                let key = format!("{name}_delim_{sign}{}", offset.abs());
                columns.insert(HolidayColumn { key, name: name.clone(), offset });
            }
        }
        columns.into_iter().collect()
    }

    /// For each holiday column, the rows of the sorted `ds` on which it is 1.
    pub(crate) fn marked_rows(&self, ds: &[Ds]) -> Result<Vec<Vec<usize>>, FitError> {
        let columns = self.holiday_columns();
        let mut rows = vec![Vec::new(); columns.len()];
        for (day, marks) in self.marks(&columns, ds)? {
            let first = ds.partition_point(|ds| ds.date() < day);
            let same_day = ds[first..].iter().take_while(|ds| ds.date() == day).count();
            for column in marks {
                rows[column].extend(first..first + same_day);
            }
        }
        Ok(rows)
    }

    /// Which holiday columns are 1 on which day.
    fn marks(
        &self,
        columns: &[HolidayColumn],
        ds: &[Ds],
    ) -> Result<BTreeMap<NaiveDate, Vec<usize>>, FitError> {
        let mut marks: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
        if columns.is_empty() {
            return Ok(marks);
        }
        let own = self.holidays.iter().map(|holiday| {
            (holiday.date, holiday.name.as_str(), holiday.lower_window, holiday.upper_window)
        });
        let public = self.public_holidays(ds)?;
        let public = public.iter().map(|&(day, name)| (day, name, 0, 0));
        for (day, name, lower, upper) in own.chain(public) {
            for (j, column) in columns.iter().enumerate() {
                let meant = column.name == name && (lower..=upper).contains(&column.offset);
                if let Some(marked) = shift(day, column.offset).filter(|_| meant) {
                    marks.entry(marked).or_default().push(j);
                }
            }
        }
        Ok(marks)
    }
}

fn shift(day: NaiveDate, days: i32) -> Option<NaiveDate> {
    let size = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 { day.checked_sub_days(size) } else { day.checked_add_days(size) }
}

/// A column of zeros and ones.
#[expect(clippy::float_cmp, reason = "zeros and ones are exact")]
fn condition<'a>(rows: &'a Future, name: &str) -> Result<&'a [f64], FitError> {
    let values = rows.require(name, "a seasonality depends on it")?;
    match values.iter().position(|&value| value != 0.0 && value != 1.0) {
        Some(i) => {
            let column = name.to_owned();
            Err(FitError::Condition { column, ds: rows.ds()[i], value: values[i] })
        }
        None => Ok(values),
    }
}

/// Writes the sine and cosine pairs of one row.
///
/// The order of operations is Python's, so that the columns agree to the last
/// bits of the sine.
fn fourier(ds: Ds, seasonality: &Seasonality, out: &mut [f64]) {
    let x = PI * 2.0 * (epoch_seconds(ds) / DAY_S);
    for order in 0..seasonality.fourier_order {
        let angle = f64::from(order + 1) / seasonality.period * x;
        let at = 2 * order as usize;
        (out[at], out[at + 1]) = angle.sin_cos();
    }
}

/// The seasonalities of a history: the specification's own, then the built-in
/// ones that it asks for or that the history supports.
///
/// # Source
///
/// `set_auto_seasonalities` in Prophet 1.5, `forecaster.py`.
fn seasonalities(spec: &Spec, seconds: &[f64]) -> Vec<Seasonality> {
    const YEARLY_MIN_DAYS: f64 = 730.0;
    const WEEKLY_MIN_DAYS: f64 = 14.0;
    const DAILY_MIN_DAYS: f64 = 2.0;
    let span_days = seconds[seconds.len() - 1] / DAY_S;
    let steps = seconds.windows(2).map(|pair| pair[1] - pair[0]);
    let step_days = steps.filter(|&step| 0.0 < step).fold(f64::INFINITY, f64::min) / DAY_S;
    let built_in = [
        ("yearly", 365.25, 10, spec.yearly_seasonality, YEARLY_MIN_DAYS <= span_days),
        (
            "weekly",
            7.0,
            3,
            spec.weekly_seasonality,
            WEEKLY_MIN_DAYS <= span_days && step_days < 7.0,
        ),
        ("daily", 1.0, 4, spec.daily_seasonality, DAILY_MIN_DAYS <= span_days && step_days < 1.0),
    ];
    let mut all = spec.seasonalities.clone();
    for (name, period, default_order, choice, supported) in built_in {
        let own = all.iter().position(|seasonality| seasonality.name == name);
        let order = match choice {
            SeasonalityChoice::Auto if own.is_none() && supported => default_order,
            SeasonalityChoice::Auto | SeasonalityChoice::Off => 0,
            SeasonalityChoice::On => default_order,
            SeasonalityChoice::Order(order) => order,
        };
        if order == 0 {
            continue;
        }
        let seasonality = Seasonality {
            name: name.to_owned(),
            period,
            fourier_order: order,
            prior_scale: spec.seasonality_prior_scale,
            mode: spec.seasonality_mode,
            condition_name: None,
        };
        match own {
            Some(at) => all[at] = seasonality,
            None => all.push(seasonality),
        }
    }
    all
}

/// Scales a regressor by its history, as Python does.
#[expect(clippy::float_cmp, reason = "zeros, ones and repeated values are exact")]
fn scale_regressor(regressor: &Regressor, values: &[f64]) -> ScaledRegressor {
    let constant = values.windows(2).all(|pair| pair[0] == pair[1]);
    let binary = values.iter().all(|&value| value == 0.0 || value == 1.0);
    let standardize = !constant && regressor.standardize.unwrap_or(!binary);
    let (mut mu, mut std) = (0.0, 1.0);
    if standardize {
        let n = values.len() as f64;
        mu = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mu).powi(2)).sum();
        std = (squares / (n - 1.0)).sqrt();
    }
    ScaledRegressor { regressor: regressor.clone(), mu, std, predictor: None }
}
