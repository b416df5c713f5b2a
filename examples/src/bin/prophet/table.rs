//! CSV files: columns by name, dates, numbers.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDateTime;
use telemetry::Hinted;

use crate::column;

/// Rows that a file may have: two years of minutes, as many as can be forecast.
const ROWS_MAX: usize = 2_000_000;
/// What a missing value looks like.
const MISSING: [&str; 7] = ["", "nan", "na", "n/a", "null", "none", "nat"];
const SAVE_AS_UTF8: &str = "save it as UTF-8, in a spreadsheet `CSV UTF-8`";
const DECIMALS: &str = "write decimals with a point and thousands without a sign, such as 1234.5; \
                        a decimal comma is read where semicolons separate the columns";

/// A CSV file, as text.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    separator: u8,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a file whose first line names the columns; commas, semicolons or tabs
    /// separate them.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let cannot_read = || format!("cannot read `{shown}`");
        let file = File::open(path).with_context(|| format!("cannot open `{shown}`"))?;
        let mut file = BufReader::new(file);
        let start = file.fill_buf().with_context(cannot_read)?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(Hinted::new(format!("`{shown}` is UTF-16 text"), SAVE_AS_UTF8).into());
        }
        let separator = separator(start);
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).delimiter(separator).from_reader(file);
        let header = reader.headers().map_err(explained).with_context(cannot_read)?;
        let clean = |name: &str| name.trim_start_matches('\u{feff}').to_owned();
        let header: Vec<String> = header.iter().map(clean).collect();
        if header.iter().all(String::is_empty) {
            bail!("`{shown}` is empty; its first line names the columns, such as ds,y");
        }
        let mut rows = Vec::new();
        for row in reader.records() {
            rows.push(row.map_err(explained).with_context(cannot_read)?);
            if ROWS_MAX < rows.len() {
                bail!("`{shown}` has more than {ROWS_MAX} rows");
            }
        }
        Ok(Self { path: path.to_owned(), separator, header, rows })
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
            self.number(text).ok_or_else(|| {
                let problem =
                    format!("{}: `{name}` is `{text}`, it must be a number", self.place(i));
                if text.contains(',') {
                    return Hinted::new(problem, DECIMALS).into();
                }
                anyhow::Error::msg(problem)
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
        let shown = self.path.display();
        let mut found = (0..self.header.len()).filter(|i| self.header[*i] == name);
        if let Some(column) = found.next() {
            if found.next().is_some() {
                bail!("`{shown}` has two columns `{name}`; keep one of them");
            }
            return Ok(column);
        }
        let first = &self.header[0];
        let hint = match name {
            "ds" => format!(
                "name the column of the time stamps `ds`, or say which it is, \
                 such as --ds-column '{first}'"
            ),
            "y" => "name the column of the values `y`, or say which it is with --y-column".into(),
            _ => "the columns of a CSV are known by the names in its first line".into(),
        };
        let known = self.header.join(", ");
        Err(Hinted::new(format!("`{shown}` has no column `{name}`; it has {known}"), hint).into())
    }

    /// A number. Where semicolons separate the columns, a comma is the decimal sign:
    /// that is why a spreadsheet writes semicolons.
    fn number(&self, text: &str) -> Option<f64> {
        let is_decimal = self.separator == b';'
            && text.bytes().filter(|b| *b == b',').count() == 1
            && !text.contains('.');
        if is_decimal { number(&text.replace(',', ".")) } else { number(text) }
    }

    fn place(&self, row: usize) -> String {
        let line = self.rows[row].position().map_or(0, csv::Position::line);
        format!("`{}` line {line}", self.path.display())
    }
}

/// What separates the columns, by the first line.
fn separator(start: &[u8]) -> u8 {
    let line = start.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let found = [b',', b';', b'\t'].into_iter().find(|separator| line.contains(separator));
    found.unwrap_or(b',')
}

/// What is wrong with a line, and what to do.
fn explained(error: csv::Error) -> anyhow::Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let values = if *len == 1 { "value" } else { "values" };
            let problem = format!("line {line} has {len} {values} for {expected_len} columns");
            let hint = "a value that holds a separator must be in quotes, and a missing one leaves \
                        its place empty";
            Hinted::new(problem, hint).into()
        }
        csv::ErrorKind::Utf8 { .. } => {
            Hinted::new(format!("line {line} is not UTF-8 text"), SAVE_AS_UTF8).into()
        }
        _ => error.into(),
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
