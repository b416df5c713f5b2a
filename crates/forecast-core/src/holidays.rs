//! Public holidays by country, as Prophet names them.

mod br;
mod easter;

use chrono::NaiveDate;

use crate::error::FitError;

/// Countries whose holidays are built in.
const COUNTRIES: [&str; 1] = ["BR"];

/// Checks that the holidays of `country` are built in.
pub(crate) fn known(country: &str) -> Result<(), FitError> {
    if COUNTRIES.contains(&country) {
        return Ok(());
    }
    Err(FitError::Country { country: country.to_owned(), known: COUNTRIES.join(", ") })
}

/// The public holidays of `country` in `year`, in order of date, with the
/// English names that Python's `holidays` package and so Prophet uses.
///
/// # Errors
///
/// [`FitError::Country`] if the country is not built in.
pub fn of_year(country: &str, year: i32) -> Result<Vec<(NaiveDate, &'static str)>, FitError> {
    known(country)?;
    Ok(br::of_year(year))
}

/// Years over which Prophet collects the names of a country's holidays.
const YEARS: std::ops::Range<i32> = 1995..2045;

/// All names of the public holidays of `country`, in order of appearance.
pub(crate) fn names(country: &str) -> Result<Vec<&'static str>, FitError> {
    let mut names = Vec::new();
    for year in YEARS {
        for (_, name) in of_year(country, year)? {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}
