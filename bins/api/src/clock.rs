//! What time it is, and what day it is on the exchange.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;
use market_data::Symbol;
use market_data::zone::{exchange_zone, start_of_day, today_in};

/// The clock of the service. The day may be set, or the time at the start,
/// for replays and tests.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: Tz,
    today: Option<NaiveDate>,
    /// The machine's time at the start, and what was taken for it, if not that.
    start: Option<(SystemTime, SystemTime)>,
    last: Arc<LastDate>,
}

impl Clock {
    /// A clock in the zone in which the sessions of `symbol` are dated.
    pub fn new(symbol: &Symbol, today: Option<NaiveDate>) -> Self {
        Self { zone: exchange_zone(symbol), today, start: None, last: Arc::default() }
    }

    /// Takes `at` for now; the time goes on from there.
    #[must_use]
    pub fn starting_at(self, at: SystemTime) -> Self {
        Self { start: Some((now(), at)), ..self }
    }

    /// The date on the exchange now, or the one that was set.
    pub fn today(&self) -> NaiveDate {
        self.today.unwrap_or_else(|| self.on(self.time()))
    }

    fn time(&self) -> SystemTime {
        let now = now();
        self.start.map_or(now, |(start, taken_for)| {
            taken_for + now.duration_since(start).unwrap_or_default()
        })
    }

    /// The date on the exchange at that time. Found in the rules of the zone once a second:
    /// within one a date does not change, also where clocks are put forward or back.
    pub fn on(&self, at: SystemTime) -> NaiveDate {
        let find = || today_in(self.zone, DateTime::<Utc>::from(at));
        let Ok(since) = at.duration_since(UNIX_EPOCH) else { return find() };
        self.last.get_or(since.as_secs(), find)
    }

    /// The time that a forecast made now is from; of a day that was set, its beginning, so that a
    /// replay does not depend on the hour at which it is made.
    pub fn issued_at(&self) -> SystemTime {
        self.today.map_or_else(|| self.time(), |today| start_of_day(self.zone, today).into())
    }
}

/// A second and its date, in one word so that they always belong together; 0 is none.
#[derive(Debug, Default)]
struct LastDate(AtomicU64);

/// A date takes so many bits, counted in days since the year 0: enough for 45,000 years.
const DATE_BITS: u32 = 24;

impl LastDate {
    fn get_or(&self, second: u64, find: impl Fn() -> NaiveDate) -> NaiveDate {
        let last = self.0.load(Ordering::Relaxed);
        if last >> DATE_BITS == second
            && let Ok(day) = i32::try_from(last & ((1 << DATE_BITS) - 1))
            && let Some(date) = NaiveDate::from_num_days_from_ce_opt(day)
            && day != 0
        {
            return date;
        }
        let date = find();
        let day = u64::try_from(date.num_days_from_ce()).unwrap_or_default();
        if day >> DATE_BITS == 0 && second >> (u64::BITS - DATE_BITS) == 0 {
            self.0.store(second << DATE_BITS | day, Ordering::Relaxed);
        }
        date
    }
}

/// The machine's time.
#[expect(clippy::disallowed_methods, reason = "the one place of the service that reads the time")]
pub fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests;
