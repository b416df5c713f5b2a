//! From arguments to a specification.

use anyhow::{Context as _, Result};
use forecast_core::{SeasonalityChoice, Spec, spec::Holiday};

use crate::{cli::SpecArgs, table::Table};

/// Reads `auto`, `true`, `false` or a Fourier order.
pub(crate) fn choice(text: &str) -> Result<SeasonalityChoice, String> {
    match text {
        "auto" => Ok(SeasonalityChoice::Auto),
        "true" => Ok(SeasonalityChoice::On),
        "false" => Ok(SeasonalityChoice::Off),
        order => match order.parse() {
            Ok(order) => Ok(SeasonalityChoice::Order(order)),
            Err(_) => Err("it must be auto, true, false or a Fourier order from 1 on".to_owned()),
        },
    }
}

/// The specification that the arguments describe.
pub(crate) fn spec(args: &SpecArgs) -> Result<Spec> {
    let mut spec = Spec {
        growth: args.growth,
        changepoints: args.changepoints.clone(),
        n_changepoints: args.n_changepoints,
        changepoint_range: args.changepoint_range,
        yearly_seasonality: args.yearly_seasonality,
        weekly_seasonality: args.weekly_seasonality,
        daily_seasonality: args.daily_seasonality,
        seasonalities: args.add_seasonality.clone(),
        regressors: args.add_regressor.clone(),
        country_holidays: args.country_holidays.clone(),
        seasonality_mode: args.seasonality_mode,
        holidays_mode: args.holidays_mode,
        seasonality_prior_scale: args.seasonality_prior_scale,
        holidays_prior_scale: args.holidays_prior_scale,
        changepoint_prior_scale: args.changepoint_prior_scale,
        interval_width: args.interval_width,
        uncertainty_samples: args.uncertainty_samples,
        mcmc_samples: args.mcmc_samples,
        scaling: args.scaling,
        ..Spec::default()
    };
    if let Some(path) = &args.holidays {
        spec.holidays = holidays(&Table::read(path)?)?;
    }
    Ok(spec)
}

fn holidays(table: &Table) -> Result<Vec<Holiday>> {
    let ds = table.ds("ds")?;
    let names = table.texts("holiday")?;
    let window = |name: &str| table.optional(name)?.map_or_else(|| Ok(vec![0; ds.len()]), days);
    let (lower, upper) = (window("lower_window")?, window("upper_window")?);
    let prior = table.optional("prior_scale")?;
    let rows = ds.iter().zip(names).enumerate();
    Ok(rows
        .map(|(i, (ds, name))| Holiday {
            name: name.to_owned(),
            date: ds.date(),
            lower_window: lower[i],
            upper_window: upper[i],
            prior_scale: prior.as_ref().map(|prior| prior[i]).filter(|scale| !scale.is_nan()),
        })
        .collect())
}

fn days(values: Vec<f64>) -> Result<Vec<i32>> {
    let whole = |v: &f64| v.fract() == 0.0 && v.abs() < f64::from(i32::MAX);
    if let Some(value) = values.iter().find(|v| !v.is_nan() && !whole(v)) {
        return Err(anyhow::anyhow!("a window is {value}, it must be a number of whole days"))
            .context("cannot read the holidays");
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range, checked above")]
    Ok(values.into_iter().map(|v| if v.is_nan() { 0 } else { v as i32 }).collect())
}
