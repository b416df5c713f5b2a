//! How wrong the version would have been, had it been in production before: what its limits come
//! from.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use forecast_core::{Future, Series, Spec, ds::midnight};
use forecast_monitor::{BANDS, Band, Limits, Pair, Scores, WINDOW_SESSIONS, scores};

use super::Data;
use crate::settings::Settings;

/// Folds at most: with windows of 20 sessions, two years of the past.
///
/// More would reach back to a market that is no longer this one.
const FOLDS_MAX: usize = 24;

/// Folds at least: a spread of fewer says nothing.
const FOLDS_MIN: usize = 6;

/// Sessions that a fold is fitted to at least: two years, as usual for Prophet. Below that a
/// yearly season is carried on into months that were not seen, and such a fit is no reference for
/// one that has seen them.
const ROWS_MIN: usize = 500;

/// The errors that the specification would have had in windows of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// How many windows there were.
    pub folds: usize,
    /// What they say of each band, in the bands' order.
    pub bands: Vec<BandReference>,
}

/// What the windows of the past say of a band of horizons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandReference {
    /// The band.
    pub band: Band,
    /// Mean and spread of the windows' mean absolute errors, in the unit of the price, and the
    /// mean of the same in units of the last price's.
    pub limits: Limits,
}

/// Sessions after a cutoff whose closes a fold is held against: with so many the window of the
/// band that looks furthest ahead is full.
fn reach() -> usize {
    let horizon_max = BANDS.iter().map(|band| band.to()).max().unwrap_or(0);
    horizon_max as usize + WINDOW_SESSIONS - 1
}

/// Fits the specification at cutoffs in the history and scores what each fit would have answered.
///
/// A fold is the first window that a version trained through its cutoff would have filled in
/// production: for each of [`WINDOW_SESSIONS`] sessions in a row the forecasts of every horizon of
/// the band, the same numbers that `score` compares with the limits later. A fit sees nothing
/// after its cutoff. The windows of one band follow on each other and do not overlap.
///
/// `None` if the history has room for fewer than [`FOLDS_MIN`] folds.
///
/// # Errors
///
/// If the specification cannot be fitted to a part of the history, which the whole of it was.
pub(super) fn backtest(data: &Data, settings: &Settings) -> Result<Option<Backtest>> {
    // Intervals are not compared, and take most of the time of a forecast.
    let spec = Spec { uncertainty_samples: 0, ..settings.train.spec.clone() };
    let closes = data.bars.closes(settings.price)?;
    let history = History { spec: &spec, dates: data.bars.dates(), closes, seed: settings.seed };
    history.backtest()
}

/// What is looked back on.
#[derive(Debug, Clone, Copy)]
struct History<'a> {
    spec: &'a Spec,
    dates: &'a [NaiveDate],
    closes: &'a [f64],
    seed: u64,
}

impl History<'_> {
    fn backtest(&self) -> Result<Option<Backtest>> {
        let cutoffs = cutoffs(self.dates.len());
        if cutoffs.len() < FOLDS_MIN {
            return Ok(None);
        }
        let mut folds = Vec::with_capacity(cutoffs.len());
        for cutoff in cutoffs {
            let fold = self.fold(cutoff);
            folds.push(
                fold.with_context(|| format!("cannot look back from {}", self.dates[cutoff]))?,
            );
        }
        Ok(Some(Backtest::of(&folds)))
    }

    /// The pairs of one fit, band by band.
    fn fold(&self, cutoff: usize) -> Result<Vec<Vec<Pair>>> {
        let Self { spec, dates, closes, seed } = *self;
        let stamps = |dates: &[NaiveDate]| dates.iter().map(|&date| midnight(date)).collect();
        let series = Series::new(stamps(&dates[..=cutoff]), closes[..=cutoff].to_vec())?;
        let fitted = forecast_core::fit(spec, &series)?;
        let ahead = Future::new(stamps(&dates[cutoff + 1..=cutoff + reach()]));
        let yhat = fitted.predict_yhat(&ahead, seed)?.yhat;
        let pair = |target: usize, horizon: u32| {
            let origin = target - horizon as usize;
            Pair {
                version: 0,
                origin: dates[origin],
                ds: dates[target],
                horizon,
                yhat: yhat[target - cutoff - 1],
                lower: None,
                upper: None,
                actual: closes[target],
                naive: closes[origin],
                interval_width: spec.interval_width,
            }
        };
        let of_band = |band: &Band| -> Vec<Pair> {
            // The first session for which there was a forecast of every horizon.
            let first = cutoff + band.to() as usize;
            let horizons = band.from()..=band.to();
            let targets = first..first + WINDOW_SESSIONS;
            targets.flat_map(|target| horizons.clone().map(move |h| pair(target, h))).collect()
        };
        Ok(BANDS.iter().map(of_band).collect())
    }
}

/// The last rows that the folds are fitted to, oldest first.
fn cutoffs(rows: usize) -> Vec<usize> {
    let last = rows.checked_sub(reach() + 1);
    let back = std::iter::successors(last, |cutoff| cutoff.checked_sub(WINDOW_SESSIONS));
    let mut cutoffs: Vec<usize> =
        back.take_while(|cutoff| ROWS_MIN <= cutoff + 1).take(FOLDS_MAX).collect();
    cutoffs.reverse();
    cutoffs
}

impl Backtest {
    fn of(folds: &[Vec<Vec<Pair>>]) -> Self {
        let bands = BANDS.iter().enumerate().filter_map(|(i, &band)| {
            let of_band: Vec<Scores> = folds.iter().filter_map(|fold| scores(&fold[i])).collect();
            let mae: Vec<f64> = of_band.iter().map(|scores| scores.mae).collect();
            let mase: Vec<f64> = of_band.iter().filter_map(|scores| scores.mase).collect();
            let limits = Limits { mean: mean(&mae)?, sd: deviation(&mae)?, mase: mean(&mase) };
            Some(BandReference { band, limits })
        });
        Self { folds: folds.len(), bands: bands.collect() }
    }

    /// What it says, by the names in MLflow.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let mut named = vec![("backtest/folds".to_owned(), self.folds as f64)];
        for BandReference { band, limits } in &self.bands {
            let key = band.key();
            named.push((format!("backtest/mae_{key}_mean"), limits.mean));
            named.push((format!("backtest/mae_{key}_sd"), limits.sd));
            named.extend(limits.mase.map(|mean| (format!("backtest/mase_{key}_mean"), mean)));
        }
        named
    }
}

/// What is said of the backtest in a line.
pub(crate) fn line(backtest: Option<&Backtest>) -> String {
    let Some(backtest) = backtest else {
        return format!(
            "none: fewer than {FOLDS_MIN} windows of {WINDOW_SESSIONS} sessions, so no limits"
        );
    };
    let bands = backtest.bands.iter().map(|BandReference { band, limits }| {
        let mase = limits.mase.map_or_else(String::new, |mase| format!(" ({mase:.2})"));
        format!("{:.2} ± {:.2}{mase} at {}", limits.mean, limits.sd, horizons(*band))
    });
    let bands: Vec<String> = bands.collect();
    format!(
        "{} windows of {WINDOW_SESSIONS} sessions: MAE (MASE) {} sessions ahead",
        backtest.folds,
        bands.join(", ")
    )
}

/// The horizons of a band, as a reader counts them.
fn horizons(band: Band) -> String {
    let (from, to) = (band.from(), band.to());
    if from == to { to.to_string() } else { format!("{from}-{to}") }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of a sample; none of a single value.
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (1 < values.len()).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests;
