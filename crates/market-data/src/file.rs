//! Daily prices from a CSV file.
//!
//! Columns `Date,Open,High,Low,Close,Adj Close,Volume` in any order; others are ignored. Only
//! `Date` and `Close` must be there, and `Adj Close` if adjusted closes are wanted.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use polars::prelude::{CsvReadOptions, DataFrame, SerReader, StringChunked};
use tokio::io::AsyncReadExt;

use crate::bar::{Price, RawBar};
use crate::error::Error;
use crate::quality::{Finding, FindingKind};
use crate::source::{Fetched, PriceSource, Provenance, Request};
use crate::zone::exchange_zone;

mod cell;
mod error;
mod ragged;

pub use error::FileError;

/// How long a file may be: 64 MiB hold a century of daily rows two hundred times over.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The line on which the first row stands: the names of the columns are above it.
const FIRST_ROW_LINE: usize = 2;

/// The columns of prices and volume that a row may have, after `Date`.
const NUMBERS: [&str; 6] = ["Open", "High", "Low", "Close", "Adj Close", "Volume"];

/// A CSV file of daily prices.
#[derive(Debug, Clone)]
pub struct CsvSource {
    path: PathBuf,
}

impl CsvSource {
    /// Names the file; nothing is read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn read(&self) -> Result<Vec<u8>, FileError> {
        let path = || self.path.clone();
        let file =
            tokio::fs::File::open(&self.path).await.map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => FileError::Missing { path: path() },
                _ => FileError::Unreadable { path: path(), source },
            })?;
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .await
            .map_err(|source| FileError::Unreadable { path: path(), source })?;
        if usize::try_from(FILE_BYTES_MAX).is_ok_and(|limit| limit < bytes.len()) {
            return Err(FileError::TooLarge { path: path(), limit: FILE_BYTES_MAX });
        }
        if bytes.trim_ascii().is_empty() {
            return Err(FileError::Empty { path: path() });
        }
        Ok(bytes)
    }
}

#[async_trait]
impl PriceSource for CsvSource {
    async fn fetch(&self, request: &Request) -> Result<Fetched, Error> {
        request.check()?;
        let bytes = self.read().await?;
        let (path, price) = (self.path.clone(), request.price);
        // Half a second at the bound, so it must not hold up whatever else runs here.
        let parsed = tokio::task::spawn_blocking(move || parse(&path, &bytes, price));
        let (rows, findings) = parsed.await.map_err(|failed| FileError::Unreadable {
            path: self.path.clone(),
            source: std::io::Error::other(failed),
        })??;
        Ok(Fetched {
            rows,
            zone: exchange_zone(&request.symbol),
            as_of: request.as_of(),
            period: None,
            findings,
            provenance: Provenance::File { path: self.path.clone() },
        })
    }
}

/// Reads the table: every cell as text first, so that a bad one can be named.
fn parse(
    path: &Path,
    bytes: &[u8],
    price: Price,
) -> Result<(Vec<RawBar>, Vec<Finding>), FileError> {
    let malformed = |source| match ragged::first_too_long(bytes) {
        Some(ragged::TooLong { line, fields, columns }) => {
            FileError::TooManyFields { path: path.to_owned(), line, fields, columns }
        }
        None => FileError::Malformed { path: path.to_owned(), source },
    };
    let table = CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .into_reader_with_file_handle(Cursor::new(bytes))
        .finish()
        .map_err(malformed)?;
    if table.height() == 0 {
        return Err(FileError::Empty { path: path.to_owned() });
    }
    let column = |wanted: &str| text_column(&table, wanted);
    let required = |wanted: &'static str| {
        column(wanted).ok_or_else(|| FileError::NoColumn {
            path: path.to_owned(),
            column: wanted,
            found: table.get_column_names_owned().iter().map(ToString::to_string).collect(),
        })
    };
    let dates = required("Date")?;
    required("Close")?;
    if price == Price::AdjClose {
        required("Adj Close")?;
    }
    let numbers = NUMBERS.map(column);
    let mut findings = Vec::new();
    let mut rows = Vec::with_capacity(table.height());
    for idx in 0..table.height() {
        let line = FIRST_ROW_LINE + idx;
        let date_text = dates.get(idx).unwrap_or_default();
        let texts = numbers.map(|cells| cells.and_then(|cells| cells.get(idx)).unwrap_or_default());
        if date_text.trim().is_empty() && texts.iter().all(|text| text.trim().is_empty()) {
            continue; // A blank line is no row.
        }
        let at = cell::date(date_text).ok_or_else(|| FileError::BadDate {
            path: path.to_owned(),
            line,
            value: date_text.to_owned(),
        })?;
        let mut values = [None; NUMBERS.len()];
        for ((value, text), column) in values.iter_mut().zip(texts).zip(NUMBERS) {
            *value = match cell::number(text) {
                cell::Number::Missing => None,
                cell::Number::Value(number) => Some(number),
                cell::Number::NonFinite => {
                    findings.push(Finding::on(FindingKind::NotANumber, at.date()));
                    None
                }
                cell::Number::Malformed => {
                    let value = text.to_owned();
                    return Err(FileError::BadNumber {
                        path: path.to_owned(),
                        line,
                        column,
                        value,
                    });
                }
            };
        }
        let [open, high, low, close, adj_close, volume] = values;
        rows.push(RawBar { at, line: Some(line), open, high, low, close, adj_close, volume });
    }
    Ok((rows, findings))
}

/// The cells of the column called `wanted`, whatever its case and the spaces around it.
fn text_column<'a>(table: &'a DataFrame, wanted: &str) -> Option<&'a StringChunked> {
    table
        .columns()
        .iter()
        .find(|column| column.name().trim().eq_ignore_ascii_case(wanted))
        .and_then(|column| column.str().ok())
}

#[cfg(test)]
mod tests;
