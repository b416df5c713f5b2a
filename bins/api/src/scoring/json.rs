//! The four JSON shapes of the protocol.

use serde_json::{Map, Value};

use super::cell::Cell;
use super::frame::Frame;
use super::{ROWS_MAX, misshapen, outline, too_many_rows};
use crate::problem::{Problem, quoted};

/// The members that may hold the rows. Others, `params` among them, are ignored: with MLflow
/// too, a Prophet model has none.
pub(super) const SHAPES: [&str; 4] =
    ["dataframe_split", "dataframe_records", "inputs", "instances"];

/// Reads the columns `wanted` of a body.
///
/// # Source
///
/// `_parse_json_data` in MLflow 3.17, `pyfunc/scoring_server/__init__.py`.
pub(super) fn read<'a>(body: &[u8], wanted: &[&'a str]) -> Result<Frame<'a>, Problem> {
    if ROWS_MAX < outline::n_rows(body).map_err(|error| not_json(&error))? {
        return Err(too_many_rows());
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    let Value::Object(mut members) = body else {
        return Err(misshapen(format!("The body must be a JSON object with {}", one_of_shapes())));
    };
    let given: Vec<&str> = SHAPES.into_iter().filter(|name| members.contains_key(*name)).collect();
    let [shape] = given[..] else {
        let given = if given.is_empty() { "none".to_owned() } else { given.join(", ") };
        let detail = format!("The body must have {}, it has {given}", one_of_shapes());
        return Err(misshapen(detail));
    };
    let rows = members.remove(shape).unwrap_or_default();
    match (shape, rows) {
        ("dataframe_split", Value::Object(split)) => of_split(split, wanted),
        ("dataframe_split", _) => {
            Err(misshapen("`dataframe_split` must be an object with `columns` and `data`"))
        }
        (_, Value::Array(records)) => of_records(shape, records, wanted),
        ("dataframe_records", _) => Err(misshapen("`dataframe_records` must be a list of rows")),
        (_, Value::Object(table)) if table.values().any(Value::is_array) => {
            of_columns(shape, table, wanted)
        }
        (_, record @ Value::Object(_)) => of_records(shape, vec![record], wanted),
        _ => Err(misshapen(format!("`{shape}` must be a list of rows or an object of columns"))),
    }
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::bad_request("body_not_json", format!("The body is not JSON: {error}"))
}

fn one_of_shapes() -> String {
    format!("exactly one of {}", SHAPES.join(", "))
}

/// `{"columns": ["ds"], "data": [["2026-01-05"]]}`, and an `index` that nobody reads.
fn of_split<'a>(mut split: Map<String, Value>, wanted: &[&'a str]) -> Result<Frame<'a>, Problem> {
    const MEMBERS: [&str; 3] = ["columns", "data", "index"];
    if let Some(other) = split.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        let detail = format!("`dataframe_split` has {}, it may have", quoted(other));
        return Err(misshapen(format!("{detail} {}", MEMBERS.join(", "))));
    }
    let (columns, data) = (split.remove("columns"), split.remove("data"));
    let Some(columns) = columns.as_ref().and_then(names) else {
        return Err(misshapen("`columns` of `dataframe_split` must be a list of names"));
    };
    let Some(Value::Array(data)) = data else {
        return Err(misshapen("`data` of `dataframe_split` must be a list of lists"));
    };
    let mut frame = Frame::new(checked(data.len())?);
    let places = wanted.iter().map(|name| columns.iter().position(|column| column == name));
    let places: Vec<Option<usize>> = places.collect();
    let mut cells = vec![Vec::with_capacity(frame.n_rows); wanted.len()];
    for (idx, row) in data.into_iter().enumerate() {
        let (place, n) = (frame.place(idx), columns.len());
        let Value::Array(mut row) = row else {
            return Err(misshapen(format!("{place} of `data` must be a list of {n} values")));
        };
        if row.len() != n {
            let found = row.len();
            return Err(misshapen(format!("{place} of `data` has {found} values, {n} columns")));
        }
        for (cells, place) in cells.iter_mut().zip(&places) {
            if let Some(place) = place {
                cells.push(Cell::of_json(row[*place].take()));
            }
        }
    }
    for ((name, cells), place) in wanted.iter().zip(cells).zip(places) {
        if place.is_some() {
            frame.add(name, cells);
        }
    }
    Ok(frame)
}

fn names(columns: &Value) -> Option<Vec<&str>> {
    columns.as_array()?.iter().map(Value::as_str).collect()
}

/// `[{"ds": "2026-01-05"}]`.
fn of_records<'a>(
    shape: &str,
    mut records: Vec<Value>,
    wanted: &[&'a str],
) -> Result<Frame<'a>, Problem> {
    let mut frame = Frame::new(checked(records.len())?);
    if let Some(idx) = records.iter().position(|record| !record.is_object()) {
        let place = frame.place(idx);
        return Err(misshapen(format!("{place} of `{shape}` must be an object of named values")));
    }
    for name in wanted {
        if records.iter().any(|record| record.get(*name).is_some()) {
            let take = |record: &mut Value| record.get_mut(*name).map(Value::take);
            let cells = records.iter_mut().map(|record| Cell::of_json(take(record).into()));
            frame.add(name, cells.collect());
        }
    }
    Ok(frame)
}

/// `{"ds": ["2026-01-05"]}`.
fn of_columns<'a>(
    shape: &str,
    mut table: Map<String, Value>,
    wanted: &[&'a str],
) -> Result<Frame<'a>, Problem> {
    let lengths: Option<Vec<usize>> =
        table.values().map(|column| Some(column.as_array()?.len())).collect();
    let lengths = lengths.unwrap_or_default();
    let n_rows = lengths.first().copied().unwrap_or_default();
    if lengths.len() != table.len() || lengths.iter().any(|length| *length != n_rows) {
        return Err(misshapen(format!("the columns of `{shape}` must be lists of one length")));
    }
    let mut frame = Frame::new(checked(n_rows)?);
    for name in wanted {
        if let Some(Value::Array(column)) = table.remove(*name) {
            frame.add(name, column.into_iter().map(Cell::of_json).collect());
        }
    }
    Ok(frame)
}

fn checked(n_rows: usize) -> Result<usize, Problem> {
    match n_rows {
        0 => Err(misshapen("there are no rows to predict")),
        1..=ROWS_MAX => Ok(n_rows),
        _ => Err(too_many_rows()),
    }
}
