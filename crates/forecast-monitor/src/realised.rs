//! What the market did, beside what was forecast.

mod anchors;
mod join;

use chrono::{DateTime, NaiveDate, Utc};

pub(crate) use join::by_date;
pub use join::{Joined, closes_from, join};

/// The largest price, in either direction: beyond it something is broken, and sums of squares
/// would no longer be finite.
pub const PRICE_MAX: f64 = 1e12;

/// The most revisions that are told at once, the newest: a page shows no more.
pub const REVISIONS_MAX: usize = 100;

/// How far apart two closes of a session may be and still be the same one, as a share: Yahoo
/// sends numbers of seven digits, and a tick is a hundred times as much.
const SAME_CLOSE: f64 = 1e-5;

/// A close that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Close {
    /// The session.
    pub ds: NaiveDate,
    /// Its closing price.
    pub close: f64,
}

/// A forecast of one target, and the close that came.
///
/// Prices are in the unit of the closes as they are now: a forecast from before a split has
/// been brought to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The model version that forecast.
    pub version: u32,
    /// The last session before the first target.
    pub origin: NaiveDate,
    /// The target.
    pub ds: NaiveDate,
    /// Sessions from the origin to the target, as counted when it was forecast.
    pub horizon: u32,
    /// The prediction.
    pub yhat: f64,
    /// The lower end of the interval.
    pub lower: Option<f64>,
    /// The upper end of the interval.
    pub upper: Option<f64>,
    /// The close.
    pub actual: f64,
    /// The naive forecast: the close at the origin.
    pub naive: f64,
    /// The probability that the interval promises.
    pub interval_width: f64,
}

/// Rows of forecasts that are not scored, by reason; each row counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Asked for with a first date of the caller's.
    pub asked: u64,
    /// The same version and origin were issued before: the first issue counts.
    pub duplicate: u64,
    /// Issued at or after the close that they name, or by a model that knew a later close than
    /// the one at the origin.
    pub not_live: u64,
    /// Issued by a clock that was wrong: before the model's last training session had closed.
    pub clock_wrong: u64,
    /// The prediction is no number, or none that a price can be, or the forecast is none that
    /// [`Forecast::check`](crate::Forecast::check) lets pass.
    pub not_finite: u64,
    /// Their session has no close yet, and none after it has.
    pub awaiting: u64,
    /// Their session has no close, but a later one has: a holiday, a closure, a gap, or closes
    /// that begin later.
    pub no_close: u64,
    /// The naive forecast is not known.
    pub no_origin_close: u64,
    /// The closes that the model was fitted to are others now, and not by one ratio.
    pub anchors_disagree: u64,
    /// No close is known on the dates by which a split would be recognised.
    pub anchors_unseen: u64,
}

impl LeftOut {
    /// The counts with their names, in a fixed order.
    pub fn by_reason(&self) -> [(&'static str, u64); 10] {
        [
            ("asked", self.asked),
            ("duplicate", self.duplicate),
            ("not_live", self.not_live),
            ("clock_wrong", self.clock_wrong),
            ("not_finite", self.not_finite),
            ("awaiting", self.awaiting),
            ("no_close", self.no_close),
            ("no_origin_close", self.no_origin_close),
            ("anchors_disagree", self.anchors_disagree),
            ("anchors_unseen", self.anchors_unseen),
        ]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.by_reason().into_iter().map(|(_, n)| n).sum()
    }
}

/// A forecast that was brought to the unit that closes have after a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rescaled {
    /// The version.
    pub version: u32,
    /// The forecast's origin.
    pub origin: NaiveDate,
    /// What its prices were multiplied by.
    pub ratio: f64,
}

/// A close that was changed after it had been scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Revision {
    /// The session.
    pub ds: NaiveDate,
    /// The close that was scored before.
    pub was: f64,
    /// The close as it is now.
    pub is: f64,
    /// When the change was seen; kept to the millisecond.
    pub at: DateTime<Utc>,
}

/// The sessions whose close is another one now than it `was`: at most [`REVISIONS_MAX`], the
/// newest, oldest first. A session that either side lacks is no revision.
pub fn revisions(was: &[Close], is: &[Close], at: DateTime<Utc>) -> Vec<Revision> {
    let now = by_date(is);
    let changed = by_date(was).into_iter().filter_map(|(ds, was)| {
        let is = *now.get(&ds)?;
        (SAME_CLOSE * was.abs() < (is - was).abs()).then_some(Revision { ds, was, is, at })
    });
    let mut changed: Vec<Revision> = changed.collect();
    changed.drain(..changed.len().saturating_sub(REVISIONS_MAX));
    changed
}

#[cfg(test)]
mod tests;
