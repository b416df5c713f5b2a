//! `text/csv`: a header, then a row a line.

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::cell::Cell;
use super::frame::Frame;
use super::{ROWS_MAX, misshapen, too_many_rows};
use crate::problem::Problem;

/// Reads the columns `wanted` of a body.
pub(super) fn read<'a>(body: &[u8], wanted: &[&'a str]) -> Result<Frame<'a>, Problem> {
    let mut reader = ReaderBuilder::new().from_reader(body);
    let header = reader.headers().map_err(|error| malformed(&error))?.clone();
    let places = wanted.iter().map(|name| header.iter().position(|column| column == *name));
    let places: Vec<Option<usize>> = places.collect();
    let mut cells: Vec<Vec<Cell>> = vec![Vec::new(); wanted.len()];
    let mut lines = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| malformed(&error))? {
        if lines.len() == ROWS_MAX {
            return Err(too_many_rows());
        }
        lines.push(record.position().map_or(0, csv::Position::line));
        for (cells, place) in cells.iter_mut().zip(&places) {
            if let Some(field) = place.and_then(|place| record.get(place)) {
                cells.push(Cell::of_field(field));
            }
        }
    }
    if lines.is_empty() {
        return Err(misshapen("there are no rows to predict below the header"));
    }
    let mut frame = Frame::new(lines.len()).with_lines(lines);
    for ((name, cells), place) in wanted.iter().zip(cells).zip(places) {
        if place.is_some() {
            frame.add(name, cells);
        }
    }
    Ok(frame)
}

fn malformed(error: &csv::Error) -> Problem {
    let line = error.position().map_or(1, csv::Position::line);
    let why = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} fields, the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
        _ => "cannot be read".to_owned(),
    };
    Problem::bad_request("csv_malformed", format!("line {line} of the CSV {why}"))
}
