//! A forecast as it was issued.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::error::InvalidForecast;

/// The most rows of one forecast: forty years of sessions, far beyond what anybody asks, and
/// still a table that fits in memory many times.
pub const ROWS_MAX: usize = 10_000;

/// The most anchors of one forecast: more say nothing that these do not.
pub const ANCHORS_MAX: usize = 100;

/// The longest name of a model or a symbol, in bytes: twice what a registry takes.
pub const NAME_BYTES_MAX: usize = 512;

/// The years that dates and times may lie in: those of four digits, since a clock once set and
/// a file's text both have them.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// One target of a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The session that it is for.
    pub ds: NaiveDate,
    /// The prediction, in the unit of the closes.
    pub yhat: f64,
    /// The lower end of the interval, where there is one.
    pub yhat_lower: Option<f64>,
    /// The upper end of the interval, where there is one.
    pub yhat_upper: Option<f64>,
}

/// How a forecast came to be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Made ready by the service, for whoever asks on the day: these are scored.
    Ready,
    /// Asked for a first date of the caller's: kept and marked, never scored.
    Asked,
}

impl Kind {
    /// `ready` or `asked`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Asked => "asked",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = InvalidForecast;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ready" => Ok(Self::Ready),
            "asked" => Ok(Self::Asked),
            _ => Err(InvalidForecast::Kind { found: text.chars().take(40).collect() }),
        }
    }
}

/// What a model version forecast from one origin, and when.
///
/// A forecast is a function of version and origin alone, so it is recorded once for both,
/// whole, and requests that are answered from it add nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The registered model.
    pub model: String,
    /// Its version.
    pub version: u32,
    /// What is forecast.
    pub symbol: String,
    /// How it came to be issued.
    pub kind: Kind,
    /// The last session before the first target: the last close that could be known.
    pub origin: NaiveDate,
    /// The first day on which it is what a request without a first date gets.
    pub answers_from: NaiveDate,
    /// When it was issued; kept to the millisecond.
    pub issued_at: DateTime<Utc>,
    /// The last session that the model was fitted to, where that is known.
    pub trained_through: Option<NaiveDate>,
    /// The probability that the intervals promise, between 0 and 1.
    pub interval_width: f64,
    /// The last rows that the model was fitted to: by them a split is recognised, after which
    /// closes come in another unit. Empty if they are not known.
    pub anchors: Vec<(NaiveDate, f64)>,
    /// One row a session, in order, the first one for horizon 1. A value that is not finite is
    /// kept as NaN and never scored.
    pub rows: Vec<Row>,
}

impl Forecast {
    /// The rows with their horizons: sessions from the origin to the target, 1 for the first.
    pub fn by_horizon(&self) -> impl Iterator<Item = (u32, &Row)> {
        (1..).zip(&self.rows)
    }

    /// Checks what every forecast has to be, so that it can be kept and read again.
    ///
    /// Values may be missing or not finite: these are left out where forecasts are scored.
    ///
    /// # Errors
    ///
    /// [`InvalidForecast`].
    pub fn check(&self) -> Result<(), InvalidForecast> {
        for (field, text) in [("model", &self.model), ("symbol", &self.symbol)] {
            if text.is_empty() || NAME_BYTES_MAX < text.len() {
                return Err(InvalidForecast::Name { field, n_bytes: text.len() });
            }
        }
        if !(0.0 < self.interval_width && self.interval_width < 1.0) {
            return Err(InvalidForecast::IntervalWidth { found: self.interval_width });
        }
        for (what, found, max) in
            [("rows", self.rows.len(), ROWS_MAX), ("anchors", self.anchors.len(), ANCHORS_MAX)]
        {
            if max < found {
                return Err(InvalidForecast::TooMany { what, found, max });
            }
        }
        if self.rows.is_empty() {
            return Err(InvalidForecast::Empty);
        }
        self.check_dates()
    }

    fn check_dates(&self) -> Result<(), InvalidForecast> {
        let days = self.rows.iter().map(|row| ("ds", row.ds));
        let days = days.chain(self.anchors.iter().map(|anchor| ("anchors", anchor.0)));
        let days = days.chain(self.trained_through.map(|day| ("trained_through", day)));
        let others = [
            ("origin", self.origin),
            ("answers_from", self.answers_from),
            ("issued_at", self.issued_at.date_naive()),
        ];
        for (field, day) in days.chain(others) {
            if !YEARS.contains(&day.year()) {
                return Err(InvalidForecast::Year { field, found: day });
            }
        }
        let mut before = self.origin;
        for row in &self.rows {
            if row.ds <= before {
                return Err(InvalidForecast::Order { found: row.ds, before });
            }
            before = row.ds;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
