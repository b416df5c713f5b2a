//! B3's sessions from 2018 on, written from its rules and not from a library.
//!
//! A second opinion: the product takes its calendar from the `bdays` crate.

use std::f64::consts::TAU;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Tells whether B3 trades on `date`; right from 2018 on.
#[must_use]
pub fn is_session(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !is_closed(date)
}

/// The first session after `date`.
#[must_use]
pub fn next_session(date: NaiveDate) -> NaiveDate {
    let mut next = date + Days::new(1);
    while !is_session(next) {
        next = next + Days::new(1);
    }
    next
}

/// A small yearly and weekly rhythm of the log price, so that a fit finds something.
pub(super) fn swing(date: NaiveDate) -> f64 {
    let year = f64::from(date.ordinal0()) / 365.25;
    let week = f64::from(date.weekday().num_days_from_monday());
    0.04 * (TAU * year).sin() + 0.002 * (week - 2.0)
}

fn is_closed(date: NaiveDate) -> bool {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match (month, day) {
        (1 | 5, 1) | (4, 21) | (9, 7) | (10, 12) | (11, 2 | 15) | (12, 24 | 25 | 31) => true,
        // The city's and the state's days counted until 2021; in 2020 the state's was moved.
        (1, 25) => year <= 2021,
        (7, 9) => year <= 2021 && year != 2020,
        // A holiday of the city until 2021 (moved in 2020), of the nation from 2024.
        (11, 20) => (year <= 2021 && year != 2020) || 2024 <= year,
        // The last weekday of a year whose 31 December falls on a weekend.
        (12, 29 | 30) => next_weekday(date).year() != year,
        _ => {
            let after_easter = date.signed_duration_since(easter(year)).num_days();
            // Carnival's Monday and Tuesday, Good Friday, Corpus Christi.
            matches!(after_easter, -48 | -47 | -2 | 60)
        }
    }
}

fn next_weekday(date: NaiveDate) -> NaiveDate {
    let days = if date.weekday() == Weekday::Fri { 3 } else { 1 };
    date + Days::new(days)
}

/// Easter Sunday, by the Gregorian algorithm of Meeus, Jones and Butcher.
fn easter(year: i32) -> NaiveDate {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs())
        .expect("invariant: the algorithm names a day of March or April")
}
