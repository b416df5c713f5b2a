//! Cross-validates a model and scores it, beside the forecast to beat.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use forecast_core::{
    Prophet, Series, Spec,
    baseline::{Baseline, Season},
    diagnostics::{CrossValidationOptions, Cutoffs, Metric, cross_validation, performance_metrics},
};

/// Days of history, of which the first cutoff leaves these, and days ahead.
const DAYS: (usize, i64, i64) = (900, 730, 28);

#[expect(clippy::print_stdout, reason = "what an example is for")]
fn main() -> Result<()> {
    let history = Series::new(examples::days(DAYS.0), examples::sales(DAYS.0, 1))?;
    let model = Prophet::new(Spec::default()).fit(&history)?;

    let options = CrossValidationOptions {
        cutoffs: Cutoffs::Every {
            initial: Some(TimeDelta::days(DAYS.1)),
            period: Some(TimeDelta::days(14)),
        },
        ..CrossValidationOptions::default()
    };
    let cv = cross_validation(&model, TimeDelta::days(DAYS.2), &options)?;

    // Last week's values again, from the same cutoffs.
    let weekly = Baseline::SeasonalNaive(Season::Rows(7));
    let baseline = cv.baseline(&weekly, &history)?;
    let scale = cv.mase_scale(7, &history)?;
    let metrics = [
        Metric::Rmse,
        Metric::Mape,
        Metric::Coverage,
        Metric::Mase { scale: &scale },
        Metric::Skill { baseline: &baseline },
    ];
    let table = performance_metrics(&cv, &metrics, 0.1, false)?;

    let mut cutoffs = cv.cutoff.clone();
    cutoffs.dedup();
    println!("{} cutoffs, {} forecasts", cutoffs.len(), cv.ds.len());
    for (name, values) in &table.columns {
        let (near, far) = values.first().zip(values.last()).context("an empty table")?;
        println!(
            "{name:>9}  {near:8.4} at {}  {far:8.4} at {}",
            table.horizon[0],
            table.horizon[values.len() - 1]
        );
    }
    Ok(())
}
