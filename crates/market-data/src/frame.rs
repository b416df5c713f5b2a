//! A series as a polars table, and as a CSV file that [`CsvSource`](crate::CsvSource) reads back.

use std::io::Write;

use chrono::NaiveDate;
use polars::prelude::{
    Column, CsvWriter, DataFrame, DataType, IntoColumn, NamedFrom, SerWriter, Series,
};

use crate::bar::{Bar, Bars};
use crate::error::Error;

/// The columns of the table, in order.
pub const COLUMNS: [&str; 7] = ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"];

/// Makes a table of `bars` with the columns [`COLUMNS`].
///
/// `Date` is a date, `Volume` a whole number, the rest are floats; what a row lacks is null.
///
/// # Errors
///
/// Returns [`Error::Frame`] if polars refuses the columns.
pub fn to_frame(bars: &Bars) -> Result<DataFrame, Error> {
    let fail = |source| Error::Frame { action: "build", source };
    let rows = bars.as_slice();
    let days: Vec<i32> = bars.dates().iter().map(|date| days_since_epoch(*date)).collect();
    let [date, open, high, low, close, adj_close, volume] = COLUMNS;
    let price = |name: &str, of: fn(&Bar) -> Option<f64>| -> Column {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into_column()
    };
    let columns = vec![
        Series::new(date.into(), days).cast(&DataType::Date).map_err(fail)?.into_column(),
        price(open, |bar| bar.open),
        price(high, |bar| bar.high),
        price(low, |bar| bar.low),
        price(close, |bar| Some(bar.close)),
        price(adj_close, |bar| bar.adj_close),
        Series::new(volume.into(), rows.iter().map(|bar| bar.volume).collect::<Vec<_>>())
            .into_column(),
    ];
    DataFrame::new(rows.len(), columns).map_err(fail)
}

/// Writes `bars` as CSV: every price with all its digits, so that it reads back equal.
///
/// # Errors
///
/// Returns [`Error::Frame`] if `to` cannot be written to.
pub fn write_csv(bars: &Bars, to: impl Write) -> Result<(), Error> {
    let mut table = to_frame(bars)?;
    CsvWriter::new(to)
        .include_header(true)
        .finish(&mut table)
        .map_err(|source| Error::Frame { action: "write", source })
}

/// Days since 1970-01-01, as polars counts dates.
fn days_since_epoch(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

#[cfg(test)]
mod tests;
