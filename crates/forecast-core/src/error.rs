//! What can be wrong with a specification, a series or a request.

use thiserror::Error;

use crate::ds::Ds;

/// Why a model could not be fitted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FitError {
    /// An option of the specification is out of its range.
    #[error("`{option}` is {value}, it must be {allowed}")]
    Option {
        /// Prophet's name of the option.
        option: &'static str,
        /// The value given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A name is used twice, or is one of Prophet's own.
    #[error("name `{name}` of a {kind} {problem}")]
    Name {
        /// The name.
        name: String,
        /// What it names: seasonality, holiday, regressor.
        kind: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No holidays are known for the country.
    #[error("no holidays are known for country `{country}`; known are {known}")]
    Country {
        /// The country code given.
        country: String,
        /// The codes that are known.
        known: String,
    },
    /// Too few rows have a value.
    #[error("series has {rows} rows with a value, at least 2 are needed")]
    TooFewRows {
        /// Rows whose `y` is a number.
        rows: usize,
    },
    /// All rows have the same time stamp.
    #[error("all {rows} rows have the same time stamp {ds}, a trend needs two")]
    OneTimeStamp {
        /// Rows in the series.
        rows: usize,
        /// Their time stamp.
        ds: Ds,
    },
    /// Two rows have the same time stamp.
    #[error("time stamp {ds} is there twice; keep one row of it")]
    DuplicateDs {
        /// The time stamp.
        ds: Ds,
    },
    /// The values span more than a double holds.
    #[error("the range of `y` is {value}, it must be finite; divide `y` by a power of ten")]
    Range {
        /// The range found.
        value: f64,
    },
    /// Sums of squares leave the range of numbers.
    #[error(
        "sums over the squares of `{component}` exceed the range of numbers; divide it by a \
         power of ten"
    )]
    Overflow {
        /// The regressor, or `y`.
        component: String,
    },
    /// Two columns of a table differ in length.
    #[error("column `{column}` has {len} values, `ds` has {rows}")]
    ColumnLength {
        /// The column.
        column: String,
        /// Its length.
        len: usize,
        /// The length of `ds`.
        rows: usize,
    },
    /// A value that must be a finite number is not.
    #[error("`{column}` is {value} on {ds}, it must be a finite number")]
    NotFinite {
        /// The column.
        column: String,
        /// Where it stands.
        ds: Ds,
        /// The value found.
        value: f64,
    },
    /// A column that the specification needs is missing.
    #[error("column `{column}` is missing: {why}")]
    MissingColumn {
        /// The column.
        column: String,
        /// What needs it.
        why: &'static str,
    },
    /// A condition is neither true nor false.
    #[error("condition `{column}` is {value} on {ds}, it must be 0 or 1")]
    Condition {
        /// The column.
        column: String,
        /// The row.
        ds: Ds,
        /// The value found.
        value: f64,
    },
    /// Logistic growth needs room between floor and cap.
    #[error("`cap` is {cap} on {ds}, it must be greater than the floor {floor}")]
    CapBelowFloor {
        /// The row.
        ds: Ds,
        /// The cap.
        cap: f64,
        /// The floor.
        floor: f64,
    },
    /// A changepoint lies outside the history.
    #[error("changepoint {at} is outside the history, {first} to {last}")]
    ChangepointOutside {
        /// The changepoint.
        at: Ds,
        /// First row.
        first: Ds,
        /// Last row.
        last: Ds,
    },
    /// The parameters to start from belong to another model.
    #[error(
        "`{parameter}` to start from has {found} values, the model has {expected}; \
         keep the same columns and n_changepoints"
    )]
    WarmStart {
        /// The parameter.
        parameter: &'static str,
        /// Its length.
        found: usize,
        /// The length needed.
        expected: usize,
    },
    /// The optimizer failed.
    #[error("the optimizer failed: {0}")]
    Optimizer(String),
    /// The sampler failed.
    #[error("the sampler failed: {0}")]
    Sampler(String),
}

/// Why a forecast could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PredictError {
    /// No rows were asked for.
    #[error("no dates to predict were given")]
    NoRows,
    /// The table of future rows does not fit the model.
    #[error("the rows to predict do not fit the model")]
    Rows(#[source] FitError),
    /// The rows lie so far ahead that their interval means nothing.
    #[error(
        "the last row is {histories:.0} times the length of the history after its end, \
         too far for an interval; predict fewer rows, or fit with uncertainty_samples 0"
    )]
    TooFar {
        /// Distance from the end of the history, in lengths of the history.
        histories: f64,
    },
    /// More draws are asked for than fit in memory.
    #[error(
        "{rows} rows with {draws} draws each are more than {max} values; \
         predict fewer rows at a time, or fit with fewer uncertainty_samples"
    )]
    TooManySamples {
        /// Rows to predict.
        rows: usize,
        /// Draws of a row.
        draws: usize,
        /// Values that are allowed.
        max: usize,
    },
    /// The fitted model predicts something that is not a number.
    #[error("the model predicts {value} for {ds}")]
    NotFinite {
        /// The row.
        ds: Ds,
        /// The prediction.
        value: f64,
    },
}
