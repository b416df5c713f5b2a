//! CSV files: columns by name, dates, numbers.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDateTime;
use telemetry::WithHint as _;

use crate::column;

/// Rows that a file may have: two years of minutes, as many as can be forecast.
const ROWS_MAX: usize = 2_000_000;
/// What a missing value looks like.
const MISSING: [&str; 7] = ["", "nan", "na", "n/a", "null", "none", "nat"];

/// A CSV file, as text.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a file whose first line names the columns.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let file = std::fs::File::open(path).with_context(|| format!("cannot open `{shown}`"))?;
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).has_headers(true).from_reader(file);
        let header = reader.headers().with_context(|| format!("cannot read `{shown}`"))?;
        let clean = |name: &str| name.trim_start_matches('\u{feff}').to_owned();
        let header: Vec<String> = header.iter().map(clean).collect();
        let mut rows = Vec::new();
        for row in reader.records() {
            rows.push(row.with_context(|| format!("cannot read `{shown}`"))?);
            if ROWS_MAX < rows.len() {
                bail!("`{shown}` has more than {ROWS_MAX} rows");
            }
        }
        Ok(Self { path: path.to_owned(), header, rows })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.header.iter().any(|known| known == name)
    }

    /// A column of time stamps.
    pub(crate) fn ds(&self, name: &str) -> Result<Vec<NaiveDateTime>> {
        let column = self.column(name)?;
        let cell = |(i, row): (usize, &csv::StringRecord)| {
            let text = row.get(column).unwrap_or_default();
            column::ds(text).with_context(|| {
                format!(
                    "{}: `{name}` is `{text}`, it must be a date in ISO form, such as \
                     2024-05-31 or 2024-05-31 14:30",
                    self.place(i)
                )
            })
        };
        self.rows.iter().enumerate().map(cell).collect()
    }

    /// A column of numbers; a missing one is NaN.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let column = self.column(name)?;
        let cell = |(i, row): (usize, &csv::StringRecord)| {
            let text = row.get(column).unwrap_or_default();
            number(text).with_context(|| {
                format!("{}: `{name}` is `{text}`, it must be a number", self.place(i))
            })
        };
        self.rows.iter().enumerate().map(cell).collect()
    }

    /// A column of numbers, if it is there.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<Vec<f64>>> {
        if self.has(name) { self.numbers(name).map(Some) } else { Ok(None) }
    }

    /// A column of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>> {
        let column = self.column(name)?;
        Ok(self.rows.iter().map(|row| row.get(column).unwrap_or_default()).collect())
    }

    fn column(&self, name: &str) -> Result<usize> {
        let found = self.header.iter().position(|known| known == name);
        let hint = match name {
            "ds" => "name the column of the time stamps `ds`, or say which it is with --ds-column",
            "y" => "name the column of the values `y`, or say which it is with --y-column",
            _ => "the columns of a CSV are known by the names in its first line",
        };
        let missing = || {
            let known = self.header.join(", ");
            format!("`{}` has no column `{name}`; it has {known}", self.path.display())
        };
        Ok(found.ok_or_else(missing).with_hint(hint)?)
    }

    fn place(&self, row: usize) -> String {
        let line = self.rows[row].position().map_or(0, csv::Position::line);
        format!("`{}` line {line}", self.path.display())
    }
}

/// A number, or NaN where it is missing.
fn number(text: &str) -> Option<f64> {
    if let Ok(value) = text.parse::<f64>() {
        return Some(value);
    }
    // pandas writes conditions so.
    for (word, value) in [("true", 1.0), ("false", 0.0)] {
        if text.eq_ignore_ascii_case(word) {
            return Some(value);
        }
    }
    MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)).then_some(f64::NAN)
}
