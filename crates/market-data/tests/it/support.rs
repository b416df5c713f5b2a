//! A fake Yahoo and requests to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use market_data::{Price, Request, Symbol, YahooOptions, YahooSource};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A request for the first half of January 2025, made in the evening of its last day.
pub(crate) fn request(symbol: &str) -> Request {
    Request {
        symbol: Symbol::parse(symbol).unwrap(),
        start: "2025-01-02".parse().unwrap(),
        end: "2025-01-15".parse().unwrap(),
        price: Price::Close,
        now: "2025-01-15T23:00:00Z".parse().unwrap(),
        wall: "2025-01-15T23:00:00Z".parse().unwrap(),
    }
}

/// Options that point at `url` and do not wait.
pub(crate) fn options(url: &str) -> YahooOptions {
    YahooOptions {
        base_url: url.to_owned(),
        timeout: Duration::from_secs(5),
        retry_delay: Duration::from_micros(10),
        ..YahooOptions::default()
    }
}

/// A client of `server` that keeps nothing.
pub(crate) fn source(server: &MockServer) -> YahooSource {
    YahooSource::new(options(&server.uri()), None).unwrap()
}

/// A client of `server` that keeps its answers in `dir`.
pub(crate) fn keeping(server: &MockServer, dir: &Path) -> YahooSource {
    YahooSource::new(options(&server.uri()), Some(dir.to_owned())).unwrap()
}

/// Seconds of 13:00 UTC, the open in São Paulo, on a day of January 2025.
pub(crate) fn open_of(day: u32) -> i64 {
    format!("2025-01-{day:02}T13:00:00Z")
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .timestamp()
}

/// A chart with one row for each `(stamp, close)`, whose session ends at `period_end`.
pub(crate) fn chart(rows: &[(i64, Option<f64>)], period_end: &str) -> Value {
    let end = period_end.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp();
    let closes: Vec<Option<f64>> = rows.iter().map(|(_, close)| *close).collect();
    let moved = |by: f64| -> Vec<Option<f64>> {
        closes.iter().map(|close| close.map(|close| close + by)).collect()
    };
    json!({"chart": {"result": [{
        "meta": {
            "currency": "BRL", "symbol": "PETR4.SA", "instrumentType": "EQUITY",
            "gmtoffset": -7200, "exchangeTimezoneName": "America/Sao_Paulo",
            "regularMarketTime": rows.last().map(|(stamp, _)| stamp),
            "currentTradingPeriod": {"regular": {"start": end - 28_800, "end": end}},
            "dataGranularity": "1d", "aFieldOfTomorrow": {"x": [1]},
        },
        "timestamp": rows.iter().map(|(stamp, _)| *stamp).collect::<Vec<_>>(),
        "indicators": {
            "quote": [{
                "open": moved(-0.1), "high": moved(0.2), "low": moved(-0.2), "close": closes,
                "volume": vec![1_000_000.0; rows.len()],
            }],
            "adjclose": [{"adjclose": moved(-1.0)}],
        },
    }], "error": null}})
}

/// Ten sessions that ended with the request's last day.
pub(crate) fn good_chart() -> Value {
    let rows: Vec<(i64, Option<f64>)> = [2, 3, 6, 7, 8, 9, 10, 13, 14, 15]
        .into_iter()
        .map(|day| (open_of(day), Some(36.0 + f64::from(day) / 100.0)))
        .collect();
    chart(&rows, "2025-01-15T21:00:00Z")
}

/// A server that always answers so.
pub(crate) async fn serving(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) async fn n_requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

/// The error and its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The folder of recorded data, if this machine has it.
pub(crate) fn recordings() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not a setting")]
    let named = std::env::var("PETR4_SHARED").ok().map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found = named.into_iter().chain([beside]).find(|dir| dir.join("data/yahoo").is_dir());
    if found.is_none() {
        eprintln!("no recorded data (PETR4_SHARED or ../shared): nothing compared");
    }
    found.map(|dir| dir.join("data"))
}
