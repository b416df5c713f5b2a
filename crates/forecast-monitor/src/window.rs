//! How wrong the forecasts of some sessions were, by how far they looked ahead.

mod scores;

use chrono::NaiveDate;

use crate::realised::{Close, Pair, by_date};

pub use scores::scores;

/// The sessions of a window: a month, long enough for a mean and short enough to see a change.
pub const WINDOW_SESSIONS: usize = 20;

/// Horizons that are scored together, in sessions from the origin.
///
/// There are no others than [`BANDS`]: their keys are names of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Band {
    from: u32,
    to: u32,
    key: &'static str,
}

/// The bands: the next session, the next week, two weeks, a month, and to six weeks.
pub const BANDS: [Band; 5] = [
    Band { from: 1, to: 1, key: "h01" },
    Band { from: 2, to: 5, key: "h05" },
    Band { from: 6, to: 10, key: "h10" },
    Band { from: 11, to: 20, key: "h20" },
    Band { from: 21, to: 30, key: "h30" },
];

impl Band {
    /// Its name, such as `h05`.
    pub fn key(self) -> &'static str {
        self.key
    }

    /// Its shortest horizon.
    pub fn from(self) -> u32 {
        self.from
    }

    /// Its longest horizon.
    pub fn to(self) -> u32 {
        self.to
    }

    /// Whether a horizon is in it.
    pub fn contains(self, horizon: u32) -> bool {
        (self.from..=self.to).contains(&horizon)
    }

    /// The band that a horizon is in; none beyond the last.
    pub fn of(horizon: u32) -> Option<Self> {
        BANDS.into_iter().find(|band| band.contains(horizon))
    }

    /// The band of a name.
    pub fn by_key(key: &str) -> Option<Self> {
        BANDS.into_iter().find(|band| band.key == key)
    }

    /// The horizon in its middle.
    pub fn mean_horizon(self) -> f64 {
        f64::midpoint(f64::from(self.from), f64::from(self.to))
    }
}

/// How wrong some forecasts were, in the unit of the closes unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Pairs of forecast and close.
    pub n: usize,
    /// Different sessions among them.
    pub n_targets: usize,
    /// How many independent errors they are worth, at least 1: forecasts of neighbouring
    /// sessions err alike, the more the further they look ahead.
    pub n_effective: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error relative to the close, in percent.
    pub mape: f64,
    /// Mean of forecast minus close: above zero is too high.
    pub bias: f64,
    /// `mae` by `naive_mae`: below 1 is better than the last close. None where the last close
    /// was never wrong.
    pub mase: Option<f64>,
    /// Mean absolute error of the close at the origin, over the same pairs.
    pub naive_mae: f64,
    /// Share of closes within the interval, over the pairs that have one.
    pub coverage: Option<f64>,
    /// The probability that the intervals promise, mean over the pairs that have one.
    pub interval_width: Option<f64>,
    /// Pinball loss, mean over the interval's ends and its middle.
    pub pinball: Option<f64>,
    /// Winkler's interval score: the width, and for what lies outside a multiple of how far.
    pub winkler: Option<f64>,
    /// Sum of close minus forecast, in mean absolute errors: far from 0 if the forecasts err
    /// to one side. 0 where no forecast was wrong.
    pub tracking_signal: f64,
}

/// The pairs of one version whose targets lie in the last `sessions` sessions that have a close,
/// of those up to `through`.
pub fn trailing(
    pairs: &[Pair],
    closes: &[Close],
    through: NaiveDate,
    sessions: usize,
) -> Vec<Pair> {
    let known = by_date(closes);
    let back = known.range(..=through).rev();
    let Some((&first, _)) = back.take(sessions).last() else { return vec![] };
    let window = first..=through;
    pairs.iter().filter(|pair| window.contains(&pair.ds)).copied().collect()
}

/// The pairs whose horizon is in a band.
pub fn in_band(pairs: &[Pair], band: Band) -> Vec<Pair> {
    pairs.iter().filter(|pair| band.contains(pair.horizon)).copied().collect()
}

#[cfg(test)]
mod tests;
