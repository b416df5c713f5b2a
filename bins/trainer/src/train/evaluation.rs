//! How the fit on the training rows does on the test rows, beside forecasts that cost nothing.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use forecast_core::{
    Fitted, Forecast, baseline,
    ds::{Ds, midnight},
    evaluate::{Metrics, Point, mase_scale, score},
};

use super::Data;
use crate::settings::Settings;

/// A forecast of the test sessions with its errors.
#[derive(Debug, Clone)]
pub struct Scores {
    /// One value a test session.
    pub yhat: Vec<f64>,
    /// Its errors.
    pub metrics: Metrics,
    /// Mean absolute error in units of the naive one-step error on the training rows.
    pub mase: f64,
}

/// The fit on the training rows, and what came of it.
#[derive(Debug)]
pub struct Evaluation {
    /// The fit.
    pub fitted: Fitted,
    /// How long it took.
    pub fit_seconds: f64,
    /// Its forecast of the test sessions.
    pub forecast: Forecast,
    /// Prophet's errors.
    pub prophet: Scores,
    /// Errors of the last price repeated.
    pub naive: Scores,
    /// Errors of the line through the first and the last price.
    pub drift: Scores,
}

/// What is said of a fit in a line.
pub(super) fn fit_line(fitted: &Fitted) -> String {
    let Some(report) = fitted.report() else { return String::new() };
    let state = if report.converged { "converged" } else { "NOT CONVERGED" };
    format!("log posterior {:.3}, {state}", report.log_posterior)
}

/// Predicts the test dates and scores them, by date.
pub(super) fn evaluate(
    fitted: Fitted,
    fit_seconds: f64,
    data: &Data,
    settings: &Settings,
) -> Result<Evaluation> {
    let stamps = |dates: &[chrono::NaiveDate]| -> Vec<Ds> {
        dates.iter().map(|&date| midnight(date)).collect()
    };
    let (train, test) = (&data.split.train, &data.split.test);
    let (train_ds, test_ds) = (stamps(train.dates()), stamps(test.dates()));
    let (train_y, test_y) = (train.closes(settings.price)?, test.closes(settings.price)?);
    let actual: Vec<(Ds, f64)> = test_ds.iter().copied().zip(test_y.iter().copied()).collect();
    let scale = mase_scale(train_y).context("cannot scale the errors")?;
    let width = fitted.spec().interval_width;

    let forecast =
        fitted.predict(&test_ds, settings.seed).context("cannot forecast the test sessions")?;
    let has_band = !forecast.yhat_lower.is_empty();
    let scored = |yhat: Vec<f64>, has_band: bool| -> Result<Scores> {
        let point = |i: usize| Point {
            ds: test_ds[i],
            yhat: yhat[i],
            interval: has_band.then(|| (forecast.yhat_lower[i], forecast.yhat_upper[i])),
        };
        let points: Vec<Point> = (0..yhat.len()).map(point).collect();
        let metrics = score(&points, &actual, width).context("cannot score the forecast")?;
        Ok(Scores { mase: metrics.mae / scale, metrics, yhat })
    };
    let prophet = scored(forecast.yhat.clone(), has_band)?;
    let naive = baseline::naive_last(train_y, test_ds.len()).context("no price to repeat")?;
    let drift = baseline::drift(&train_ds, train_y, &test_ds).context("no line to go on along")?;
    let (naive, drift) = (scored(naive, false)?, scored(drift, false)?);
    Ok(Evaluation { fitted, fit_seconds, forecast, prophet, naive, drift })
}

impl Evaluation {
    /// Share of the naive error that Prophet saves; below zero it is worse.
    /// `None` where the last price was exact.
    pub fn skill(&self) -> Option<f64> {
        self.ratio().map(|ratio| 1.0 - ratio)
    }

    /// Prophet's error in units of the naive one.
    pub fn ratio(&self) -> Option<f64> {
        let ratio = self.prophet.metrics.mae / self.naive.metrics.mae;
        ratio.is_finite().then_some(ratio)
    }

    /// The errors in a line.
    pub(super) fn line(&self) -> String {
        let (ours, naive) = (&self.prophet.metrics, &self.naive.metrics);
        format!(
            "MAE {:.2}, naive {:.2}; MAPE {:.2} %, naive {:.2} %",
            ours.mae, naive.mae, ours.mape, naive.mape
        )
    }

    /// Prophet's metrics by the names in MLflow.
    pub fn metrics(&self) -> BTreeMap<&'static str, f64> {
        let Scores { metrics, mase, .. } = &self.prophet;
        let mut named = BTreeMap::from([
            ("mae", metrics.mae),
            ("rmse", metrics.rmse),
            ("mape", metrics.mape),
            ("bias", metrics.bias),
            ("mase", *mase),
            ("fit_seconds", self.fit_seconds),
        ]);
        named.extend(self.skill().map(|value| ("skill", value)));
        named.extend(metrics.coverage.map(|value| ("coverage", value)));
        named.extend(metrics.pinball.map(|value| ("pinball", value)));
        named.extend(self.fitted.report().map(|report| ("log_posterior", report.log_posterior)));
        named
    }

    /// The baselines' metrics by the names in MLflow.
    pub fn baseline(&self) -> BTreeMap<&'static str, f64> {
        BTreeMap::from([
            ("naive_mae", self.naive.metrics.mae),
            ("naive_rmse", self.naive.metrics.rmse),
            ("naive_mape", self.naive.metrics.mape),
            ("naive_bias", self.naive.metrics.bias),
            ("naive_mase", self.naive.mase),
            ("drift_mae", self.drift.metrics.mae),
            ("drift_rmse", self.drift.metrics.rmse),
            ("drift_mape", self.drift.metrics.mape),
            ("drift_bias", self.drift.metrics.bias),
            ("drift_mase", self.drift.mase),
        ])
    }
}
