//! When somebody should look.

mod assess;

use std::fmt;

use crate::window::Band;

pub use assess::{
    COVERAGE_SDS, MASE_MAX, SESSIONS_MISSING, TARGETS_MIN, TRACKING_ALERT, TRACKING_WARN, assess,
    closes_missing, sessions_missing,
};

/// How things stand; the worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Too few sessions are scored to say.
    TooFew,
    /// Within the limits.
    Ok,
    /// Beyond the first limit: look when there is time.
    Warn,
    /// Beyond the second limit: look now.
    Alert,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TooFew, Self::Ok, Self::Warn, Self::Alert];

    /// `too_few`, `ok`, `warn` or `alert`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFew => "too_few",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Alert => "alert",
        }
    }

    /// As a metric: 0 where nothing is wrong, 1 for a warning, 2 for an alert.
    pub fn number(self) -> u8 {
        match self {
            Self::TooFew | Self::Ok => 0,
            Self::Warn => 1,
            Self::Alert => 2,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum What {
    /// The mean absolute error, against the version's own backtest.
    Mae,
    /// The error relative to the last close's.
    Mase,
    /// The share of closes within the intervals.
    Coverage,
    /// Errors to one side.
    TrackingSignal,
    /// Closes that do not come: of the data, not of the model.
    Closes,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Mae, Self::Mase, Self::Coverage, Self::TrackingSignal, Self::Closes];

    /// `mae`, `mase`, `coverage`, `tracking_signal` or `closes`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mae => "mae",
            Self::Mase => "mase",
            Self::Coverage => "coverage",
            Self::TrackingSignal => "tracking_signal",
            Self::Closes => "closes",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How wrong a version was in one band when it was tested on the past, before it was served.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The mean over the test's folds of their mean absolute errors.
    pub mean: f64,
    /// The standard deviation of the same.
    pub sd: f64,
    /// The mean over the folds of the error relative to the last close's, where it is known.
    pub mase: Option<f64>,
}

impl Limits {
    /// The mean absolute error from which on a person should look when there is time.
    pub fn warn(self) -> f64 {
        2.0f64.mul_add(self.sd, self.mean)
    }

    /// The mean absolute error from which on a person should look now.
    pub fn alert(self) -> f64 {
        3.0f64.mul_add(self.sd, self.mean)
    }
}

/// Something beyond its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// [`Level::Warn`] or [`Level::Alert`].
    pub level: Level,
    /// The band that it is of; none if it is of all.
    pub band: Option<Band>,
    /// What it is about.
    pub what: What,
    /// What was found.
    pub value: f64,
    /// What would still have been in order.
    pub limit: f64,
    /// The same for people.
    pub sentence: String,
}

#[cfg(test)]
mod tests;
