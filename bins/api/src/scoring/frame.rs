//! The rows of a request, column by column, as far as the model reads them.

use super::cell::Cell;

/// The column of the time stamps.
pub(super) const DS: &str = "ds";

/// The columns that are wanted, those that the request has; columns that nobody reads are
/// dropped at once.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) n_rows: usize,
    columns: Vec<(&'a str, Vec<Cell>)>,
    /// The line of each row, if the rows came as lines.
    lines: Vec<u64>,
}

impl<'a> Frame<'a> {
    /// No rows yet.
    pub(super) fn new(n_rows: usize) -> Self {
        Self { n_rows, columns: Vec::new(), lines: Vec::new() }
    }

    /// Adds a column, one cell a row. The first of a name counts.
    pub(super) fn add(&mut self, name: &'a str, cells: Vec<Cell>) {
        if self.column(name).is_none() {
            self.columns.push((name, cells));
        }
    }

    /// Says where each row stood.
    pub(super) fn with_lines(mut self, lines: Vec<u64>) -> Self {
        self.lines = lines;
        self
    }

    pub(super) fn column(&self, name: &str) -> Option<&[Cell]> {
        let found = self.columns.iter().find(|(other, _)| *other == name);
        found.map(|(_, cells)| cells.as_slice())
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (&'a str, &[Cell])> {
        self.columns.iter().map(|(name, cells)| (*name, cells.as_slice()))
    }

    /// Where a client finds row `idx`.
    pub(super) fn place(&self, idx: usize) -> String {
        match self.lines.get(idx) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", idx + 1),
        }
    }
}
