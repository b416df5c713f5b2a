//! The answer of Yahoo's v8 chart endpoint, as it was recorded in 2024 and 2025.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{Prices, Row};

/// Yahoo stamps a daily bar with the session's opening: 10:00 in São Paulo.
pub const SESSION_OPEN_UTC_H: i64 = 13;
/// Continuous trading ends at 17:00 in São Paulo, seven hours after the opening.
const SESSION_S: i64 = 7 * 3600;

/// The epoch second that stamps the bar of `date`.
#[must_use]
pub fn timestamp(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() + SESSION_OPEN_UTC_H * 3600
}

pub(super) fn answer(prices: &Prices, period1: i64, period2: i64) -> Value {
    let rows: Vec<&Row> =
        prices.rows.iter().filter(|r| (period1..period2).contains(&timestamp(r.date))).collect();
    let mut result = json!({ "meta": meta(prices), "indicators": { "quote": [{}] } });
    // Without a session in the range the real server leaves `timestamp` out.
    if !rows.is_empty() {
        let column = |of: fn(&Row) -> f64| rows.iter().map(|r| widened(of(r))).collect::<Vec<_>>();
        result["timestamp"] = rows.iter().map(|r| timestamp(r.date)).collect();
        result["indicators"] = json!({
            "quote": [{
                "open": column(|r| r.open), "high": column(|r| r.high),
                "low": column(|r| r.low), "close": column(|r| r.close),
                "volume": rows.iter().map(|r| r.volume).collect::<Vec<_>>(),
            }],
            "adjclose": [{ "adjclose": column(|r| r.adj_close) }],
        });
    }
    json!({ "chart": { "result": [result], "error": null } })
}

fn meta(prices: &Prices) -> Value {
    let stamp = |row: Option<&Row>| row.map(|r| timestamp(r.date));
    let last = prices.rows.last();
    let open = stamp(last).unwrap_or(0);
    let period = |start: i64, end: i64| json!({ "timezone": "BRT", "start": start, "end": end, "gmtoffset": -10800 });
    json!({
        "currency": "BRL",
        "symbol": prices.symbol,
        "exchangeName": "SAO",
        "fullExchangeName": "São Paulo",
        "instrumentType": "EQUITY",
        "firstTradeDate": stamp(prices.rows.first()),
        "regularMarketTime": open + SESSION_S,
        "gmtoffset": -10800,
        "timezone": "BRT",
        "exchangeTimezoneName": "America/Sao_Paulo",
        "regularMarketPrice": last.map(|r| r.close),
        "chartPreviousClose": prices.rows.first().map(|r| r.open),
        "priceHint": 2,
        "currentTradingPeriod": {
            "pre": period(open - 900, open),
            "regular": period(open, open + SESSION_S),
            "post": period(open + SESSION_S, open + SESSION_S + 3600),
        },
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    })
}

/// Yahoo keeps prices in 32 bits and prints them widened: 23.52 becomes 23.520000457763672.
#[expect(clippy::cast_possible_truncation, reason = "losing the digits is the point")]
fn widened(price: f64) -> f64 {
    f64::from(price as f32)
}
