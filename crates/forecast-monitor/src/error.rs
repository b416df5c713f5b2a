//! Why something is no forecast, no table or no report.

use chrono::NaiveDate;
use thiserror::Error;

use crate::record::NAME_BYTES_MAX;

/// Why a forecast cannot be kept.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum InvalidForecast {
    /// A name is empty or too long.
    #[error("`{field}` has {n_bytes} bytes, it must have 1 to {NAME_BYTES_MAX}")]
    Name {
        /// Which name.
        field: &'static str,
        /// Its length.
        n_bytes: usize,
    },
    /// It is of no known kind.
    #[error("`kind` is `{found}`, it must be `ready` or `asked`")]
    Kind {
        /// What stands there.
        found: String,
    },
    /// The width of its intervals is no probability.
    #[error("`interval_width` is {found}, it must lie between 0 and 1")]
    IntervalWidth {
        /// What stands there.
        found: f64,
    },
    /// It says nothing.
    #[error("it has no rows")]
    Empty,
    /// It has more of something than anybody reads.
    #[error("`{what}` are {found}, at most {max} are kept")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A date is none that a calendar of this age has.
    #[error("`{field}` is {found}, it must lie in the years 1970 to 9999")]
    Year {
        /// Which date.
        field: &'static str,
        /// The date.
        found: NaiveDate,
    },
    /// The rows are not in order of time, or do not begin after the origin.
    #[error("row of {found} follows {before}, rows must come in order, each date once")]
    Order {
        /// The row's date.
        found: NaiveDate,
        /// The date before it: of a row, or the origin.
        before: NaiveDate,
    },
}

/// Why a text is not the table of a forecast.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// It is not JSON of the form that `pandas` calls `split`.
    #[error("table is not JSON with `columns` and `data`")]
    Json(#[source] serde_json::Error),
    /// It lacks a column.
    #[error("table has no column `{column}`")]
    NoColumn {
        /// Which.
        column: &'static str,
    },
    /// It has no rows.
    #[error("table has no rows")]
    Empty,
    /// It has more rows than any forecast.
    #[error("table has {found} rows, at most {max} are read")]
    TooLong {
        /// How many.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A cell holds something else.
    #[error("table row {row}: `{column}` is `{found}`, {wanted}")]
    Cell {
        /// The row, from 1 on.
        row: usize,
        /// The column.
        column: &'static str,
        /// What stands there, the beginning of it.
        found: String,
        /// What should.
        wanted: String,
    },
    /// The rows tell a forecast that cannot be.
    #[error("table is of no forecast")]
    Invalid(#[from] InvalidForecast),
}

/// Why a text is not a report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is not JSON, or not of a report's form.
    #[error("report is not JSON of its form")]
    Json(#[source] serde_json::Error),
    /// A newer program wrote it.
    #[error("report has format {found}, this program reads up to {known}: update it")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// A field holds something else.
    #[error("report: `{field}` is `{found}`, {wanted}")]
    Field {
        /// Which.
        field: &'static str,
        /// What stands there, the beginning of it.
        found: String,
        /// What should.
        wanted: &'static str,
    },
}
