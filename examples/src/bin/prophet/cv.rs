//! `prophet cv`.

use std::time::Instant;

use anyhow::{Result, bail};
use forecast_core::diagnostics::{
    CrossValidation, CrossValidationOptions, Cutoffs, Metric, PerformanceMetrics, cross_validation,
    performance_metrics,
};
use prophet_plot::plot_cross_validation_metric;
use serde_json::{Map, Value};

use crate::{
    cli::CvArgs,
    fit::{self, Fitter},
    picture, print,
    rows::History,
    spec, wire,
};

/// Horizons of the table for people.
const SHOWN: usize = 12;

/// Cross-validates, scores, prints.
pub(crate) fn run(args: &CvArgs) -> Result<()> {
    let Some(metric) = Metric::from_name(&args.metric) else {
        let known: Vec<String> = Metric::DEFAULT.iter().map(|m| m.name().to_owned()).collect();
        bail!("`--metric` is {}, it must be one of {}", args.metric, known.join(", "));
    };
    let spec = spec::spec(&args.spec)?;
    let history = History::read(&args.series, &spec, args.spec.bounds)?;
    let fitter = Fitter::new(args.spec.optimizer)?;
    let (fitted, fit_seconds) = fit::repeated(&fitter, &spec, &history, (1, args.seed))?;
    let cutoffs = if args.cutoffs.is_empty() {
        Cutoffs::Every { initial: args.initial, period: args.period }
    } else {
        Cutoffs::At(args.cutoffs.clone())
    };
    let options =
        CrossValidationOptions { cutoffs, seed: args.seed, ..CrossValidationOptions::default() };
    print::progress("cross-validating");
    let start = Instant::now();
    let cv = cross_validation(&fitted, args.horizon, &options)?;
    let seconds = start.elapsed().as_secs_f64();
    let table = performance_metrics(&cv, &Metric::DEFAULT, args.rolling_window, false)?;
    let warnings: Vec<String> = cv.warnings.iter().map(ToString::to_string).collect();
    for text in &warnings {
        print::warn(text);
    }
    if let Some(target) = &args.output.plot {
        let figure = plot_cross_validation_metric(&cv, &metric, args.rolling_window)?;
        let title = args.series.csv.file_stem().unwrap_or_default().to_string_lossy();
        picture::write(&figure.titled(&title, "cross-validation"), target, &args.output)?;
    }
    let mut cutoffs = cv.cutoff.clone();
    cutoffs.dedup();
    if !args.output.json {
        return print::text(&text(&cv, &table, cutoffs.len(), seconds));
    }
    let skipped = table.skipped.iter();
    print::json(&wire::Cv {
        metrics: objects(&table),
        seconds,
        fit_seconds,
        cutoffs: wire::times(&cutoffs),
        rows: cv.ds.len(),
        skipped: skipped
            .map(|s| wire::Skipped { metric: s.name.clone(), reason: s.reason })
            .collect(),
        warnings,
    })
}

/// One object for each horizon.
fn objects(table: &PerformanceMetrics) -> Vec<Map<String, Value>> {
    let object = |(i, horizon): (usize, &forecast_core::diagnostics::Horizon)| {
        let mut object = Map::new();
        object.insert("horizon".to_owned(), horizon.to_string().into());
        for (name, values) in &table.columns {
            object.insert(name.clone(), values[i].into());
        }
        object
    };
    table.horizon.iter().enumerate().map(object).collect()
}

fn text(cv: &CrossValidation, table: &PerformanceMetrics, cutoffs: usize, seconds: f64) -> String {
    let took = print::seconds(seconds);
    let mut text = format!("{cutoffs} cutoffs, {} forecasts in {took}\n\n", cv.ds.len());
    let width = table.horizon.iter().map(|h| h.to_string().len()).max().unwrap_or(0).max(7);
    text.push_str(&format!("{:<width$}", "horizon"));
    for (name, _) in &table.columns {
        text.push_str(&format!("  {name:>11}"));
    }
    text.push('\n');
    let rows = table.horizon.len();
    let every = rows.div_ceil(SHOWN).max(1);
    // From the end, so that the longest horizon is shown.
    for i in (0..rows).filter(|i| (rows - 1 - i).is_multiple_of(every)) {
        text.push_str(&format!("{:<width$}", table.horizon[i].to_string()));
        for (_, values) in &table.columns {
            text.push_str(&format!("  {:>11}", print::number(values[i])));
        }
        text.push('\n');
    }
    for skipped in &table.skipped {
        text.push_str(&format!("no {}: {}\n", skipped.name, skipped.reason));
    }
    text
}
