//! Why a file of prices cannot be used.

use std::path::PathBuf;

/// Everything that can be wrong with a file of prices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no such file.
    #[error("no file `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system does not let it be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It is longer than any file of daily prices.
    #[error("`{}` is longer than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// It has no row.
    #[error("`{}` has no row", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is no table.
    #[error("`{}` is no table of comma-separated values", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What polars says.
        #[source]
        source: polars::error::PolarsError,
    },
    /// A line has more cells than there are columns.
    #[error(
        "`{}` line {line}: {fields} fields, the header has {columns}",
        path.display()
    )]
    TooManyFields {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// How many cells it has.
        fields: usize,
        /// How many columns the header names.
        columns: usize,
    },
    /// A column is missing.
    #[error("`{}` has no column `{column}`, it has {}", path.display(), quoted(found))]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What is missing.
        column: &'static str,
        /// What is there.
        found: Vec<String>,
    },
    /// A date does not parse.
    #[error("`{}` line {line}: `{value}` is no date", path.display())]
    BadDate {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What stands there.
        value: String,
    },
    /// A price or volume does not parse.
    #[error("`{}` line {line}: {column} `{value}` is no number", path.display())]
    BadNumber {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
}

impl FileError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Missing { .. } => "check the path after `--source file:`",
            Self::TooLarge { .. } => "keep one symbol's daily rows in the file",
            Self::Empty { .. } | Self::Malformed { .. } => {
                "the first line names the columns Date,Open,High,Low,Close,Adj Close,Volume, each \
                 line after it is a session"
            }
            Self::NoColumn { found, .. } if found.len() < 2 => {
                "separate columns by commas; Date and Close are required"
            }
            Self::NoColumn { .. } => {
                "Date and Close are required, and Adj Close for --price adj_close"
            }
            Self::TooManyFields { .. } => {
                "a comma ends a cell: write numbers with a decimal point, 1.5 and not 1,5, and \
                 without marks of thousands"
            }
            Self::BadDate { .. } => "write dates as YYYY-MM-DD",
            Self::BadNumber { .. } => {
                "write numbers with a decimal point and no other mark; leave missing ones empty"
            }
            Self::Unreadable { .. } => return None,
        };
        Some(text.to_owned())
    }
}

/// How many of a file's columns an error lists.
const COLUMNS_SHOWN_MAX: usize = 12;

fn quoted(names: &[String]) -> String {
    let mut shown: Vec<String> =
        names.iter().take(COLUMNS_SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    if COLUMNS_SHOWN_MAX < names.len() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
