//! How often a series has a row: the frequencies of `make_future_dataframe`.
//!
//! They are written as pandas writes them: `D`, `B`, `W-SUN`, `MS`, `ME`, `QS-JAN`,
//! `YE-DEC`, `h`, `min`, `s`, and multiples such as `5min` or `2W-MON`.

mod infer;
mod step;
mod text;

use std::num::NonZeroU32;

use chrono::{Month, Weekday};
use thiserror::Error;

use crate::ds::Ds;

/// The time from a row to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frequency {
    /// How many units.
    every: NonZeroU32,
    unit: Unit,
}

/// A unit of time between rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// `s`
    Second,
    /// `min`
    Minute,
    /// `h`
    Hour,
    /// `D`
    Day,
    /// `B`: Monday to Friday.
    BusinessDay,
    /// `W-SUN`: weeks that end on this day.
    Week(Weekday),
    /// `MS`: the first of each month.
    MonthStart,
    /// `ME`: the last of each month.
    MonthEnd,
    /// `QS-JAN`: the first of each third month, this one among them.
    QuarterStart(Month),
    /// `QE-DEC`: the last of each third month, this one among them.
    QuarterEnd(Month),
    /// `YS-JAN`: the first of this month, every year.
    YearStart(Month),
    /// `YE-DEC`: the last of this month, every year.
    YearEnd(Month),
}

/// Why there are no future dates.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FutureError {
    /// The text is no frequency.
    #[error(
        "frequency `{text}` is not known; write it as pandas does: `D`, `B`, `W-SUN`, `MS`, `ME`, \
         `QS`, `QE`, `YS`, `YE`, `h`, `min`, `s`, or a multiple from 1 on, like `5min`"
    )]
    Unknown {
        /// The text given.
        text: String,
    },
    /// The last time stamps show no frequency.
    #[error("no frequency fits the last {rows} time stamps of the history; name one")]
    NotInferred {
        /// How many were looked at.
        rows: usize,
    },
    /// More rows than anybody can use.
    #[error("`periods` is {periods}, it must be at most {PERIODS_MAX}")]
    Periods {
        /// The number asked for.
        periods: usize,
    },
    /// The model came without its history.
    #[error("the model has no history to go on from; name the dates")]
    NoHistory,
    /// The dates go on after the calendar's end.
    #[error("{periods} times `{frequency}` after {last} is beyond the calendar")]
    OutOfCalendar {
        /// The last time stamp of the history.
        last: Ds,
        /// The frequency.
        frequency: Frequency,
        /// The number asked for.
        periods: usize,
    },
    /// The exchange's calendar has no session any more.
    #[error("no session in the {DAYS_WITHOUT_SESSION_MAX} days after {after}")]
    NoSession {
        /// The last session found.
        after: Ds,
    },
}

/// Rows that can be asked for: two years of minutes, of which the features of a usual model
/// fill 300 MB.
pub const PERIODS_MAX: usize = 1_000_000;

/// Days without a session after which a calendar has ended: no exchange has been shut for
/// longer since 1914.
pub const DAYS_WITHOUT_SESSION_MAX: u32 = 366;

impl Frequency {
    /// Every day.
    pub const DAY: Self = Self { every: NonZeroU32::MIN, unit: Unit::Day };

    /// Every `every` units.
    pub fn new(every: NonZeroU32, unit: Unit) -> Self {
        Self { every, unit }
    }

    /// How many units lie between two rows.
    pub fn every(self) -> u32 {
        self.every.get()
    }

    /// The unit.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// The first `periods` time stamps of this frequency after `last`; the time of day is
    /// that of `last`.
    ///
    /// Where `last` is not a day of the frequency, counting starts on the next that is: a
    /// multiple then starts there too.
    ///
    /// # Errors
    ///
    /// [`FutureError::Periods`], or [`FutureError::OutOfCalendar`].
    ///
    /// # Source
    ///
    /// `make_future_dataframe` in Prophet 1.5, `forecaster.py`, with `date_range` of pandas 3.
    pub fn after(self, last: Ds, periods: usize) -> Result<Vec<Ds>, FutureError> {
        if PERIODS_MAX < periods {
            return Err(FutureError::Periods { periods });
        }
        let mut dates = Vec::with_capacity(periods);
        let mut next = step::first(self.unit, last);
        while dates.len() < periods {
            let at = next.ok_or(FutureError::OutOfCalendar { last, frequency: self, periods })?;
            if last < at {
                dates.push(at);
            }
            next = step::next(self.unit, i64::from(self.every.get()), at);
        }
        Ok(dates)
    }
}
