//! Results, on standard output.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use serde::Serialize;

/// Prints text as it is.
pub(crate) fn text(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write the result")
}

/// Prints one JSON value and a line end.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_string(value).context("cannot write the result as JSON")?;
    line.push('\n');
    text(&line)
}

/// Lays out rows under headers: the first column to the left, the others to the right.
pub(crate) fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        let cells = rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count());
        cells.chain([headers[i].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (i, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let cell = if i == 0 { format!("{cell:width$}") } else { format!("  {cell:>width$}") };
            line.push_str(&cell);
        }
        format!("{}\n", line.trim_end())
    };
    let mut out = line(headers);
    for row in rows {
        out.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out
}
