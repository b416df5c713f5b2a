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
        let Given { days, from, calendar, version } = Given::read(query);
        let days = match days.once("days", "days_repeated")? {
            None => Days::default_within(limits.days_max),
            Some(text) => Days::parse(&text, limits.days_max)?,
        };
        let from = from.once("from", "from_repeated")?;
        let from = from.map(|text| parse_from(&text, limits.today)).transpose()?;
        let counting = match calendar.once("calendar", "calendar_repeated")?.as_deref() {
            None | Some("sessions") => Counting::Sessions,
            Some("days") => Counting::Days,
            Some(text) => {
                let detail = format!("calendar must be `sessions` or `days`, not {}", quoted(text));
                return Err(Problem::bad_request("calendar_unknown", detail));
            }
        };
        let version = version.once("version", "version_repeated")?;
        let version = version.map(|text| parse_version(&text)).transpose()?;
        Ok(Self { days, from, counting, version })
    }
}

/// The parameters as they stand in a query.
#[derive(Default)]
struct Given<'a> {
    days: Values<'a>,
    from: Values<'a>,
    calendar: Values<'a>,
    version: Values<'a>,
}

impl<'a> Given<'a> {
    fn read(query: &'a str) -> Self {
        let mut given = Self::default();
        for pair in query.split('&') {
            let (name, value) = decode(pair);
            match name.as_ref() {
                "days" => given.days.add(value),
                "from" => given.from.add(value),
                "calendar" => given.calendar.add(value),
                "version" => given.version.add(value),
                _ => {}
            }
        }
        given
    }
}

/// A name and its value. Most hold nothing to decode, and need no room on the heap.
fn decode(pair: &str) -> (Cow<'_, str>, Cow<'_, str>) {
    let mut equals_at = None;
    for (at, byte) in pair.bytes().enumerate() {
        match byte {
            b'%' | b'+' => {
                return form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
            }
            b'=' if equals_at.is_none() => equals_at = Some(at),
            _ => {}
        }
    }
    let (name, value) = equals_at.map_or((pair, ""), |at| (&pair[..at], &pair[at + 1..]));
    (name.into(), value.into())
}

/// What is given for one parameter.
#[derive(Default)]
enum Values<'a> {
    #[default]
    None,
    One(Cow<'a, str>),
    More,
}

impl<'a> Values<'a> {
    fn add(&mut self, value: Cow<'a, str>) {
        *self = match self {
            Self::None => Self::One(value),
            Self::One(_) | Self::More => Self::More,
        };
    }

    /// The value of a parameter that may be given once.
    fn once(self, name: &str, code: &'static str) -> Result<Option<Cow<'a, str>>, Problem> {
        match self {
            Self::None => Ok(None),
            Self::One(value) => Ok(Some(value)),
            Self::More => {
                let detail = format!("{name} is given more than once; give it once");
                Err(Problem::bad_request(code, detail))
            }
        }
    }
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
