//! Made-up prices on B3's sessions: deterministic, plausible, nobody's data.

mod calendar;
mod chart;

use std::fmt::Write as _;
use std::path::Path;

use chrono::NaiveDate;

pub use calendar::{is_session, next_session};
pub use chart::{SESSION_OPEN_UTC_H, timestamp};

use crate::draw::Draw;

/// Daily volatility of the log price: PETR4's own is close to it.
const DAILY_SIGMA: f64 = 0.022;
/// Where the walk begins, in BRL per share.
const START_PRICE: f64 = 25.0;
/// What a dividend-paying share loses a day when its closes are adjusted backwards.
const ADJUSTMENT_A_DAY: f64 = 0.9995;

/// One session's prices, in BRL per share.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The session.
    pub date: NaiveDate,
    /// First trade.
    pub open: f64,
    /// Highest trade.
    pub high: f64,
    /// Lowest trade.
    pub low: f64,
    /// Last trade.
    pub close: f64,
    /// Last trade, adjusted for made-up dividends.
    pub adj_close: f64,
    /// Shares traded.
    pub volume: u64,
}

/// The sessions of one symbol, in order of date.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// As Yahoo spells it, such as `PETR4.SA`.
    pub symbol: String,
    /// In order of date, each date once.
    pub rows: Vec<Row>,
}

impl Prices {
    /// A geometric random walk over the `n_sessions` sessions of B3 from `start` on.
    ///
    /// A slow yearly swing and a small weekday effect are added, so that a fit
    /// has something to find. Prices have two decimals, as the exchange quotes.
    #[must_use]
    pub fn random_walk(symbol: &str, start: NaiveDate, n_sessions: usize, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let mut log_price = START_PRICE.ln();
        let mut date = if is_session(start) { start } else { next_session(start) };
        let mut rows: Vec<Row> = Vec::with_capacity(n_sessions);
        while rows.len() < n_sessions {
            log_price += DAILY_SIGMA * draw.normal() + 0.0002;
            let close = cents((log_price + calendar::swing(date)).exp());
            let open = rows.last().map_or(close, |row| row.close);
            let reach = 1.0 + 0.5 * DAILY_SIGMA * draw.uniform();
            rows.push(Row {
                date,
                open,
                high: cents(open.max(close) * reach),
                low: cents(open.min(close) / reach),
                close,
                adj_close: close,
                volume: 20_000_000 + draw.next() % 60_000_000,
            });
            date = next_session(date);
        }
        let mut factor = 1.0;
        for row in rows.iter_mut().rev() {
            row.adj_close = row.close * factor;
            factor *= ADJUSTMENT_A_DAY;
        }
        Self { symbol: symbol.to_owned(), rows }
    }

    /// The last session, if there is one.
    #[must_use]
    pub fn last_date(&self) -> Option<NaiveDate> {
        self.rows.last().map(|row| row.date)
    }

    /// The text of a CSV file with the columns that Yahoo's download page had.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = String::from("Date,Open,High,Low,Close,Adj Close,Volume\n");
        for r in &self.rows {
            writeln!(
                out,
                "{},{},{},{},{},{},{}",
                r.date, r.open, r.high, r.low, r.close, r.adj_close, r.volume
            )
            .expect("invariant: writing to a String cannot fail");
        }
        out
    }

    /// Writes [`Self::to_csv`] to `path`.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub fn write_csv(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, self.to_csv())
    }

    /// Yahoo's chart answer for the sessions that open in `period1..period2`, in epoch seconds.
    #[must_use]
    pub fn chart_json(&self, period1: i64, period2: i64) -> serde_json::Value {
        chart::answer(self, period1, period2)
    }
}

fn cents(price: f64) -> f64 {
    (price * 100.0).round().max(1.0) / 100.0
}

#[cfg(test)]
mod tests;
