//! From one time stamp of a frequency to the next.
//!
//! Everything returns `None` outside the calendar.

use chrono::{Datelike, Days, Month, Months, NaiveDate, TimeDelta, Weekday};

use super::Unit;
use crate::ds::Ds;

/// Days of a week that are worked on.
const BUSINESS_DAYS: i64 = 5;

/// `at` if it is on the frequency, or the first time stamp after it that is.
pub(super) fn first(unit: Unit, at: Ds) -> Option<Ds> {
    let date = at.date();
    let day = match unit {
        Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => return Some(at),
        Unit::BusinessDay => match date.weekday() {
            Weekday::Sat => date.checked_add_days(Days::new(2)),
            Weekday::Sun => date.checked_add_days(Days::new(1)),
            _ => Some(date),
        },
        Unit::Week(weekday) => {
            let days = weekday.days_since(date.weekday());
            date.checked_add_days(Days::new(u64::from(days)))
        }
        _ => {
            let month = if ends(unit) || date.day() == 1 {
                date.with_day(1)?
            } else {
                date.with_day(1)?.checked_add_months(Months::new(1))?
            };
            let to_go = (anchor(unit) + 12 - month.month()) % months_of(unit);
            edge(unit, month.checked_add_months(Months::new(to_go))?)
        }
    };
    day.map(|day| day.and_time(at.time()))
}

/// The time stamp `every` units after `at`, which is on the frequency.
pub(super) fn next(unit: Unit, every: i64, at: Ds) -> Option<Ds> {
    let date = at.date();
    let day = match unit {
        Unit::Second => return at.checked_add_signed(TimeDelta::try_seconds(every)?),
        Unit::Minute => return at.checked_add_signed(TimeDelta::try_minutes(every)?),
        Unit::Hour => return at.checked_add_signed(TimeDelta::try_hours(every)?),
        Unit::Day => date.checked_add_days(Days::new(every.unsigned_abs())),
        Unit::BusinessDay => {
            let weekday = i64::from(date.weekday().num_days_from_monday());
            let weekends = (weekday + every) / BUSINESS_DAYS;
            date.checked_add_days(Days::new((every + 2 * weekends).unsigned_abs()))
        }
        Unit::Week(_) => date.checked_add_days(Days::new(7 * every.unsigned_abs())),
        _ => {
            let months = i64::from(months_of(unit)).checked_mul(every)?;
            let months = Months::new(u32::try_from(months).ok()?);
            edge(unit, date.with_day(1)?.checked_add_months(months)?)
        }
    };
    day.map(|day| day.and_time(at.time()))
}

/// The day of the frequency in the month that starts on `first`.
fn edge(unit: Unit, first: NaiveDate) -> Option<NaiveDate> {
    if !ends(unit) {
        return Some(first);
    }
    first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))
}

fn ends(unit: Unit) -> bool {
    matches!(unit, Unit::MonthEnd | Unit::QuarterEnd(_) | Unit::YearEnd(_))
}

/// Months of one unit.
fn months_of(unit: Unit) -> u32 {
    match unit {
        Unit::QuarterStart(_) | Unit::QuarterEnd(_) => 3,
        Unit::YearStart(_) | Unit::YearEnd(_) => 12,
        _ => 1,
    }
}

/// A month that the frequency has.
fn anchor(unit: Unit) -> u32 {
    match unit {
        Unit::QuarterStart(month)
        | Unit::QuarterEnd(month)
        | Unit::YearStart(month)
        | Unit::YearEnd(month) => month.number_from_month(),
        _ => Month::January.number_from_month(),
    }
}
