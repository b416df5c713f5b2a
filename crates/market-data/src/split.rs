//! Splits by time: the past trains, what follows tests. Nothing is ever drawn at random.

use chrono::NaiveDate;

use crate::bar::Bars;
use crate::error::Error;

/// The least number of sessions that a series may have.
///
/// Prophet's 25 changepoints and two seasonalities mean nothing on fewer.
pub const MIN_ROWS: usize = 100;

/// The least number of sessions to train on: a line needs two points.
const MIN_TRAIN_ROWS: usize = 2;

/// A series cut in two: every training date is at or before `cutoff`, every test date after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What a fit may see.
    pub train: Bars,
    /// What it is scored on.
    pub test: Bars,
    /// The last date of `train`.
    pub cutoff: NaiveDate,
}

/// Holds out the last `n` sessions.
///
/// # Errors
///
/// Returns [`Error::TooFewRows`] below [`MIN_ROWS`] sessions, and [`Error::EmptySide`] if a side
/// would be left without rows.
pub fn last_sessions(bars: &Bars, n: usize) -> Result<Split, Error> {
    let plural = if n == 1 { "" } else { "s" };
    at(bars, bars.len().saturating_sub(n), || format!("before the last {n} session{plural}"))
}

/// Holds out the sessions after `cutoff`.
///
/// # Errors
///
/// Returns [`Error::TooFewRows`] below [`MIN_ROWS`] sessions, and [`Error::EmptySide`] if a side
/// would be left without rows.
pub fn by_cutoff(bars: &Bars, cutoff: NaiveDate) -> Result<Split, Error> {
    at(bars, bars.dates().partition_point(|date| *date <= cutoff), || format!("after {cutoff}"))
}

/// How rolling origins advance, all counted in sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolling {
    /// The least number of sessions to train on.
    pub initial: usize,
    /// Sessions between one cutoff and the next.
    pub step: usize,
    /// Sessions to test on after each cutoff.
    pub horizon: usize,
}

/// Splits of growing history, the oldest first; the last one ends with the series.
///
/// # Errors
///
/// Returns [`Error::TooFewRows`] below [`MIN_ROWS`] sessions, [`Error::BadSetting`] for a step or
/// horizon of 0, and [`Error::EmptySide`] if not even one split has room.
pub fn rolling_origins(
    bars: &Bars,
    rolling: Rolling,
) -> Result<impl ExactSizeIterator<Item = Split>, Error> {
    bars.require(MIN_ROWS)?;
    for (name, value) in [("step", rolling.step), ("horizon", rolling.horizon)] {
        if value == 0 {
            let reason = "is no number of sessions, it must be at least 1".to_owned();
            return Err(Error::BadSetting { name, value: value.to_string(), reason });
        }
    }
    let initial = rolling.initial.max(MIN_TRAIN_ROWS);
    let rows = bars.len();
    let Some(spare) = rows.checked_sub(rolling.horizon).and_then(|r| r.checked_sub(initial)) else {
        return Err(Error::EmptySide {
            what: format!("after the first {initial} sessions, {} ahead,", rolling.horizon),
            rows,
            train_rows: initial.min(rows),
            test_rows: rows.saturating_sub(initial),
        });
    };
    let n_folds = spare / rolling.step + 1;
    let Rolling { step, horizon, .. } = rolling;
    Ok((0..n_folds).rev().map(move |back| {
        let end = rows - back * step;
        cut(bars, end - horizon, end)
    }))
}

fn at(bars: &Bars, n_train: usize, what: impl Fn() -> String) -> Result<Split, Error> {
    bars.require(MIN_ROWS)?;
    let rows = bars.len();
    if n_train < MIN_TRAIN_ROWS || n_train == rows {
        let test_rows = rows - n_train;
        return Err(Error::EmptySide { what: what(), rows, train_rows: n_train, test_rows });
    }
    Ok(cut(bars, n_train, rows))
}

/// Cuts `0..end` after `n_train` rows, of which there is at least one.
fn cut(bars: &Bars, n_train: usize, end: usize) -> Split {
    let cutoff = bars.dates()[n_train - 1];
    Split { train: bars.slice(0..n_train), test: bars.slice(n_train..end), cutoff }
}

#[cfg(test)]
mod tests;
