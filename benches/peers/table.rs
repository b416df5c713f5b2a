//! Medians, and tables in Markdown.

use std::fmt::Write as _;

/// The middle value; NaN of nothing.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// A table: the first row is its head.
pub(crate) fn markdown(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    for (i, row) in rows.iter().enumerate() {
        writeln!(out, "| {} |", row.join(" | ")).expect("invariant: a string takes everything");
        if i == 0 {
            writeln!(out, "|{}", "---|".repeat(row.len()))
                .expect("invariant: a string takes everything");
        }
    }
    out
}

/// Seconds as milliseconds with three digits that mean something.
pub(crate) fn ms(seconds: f64) -> String {
    let ms = 1e3 * seconds;
    match ms {
        ms if ms < 10.0 => format!("{ms:.3}"),
        ms if ms < 100.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

/// How many times as long as ours, or nothing where it is ours.
pub(crate) fn ratio(seconds: f64, ours: f64) -> String {
    match seconds / ours {
        one if (one - 1.0).abs() < 1e-12 => "1".to_owned(),
        times if times < 10.0 => format!("{times:.1}"),
        times => format!("{times:.0}"),
    }
}
