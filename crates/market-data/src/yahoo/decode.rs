//! From a chart's text to rows.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;

use super::YahooError;
use super::http::describe;
use super::wire::{Chart, Envelope, Meta, Quote, Refusal, Series, without_infinities};
use crate::bar::RawBar;
use crate::clean::local;
use crate::quality::{Finding, FindingKind};
use crate::source::{Fetched, Provenance, Request, TradingPeriod};
use crate::zone::exchange_zone;

/// What Yahoo calls an instrument that only its quote page knows.
const PHANTOM_TYPE: &str = "ECNQUOTE";

/// The step that is asked for.
const GRANULARITY: &str = "1d";

/// Reads the chart in `body`, which counts for `as_of`.
///
/// # Errors
///
/// Returns the [`YahooError`] that says why it holds no daily rows.
pub(super) fn decode(
    body: &str,
    request: &Request,
    as_of: DateTime<Utc>,
    provenance: Provenance,
) -> Result<Fetched, YahooError> {
    let host = match &provenance {
        Provenance::Network { host, .. } | Provenance::Cache { host, .. } => host.as_str(),
        Provenance::File { .. } => "the file",
    };
    let (text, n_infinities) = without_infinities(body);
    let envelope: Envelope =
        serde_json::from_str(&text).map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => {
                YahooError::Truncated { host: host.to_owned(), bytes: body.len() }
            }
            _ => schema(host, error.to_string()),
        })?;
    let Some(Chart { result, error }) = envelope.chart.or(envelope.finance) else {
        return Err(schema(host, "it has no `chart`".to_owned()));
    };
    if let Some(refusal) = error {
        return Err(refused(host, request, &refusal));
    }
    let Some(series) = result.into_iter().flatten().next() else {
        return Err(schema(host, "`chart.result` is empty".to_owned()));
    };
    let meta = series.meta.as_ref();
    check_instrument(&series, request)?;
    let zone = zone_of(meta, request, host)?;
    let mut rows = rows_of(&series, zone, host)?;
    if rows.is_empty() {
        let symbol = request.symbol.to_string();
        return Err(YahooError::NoSessions { symbol, start: request.start, end: request.end });
    }
    let mut findings = vec![Finding::somewhere(FindingKind::NotANumber); n_infinities];
    mend_stamps(&mut rows, &mut findings);
    let period = meta.and_then(period_of);
    Ok(Fetched { rows, zone, as_of, period, findings, provenance })
}

fn schema(host: &str, reason: String) -> YahooError {
    YahooError::Schema { host: host.to_owned(), reason }
}

/// A refusal that came with status 200.
fn refused(host: &str, request: &Request, refusal: &Refusal) -> YahooError {
    let (symbol, description) = (request.symbol.to_string(), describe(refusal));
    match refusal.code.as_deref() {
        Some("Not Found") => YahooError::NotFound { symbol, description },
        Some("Unauthorized") => {
            YahooError::Unauthorized { host: host.to_owned(), status: 200, description }
        }
        _ => YahooError::BadRequest { symbol, description },
    }
}

/// Refuses placeholders and rows that are not days.
fn check_instrument(series: &Series, request: &Request) -> Result<(), YahooError> {
    let Some(meta) = &series.meta else { return Ok(()) };
    let symbol = || request.symbol.to_string();
    let is_empty = series.timestamp.as_ref().is_none_or(Vec::is_empty);
    if meta.instrument_type.as_deref() == Some(PHANTOM_TYPE) {
        let reason = "its type is ECNQUOTE";
        return Err(YahooError::Phantom { symbol: symbol(), reason });
    }
    if is_empty && meta.currency_is_null {
        let reason = "it has no currency and no session";
        return Err(YahooError::Phantom { symbol: symbol(), reason });
    }
    match &meta.data_granularity {
        Some(step) if step != GRANULARITY && !is_empty => {
            Err(YahooError::Granularity { symbol: symbol(), granularity: step.clone() })
        }
        _ => Ok(()),
    }
}

/// The zone that the answer names; that of the symbol's market if it names none.
///
/// Never `gmtoffset`: it is today's, not that of each row, and was wrong for São Paulo for years.
fn zone_of(meta: Option<&Meta>, request: &Request, host: &str) -> Result<Tz, YahooError> {
    match meta.and_then(|meta| meta.exchange_timezone_name.as_deref()) {
        None => Ok(exchange_zone(&request.symbol)),
        Some(name) => {
            name.parse().map_err(|_| schema(host, format!("`{name}` is no time zone of the IANA")))
        }
    }
}

fn period_of(meta: &Meta) -> Option<TradingPeriod> {
    let regular = meta.current_trading_period.as_ref()?.regular.as_ref()?;
    Some(TradingPeriod { end: DateTime::from_timestamp(regular.end?, 0)? })
}

/// Moves rows of 22:00 and 23:00 sharp to the day that they stand for, which is the next one.
///
/// Yahoo dated Brazilian sessions so around January 2022, and yfinance mends it in the same way.
/// It is a fault of these stamps only: a file's dates are as whoever wrote it meant them.
fn mend_stamps(rows: &mut [RawBar], findings: &mut Vec<Finding>) {
    let is_early = |at: NaiveDateTime| matches!(at.hour(), 22 | 23) && at.minute() == 0;
    for row in rows.iter_mut().filter(|row| is_early(row.at)) {
        if let Some(next) = row.at.date().succ_opt() {
            row.at = next.and_time(NaiveTime::MIN);
            findings.push(Finding::on(FindingKind::ShiftedStamp, next));
        }
    }
}

fn rows_of(series: &Series, zone: Tz, host: &str) -> Result<Vec<RawBar>, YahooError> {
    let stamps = series.timestamp.as_deref().unwrap_or_default();
    if stamps.is_empty() {
        return Ok(Vec::new());
    }
    let nothing = Quote::default();
    let indicators = series.indicators.as_ref();
    let quote = indicators.and_then(|i| i.quote.as_ref()?.first()).unwrap_or(&nothing);
    let adj = indicators.and_then(|i| i.adjclose.as_ref()?.first()?.adjclose.as_deref());
    let columns = [
        ("open", quote.open.as_deref()),
        ("high", quote.high.as_deref()),
        ("low", quote.low.as_deref()),
        ("close", quote.close.as_deref()),
        ("adjclose", adj),
        ("volume", quote.volume.as_deref()),
    ];
    for (name, column) in columns {
        let len = column.map_or(stamps.len(), <[_]>::len);
        if len != stamps.len() {
            let n_stamps = stamps.len();
            let reason = format!("`{name}` has {len} values, `timestamp` has {n_stamps}");
            return Err(schema(host, reason));
        }
    }
    if quote.close.is_none() {
        return Err(schema(host, "it has timestamps and no `close`".to_owned()));
    }
    let [open, high, low, close, adj_close, volume] = columns.map(|(_, column)| column);
    stamps
        .iter()
        .enumerate()
        .map(|(idx, stamp)| {
            let instant = stamp.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            let Some(instant) = instant else {
                return Err(schema(host, format!("`timestamp[{idx}]` is no time: {stamp:?}")));
            };
            let cell = |column: Option<&[Option<f64>]>| column?.get(idx).copied().flatten();
            Ok(RawBar {
                at: local(zone, instant),
                line: None,
                open: cell(open),
                high: cell(high),
                low: cell(low),
                close: cell(close),
                adj_close: cell(adj_close),
                volume: cell(volume),
            })
        })
        .collect()
}
