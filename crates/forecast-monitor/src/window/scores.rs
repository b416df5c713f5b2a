//! The numbers that say how wrong some forecasts were.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Scores;
use crate::realised::{PRICE_MAX, Pair};

/// Scores pairs of forecast and close; none if there are none.
///
/// Pairs whose numbers are not finite, or whose close is no price, are not counted: a join gives
/// no such pairs. The order does not matter.
///
/// # Source
///
/// Hyndman and Koehler, *Another look at measures of forecast accuracy* (2006), for MASE, here
/// against the last close at the same horizon; Gneiting and Raftery, *Strictly proper scoring
/// rules* (2007), for the pinball loss and Winkler's score; Brown (1959) for the tracking signal.
pub fn scores(pairs: &[Pair]) -> Option<Scores> {
    let mut pairs: Vec<Pair> = pairs.iter().filter(|pair| is_sound(pair)).copied().collect();
    // The same sums in the same order, so the same bits.
    pairs.sort_by(|a, b| {
        (a.ds, a.horizon, a.origin, a.version)
            .cmp(&(b.ds, b.horizon, b.origin, b.version))
            .then(a.yhat.total_cmp(&b.yhat))
    });
    let mean = |f: &dyn Fn(&Pair) -> f64| mean(pairs.iter().map(f));
    let mae = mean(&|pair| error(pair).abs())?;
    let naive_mae = mean(&|pair| (pair.naive - pair.actual).abs())?;
    let bias = mean(&error)?;
    let n = pairs.len();
    let by_target = by_target(&pairs);
    let horizon = mean(&|pair| f64::from(pair.horizon))?;
    let intervals: Vec<Interval> = pairs.iter().filter_map(Interval::of).collect();
    let of_intervals = |f: &dyn Fn(&Interval) -> f64| self::mean(intervals.iter().map(f));
    Some(Scores {
        n,
        n_targets: by_target.len(),
        n_effective: n_effective(&by_target, horizon),
        mae,
        rmse: mean(&|pair| error(pair).powi(2))?.sqrt(),
        mape: 100.0 * mean(&|pair| (error(pair) / pair.actual).abs())?,
        bias,
        mase: (0.0 < naive_mae).then(|| mae / naive_mae).filter(|mase| mase.is_finite()),
        naive_mae,
        coverage: of_intervals(&Interval::covers),
        interval_width: of_intervals(&|interval| interval.width),
        pinball: of_intervals(&Interval::pinball),
        winkler: of_intervals(&Interval::winkler),
        tracking_signal: if mae == 0.0 { 0.0 } else { -bias / mae * n as f64 },
    })
}

fn is_sound(pair: &Pair) -> bool {
    let is_price = |value: f64| 0.0 < value && value <= PRICE_MAX;
    let is_width = 0.0 < pair.interval_width && pair.interval_width < 1.0;
    pair.yhat.abs() <= PRICE_MAX && is_price(pair.actual) && is_price(pair.naive) && is_width
}

/// Forecast minus close: above zero is too high.
fn error(pair: &Pair) -> f64 {
    pair.yhat - pair.actual
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (0 < n).then(|| values.sum::<f64>() / n as f64)
}

/// The mean error for each session, in order of time.
fn by_target(pairs: &[Pair]) -> Vec<f64> {
    let mut sums: BTreeMap<NaiveDate, (f64, f64)> = BTreeMap::new();
    for pair in pairs {
        let (sum, n) = sums.entry(pair.ds).or_default();
        *sum += error(pair);
        *n += 1.0;
    }
    sums.into_values().map(|(sum, n)| sum / n).collect()
}

/// How many independent errors a series of errors is worth.
///
/// Two reasons why it is fewer than there are: forecasts h sessions ahead share all but one of
/// their sessions with the next, so that h of them are worth one; and what a model does not
/// follow it does not follow for weeks, which the correlation of neighbours shows.
fn n_effective(errors: &[f64], horizon: f64) -> f64 {
    let n = errors.len() as f64;
    let by_overlap = n / horizon.max(1.0);
    let alike = autocorrelation(errors).clamp(0.0, 0.99);
    let by_correlation = n * (1.0 - alike) / (1.0 + alike);
    by_overlap.min(by_correlation).max(1.0)
}

/// The correlation of neighbours; 0 where nothing varies.
fn autocorrelation(errors: &[f64]) -> f64 {
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let squares: f64 = errors.iter().map(|e| (e - mean).powi(2)).sum();
    let products: f64 = errors.windows(2).map(|e| (e[0] - mean) * (e[1] - mean)).sum();
    if 0.0 < squares { products / squares } else { 0.0 }
}

/// An interval and the close.
#[derive(Debug, Clone, Copy)]
struct Interval {
    lower: f64,
    yhat: f64,
    upper: f64,
    actual: f64,
    width: f64,
}

impl Interval {
    fn of(pair: &Pair) -> Option<Self> {
        let (lower, upper) = pair.lower.zip(pair.upper)?;
        let is_one = lower <= upper && lower.abs() <= PRICE_MAX && upper.abs() <= PRICE_MAX;
        let Pair { yhat, actual, interval_width: width, .. } = *pair;
        is_one.then_some(Self { lower, yhat, upper, actual, width })
    }

    fn covers(&self) -> f64 {
        f64::from(u8::from(self.lower <= self.actual && self.actual <= self.upper))
    }

    /// The mean of the pinball losses of both ends, as the quantiles that they promise to be,
    /// and of the prediction as the median.
    fn pinball(&self) -> f64 {
        let tail = (1.0 - self.width) / 2.0;
        let loss = |quantile: f64, level: f64| {
            let missed = self.actual - quantile;
            (level * missed).max((level - 1.0) * missed)
        };
        (loss(self.lower, tail) + loss(self.yhat, 0.5) + loss(self.upper, 1.0 - tail)) / 3.0
    }

    fn winkler(&self) -> f64 {
        let missed = (self.lower - self.actual).max(0.0) + (self.actual - self.upper).max(0.0);
        self.upper - self.lower + 2.0 / (1.0 - self.width) * missed
    }
}
