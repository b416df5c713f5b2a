//! Frequencies as pandas writes them.

use std::{fmt, num::NonZeroU32, str::FromStr};

use chrono::{Month, Weekday};

use super::{Frequency, FutureError, Unit};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MON", Weekday::Mon),
    ("TUE", Weekday::Tue),
    ("WED", Weekday::Wed),
    ("THU", Weekday::Thu),
    ("FRI", Weekday::Fri),
    ("SAT", Weekday::Sat),
    ("SUN", Weekday::Sun),
];

const MONTHS: [(&str, Month); 12] = [
    ("JAN", Month::January),
    ("FEB", Month::February),
    ("MAR", Month::March),
    ("APR", Month::April),
    ("MAY", Month::May),
    ("JUN", Month::June),
    ("JUL", Month::July),
    ("AUG", Month::August),
    ("SEP", Month::September),
    ("OCT", Month::October),
    ("NOV", Month::November),
    ("DEC", Month::December),
];

impl FromStr for Frequency {
    type Err = FutureError;

    /// Reads what pandas 3 reads, and what earlier ones did: `M`, `Q`, `A`, `AS`, `Y`, `H`,
    /// `T`, `S`.
    fn from_str(text: &str) -> Result<Self, FutureError> {
        let unknown = || FutureError::Unknown { text: text.to_owned() };
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, name) = trimmed.split_at(digits);
        let every = if number.is_empty() {
            NonZeroU32::MIN
        } else {
            number.parse().map_err(|_| unknown())?
        };
        unit(name).map(|unit| Self { every, unit }).ok_or_else(unknown)
    }
}

fn unit(name: &str) -> Option<Unit> {
    let (base, anchor) = match name.split_once('-') {
        Some((base, anchor)) => (base, Some(anchor)),
        None => (name, None),
    };
    let month = |default: Month| match anchor {
        Some(anchor) => by_name(&MONTHS, anchor),
        None => Some(default),
    };
    match base {
        "W" | "w" => {
            let weekday = anchor.map_or(Some(Weekday::Sun), |anchor| by_name(&WEEKDAYS, anchor));
            return weekday.map(Unit::Week);
        }
        "QS" => return month(Month::January).map(Unit::QuarterStart),
        "QE" | "Q" => return month(Month::December).map(Unit::QuarterEnd),
        "YS" | "AS" => return month(Month::January).map(Unit::YearStart),
        "YE" | "Y" | "A" => return month(Month::December).map(Unit::YearEnd),
        _ => {}
    }
    if anchor.is_some() {
        return None;
    }
    match base {
        "s" | "S" => Some(Unit::Second),
        "min" | "T" => Some(Unit::Minute),
        "h" | "H" => Some(Unit::Hour),
        "D" | "d" => Some(Unit::Day),
        "B" | "b" => Some(Unit::BusinessDay),
        "MS" => Some(Unit::MonthStart),
        "ME" | "M" => Some(Unit::MonthEnd),
        _ => None,
    }
}

fn by_name<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, value)| value)
}

fn name_of<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let found = table.iter().find(|(_, known)| known == value);
    found.expect("invariant: the table has every value").0
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if 1 < self.every.get() {
            write!(f, "{}", self.every)?;
        }
        let (base, anchor) = match &self.unit {
            Unit::Second => ("s", None),
            Unit::Minute => ("min", None),
            Unit::Hour => ("h", None),
            Unit::Day => ("D", None),
            Unit::BusinessDay => ("B", None),
            Unit::MonthStart => ("MS", None),
            Unit::MonthEnd => ("ME", None),
            Unit::Week(weekday) => ("W", Some(name_of(&WEEKDAYS, weekday))),
            Unit::QuarterStart(month) => ("QS", Some(name_of(&MONTHS, month))),
            Unit::QuarterEnd(month) => ("QE", Some(name_of(&MONTHS, month))),
            Unit::YearStart(month) => ("YS", Some(name_of(&MONTHS, month))),
            Unit::YearEnd(month) => ("YE", Some(name_of(&MONTHS, month))),
        };
        f.write_str(base)?;
        anchor.map_or(Ok(()), |anchor| write!(f, "-{anchor}"))
    }
}
