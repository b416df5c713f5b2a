//! What goes to standard output and standard error.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};
use forecast_core::{Fitted, Forecast, Growth};
use serde::Serialize;

use crate::wire;

/// Rows of a table that are shown at its beginning and at its end.
const SHOWN: usize = 6;
const UNWRITABLE: &str = "cannot write to standard output";

/// Prints JSON in one line.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut out, value).context(UNWRITABLE)?;
    writeln!(out).and_then(|()| out.flush()).context(UNWRITABLE)
}

/// Prints text.
pub(crate) fn text(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context(UNWRITABLE)
}

/// Says what takes long, to a person who waits.
pub(crate) fn progress(text: &str) {
    let mut err = io::stderr().lock();
    if err.is_terminal() {
        // Nobody is there to be told that nobody is there.
        drop(writeln!(err, "{text}"));
    }
}

/// Says what the reader should be careful about.
pub(crate) fn warn(text: &str) {
    drop(writeln!(io::stderr().lock(), "warning: {text}"));
}

/// Says why it failed, once; where nobody reads standard error, the exit code says it.
pub(crate) fn failure(error: &anyhow::Error) {
    drop(io::stderr().lock().write_all(telemetry::report_error(error, None).as_bytes()));
}

/// Whether the reader of standard output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is = |kind: io::ErrorKind| kind == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json).is_some_and(is)
    })
}

/// What was fitted, in a line or two.
pub(crate) fn model(fitted: &Fitted) -> String {
    let (ds, _) = fitted.history();
    let mut text = format!("{} rows", fitted.rows());
    if let (Some(first), Some(last)) = (ds.first(), ds.last()) {
        let ends = wire::times(&[*first, *last]);
        text.push_str(&format!(", {} to {}", ends[0], ends[1]));
    }
    let growth = match fitted.spec().growth {
        Growth::Linear => "linear",
        Growth::Logistic => "logistic",
        Growth::Flat => "flat",
    };
    let delta = &fitted.params().delta;
    let bends = delta.iter().filter(|d| **d != 0.0).count();
    let n = fitted.changepoints().len();
    // A flat trend has changepoints only so that Stan has its columns.
    let bent = match fitted.spec().growth {
        Growth::Flat => String::new(),
        _ => format!(", {n} changepoints of which {bends} bend it"),
    };
    text.push_str(&format!("\n{growth} trend{bent}\n"));
    text
}

/// A forecast as a table; of a long one its ends.
pub(crate) fn forecast(forecast: &Forecast, interval_width: f64) -> String {
    let rows = wire::rows(forecast);
    let Some(width) = rows.iter().map(|row| row.ds.len()).max() else { return String::new() };
    let has_interval = rows.iter().all(|row| row.yhat_lower.is_some());
    let band = format!("{:.0} % interval", 100.0 * interval_width);
    let mut text = format!("\n{:<width$}  {:>12}", "ds", "yhat");
    if has_interval {
        text.push_str(&format!("  {band:>25}"));
    }
    text.push_str(&format!("  {:>12}\n", "trend"));
    let hidden = rows.len().saturating_sub(2 * SHOWN);
    for (i, row) in rows.iter().enumerate() {
        if 1 < hidden && (SHOWN..SHOWN + hidden).contains(&i) {
            if i == SHOWN {
                text.push_str(&format!("… {hidden} more, all with --json\n"));
            }
            continue;
        }
        text.push_str(&format!("{:<width$}  {:>12}", row.ds, number(row.yhat)));
        if let (Some(lower), Some(upper)) = (row.yhat_lower, row.yhat_upper) {
            text.push_str(&format!("  {:>12} {:>12}", number(lower), number(upper)));
        }
        text.push_str(&format!("  {:>12}\n", number(row.trend)));
    }
    text
}

/// Six digits that matter.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.5e}");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 9 for sizes in the range above"
    )]
    let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

/// Seconds for people.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
