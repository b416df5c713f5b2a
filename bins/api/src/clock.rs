//! What time it is, and what day it is on the exchange.

use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use market_data::Symbol;
use market_data::zone::{exchange_zone, today_in};

/// The clock of the service. The day may be set, for replays and tests; the time goes on.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: Tz,
    today: Option<NaiveDate>,
}

impl Clock {
    /// A clock in the zone in which the sessions of `symbol` are dated.
    pub fn new(symbol: &Symbol, today: Option<NaiveDate>) -> Self {
        Self { zone: exchange_zone(symbol), today }
    }

    /// The date on the exchange now, or the one that was set.
    pub fn today(&self) -> NaiveDate {
        self.today.unwrap_or_else(|| today_in(self.zone, DateTime::<Utc>::from(now())))
    }
}

/// The machine's time.
#[expect(clippy::disallowed_methods, reason = "the one place of the service that reads the time")]
pub fn now() -> SystemTime {
    SystemTime::now()
}
