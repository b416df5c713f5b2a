//! Why there are no usable prices, with the value at fault and what to do.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::yahoo::YahooError;

/// Anything that can go wrong between a symbol and its split series.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is no symbol.
    #[error("symbol `{symbol}` {reason}")]
    BadSymbol {
        /// The text.
        symbol: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting cannot be used.
    #[error("setting `{name}`: `{value}` {reason}")]
    BadSetting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The wanted range has no day.
    #[error("range {start}..{end} is empty: it ends before it starts")]
    EmptyRange {
        /// First session wanted.
        start: NaiveDate,
        /// Last session wanted.
        end: NaiveDate,
    },
    /// Yahoo refused, failed, or answered what cannot be used.
    #[error(transparent)]
    Yahoo(#[from] YahooError),
    /// A file of prices cannot be used.
    #[cfg(feature = "frame")]
    #[error(transparent)]
    File(#[from] crate::file::FileError),
    /// The source has rows, none of them in the range.
    #[error("`{symbol}` has no session in {start}..{end}{}", span(*.first, *.last))]
    NoSessions {
        /// The symbol.
        symbol: String,
        /// First session wanted.
        start: NaiveDate,
        /// Last session wanted.
        end: NaiveDate,
        /// The first session that the source has.
        first: Option<NaiveDate>,
        /// The last session that the source has.
        last: Option<NaiveDate>,
    },
    /// A price is not finite and positive.
    #[error(
        "{column} of {date}{} is {value}, prices are above 0",
        .line.map_or_else(String::new, |line| format!(" (line {line})"))
    )]
    BadPrice {
        /// The session.
        date: NaiveDate,
        /// The line of the file.
        line: Option<usize>,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: f64,
    },
    /// Rows are not in the order of their dates.
    #[error("row of {date} stands after the row of {before}, dates must increase")]
    NotInOrder {
        /// The date out of order.
        date: NaiveDate,
        /// The date before it.
        before: NaiveDate,
    },
    /// Adjusted closes are wanted and missing.
    #[error(
        "no adjusted close{}",
        .date.map_or_else(String::new, |date| format!(" for {date}"))
    )]
    NoAdjClose {
        /// The first session without one.
        date: Option<NaiveDate>,
    },
    /// The series is too short.
    #[error("series has {rows} rows, at least {needed} are needed")]
    TooFewRows {
        /// How many rows there are.
        rows: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A split would leave a side without rows.
    #[error("split {what} leaves {train_rows} of {rows} rows to train on and {test_rows} to test")]
    EmptySide {
        /// How the split was asked for.
        what: String,
        /// How many rows there are.
        rows: usize,
        /// Rows at or before the cutoff.
        train_rows: usize,
        /// Rows after it.
        test_rows: usize,
    },
    /// A table could not be built or written.
    #[cfg(feature = "frame")]
    #[error("failed to {action} the table of prices")]
    Frame {
        /// What was being done.
        action: &'static str,
        /// What polars says.
        #[source]
        source: polars::error::PolarsError,
    },
    /// A file could not be written.
    #[error("failed to write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Yahoo(error) => return error.hint(),
            #[cfg(feature = "frame")]
            Self::File(error) => return error.hint(),
            Self::BadSymbol { .. } => {
                "write it as Yahoo does: PETR4.SA for B3, ^BVSP for the index, AAPL for New York"
            }
            Self::EmptyRange { .. } => "give --start a date before --end",
            Self::NoSessions { first: Some(_), .. } => {
                "choose --start and --end within the dates that the source has"
            }
            Self::NoSessions { .. } => "widen the range with --start and --end",
            Self::BadPrice { .. } => {
                "mend the row, or leave its price empty so that it counts as missing"
            }
            Self::NoAdjClose { .. } => "use --price close, or a source that has `Adj Close`",
            Self::TooFewRows { .. } => "choose an earlier --start",
            Self::EmptySide { .. } => "take fewer test sessions or more history",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// `, the source has 2018-01-02..2025-11-07`, if both ends are known.
fn span(first: Option<NaiveDate>, last: Option<NaiveDate>) -> String {
    match (first, last) {
        (Some(first), Some(last)) => format!(", the source has {first}..{last}"),
        _ => String::new(),
    }
}
