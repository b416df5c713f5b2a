//! The JSON that `pandas` calls `split`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{COLUMNS, time_text};
use crate::record::Forecast;

#[derive(Debug, Deserialize)]
pub(super) struct Split {
    pub(super) columns: Vec<String>,
    pub(super) data: Vec<Vec<Value>>,
}

#[derive(Serialize)]
struct Written<'a> {
    columns: [&'static str; COLUMNS.len()],
    data: Vec<Cells<'a>>,
}

/// A row, in the order of [`COLUMNS`].
type Cells<'a> = (
    &'a str,
    u32,
    &'a str,
    &'static str,
    &'a str,
    &'a str,
    String,
    u32,
    f64,
    Option<f64>,
    Option<f64>,
    &'a str,
    Option<&'a str>,
    f64,
    Option<String>,
);

pub(super) fn write(forecast: &Forecast) -> String {
    let origin = forecast.origin.to_string();
    let answers_from = forecast.answers_from.to_string();
    let issued_at = time_text(forecast.issued_at);
    let trained_through = forecast.trained_through.map(|day| day.to_string());
    let cells = |(horizon, row): (u32, &crate::record::Row)| -> Cells<'_> {
        (
            &forecast.model,
            forecast.version,
            &forecast.symbol,
            forecast.kind.as_str(),
            &origin,
            &answers_from,
            row.ds.to_string(),
            horizon,
            row.yhat,
            row.yhat_lower,
            row.yhat_upper,
            &issued_at,
            trained_through.as_deref(),
            forecast.interval_width,
            (horizon == 1 && !forecast.anchors.is_empty()).then(|| anchors(forecast)),
        )
    };
    let table = Written { columns: COLUMNS, data: forecast.by_horizon().map(cells).collect() };
    serde_json::to_string(&table).expect("invariant: a table of texts and numbers is JSON")
}

fn anchors(forecast: &Forecast) -> String {
    let texts: Vec<(String, f64)> =
        forecast.anchors.iter().map(|(ds, y)| (ds.to_string(), *y)).collect();
    serde_json::to_string(&texts).expect("invariant: pairs of text and number are JSON")
}

/// Reads `[["2026-11-20",31.5],…]`; a price that is null becomes NaN.
pub(super) fn read_anchors(text: &str) -> Option<Vec<(NaiveDate, f64)>> {
    let found: Vec<(String, Option<f64>)> = serde_json::from_str(text).ok()?;
    found.into_iter().map(|(ds, y)| Some((ds.parse().ok()?, y.unwrap_or(f64::NAN)))).collect()
}
