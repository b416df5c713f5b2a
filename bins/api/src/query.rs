//! What a client asks of `/predict`: the query string, parsed once.

use std::borrow::Cow;

use chrono::{Months, NaiveDate};
use mlflow_client::Version;
use url::form_urlencoded;

use crate::days::Days;
use crate::problem::{Problem, quoted};
use crate::table::Counting;

/// How far from today a forecast may start, in months: ten years. Farther, a trend fitted to
/// a few years says nothing, and the bound keeps dates within every calendar.
const FROM_MONTHS_MAX: u32 = 120;

/// A request for a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// How many rows.
    pub days: Days,
    /// From when on; today if not given.
    pub from: Option<NaiveDate>,
    /// Which days count.
    pub counting: Counting,
    /// Which version; the served one if not given.
    pub version: Option<Version>,
}

/// What a request may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most rows.
    pub days_max: u16,
    /// Today's date on the exchange.
    pub today: NaiveDate,
}

impl Ask {
    /// Reads a query string. Parameters of other names are ignored, as the original did.
    ///
    /// # Errors
    ///
    /// Returns a 400 that names the parameter and what is allowed.
    pub fn parse(query: &str, limits: Limits) -> Result<Self, Problem> {
        let days = match one(query, "days", "days_repeated")? {
            None => Days::default_within(limits.days_max),
            Some(text) => Days::parse(&text, limits.days_max)?,
        };
        let from = one(query, "from", "from_repeated")?;
        let from = from.map(|text| parse_from(&text, limits.today)).transpose()?;
        let counting = match one(query, "calendar", "calendar_repeated")?.as_deref() {
            None | Some("sessions") => Counting::Sessions,
            Some("days") => Counting::Days,
            Some(text) => {
                let detail = format!("calendar must be `sessions` or `days`, not {}", quoted(text));
                return Err(Problem::bad_request("calendar_unknown", detail));
            }
        };
        let version = one(query, "version", "version_repeated")?;
        let version = version.map(|text| parse_version(&text)).transpose()?;
        Ok(Self { days, from, counting, version })
    }
}

/// The value of a parameter that may be given once. Reads the query again for each name: it
/// has a parameter or two, and nothing is put on the heap for them.
fn one<'a>(
    query: &'a str,
    name: &str,
    code_repeated: &'static str,
) -> Result<Option<Cow<'a, str>>, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value);
    let first = values.next();
    if values.next().is_none() {
        return Ok(first);
    }
    let detail = format!("{name} is given more than once; give it once");
    Err(Problem::bad_request(code_repeated, detail))
}

fn parse_from(text: &str, today: NaiveDate) -> Result<NaiveDate, Problem> {
    let from = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| {
        let detail = format!("from must be a date such as {today}, not {}", quoted(text));
        Problem::bad_request("from_not_a_date", detail)
    })?;
    let span = Months::new(FROM_MONTHS_MAX);
    let earliest = today.checked_sub_months(span).unwrap_or(NaiveDate::MIN);
    let latest = today.checked_add_months(span).unwrap_or(NaiveDate::MAX);
    if from < earliest || latest < from {
        let detail = format!("from must be between {earliest} and {latest}, not {}", quoted(text));
        return Err(Problem::bad_request("from_out_of_range", detail));
    }
    Ok(from)
}

fn parse_version(text: &str) -> Result<Version, Problem> {
    text.parse().map_err(|_| {
        let detail = format!("version must be a whole number such as 3, not {}", quoted(text));
        Problem::bad_request("version_not_a_number", detail)
    })
}

#[cfg(test)]
mod tests;
