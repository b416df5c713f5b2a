//! From the table of a request to the rows of a forecast.

use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDateTime};
use forecast_core::{Future, ds};

use super::cell::Cell;
use super::frame::{DS, Frame};
use crate::problem::Problem;

/// The years that pandas' nanoseconds hold, to which MLflow converts `ds`.
const YEARS: RangeInclusive<i32> = 1678..=2261;

/// The rows in order of time, as Prophet gives its forecast; equal times keep their order.
///
/// # Errors
///
/// Names the row and the column that is not a time stamp or a number.
pub(super) fn sorted(frame: &Frame<'_>) -> Result<Future, Problem> {
    let Some(cells) = frame.column(DS) else {
        let detail = "The column `ds` is missing: the dates to predict";
        return Err(Problem::bad_request("column_missing", detail));
    };
    let mut times = Vec::with_capacity(frame.n_rows);
    for (idx, cell) in cells.iter().enumerate() {
        times.push(time(cell).ok_or_else(|| {
            let rule = "a date as 2026-01-05, or with a time as 2026-01-05T10:00:00 and no zone";
            refused(frame, idx, DS, rule, cell)
        })?);
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|idx| times[*idx]);
    let mut rows = Future::new(order.iter().map(|idx| times[*idx]).collect());
    for (name, cells) in frame.columns().filter(|(name, _)| *name != DS) {
        let mut numbers = Vec::with_capacity(frame.n_rows);
        for (idx, cell) in cells.iter().enumerate() {
            let number = cell.number();
            numbers.push(number.ok_or_else(|| refused(frame, idx, name, "a finite number", cell))?);
        }
        let numbers = order.iter().map(|idx| numbers[*idx]).collect();
        rows = rows
            .with_column(name, numbers)
            .map_err(|error| Problem::bad_request("value_not_usable", error.to_string()))?;
    }
    Ok(rows)
}

/// A time stamp in ISO 8601. Prophet refuses zones, so `Z` is refused too.
fn time(cell: &Cell) -> Option<NaiveDateTime> {
    let Cell::Text(text) = cell else { return None };
    let has_zone = text.trim().ends_with('Z');
    ds::parse(text).filter(|time| !has_zone && YEARS.contains(&time.year()))
}

fn refused(frame: &Frame<'_>, idx: usize, column: &str, rule: &str, cell: &Cell) -> Problem {
    let (place, shown) = (frame.place(idx), cell.shown());
    let detail = format!("`{column}` of {place} is {shown}, it must be {rule}");
    Problem::bad_request("value_not_usable", detail)
}
