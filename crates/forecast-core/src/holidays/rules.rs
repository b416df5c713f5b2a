//! What a country's file is made of: a table of rules, and how days are made of it.
//!
//! A country is data: a file like `br.rs` beside this one, and a line in
//! [`COUNTRIES`](super::COUNTRIES).

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::easter;

/// When in the year a holiday is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Day {
    /// Month and day.
    Fixed(u32, u32),
    /// The nth such weekday of a month, counted from 1.
    Nth(u8, Weekday, u32),
    /// The last such weekday of a month.
    Last(Weekday, u32),
    /// Days from Easter Sunday.
    Easter(i64),
    /// The first of January of the year after: only its substitute can be in this one.
    NextNewYear,
}

/// One holiday over the years in which it is the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// First and last year.
    pub(super) years: (i32, i32),
    pub(super) day: Day,
    /// The name of the day that is kept instead, where the country shifts it.
    pub(super) observed: Option<&'static str>,
}

/// No last year.
pub(super) const ON: i32 = i32::MAX;

/// The holidays of one country.
#[derive(Debug)]
pub(super) struct Country {
    /// What Python's `holidays` calls it: two letters, three letters, in words.
    pub(super) codes: [&'static str; 3],
    pub(super) rules: &'static [Rule],
    /// Days by which a holiday is kept later (or earlier, below zero), by its year and weekday.
    pub(super) shift: fn(i32, Weekday) -> i64,
}

impl Rule {
    /// A holiday from `since` on that is never shifted.
    pub(super) const fn since(since: i32, day: Day, name: &'static str) -> Self {
        Self::between(since, ON, day, name)
    }

    /// A holiday of the years `first` to `last` that is never shifted.
    pub(super) const fn between(first: i32, last: i32, day: Day, name: &'static str) -> Self {
        Self { name, years: (first, last), day, observed: None }
    }

    /// The same holiday, whose substitute has this name.
    pub(super) const fn observed(mut self, name: &'static str) -> Self {
        self.observed = Some(name);
        self
    }
}

impl Country {
    /// The holidays of `year` in order of date, names on one day in order of the alphabet.
    pub(super) fn of_year(&self, year: i32) -> Vec<(NaiveDate, &'static str)> {
        let mut days = Vec::new();
        let rules = self.rules.iter();
        for rule in rules.filter(|rule| (rule.years.0..=rule.years.1).contains(&year)) {
            let Some(day) = date(rule.day, year) else { continue };
            days.push((day, rule.name));
            let shift = (self.shift)(year, day.weekday());
            let substitute = rule.observed.filter(|_| shift != 0);
            days.extend(substitute.and_then(|name| Some((plus(day, shift)?, name))));
        }
        days.retain(|(day, _)| day.year() == year);
        days.sort_unstable();
        days.dedup();
        days
    }
}

/// The day of `year`, or `None` where there is none.
fn date(day: Day, year: i32) -> Option<NaiveDate> {
    match day {
        Day::Fixed(month, day) => NaiveDate::from_ymd_opt(year, month, day),
        Day::Nth(n, weekday, month) => {
            NaiveDate::from_weekday_of_month_opt(year, month, weekday, n)
        }
        Day::Last(weekday, month) => [5, 4]
            .into_iter()
            .find_map(|n| NaiveDate::from_weekday_of_month_opt(year, month, weekday, n)),
        Day::Easter(days) => plus(easter::sunday(year)?, days),
        Day::NextNewYear => NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1),
    }
}

fn plus(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    let size = Days::new(days.unsigned_abs());
    if days < 0 { day.checked_sub_days(size) } else { day.checked_add_days(size) }
}
