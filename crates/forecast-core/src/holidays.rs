//! Public holidays by country, as Prophet names them.
//!
//! Another country is a table of rules in a file of its own; holidays that follow no rule
//! are given as [`Spec::holidays`](crate::Spec::holidays), which may start from
//! [`make_holidays_df`].

mod br;
mod easter;
mod rules;
mod us;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::{error::FitError, spec::Holiday};
use rules::Country;

/// Countries whose holidays are built in.
const COUNTRIES: [Country; 2] = [br::BRAZIL, us::UNITED_STATES];

/// Years over which Prophet collects the names of a country's holidays.
const YEARS: std::ops::Range<i32> = 1995..2045;

/// What Python writes between the names of two holidays on one day.
const DELIMITER: &str = "; ";

fn country(code: &str) -> Result<&'static Country, FitError> {
    COUNTRIES.iter().find(|country| country.codes.contains(&code)).ok_or_else(|| {
        let known: Vec<&str> = COUNTRIES.iter().map(|country| country.codes[0]).collect();
        FitError::Country { country: code.to_owned(), known: known.join(", ") }
    })
}

/// Checks that the holidays of `code` are built in.
pub(crate) fn known(code: &str) -> Result<(), FitError> {
    country(code).map(|_| ())
}

/// The public holidays of `country` in `year`, in order of date, with the English names
/// that Python's `holidays` package 0.109 and so Prophet uses.
///
/// `country` is its code or its name: `BR`, `BRA` or `Brazil`; `US`, `USA` or
/// `UnitedStates`. Substitutes for a holiday on a weekend are marked `(observed)`.
///
/// # Errors
///
/// [`FitError::Country`] if the country is not built in.
pub fn of_year(country: &str, year: i32) -> Result<Vec<(NaiveDate, &'static str)>, FitError> {
    Ok(self::country(country)?.of_year(year))
}

/// The public holidays of `country` in `years` as rows for
/// [`Spec::holidays`](crate::Spec::holidays): without windows, at the common prior scale.
///
/// Naming a country in [`Spec::country_holidays`](crate::Spec::country_holidays) is
/// shorter and knows the future; this is for those who want to change the rows.
///
/// # Errors
///
/// [`FitError::Country`] if the country is not built in.
///
/// # Source
///
/// `make_holidays_df` in Prophet 1.5, `make_holidays.py`.
pub fn make_holidays_df(years: &[i32], country: &str) -> Result<Vec<Holiday>, FitError> {
    let country = self::country(country)?;
    let years: BTreeSet<i32> = years.iter().copied().collect();
    let days = years.into_iter().flat_map(|year| country.of_year(year));
    Ok(days.map(|(date, name)| Holiday::new(name, date)).collect())
}

/// All names of the public holidays of `country` from 1995 to 2044, which no seasonality
/// or regressor may have beside them.
///
/// Two on one day give a joined name too: `Good Friday; Tiradentes' Day`.
///
/// # Errors
///
/// [`FitError::Country`] if the country is not built in.
///
/// # Source
///
/// `get_holiday_names` in Prophet 1.5, `make_holidays.py`.
pub fn get_holiday_names(country: &str) -> Result<BTreeSet<String>, FitError> {
    let country = self::country(country)?;
    let mut names = BTreeSet::new();
    for year in YEARS {
        let mut by_day: BTreeMap<NaiveDate, Vec<&str>> = BTreeMap::new();
        for (day, name) in country.of_year(year) {
            by_day.entry(day).or_default().push(name);
        }
        names.extend(by_day.into_values().map(|names| names.join(DELIMITER)));
    }
    Ok(names)
}
