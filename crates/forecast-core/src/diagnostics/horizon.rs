//! How far ahead a row lies.

use std::fmt;

use chrono::{Datelike, TimeDelta};

use crate::ds::Ds;

const NANOS_PER_S: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_S;

/// The distance of a row from its cutoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Horizon {
    /// A length of time.
    Time(TimeDelta),
    /// Calendar months: 0 in the month of the cutoff.
    Months(i32),
}

impl Horizon {
    /// The time from `cutoff` to `ds`.
    pub fn between(cutoff: Ds, ds: Ds) -> Self {
        Self::Time(ds - cutoff)
    }

    /// The calendar months from `cutoff` to `ds`.
    pub fn months_between(cutoff: Ds, ds: Ds) -> Self {
        let month = |ds: Ds| ds.year() * 12 + ds.month0().cast_signed();
        Self::Months(month(ds) - month(cutoff))
    }

    /// The horizon in days; `None` in months, which are not equally long.
    pub fn days(self) -> Option<f64> {
        match self {
            Self::Time(time) => Some(time.as_seconds_f64() / crate::ds::DAY_S),
            Self::Months(_) => None,
        }
    }
}

/// As pandas writes them: `37 days`, `1 days 06:00:00`, and a number of months.
impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = match self {
            Self::Months(months) => return write!(f, "{months}"),
            Self::Time(time) => time,
        };
        // pandas counts days down and the rest of the day up.
        let nanos = i128::from(time.num_seconds()) * NANOS_PER_S + i128::from(time.subsec_nanos());
        let (days, rest) = (nanos.div_euclid(NANOS_PER_DAY), nanos.rem_euclid(NANOS_PER_DAY));
        write!(f, "{days} days")?;
        if rest == 0 {
            return Ok(());
        }
        let (seconds, nanos) = (rest / NANOS_PER_S, rest % NANOS_PER_S);
        write!(f, " {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if nanos == 0 { Ok(()) } else { write!(f, ".{nanos:09}") }
    }
}

/// Reads a length of time as pandas writes it: `365 days`, `1.5 hours`,
/// `1 days 06:00:00`, `-3 minutes`; units from weeks to seconds, by name or by
/// first letters.
///
/// Returns `None` for anything else, and beyond 292 years.
pub fn parse_timedelta(text: &str) -> Option<TimeDelta> {
    let mut rest = text.trim();
    let mut total: Option<TimeDelta> = None;
    while !rest.is_empty() {
        let (part, after) = match rest.split_once(char::is_whitespace) {
            Some((clock, after)) if clock.contains(':') => (parse_clock(clock)?, after),
            None if rest.contains(':') => (parse_clock(rest)?, ""),
            _ => parse_amount(rest)?,
        };
        total = Some(total.unwrap_or_default().checked_add(&part)?);
        rest = after.trim_start();
    }
    total
}

/// A number and its unit at the start of `text`, and what comes after.
fn parse_amount(text: &str) -> Option<(TimeDelta, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && !".+-".contains(c))?;
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    let unit_s = match unit {
        "W" | "w" | "week" | "weeks" => 7.0 * crate::ds::DAY_S,
        "D" | "d" | "day" | "days" => crate::ds::DAY_S,
        "h" | "hr" | "hour" | "hours" => 3600.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "s" | "sec" | "second" | "seconds" => 1.0,
        _ => return None,
    };
    Some((of_seconds(number.parse::<f64>().ok()? * unit_s)?, after))
}

/// `06:00:00` or `06:00`, seconds with decimals.
fn parse_clock(text: &str) -> Option<TimeDelta> {
    let mut parts = text.splitn(3, ':').map(|part| part.parse::<f64>().ok().filter(|x| 0.0 <= *x));
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0.0))?;
    of_seconds((hours * 60.0 + minutes) * 60.0 + seconds)
}

fn of_seconds(seconds: f64) -> Option<TimeDelta> {
    let nanos = (seconds * NANOS_PER_S as f64).round();
    #[expect(clippy::cast_possible_truncation, reason = "checked against the range of i64")]
    (nanos.abs() < i64::MAX as f64).then(|| TimeDelta::nanoseconds(nanos as i64))
}
