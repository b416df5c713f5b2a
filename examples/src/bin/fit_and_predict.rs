//! Fits Prophet to a series of one's own, and writes the model for Python.
//!
//! `fit_and_predict [OUT.json]`: with a path, `prophet.serialize.model_from_json`
//! reads what is written there.

use anyhow::{Context as _, Result};
use chrono::{Days, NaiveDate};
use forecast_core::{Prophet, Series, Spec, baseline, ds::midnight, prophet_json};

/// Days of history, and days to forecast.
const DAYS: (u32, u32) = (730, 14);

/// Seed of the intervals.
const SEED: u64 = 42;

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).context("no such date")?;
    let day = |i: u32| midnight(first + Days::new(u64::from(i)));
    let demand = |i: u32| {
        let t = f64::from(i);
        // Growth that slows, a busy weekend, a warm season.
        100.0 + 0.2 * t - 0.1 * (t - 400.0).max(0.0)
            + if i % 7 > 4 { 15.0 } else { 0.0 }
            + 10.0 * (t * std::f64::consts::TAU / 365.25).sin()
    };
    let y: Vec<f64> = (0..DAYS.0).map(demand).collect();
    let series = Series::new((0..DAYS.0).map(day).collect(), y.clone())?;

    let fitted = Prophet::new(Spec::default()).fit(&series)?;
    if let Some(report) = fitted.report() {
        println!("log posterior {:.3}, converged: {}", report.log_posterior, report.converged);
    }
    let future: Vec<_> = (DAYS.0..DAYS.0 + DAYS.1).map(day).collect();
    let forecast = fitted.predict(&future, SEED)?;
    let naive = baseline::naive_last(&y, future.len()).context("an empty history")?;
    println!("day          forecast     80 % band        last value");
    for (i, ds) in forecast.ds.iter().enumerate() {
        println!(
            "{}   {:8.2}  {:8.2}..{:.2}  {:8.2}",
            ds.date(),
            forecast.yhat[i],
            forecast.yhat_lower[i],
            forecast.yhat_upper[i],
            naive[i]
        );
    }
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(&path, prophet_json::write(&fitted))
            .with_context(|| format!("cannot write {path}"))?;
        println!("written {path}");
    }
    Ok(())
}
