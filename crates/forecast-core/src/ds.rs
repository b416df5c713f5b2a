//! Time stamps: Prophet's `ds`, dates and times without a zone.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// A point in time without a zone, as Prophet's column `ds`.
pub type Ds = NaiveDateTime;

/// Seconds in a day.
pub(crate) const DAY_S: f64 = 86_400.0;

const MICROS_PER_S: f64 = 1e6;

/// The start of `date`, which is what Prophet makes of a date without a time.
pub fn midnight(date: NaiveDate) -> Ds {
    date.and_time(NaiveTime::MIN)
}

/// Reads a date, or a date and time, in ISO 8601; fractions of a second and a
/// trailing `Z` are accepted, other offsets are not.
///
/// Returns `None` for anything else: `ds` has no zone.
pub fn parse(text: &str) -> Option<Ds> {
    let text = text.trim().trim_end_matches('Z');
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(midnight(date));
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// Seconds since 1970-01-01.
pub(crate) fn epoch_seconds(ds: Ds) -> f64 {
    ds.and_utc().timestamp_micros() as f64 / MICROS_PER_S
}

/// Seconds from `from` to `to`.
pub(crate) fn seconds_between(from: Ds, to: Ds) -> f64 {
    let (from, to) = (from.and_utc().timestamp_micros(), to.and_utc().timestamp_micros());
    // The whole calendar of the time type is longer than 64 bits of microseconds.
    let micros = to.checked_sub(from).map_or_else(|| to as f64 - from as f64, |span| span as f64);
    micros / MICROS_PER_S
}

/// Seconds from `start` to each of `ds`.
pub(crate) fn seconds_since(start: Ds, ds: &[Ds]) -> Vec<f64> {
    let from = start.and_utc().timestamp_micros();
    let near = |to: i64| to.checked_sub(from).map(|micros| micros as f64 / MICROS_PER_S);
    let seconds = |&at: &Ds| {
        near(at.and_utc().timestamp_micros()).unwrap_or_else(|| seconds_between(start, at))
    };
    ds.iter().map(seconds).collect()
}

/// The time `seconds` after 1970-01-01, or `None` outside the calendar's range.
pub(crate) fn from_epoch_seconds(seconds: f64) -> Option<Ds> {
    let micros = seconds * MICROS_PER_S;
    if micros.abs() >= i64::MAX as f64 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked against the range of i64 above")]
    DateTime::from_timestamp_micros(micros.round() as i64).map(|at| at.naive_utc())
}

/// ISO 8601 with milliseconds, as pandas writes time stamps in JSON.
pub(crate) fn to_iso_ms(ds: Ds) -> String {
    ds.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}
