//! What can be wrong with a cross-validation or its table.

use chrono::TimeDelta;
use thiserror::Error;

use super::{Horizon, cutoffs::CUTOFFS_MAX};
use crate::{
    ds::Ds,
    error::{FitError, PredictError},
};

/// Why a cross-validation could not be done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CrossValidationError {
    /// The model was read without its history, so there is nothing to fit again.
    #[error("the model has no history, cross-validation needs one; fit it first")]
    NoHistory,
    /// A length of time is out of its range.
    #[error("`{option}` is {}, it must be {allowed}", Horizon::Time(*value))]
    Option {
        /// Prophet's name of the option.
        option: &'static str,
        /// The value given.
        value: TimeDelta,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The history is shorter than one forecast.
    #[error(
        "history from {first} to {last} is shorter than `horizon` {}; make it shorter",
        Horizon::Time(*horizon)
    )]
    LessDataThanHorizon {
        /// The horizon.
        horizon: TimeDelta,
        /// First row.
        first: Ds,
        /// Last row.
        last: Ds,
    },
    /// No cutoff leaves `initial` before it and `horizon` after it.
    #[error(
        "history from {first} to {last} has no room for `horizon` {} after `initial` {}; \
         make one of them shorter",
        Horizon::Time(*horizon),
        Horizon::Time(*initial)
    )]
    LessDataThanInitial {
        /// The horizon.
        horizon: TimeDelta,
        /// The first training window.
        initial: TimeDelta,
        /// First row.
        first: Ds,
        /// Last row.
        last: Ds,
    },
    /// The period is so short that nobody waits for the forecasts.
    #[error(
        "`period` {} makes more than {CUTOFFS_MAX} cutoffs; make it longer",
        Horizon::Time(*period)
    )]
    TooManyCutoffs {
        /// The period.
        period: TimeDelta,
    },
    /// No cutoffs were given.
    #[error("`cutoffs` is empty, at least one is needed")]
    NoCutoffs,
    /// A cutoff has no history before it.
    #[error("cutoff {cutoff} must be after the first row, {first}")]
    CutoffTooEarly {
        /// The cutoff.
        cutoff: Ds,
        /// First row.
        first: Ds,
    },
    /// A cutoff has no room for the horizon after it.
    #[error("cutoff {cutoff} must be at most {latest}, the last row less `horizon`")]
    CutoffTooLate {
        /// The cutoff.
        cutoff: Ds,
        /// The latest that is allowed.
        latest: Ds,
    },
    /// A cutoff leaves too few rows to fit.
    #[error("{rows} rows up to the cutoff {cutoff}, at least 2 are needed; make `initial` longer")]
    TooFewRows {
        /// The cutoff.
        cutoff: Ds,
        /// Rows up to it.
        rows: usize,
    },
    /// An extra column is not in the forecast.
    #[error("`extra_output_columns` has `{column}`, the forecast has {known}")]
    UnknownColumn {
        /// The column.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// A fit failed.
    #[error("failed to fit the history up to {cutoff}")]
    Fit {
        /// The cutoff.
        cutoff: Ds,
        /// What went wrong.
        source: FitError,
    },
    /// A forecast failed.
    #[error("failed to predict the rows after {cutoff}")]
    Predict {
        /// The cutoff.
        cutoff: Ds,
        /// What went wrong.
        source: PredictError,
    },
}

/// What a cross-validation that was done should make its reader careful about.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CrossValidationWarning {
    /// The first training window does not see a whole season.
    #[error(
        "seasonality has period of {period_days} days, which is larger than the initial window \
         of {}; consider increasing `initial`",
        Horizon::Time(*initial)
    )]
    InitialShorterThanSeasonality {
        /// The longest seasonality of the model.
        period_days: f64,
        /// From the first row to the first cutoff.
        initial: TimeDelta,
    },
}

/// Why a table could not be scored.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// There is nothing to score.
    #[error("the cross-validation has no rows")]
    NoRows,
    /// A column's length is not that of the table.
    #[error("column `{column}` has {len} values, `ds` has {rows}")]
    ColumnLength {
        /// The column.
        column: String,
        /// Its length.
        len: usize,
        /// The length of `ds`.
        rows: usize,
    },
    /// A value is not a finite number.
    #[error("`{column}` is {value} on {ds}, it must be a finite number")]
    NotFinite {
        /// The column.
        column: String,
        /// Where it stands.
        ds: Ds,
        /// The value found.
        value: f64,
    },
    /// An option is out of its range.
    #[error("`{option}` is {value}, it must be {allowed}")]
    Option {
        /// The option.
        option: &'static str,
        /// The value given.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A metric is asked for twice.
    #[error("metric `{name}` is asked for twice")]
    TwiceNamed {
        /// The metric.
        name: String,
    },
    /// A metric of the caller's own gave other horizons than the others.
    #[error("metric `{name}` gave {found} horizons, the others have {expected} or other ones")]
    OtherHorizons {
        /// The metric.
        name: String,
        /// Horizons it gave.
        found: usize,
        /// Horizons of the others.
        expected: usize,
    },
    /// A baseline has no forecast for a row, or a scale no value.
    #[error("history up to the cutoff {cutoff} is too short or never changes: no {what}")]
    NoBaseline {
        /// The cutoff.
        cutoff: Ds,
        /// What cannot be made.
        what: &'static str,
    },
}
