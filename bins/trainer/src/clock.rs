//! What time it is, and what day it is on the exchange.

use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use market_data::zone::today_in;

/// The hour at which a set day stands: every session is over by then.
const SET_HOUR: u32 = 23;

/// The clock of a command. The day may be set, for replays and tests.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The zone in which sessions are dated.
    pub zone: Tz,
    /// The day to take for today.
    pub today: Option<NaiveDate>,
}

impl Clock {
    /// The present, or late in the evening of the day that was set.
    pub fn now(&self) -> DateTime<Utc> {
        let set = self.today.and_then(|day| {
            let evening = day.and_hms_opt(SET_HOUR, 0, 0)?;
            self.zone.from_local_datetime(&evening).earliest()
        });
        set.map_or_else(system, |evening| evening.with_timezone(&Utc))
    }

    /// Today's date on the exchange.
    pub fn today(&self) -> NaiveDate {
        self.today.unwrap_or_else(|| today_in(self.zone, system()))
    }

    /// The machine's time, whatever day was set.
    pub fn wall(&self) -> DateTime<Utc> {
        system()
    }

    /// The machine's time in milliseconds, which is what MLflow's records get:
    /// a replay is a run of today.
    pub fn wall_ms(&self) -> i64 {
        system().timestamp_millis()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place of the trainer that reads the time")]
fn system() -> DateTime<Utc> {
    Utc::now()
}
