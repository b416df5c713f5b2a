//! Where prices come from, and what a source answers.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::bar::{Price, RawBar};
use crate::error::Error;
use crate::quality::Finding;
use crate::symbol::Symbol;

/// What is wanted of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The instrument.
    pub symbol: Symbol,
    /// The first session wanted.
    pub start: NaiveDate,
    /// The last session wanted: it is included.
    pub end: NaiveDate,
    /// Which close must be there.
    pub price: Price,
    /// The present, or the time that a replay takes for it: decides which sessions have passed.
    pub now: DateTime<Utc>,
    /// What the clock on the wall shows: when a download is made. Outside a replay it is `now`.
    pub wall: DateTime<Utc>,
}

impl Request {
    /// Checks that the range is not empty.
    ///
    /// # Errors
    ///
    /// Returns [`Error::EmptyRange`] if `start` is after `end`.
    pub fn check(&self) -> Result<(), Error> {
        if self.end < self.start {
            return Err(Error::EmptyRange { start: self.start, end: self.end });
        }
        Ok(())
    }

    /// The time for which an answer counts that is made now.
    ///
    /// In a replay of the past that is the past: a second replay of the same day may reuse the
    /// answer, one of a later day may not. No answer holds what comes after its download, so a
    /// replay of the future does not make an open session a closed one.
    pub fn as_of(&self) -> DateTime<Utc> {
        self.now.min(self.wall)
    }
}

/// The trading period that an answer calls the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradingPeriod {
    /// When it closes: only then is that day's row final.
    pub end: DateTime<Utc>,
}

/// Rows as a source gave them, with what is needed to clean them.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// The rows, in the source's order.
    pub rows: Vec<RawBar>,
    /// The zone of the exchange.
    pub zone: Tz,
    /// The time for which the answer counts, see [`Request::as_of`]: that of its own request, if
    /// it was kept.
    pub as_of: DateTime<Utc>,
    /// The trading period at that time, where the source tells.
    pub period: Option<TradingPeriod>,
    /// What the source had to mend to read its own data.
    pub findings: Vec<Finding>,
    /// Where the rows came from.
    pub provenance: Provenance,
}

/// Where rows came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provenance {
    /// Downloaded just now.
    Network {
        /// The host that answered.
        host: String,
        /// When, by the clock on the wall.
        fetched_at: DateTime<Utc>,
    },
    /// Kept from an earlier download.
    Cache {
        /// The host that answered then.
        host: String,
        /// When it was downloaded, by the clock on the wall.
        fetched_at: DateTime<Utc>,
        /// Why an old answer had to do, or nothing if it is fresh enough.
        because: Option<String>,
    },
    /// Read from a file.
    File {
        /// Which.
        path: PathBuf,
    },
}

impl Provenance {
    /// Whether an old answer stands in for one that could not be had.
    pub const fn is_stale(&self) -> bool {
        matches!(self, Self::Cache { because: Some(_), .. })
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TIME: &str = "%Y-%m-%d %H:%M UTC";
        match self {
            Self::Network { host, fetched_at } => {
                write!(f, "{host}, fetched {}", fetched_at.format(TIME))
            }
            Self::Cache { host, fetched_at, because } => {
                write!(f, "cache of {host}, fetched {}", fetched_at.format(TIME))?;
                because.as_ref().map_or(Ok(()), |reason| write!(f, " (stale: {reason})"))
            }
            Self::File { path } => write!(f, "file {}", path.display()),
        }
    }
}

/// Anything that can give daily prices.
#[async_trait]
pub trait PriceSource: fmt::Debug + Send + Sync {
    /// Gets the rows of `request`, uncleaned; some may lie outside the range.
    ///
    /// # Errors
    ///
    /// Returns the [`Error`] that says why there are none.
    async fn fetch(&self, request: &Request) -> Result<Fetched, Error>;
}
