//! The time zone of an exchange, and what day it is there.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::market::Market;
use crate::symbol::Symbol;

/// The zone in which the sessions of `symbol` are dated.
///
/// `America/Sao_Paulo` for `.SA` and `^BVSP`, UTC for crypto-currencies, else `America/New_York`.
pub fn exchange_zone(symbol: &Symbol) -> Tz {
    match Market::of(symbol) {
        Market::B3 => Tz::America__Sao_Paulo,
        Market::Crypto => Tz::UTC,
        Market::Other => Tz::America__New_York,
    }
}

/// Today's date in `zone`.
pub fn today_in(zone: Tz, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

/// The earliest moment at which a session of `date` may close: what is said before it is said
/// before the close is known.
///
/// B3 closes at 17 or 18 h, as New York's clocks go; New York itself on some eves at 13 h; a
/// market that never closes ends its day at midnight, UTC.
pub fn earliest_close(symbol: &Symbol, date: NaiveDate) -> DateTime<Utc> {
    let hours = match Market::of(symbol) {
        Market::B3 => 17,
        Market::Crypto => 24,
        Market::Other => 13,
    };
    let zone = exchange_zone(symbol);
    let midnight = date.and_time(NaiveTime::MIN);
    let local = midnight.checked_add_signed(TimeDelta::hours(hours)).unwrap_or(midnight);
    let moment = zone.from_local_datetime(&local).earliest();
    moment.map_or_else(|| local.and_utc(), |moment| moment.with_timezone(&Utc))
}

/// The instant at which `date` begins in `zone`.
///
/// Where clocks skip midnight the day begins an hour later; where they repeat it, the first time.
pub fn start_of_day(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..24)
        .find_map(|hours| {
            zone.from_local_datetime(&(midnight + TimeDelta::hours(hours))).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
