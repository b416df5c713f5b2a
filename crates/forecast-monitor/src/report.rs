//! How a version is doing, for a page to show: what the last scoring found.

mod of;
mod wire;

use chrono::{DateTime, NaiveDate, Utc};

use crate::alert::{Alert, Level, Limits};
use crate::error::ReportError;
use crate::realised::{Close, LeftOut, Rescaled, Revision};
use crate::window::{BANDS, Band, Scores};

pub use of::About;

/// The form of the JSON; greater when an older program can no longer read it.
pub const FORMAT: u32 = 1;

/// The most days that a report shows: a year of sessions.
pub const DAYS_MAX: usize = 260;

/// How one model version is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The registered model.
    pub model: String,
    /// Its version.
    pub version: u32,
    /// What it forecasts.
    pub symbol: String,
    /// When it was scored; kept to the millisecond.
    pub scored_at: DateTime<Utc>,
    /// The last session that has a close.
    pub through: Option<NaiveDate>,
    /// How many sessions the scores are of.
    pub window_sessions: usize,
    /// One for each of [`BANDS`], in their order.
    pub bands: Vec<BandReport>,
    /// The sessions that were forecast and have a close: the last [`DAYS_MAX`], oldest first.
    pub daily: Vec<Daily>,
    /// The last [`DAYS_MAX`] closes, oldest first.
    pub closes: Vec<Close>,
    /// What is beyond its limit.
    pub alerts: Vec<Alert>,
    /// What could not be scored, of all that was recorded of the version.
    pub left_out: LeftOut,
    /// Forecasts that were brought to the unit of today's closes.
    pub rescaled: Vec<Rescaled>,
    /// Closes that were others when they were scored before, oldest first.
    pub revisions: Vec<Revision>,
    /// Requests for forecasts on each complete day, oldest first.
    pub requests: Vec<(NaiveDate, u64)>,
    /// The run that holds the version's metrics, where there is one.
    pub experiment_run_id: Option<String>,
}

/// How a version is doing in one band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandReport {
    /// The band.
    pub band: Band,
    /// Its scores over the window; none if no forecast of it has a close.
    pub scores: Option<Scores>,
    /// What its own backtest allows, where that is known.
    pub limits: Option<Limits>,
    /// The worst that was found in it.
    pub level: Level,
}

/// A session that was forecast, and its close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Daily {
    /// The session.
    pub ds: NaiveDate,
    /// Its close.
    pub close: f64,
    /// What was forecast for it at the longest horizon of each of [`BANDS`], where it was.
    pub yhat: [Option<f64>; BANDS.len()],
    /// The lower end of the interval at the horizon of the second band.
    pub lower_h05: Option<f64>,
    /// The upper end of the interval at the horizon of the second band.
    pub upper_h05: Option<f64>,
}

impl Report {
    /// The worst of all bands and alerts.
    pub fn level(&self) -> Level {
        let bands = self.bands.iter().map(|band| band.level);
        let alerts = self.alerts.iter().map(|alert| alert.level);
        bands.chain(alerts).max().unwrap_or(Level::TooFew)
    }

    /// Writes it as JSON.
    pub fn to_json(&self) -> String {
        wire::write(self)
    }

    /// Reads what [`Report::to_json`] wrote, also where a newer program added fields.
    ///
    /// # Errors
    ///
    /// [`ReportError`].
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        wire::read(text)
    }
}

#[cfg(test)]
mod tests;
