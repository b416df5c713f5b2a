//! Makes a report of what a join found.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{BandReport, DAYS_MAX, Daily, Report};
use crate::alert::{Limits, assess, closes_missing};
use crate::realised::{Close, Joined, Pair, by_date};
use crate::window::{BANDS, Band, WINDOW_SESSIONS, in_band, scores, trailing};

/// What a report is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The registered model.
    pub model: String,
    /// Its version.
    pub version: u32,
    /// What it forecasts.
    pub symbol: String,
    /// When it was scored.
    pub scored_at: DateTime<Utc>,
}

impl Report {
    /// Reports on one version: its scores over the last [`WINDOW_SESSIONS`] sessions, its days,
    /// and what is beyond its limits.
    ///
    /// `joined` and `closes` are of the symbol; `limits` are those of the bands whose backtest is
    /// known, in the unit that closes have now ([`Joined::rescaled`]); `sessions_missing` is how
    /// many sessions have closed since the last close
    /// ([`sessions_missing`](crate::alert::sessions_missing) counts them). Revisions, requests
    /// and the run are for the caller to fill in.
    pub fn of(
        about: About,
        joined: &Joined,
        closes: &[Close],
        limits: &[(Band, Limits)],
        sessions_missing: usize,
    ) -> Self {
        let of_version = |pair: &&Pair| pair.version == about.version;
        let pairs: Vec<Pair> = joined.pairs.iter().filter(of_version).copied().collect();
        let window = joined
            .through
            .map(|through| trailing(&pairs, closes, through, WINDOW_SESSIONS))
            .unwrap_or_default();
        let mut alerts: Vec<_> =
            closes_missing(joined.through, sessions_missing).into_iter().collect();
        let bands = BANDS.map(|band| {
            let limits = limits.iter().find(|(of, _)| *of == band).map(|(_, limits)| *limits);
            let scores = scores(&in_band(&window, band));
            let (level, mut found) = assess(band, scores.as_ref(), limits);
            alerts.append(&mut found);
            BandReport { band, scores, limits, level }
        });
        let rescaled = joined.rescaled.iter().filter(|one| one.version == about.version);
        Self {
            model: about.model,
            version: about.version,
            symbol: about.symbol,
            scored_at: about.scored_at,
            through: joined.through,
            window_sessions: WINDOW_SESSIONS,
            bands: bands.to_vec(),
            daily: last(daily(&pairs)),
            closes: last(
                by_date(closes).into_iter().map(|(ds, close)| Close { ds, close }).collect(),
            ),
            alerts,
            left_out: joined.left_out,
            rescaled: last(rescaled.copied().collect()),
            revisions: vec![],
            requests: vec![],
            experiment_run_id: None,
        }
    }
}

/// What was forecast for each session, at the longest horizon of each band.
fn daily(pairs: &[Pair]) -> Vec<Daily> {
    let mut days: BTreeMap<NaiveDate, Daily> = BTreeMap::new();
    for pair in pairs {
        let Some(at) = BANDS.iter().position(|band| band.to() == pair.horizon) else { continue };
        let day = days.entry(pair.ds).or_insert_with(|| Daily {
            ds: pair.ds,
            close: pair.actual,
            yhat: [None; BANDS.len()],
            lower_h05: None,
            upper_h05: None,
        });
        day.yhat[at] = Some(pair.yhat);
        if BANDS[at].key() == "h05" {
            (day.lower_h05, day.upper_h05) = (pair.lower, pair.upper);
        }
    }
    days.into_values().collect()
}

/// The last [`DAYS_MAX`].
fn last<T>(mut of: Vec<T>) -> Vec<T> {
    of.drain(..of.len().saturating_sub(DAYS_MAX));
    of
}
