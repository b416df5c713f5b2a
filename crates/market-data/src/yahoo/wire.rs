//! Yahoo's chart answer as it is on the wire: everything may be missing, anything may be added.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub chart: Option<Chart>,
    /// Where other endpoints, and refusals, put what the chart puts into `chart`.
    pub finance: Option<Chart>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chart {
    pub result: Option<Vec<Series>>,
    pub error: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub code: Option<String>,
    pub description: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Series {
    pub meta: Option<Meta>,
    pub timestamp: Option<Vec<Option<i64>>>,
    pub indicators: Option<Indicators>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    /// Whether it is there and null, as only placeholders have it.
    #[serde(rename = "currency", default, deserialize_with = "is_null")]
    pub currency_is_null: bool,
    pub instrument_type: Option<String>,
    pub exchange_timezone_name: Option<String>,
    pub current_trading_period: Option<TradingPeriods>,
    pub data_granularity: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TradingPeriods {
    pub regular: Option<Period>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Period {
    pub end: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Indicators {
    pub quote: Option<Vec<Quote>>,
    pub adjclose: Option<Vec<AdjClose>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Quote {
    pub open: Option<Vec<Option<f64>>>,
    pub high: Option<Vec<Option<f64>>>,
    pub low: Option<Vec<Option<f64>>>,
    pub close: Option<Vec<Option<f64>>>,
    pub volume: Option<Vec<Option<f64>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AdjClose {
    pub adjclose: Option<Vec<Option<f64>>>,
}

fn is_null<'de, D: Deserializer<'de>>(reader: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(reader).map(|value| value.is_none())
}

/// Puts `null` for the words `Infinity`, `-Infinity` and `NaN` outside strings, and counts them.
///
/// Python writes them, Yahoo's adjusted closes hold them at times, and JSON does not know them.
pub(super) fn without_infinities(text: &str) -> (Cow<'_, str>, usize) {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !WORDS.iter().any(|word| text.contains(word)) {
        return (Cow::Borrowed(text), 0);
    }
    let (mut out, mut count) = (String::with_capacity(text.len()), 0);
    let (mut rest, mut in_string) = (text, false);
    while let Some(c) = rest.chars().next() {
        if !in_string && let Some(word) = WORDS.iter().find(|word| rest.starts_with(**word)) {
            out.push_str("null");
            count += 1;
            rest = &rest[word.len()..];
            continue;
        }
        let mut n_bytes = c.len_utf8();
        match c {
            '"' => in_string = !in_string,
            // An escaped character never ends a string.
            '\\' => n_bytes += rest[n_bytes..].chars().next().map_or(0, char::len_utf8),
            _ => {}
        }
        out.push_str(&rest[..n_bytes]);
        rest = &rest[n_bytes..];
    }
    (Cow::Owned(out), count)
}

#[cfg(test)]
mod tests;
