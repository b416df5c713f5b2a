//! Which of the scores are beyond their limits.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{Alert, Level, Limits, What};
use crate::window::{Band, Scores, WINDOW_SESSIONS};

/// The fewest sessions that are judged: below half a window a single bad day decides.
pub const TARGETS_MIN: usize = WINDOW_SESSIONS / 2;

/// How many times the last close's error is too much, wherever the version's own backtest does
/// not say that it is usual.
pub const MASE_MAX: f64 = 1.2;

/// How many standard deviations the coverage may be from what the intervals promise.
pub const COVERAGE_SDS: f64 = 3.0;

/// How far the mean error may be from 0 before it is a warning, in mean absolute errors by the
/// square root of the number of independent errors: the classic limit of a tracking signal.
pub const TRACKING_WARN: f64 = 4.0;

/// The same for an alert.
pub const TRACKING_ALERT: f64 = 6.0;

/// From how many sessions without a close on the data are at fault: two may be a late source.
pub const SESSIONS_MISSING: usize = 3;

/// How far back sessions without a close are counted, in days: beyond a year it is all the same.
const MISSING_DAYS_MAX: usize = 366;

/// Judges one band: its level, and an alert for everything beyond its limit.
///
/// `scores` are those of a window, `limits` what the version's own backtest says of the band;
/// without them its error is compared with the last close's alone.
pub fn assess(band: Band, scores: Option<&Scores>, limits: Option<Limits>) -> (Level, Vec<Alert>) {
    let Some(scores) = scores.filter(|scores| TARGETS_MIN <= scores.n_targets) else {
        return (Level::TooFew, vec![]);
    };
    // Limits come from a store that anybody may write to.
    let limits = limits.filter(|limits| 0.0 <= limits.sd && limits.alert().is_finite());
    let judge = Judge { band, scores, limits };
    let found = [judge.mae(), judge.mase(), judge.coverage(), judge.tracking_signal()];
    let alerts: Vec<Alert> = found.into_iter().flatten().collect();
    (alerts.iter().map(|alert| alert.level).max().unwrap_or(Level::Ok), alerts)
}

/// How many sessions after `through` have closed by `now` and have no close.
pub fn sessions_missing(
    through: NaiveDate,
    now: DateTime<Utc>,
    is_session: &dyn Fn(NaiveDate) -> bool,
    closes_at: &dyn Fn(NaiveDate) -> DateTime<Utc>,
) -> usize {
    let days = through.iter_days().skip(1).take(MISSING_DAYS_MAX);
    let last = now.date_naive().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    let closed = days.take_while(|day| *day <= last).filter(|day| is_session(*day));
    closed.filter(|day| closes_at(*day) <= now).count()
}

/// The alert that closes do not come, which is no fault of the model: no source, or a symbol that
/// is not traded any more.
pub fn closes_missing(through: Option<NaiveDate>, sessions: usize) -> Option<Alert> {
    if sessions < SESSIONS_MISSING && through.is_some() {
        return None;
    }
    let sentence = match through {
        Some(day) => format!(
            "no close is known of {sessions} sessions since {day}: look at the source of prices, \
             and whether the symbol is still traded"
        ),
        None => "no close is known at all: look at the source of prices".to_owned(),
    };
    Some(Alert {
        level: Level::Alert,
        band: None,
        what: What::Closes,
        value: sessions as f64,
        limit: (SESSIONS_MISSING - 1) as f64,
        sentence,
    })
}

/// What is judged.
struct Judge<'a> {
    band: Band,
    scores: &'a Scores,
    limits: Option<Limits>,
}

impl Judge<'_> {
    fn alert(&self, level: Level, what: What, (value, limit): (f64, f64), says: &str) -> Alert {
        let (from, to) = (self.band.from(), self.band.to());
        let ahead = match (from, to) {
            (1, 1) => "1 session".to_owned(),
            (from, to) => format!("{from} to {to} sessions"),
        };
        let sentence = format!("{ahead} ahead, over {} sessions: {says}", self.scores.n_targets);
        Alert { level, band: Some(self.band), what, value, limit, sentence }
    }

    fn mae(&self) -> Option<Alert> {
        let (limits, mae) = (self.limits?, self.scores.mae);
        let (level, limit, sds) = if limits.alert() < mae {
            (Level::Alert, limits.alert(), 3)
        } else if limits.warn() < mae {
            (Level::Warn, limits.warn(), 2)
        } else {
            return None;
        };
        let says = format!(
            "the mean absolute error is {mae:.2}, above {limit:.2}, which is the backtest's \
             {:.2} and {sds} standard deviations",
            limits.mean
        );
        Some(self.alert(level, What::Mae, (mae, limit), &says))
    }

    fn mase(&self) -> Option<Alert> {
        let mase = self.scores.mase?;
        let (warn, alert) = self.mase_limits();
        // A whole window of it is no accident any more.
        let is_whole = WINDOW_SESSIONS <= self.scores.n_targets;
        let (level, limit) = match mase {
            mase if alert < mase && is_whole => (Level::Alert, alert),
            mase if warn < mase => (Level::Warn, warn),
            _ => return None,
        };
        let known = self.limits.and_then(|limits| limits.mase);
        let known =
            known.map_or_else(String::new, |known| format!(", where the backtest had {known:.2}"));
        let says =
            format!("the error is {mase:.2} times that of the last close, above {limit:.2}{known}");
        Some(self.alert(level, What::Mase, (mase, limit), &says))
    }

    /// The limits of the error in units of the last close's: as far above the backtest's as the
    /// error itself may be, and not below [`MASE_MAX`].
    fn mase_limits(&self) -> (f64, f64) {
        let Some((limits, known)) = self.limits.and_then(|limits| Some((limits, limits.mase?)))
        else {
            return (MASE_MAX, MASE_MAX);
        };
        // `max` passes over NaN, which a backtest without an error gives.
        let limit = |mae: f64| (known * mae / limits.mean).max(MASE_MAX);
        (limit(limits.warn()), limit(limits.alert()))
    }

    fn coverage(&self) -> Option<Alert> {
        let (coverage, width) = self.scores.coverage.zip(self.scores.interval_width)?;
        let sd = (width * (1.0 - width) / self.scores.n_effective).sqrt();
        let limit = if coverage < width {
            COVERAGE_SDS.mul_add(-sd, width)
        } else {
            COVERAGE_SDS.mul_add(sd, width)
        };
        if (coverage - width).abs() <= (limit - width).abs() {
            return None;
        }
        let what = if coverage < width { "few" } else { "many" };
        let says = format!(
            "{:.0} % of the closes are within intervals that promise {:.0} %, too {what} for \
             chance",
            100.0 * coverage,
            100.0 * width
        );
        Some(self.alert(Level::Alert, What::Coverage, (coverage, limit), &says))
    }

    fn tracking_signal(&self) -> Option<Alert> {
        let scores = self.scores;
        let signal = scores.tracking_signal;
        // A sum of n errors of which few are independent strays further than one of few errors.
        let stray = scores.n as f64 / scores.n_effective.sqrt();
        let level = match signal.abs() / stray {
            strayed if TRACKING_ALERT < strayed => Level::Alert,
            strayed if TRACKING_WARN < strayed => Level::Warn,
            _ => return None,
        };
        let times = if level == Level::Alert { TRACKING_ALERT } else { TRACKING_WARN };
        let limit = (times * stray).copysign(signal);
        let side = if 0.0 < signal { "low" } else { "high" };
        let says = format!(
            "forecasts are too {side}: the tracking signal is {signal:.1}, beyond {limit:.1}"
        );
        Some(self.alert(level, What::TrackingSignal, (signal, limit), &says))
    }
}
