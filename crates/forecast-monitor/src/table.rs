//! A forecast as a table of JSON: the form in which MLflow's `log_table` writes a data frame,
//! and which its pages show.

mod wire;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

use crate::error::TableError;
use crate::record::{Forecast, Kind, ROWS_MAX, Row};

/// The columns, in the order in which they are written.
///
/// `anchors` is JSON text in the first row and null in the others; what is the same for the
/// whole forecast stands in every row, so that tables can be put one below the other.
pub const COLUMNS: [&str; 15] = [
    "model",
    "version",
    "symbol",
    "kind",
    "origin",
    "answers_from",
    "ds",
    "horizon",
    "yhat",
    "yhat_lower",
    "yhat_upper",
    "issued_at",
    "trained_through",
    "interval_width",
    "anchors",
];

/// How much of a wrong cell is shown, in characters.
const SHOWN_CHARS: usize = 40;

/// Writes the table: `{"columns":[…],"data":[[…],…]}`, one row a target.
///
/// Values that are not finite become null.
pub fn to_json(forecast: &Forecast) -> String {
    wire::write(forecast)
}

/// Reads a table, its columns in any order, columns of other names ignored.
///
/// A `yhat` that is null becomes NaN, which is counted and left out where forecasts are scored.
///
/// # Errors
///
/// [`TableError`], with the row and the column.
pub fn from_json(text: &str) -> Result<Forecast, TableError> {
    let found: wire::Split = serde_json::from_str(text).map_err(TableError::Json)?;
    if found.data.is_empty() {
        return Err(TableError::Empty);
    }
    if ROWS_MAX < found.data.len() {
        return Err(TableError::TooLong { found: found.data.len(), max: ROWS_MAX });
    }
    let table = Table::new(&found)?;
    let first = |column| table.cell(0, column);
    let forecast = Forecast {
        model: text_of(first("model"))?.to_owned(),
        version: first("version").read("a whole number", as_u32)?,
        symbol: text_of(first("symbol"))?.to_owned(),
        kind: first("kind").read("`ready` or `asked`", |v| v.as_str()?.parse::<Kind>().ok())?,
        origin: date(first("origin"))?,
        answers_from: date(first("answers_from"))?,
        issued_at: first("issued_at").read("a time such as 2026-11-20T21:05:00Z", as_time)?,
        trained_through: or_null(first("trained_through"), date)?,
        interval_width: first("interval_width").read("a number", Value::as_f64)?,
        anchors: or_null(first("anchors"), anchors)?.unwrap_or_default(),
        rows: (0..found.data.len()).map(|i| table.target(i)).collect::<Result<_, _>>()?,
    };
    table.each_row_continues_the_first()?;
    forecast.check()?;
    Ok(forecast)
}

/// A time as it is written: RFC 3339, UTC, to the millisecond.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The cells of a table by the names of their columns.
#[derive(Debug)]
struct Table<'a> {
    data: &'a [Vec<Value>],
    /// Where each of [`COLUMNS`] stands.
    positions: [usize; COLUMNS.len()],
}

#[derive(Debug, Clone, Copy)]
struct Cell<'a> {
    row: usize,
    column: &'static str,
    value: &'a Value,
}

impl<'a> Table<'a> {
    fn new(found: &'a wire::Split) -> Result<Self, TableError> {
        let mut positions = [0; COLUMNS.len()];
        for (position, column) in positions.iter_mut().zip(COLUMNS) {
            *position = found
                .columns
                .iter()
                .position(|name| name == column)
                .ok_or(TableError::NoColumn { column })?;
        }
        Ok(Self { data: &found.data, positions })
    }

    /// A cell; one that a short row lacks is null.
    fn cell(&self, row: usize, column: &'static str) -> Cell<'a> {
        let at = COLUMNS.iter().position(|name| *name == column);
        let at = self.positions[at.expect("invariant: only our columns are asked for")];
        Cell { row, column, value: self.data[row].get(at).unwrap_or(&Value::Null) }
    }

    /// Two tables in one file would be scored as one forecast.
    fn each_row_continues_the_first(&self) -> Result<(), TableError> {
        let same = ["model", "version", "symbol", "kind", "origin", "answers_from", "issued_at"];
        for row in 0..self.data.len() {
            for column in same.into_iter().chain(["trained_through", "interval_width"]) {
                let cell = self.cell(row, column);
                if cell.value != self.cell(0, column).value {
                    return Err(cell.wrong("the first row has another"));
                }
            }
            let horizon = self.cell(row, "horizon");
            if horizon.value.as_u64() != Some(row as u64 + 1) {
                return Err(horizon.wrong("horizons count from 1 without a gap"));
            }
        }
        Ok(())
    }

    fn target(&self, row: usize) -> Result<Row, TableError> {
        let number =
            |column| or_null(self.cell(row, column), |cell| cell.read("a number", Value::as_f64));
        Ok(Row {
            ds: date(self.cell(row, "ds"))?,
            yhat: number("yhat")?.unwrap_or(f64::NAN),
            yhat_lower: number("yhat_lower")?,
            yhat_upper: number("yhat_upper")?,
        })
    }
}

impl<'a> Cell<'a> {
    fn read<T>(
        &self,
        wanted: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<T, TableError> {
        read(self.value).ok_or_else(|| self.wrong_as(format!("it must be {wanted}")))
    }

    fn wrong_as(&self, wanted: String) -> TableError {
        let found = self.value.to_string().chars().take(SHOWN_CHARS).collect();
        TableError::Cell { row: self.row + 1, column: self.column, found, wanted }
    }

    fn wrong(&self, wanted: &str) -> TableError {
        self.wrong_as(wanted.to_owned())
    }
}

fn or_null<'a, T>(
    cell: Cell<'a>,
    read: impl Fn(Cell<'a>) -> Result<T, TableError>,
) -> Result<Option<T>, TableError> {
    if cell.value.is_null() { Ok(None) } else { read(cell).map(Some) }
}

fn text_of(cell: Cell<'_>) -> Result<&str, TableError> {
    cell.read("text", Value::as_str)
}

fn date(cell: Cell<'_>) -> Result<NaiveDate, TableError> {
    cell.read("a date such as 2026-11-20", |value| value.as_str()?.parse().ok())
}

fn anchors(cell: Cell<'_>) -> Result<Vec<(NaiveDate, f64)>, TableError> {
    cell.read("JSON text such as [[\"2026-11-20\",31.5]]", |value| {
        wire::read_anchors(value.as_str()?)
    })
}

fn as_u32(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

fn as_time(value: &Value) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.to_utc())
}

#[cfg(test)]
mod tests;
