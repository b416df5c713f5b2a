//! Prophet's table of predictions, as `mlflow models serve` writes it.

use chrono::{NaiveDateTime, Timelike as _};
use forecast_core::{Component, Forecast, Future, Mode};

/// About what a number takes: most are zeros and seventeen digits.
const NUMBER_BYTES: usize = 12;

/// The bounds of the history that logistic growth reads, which the table repeats.
const ECHOED: [&str; 2] = ["cap", "floor"];

/// `{"predictions": [{"ds": …, "trend": …, …, "yhat": …}, …]}`, columns in Prophet's order.
///
/// # Source
///
/// `predict` in Prophet 1.5, `forecaster.py`: the columns given, the intervals, the components
/// by name, sums that no column is part of, `yhat`.
pub(super) fn to_json(forecast: &Forecast, rows: &Future) -> Vec<u8> {
    let columns = columns(forecast, rows);
    let n_rows = forecast.ds.len();
    let row_bytes: usize = columns.iter().map(|(key, _)| key.len() + NUMBER_BYTES).sum();
    let mut out = Vec::with_capacity(n_rows * row_bytes);
    out.extend_from_slice(b"{\"predictions\": [");
    for (idx, ds) in forecast.ds.iter().enumerate() {
        out.extend_from_slice(if idx == 0 { b"{\"ds\": \"" } else { b", {\"ds\": \"" });
        out.extend_from_slice(time(*ds).as_bytes());
        out.push(b'"');
        for (key, values) in &columns {
            out.extend_from_slice(key.as_bytes());
            serde_json::to_writer(&mut out, &values[idx])
                .expect("invariant: a number can be written to memory");
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out
}

/// Each column as `, "name": ` and its values.
fn columns<'a>(forecast: &'a Forecast, rows: &'a Future) -> Vec<(String, &'a [f64])> {
    let mut columns: Vec<(String, &[f64])> = Vec::new();
    let mut add = |name: &str, values: &'a [f64]| {
        // Without uncertainty samples there are no ends of intervals.
        if !values.is_empty() {
            columns.push((format!(", {}: ", serde_json::Value::from(name)), values));
        }
    };
    add("trend", &forecast.trend);
    for name in ECHOED {
        add(name, rows.column(name).unwrap_or_default());
    }
    add("yhat_lower", &forecast.yhat_lower);
    add("yhat_upper", &forecast.yhat_upper);
    add("trend_lower", &forecast.trend_lower);
    add("trend_upper", &forecast.trend_upper);
    for part in parts(forecast) {
        add(part.name, part.values);
        add(&format!("{}_lower", part.name), part.lower);
        add(&format!("{}_upper", part.name), part.upper);
    }
    add("yhat", &forecast.yhat);
    columns
}

/// A component or a sum of them.
struct Part<'a> {
    name: &'a str,
    values: &'a [f64],
    lower: &'a [f64],
    upper: &'a [f64],
}

/// By name; the sum of a mode that no component has comes last.
fn parts(forecast: &Forecast) -> Vec<Part<'_>> {
    let additive = Part {
        name: "additive_terms",
        values: &forecast.additive_terms,
        lower: &forecast.additive_terms_lower,
        upper: &forecast.additive_terms_upper,
    };
    let multiplicative = Part {
        name: "multiplicative_terms",
        values: &forecast.multiplicative_terms,
        lower: &forecast.multiplicative_terms_lower,
        upper: &forecast.multiplicative_terms_upper,
    };
    let has = |mode: Mode| forecast.components.iter().any(|component| component.mode == mode);
    let mut parts: Vec<Part<'_>> = forecast
        .components
        .iter()
        .map(|Component { name, values, lower, upper, .. }| Part { name, values, lower, upper })
        .collect();
    let mut last = Vec::new();
    for (sum, mode) in [(additive, Mode::Additive), (multiplicative, Mode::Multiplicative)] {
        if has(mode) { parts.push(sum) } else { last.push(sum) }
    }
    parts.sort_by_key(|part| part.name);
    parts.extend(last);
    parts
}

/// As pandas writes a time stamp: fractions of a second where there are any.
fn time(ds: NaiveDateTime) -> String {
    let format = if ds.nanosecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
    ds.format(format).to_string()
}
