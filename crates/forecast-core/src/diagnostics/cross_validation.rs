//! Forecasts from cutoffs in a model's own history.

use chrono::TimeDelta;

use super::{
    CrossValidation, CrossValidationError, CrossValidationWarning,
    cutoffs::{above_zero, generate_cutoffs, rows_until},
};
use crate::{
    batch::{self, Threads},
    ds::{DAY_S, Ds},
    error::FitError,
    fit::fit,
    fitted::{Fitted, History},
    predict::Forecast,
    seed,
    series::{Future, Series},
    spec::{SeasonalityChoice, Spec},
};

/// Rows that a fit needs.
const ROWS_MIN: usize = 2;

/// Where the history is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cutoffs {
    /// Backwards from `horizon` before the end; see [`generate_cutoffs`].
    Every {
        /// The least history before a cutoff; `None` is three horizons, or the
        /// longest seasonality where that is longer.
        initial: Option<TimeDelta>,
        /// From one cutoff to the next; `None` is half the horizon.
        period: Option<TimeDelta>,
    },
    /// At these, in this order.
    At(Vec<Ds>),
}

impl Default for Cutoffs {
    fn default() -> Self {
        Self::Every { initial: None, period: None }
    }
}

/// How a cross-validation is done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CrossValidationOptions {
    /// Where the history is cut.
    pub cutoffs: Cutoffs,
    /// Columns of the forecast to keep besides `yhat` and its interval: `trend`,
    /// `trend_lower`, `trend_upper`, `additive_terms`, `multiplicative_terms`,
    /// `cap`, `floor`, and the components by name.
    pub extra_output_columns: Vec<String>,
    /// Each cutoff's intervals come from a seed of its own, which this seed and
    /// the cutoff decide, and nothing else.
    pub seed: u64,
    /// Where the fits are done; what comes out is the same to the bit.
    pub threads: Threads,
}

/// Forecasts `horizon` ahead from each cutoff, with the model fitted to the
/// history up to there, and puts what came beside it.
///
/// The rows come in the order of the cutoffs, and of time within a cutoff. The
/// held-out rows bring their `cap`, `floor`, regressors and conditions along.
///
/// # Errors
///
/// [`CrossValidationError`]: no history, a length of time that is not above
/// zero, cutoffs outside the history, or the first cutoff whose fit or forecast
/// failed.
///
/// # Source
///
/// `cross_validation` in Prophet 1.5, `diagnostics.py`.
pub fn cross_validation(
    model: &Fitted,
    horizon: TimeDelta,
    options: &CrossValidationOptions,
) -> Result<CrossValidation, CrossValidationError> {
    let (cutoffs, initial) = place(model, horizon, &options.cutoffs)?;
    let columns = &options.extra_output_columns;
    let tables = batch::map(&cutoffs, options.threads, |_, &cutoff| {
        single_cutoff_forecast(model, cutoff, horizon, columns, options.seed)
    });
    let mut all = CrossValidation::default();
    for table in tables {
        all.append(table?);
    }
    let period_days = longest_season_days(model);
    if initial < days(period_days) {
        all.warnings
            .push(CrossValidationWarning::InitialShorterThanSeasonality { period_days, initial });
    }
    Ok(all)
}

/// The cutoffs, and the time from the first row to the first of them.
fn place(
    model: &Fitted,
    horizon: TimeDelta,
    cutoffs: &Cutoffs,
) -> Result<(Vec<Ds>, TimeDelta), CrossValidationError> {
    above_zero("horizon", horizon)?;
    let ds = model.history.rows.ds();
    let (Some(&first), Some(&last)) = (ds.first(), ds.last()) else {
        return Err(CrossValidationError::NoHistory);
    };
    match cutoffs {
        Cutoffs::Every { initial, period } => {
            let three = horizon.checked_mul(3).unwrap_or(TimeDelta::MAX);
            let initial = initial.unwrap_or_else(|| three.max(days(longest_season_days(model))));
            let period = period.unwrap_or(horizon / 2);
            Ok((generate_cutoffs(ds, horizon, initial, period)?, initial))
        }
        Cutoffs::At(cutoffs) => {
            let (Some(&earliest), Some(&cutoff)) = (cutoffs.iter().min(), cutoffs.iter().max())
            else {
                return Err(CrossValidationError::NoCutoffs);
            };
            if earliest <= first {
                return Err(CrossValidationError::CutoffTooEarly { cutoff: earliest, first });
            }
            let Some(latest) = last.checked_sub_signed(horizon) else {
                return Err(CrossValidationError::LessDataThanHorizon { horizon, first, last });
            };
            if latest < cutoff {
                return Err(CrossValidationError::CutoffTooLate { cutoff, latest });
            }
            Ok((cutoffs.clone(), earliest - first))
        }
    }
}

/// Forecasts the rows within `horizon` after one cutoff.
///
/// `seed` is that of the whole cross-validation: the cutoff makes its own of it.
///
/// # Errors
///
/// As [`cross_validation`].
///
/// # Source
///
/// `single_cutoff_forecast` in Prophet 1.5, `diagnostics.py`.
pub fn single_cutoff_forecast(
    model: &Fitted,
    cutoff: Ds,
    horizon: TimeDelta,
    extra_output_columns: &[String],
    seed: u64,
) -> Result<CrossValidation, CrossValidationError> {
    above_zero("horizon", horizon)?;
    let history = &model.history;
    let ds = history.rows.ds();
    let seen = rows_until(ds, cutoff);
    if seen < ROWS_MIN {
        return Err(CrossValidationError::TooFewRows { cutoff, rows: seen });
    }
    let until = cutoff.checked_add_signed(horizon).map_or(ds.len(), |end| rows_until(ds, end));
    let fit_error = |source| CrossValidationError::Fit { cutoff, source };
    let known = known(history, seen).map_err(fit_error)?;
    let fitted = fit(&prophet_copy(model, Some(cutoff)), &known).map_err(fit_error)?;
    let rows = rows(&history.rows, seen, until).map_err(fit_error)?;
    let seed = seed::derive(seed, stream(cutoff));
    let forecast = if extra_output_columns.is_empty() {
        fitted.predict_yhat(&rows, seed)
    } else {
        fitted.predict_rows(&rows, seed)
    };
    let forecast = forecast.map_err(|source| CrossValidationError::Predict { cutoff, source })?;
    let mut extra: Vec<(String, Vec<f64>)> = Vec::new();
    for name in extra_output_columns {
        if !["ds", "yhat"].contains(&name.as_str()) && extra.iter().all(|(known, _)| known != name)
        {
            extra.push((name.clone(), column(&forecast, &rows, name)?.to_vec()));
        }
    }
    Ok(CrossValidation {
        ds: forecast.ds,
        yhat: forecast.yhat,
        yhat_lower: forecast.yhat_lower,
        yhat_upper: forecast.yhat_upper,
        y: history.y[seen..until].to_vec(),
        cutoff: vec![cutoff; until - seen],
        extra,
        warnings: Vec::new(),
    })
}

/// The specification that fits a part of a model's history: the seasonalities
/// that the whole history decided, and changepoints given by hand only where the
/// history up to `cutoff` reaches beyond them.
///
/// # Source
///
/// `prophet_copy` in Prophet 1.5, `diagnostics.py`, which forgets `scaling`; here
/// it is kept.
pub fn prophet_copy(model: &Fitted, cutoff: Option<Ds>) -> Spec {
    let mut spec = model.spec.clone();
    spec.seasonalities.clone_from(&model.design.seasonalities);
    spec.yearly_seasonality = SeasonalityChoice::Off;
    spec.weekly_seasonality = SeasonalityChoice::Off;
    spec.daily_seasonality = SeasonalityChoice::Off;
    if let (Some(cutoff), Some(changepoints)) = (cutoff, &mut spec.changepoints) {
        let ds = model.history.rows.ds();
        let last = rows_until(ds, cutoff).checked_sub(1).map(|row| ds[row]);
        changepoints.retain(|&at| last.is_some_and(|last| at < last));
    }
    spec
}

/// The first `count` rows of a history.
fn known(history: &History, count: usize) -> Result<Series, FitError> {
    let ds = history.rows.ds()[..count].to_vec();
    let mut series = Series::new(ds, history.y[..count].to_vec())?;
    for (name, values) in history.rows.columns() {
        series = series.with_column(name, values[..count].to_vec())?;
    }
    Ok(series)
}

/// The rows from `start` up to `end`, with their columns and without `y`.
fn rows(all: &Future, start: usize, end: usize) -> Result<Future, FitError> {
    let mut rows = Future::new(all.ds()[start..end].to_vec());
    for (name, values) in all.columns() {
        rows = rows.with_column(name, values[start..end].to_vec())?;
    }
    Ok(rows)
}

/// A column of the forecast, or of what the rows brought along.
fn column<'a>(
    forecast: &'a Forecast,
    rows: &'a Future,
    name: &str,
) -> Result<&'a [f64], CrossValidationError> {
    let own = [
        ("trend", &forecast.trend),
        ("trend_lower", &forecast.trend_lower),
        ("trend_upper", &forecast.trend_upper),
        ("additive_terms", &forecast.additive_terms),
        ("multiplicative_terms", &forecast.multiplicative_terms),
    ];
    let own = own.into_iter().filter(|(_, values)| !values.is_empty());
    let own = own.map(|(known, values)| (known, values.as_slice()));
    let limits = rows.columns().filter(|(known, _)| ["cap", "floor"].contains(known));
    let components = forecast.components.iter().map(|c| (c.name.as_str(), c.values.as_slice()));
    let all: Vec<(&str, &[f64])> = own.chain(limits).chain(components).collect();
    let found = all.iter().find(|(known, _)| *known == name);
    found.map(|(_, values)| *values).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        CrossValidationError::UnknownColumn { column: name.to_owned(), known: known.join(", ") }
    })
}

/// What tells the seeds of cutoffs apart.
fn stream(cutoff: Ds) -> u64 {
    cutoff.and_utc().timestamp_micros().cast_unsigned()
}

fn longest_season_days(model: &Fitted) -> f64 {
    model.design.seasonalities.iter().map(|season| season.period).fold(0.0, f64::max)
}

/// So many days; what is longer than any history is as long as can be.
fn days(days: f64) -> TimeDelta {
    const NANOS_PER_S: f64 = 1e9;
    let nanos = days * DAY_S * NANOS_PER_S;
    if i64::MAX as f64 <= nanos {
        return TimeDelta::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below the largest of i64")]
    TimeDelta::nanoseconds(nanos.round() as i64)
}
