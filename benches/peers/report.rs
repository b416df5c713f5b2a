//! What was measured, for people.

use std::fmt::Write as _;

use anyhow::Result;
use forecast_core::{Growth, Mode};

use crate::{
    machine,
    race::{Fits, Found},
    table::{markdown, ms, ratio},
    workload::{BATCH, Workload},
};

/// All tables, in Markdown.
pub(crate) fn write(found: &Found, workloads: &[Workload], is_real: bool) -> String {
    let mut out = String::new();
    let processor = machine::processor().unwrap_or_else(|| "unknown".to_owned());
    let series = if is_real { "the real ones" } else { "made up in the likeness of the real ones" };
    let mut say =
        |text: &str| writeln!(out, "{text}").expect("invariant: a string takes everything");
    say(&format!("Processor: {processor}; one core."));
    say(&format!(
        "Rounds: {}; a fit's time is the median over rounds of each round's median.",
        found.rounds
    ));
    if let Some(load) = machine::load() {
        say(&format!(
            "Load average at the end, over 1, 5 and 15 minutes: {load} (1 is this race alone)."
        ));
    }
    say(&format!("Series: {series}.\n"));
    say("From `ds` and `y` to parameters, in ms, and how many times as long as `forecast-core`:\n");
    say(&fits(found, workloads));
    say(&format!("\"(batch)\" is the time per series of {BATCH} with the same dates, one core.\n"));
    say("Log posterior on each series, as the difference from `forecast-core`'s, in nats:\n");
    say(&heights(found, workloads));
    if !found.cross_validations.is_empty() {
        say(
            "`cross_validation` on the first series (initial 730 days, period 180, horizon 365, with intervals):\n",
        );
        say(&cross_validations(found));
    }
    if !found.processes.is_empty() {
        say(
            "The whole process on the last series: read the CSV, fit, forecast 30 days with intervals, print:\n",
        );
        say(&processes(found));
    }
    say(&format!(
        "One core does {:.1} billion multiplications and additions a second in registers and reads {:.1} GB/s from memory, \
         both measured in the same run. Against that ceiling:\n",
        found.peak_flops / 1e9,
        found.bandwidth / 1e9
    ));
    match limits(found, workloads) {
        Ok(table) => say(&table),
        Err(error) => say(&format!("not derived: {error:#}\n")),
    }
    for absent in &found.absent {
        say(&format!("Not measured: {absent}."));
    }
    out.trim_end().to_owned()
}

fn ours(found: &Found) -> &Fits {
    found.fits.last().expect("invariant: ours is always there, and last")
}

fn head(first: &str, workloads: &[Workload]) -> Vec<String> {
    let shape = |workload: &Workload| {
        let spec = &workload.spec;
        let kind = match (spec.growth, spec.seasonality_mode) {
            (Growth::Logistic, _) => "logistic",
            (_, Mode::Multiplicative) => "multiplicative",
            _ => "linear",
        };
        format!("{}, {kind}, {} rows", workload.name, workload.series().y().len())
    };
    std::iter::once(first.to_owned()).chain(workloads.iter().map(shape)).collect()
}

fn fits(found: &Found, workloads: &[Workload]) -> String {
    let mut rows = vec![head("", workloads)];
    for fits in &found.fits {
        let cell = |(seconds, ours): (&f64, &f64)| {
            if seconds.is_nan() {
                return "–".to_owned();
            }
            format!("{} ({}×)", ms(*seconds), ratio(*seconds, *ours))
        };
        let cells = fits.seconds.iter().zip(&ours(found).seconds).map(cell);
        rows.push(std::iter::once(fits.name.clone()).chain(cells).collect());
    }
    let fastest = ours(found).fastest.iter().map(|seconds| ms(*seconds));
    let name = "forecast-core, fastest of all".to_owned();
    rows.push(std::iter::once(name).chain(fastest).collect());
    markdown(&rows)
}

fn heights(found: &Found, workloads: &[Workload]) -> String {
    let mut rows = vec![head("", workloads)];
    let ours = ours(found);
    for fits in &found.fits {
        let cell = |(height, ours): (&f64, &f64)| match height - ours {
            none if none.is_nan() => "–".to_owned(),
            difference => format!("{difference:+.4}"),
        };
        let cells = fits.log_posterior.iter().zip(&ours.log_posterior).map(cell);
        rows.push(std::iter::once(fits.name.clone()).chain(cells).collect());
    }
    let heights = ours.log_posterior.iter().map(|height| format!("{height:.6}"));
    rows.push(std::iter::once("forecast-core, itself".to_owned()).chain(heights).collect());
    markdown(&rows)
}

fn cross_validations(found: &Found) -> String {
    let fastest = found.cross_validations.last().map_or(f64::NAN, |(_, seconds)| *seconds);
    let mut rows = vec![vec![String::new(), "ms".to_owned(), "times".to_owned()]];
    for (name, seconds) in &found.cross_validations {
        rows.push(vec![name.clone(), ms(*seconds), ratio(*seconds, fastest)]);
    }
    markdown(&rows)
}

fn processes(found: &Found) -> String {
    let fastest = found.processes.last().map_or(f64::NAN, |cost| cost.seconds);
    let names = ["", "ms", "times", "peak memory, MB"].map(str::to_owned);
    let mut rows = vec![names.to_vec()];
    for cost in &found.processes {
        let memory = cost.megabytes.map_or_else(|| "–".to_owned(), |mb| format!("{mb:.1}"));
        let times = ratio(cost.seconds, fastest);
        rows.push(vec![cost.name.clone(), ms(cost.seconds), times, memory]);
    }
    markdown(&rows)
}

/// Operations of one fit of the linear additive kind, and what they take at the ceiling.
///
/// With K columns that are not all zero and S changepoints, N rows: the products of all
/// pairs of columns, time, one and `y`; a sine and a cosine a seasonality, the higher orders
/// by angle addition; and six steps in sigma, each of which eliminates the K + 2 free
/// parameters from the S penalised ones.
fn limits(found: &Found, workloads: &[Workload]) -> Result<String> {
    let names =
        ["", "products, Mflop", "features", "solving", "limit, µs", "measured, µs", "distance"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    for (w, workload) in workloads.iter().enumerate() {
        let spec = &workload.spec;
        if spec.growth != Growth::Linear || spec.seasonality_mode != Mode::Additive {
            continue;
        }
        let (data, _) = forecast_core::prepare(spec, workload.series())?;
        let (n, width, s) = (data.y.len() as f64, data.sigmas.len(), data.t_change.len() as f64);
        let is_used = |j: usize| data.X.iter().skip(j).step_by(width).any(|&x| x != 0.0);
        let k = (0..width).filter(|&j| is_used(j)).count() as f64;
        let products = n * (k * (k + 1.0) + 6.0 * k + 12.0);
        // Forty for a sine with its cosine by polynomials, six for each order more.
        let features = n * (2.0 * 40.0 + 6.0 * k / 2.0);
        let free = k + 2.0;
        let solving = 6.0 * (free.powi(3) / 3.0 + free * free * s + free * s * s);
        let limit = (products + features + solving) / found.peak_flops;
        let measured = ours(found).fastest[w];
        let mega = |flops: f64| format!("{:.2}", flops / 1e6);
        rows.push(vec![
            workload.name.to_owned(),
            mega(products),
            mega(features),
            mega(solving),
            format!("{:.0}", 1e6 * limit),
            format!("{:.0}", 1e6 * measured),
            format!("{:.1}×", measured / limit),
        ]);
    }
    Ok(markdown(&rows))
}
