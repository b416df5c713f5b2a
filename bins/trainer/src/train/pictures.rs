//! The pictures of a run: the forecast, and the parts that add up to it.

use anyhow::{Context as _, Result};
use forecast_core::ds::{Ds, midnight};
use prophet_plot::{
    Changepoints, ComponentOptions, Figure, History, Page, PlotOptions, plot, plot_components,
};

use super::{artifacts::File, next_sessions, record::Record, verdict};
use crate::settings::trades_in_brazil;

/// How many of the last sessions are shown enlarged: about a year of them.
const DETAIL_SESSIONS: usize = 250;
/// Weeks begin on a Monday, which in Prophet's count is day 1.
const MONDAY: u32 = 1;

/// Draws everything, as PNG and as SVG.
pub(super) fn all(record: &Record<'_>) -> Result<Vec<File>> {
    let page = Page::default();
    let (forecast, components) = (forecast(record)?, components(record)?);
    let svg = |figure: &Figure| figure.svg(&page).map(String::into_bytes);
    Ok(vec![
        ("plots/forecast.png", forecast.png(&page)?),
        ("plots/forecast.svg", svg(&forecast)?),
        ("plots/components.png", components.png(&page)?),
        ("plots/components.svg", svg(&components)?),
    ])
}

fn unit(record: &Record<'_>) -> &'static str {
    if trades_in_brazil(&record.settings.symbol) { "BRL per share" } else { "price" }
}

/// The evaluated fit over its history and the test sessions.
fn forecast(record: &Record<'_>) -> Result<Figure> {
    let Record { settings, data, evaluation, .. } = record;
    let test = &data.split.test;
    let test_dates = test.dates().iter().map(|&date| midnight(date));
    let test: Vec<(Ds, f64)> = test_dates.zip(test.closes(settings.price)?.to_vec()).collect();
    let ds: Vec<Ds> = data.bars.dates().iter().map(|&date| midnight(date)).collect();
    let whole = evaluation.fitted.predict(&ds, settings.seed).context("cannot draw the fit")?;
    let options = PlotOptions {
        history: History::Line,
        changepoints: Some(Changepoints { threshold: 0.0, trend: false }),
        test: &test,
        cutoff: Some(midnight(data.split.cutoff)),
        detail_rows: Some(DETAIL_SESSIONS),
        y_label: unit(record),
        ..PlotOptions::default()
    };
    let title = format!("{}: Prophet through {}", settings.symbol, data.split.cutoff);
    Ok(plot(&evaluation.fitted, &whole, &options)?.titled(&title, &verdict(evaluation)))
}

/// The parts of the version that is registered.
fn components(record: &Record<'_>) -> Result<Figure> {
    let Record { settings, data, fitted, .. } = record;
    let mut dates = data.bars.dates().to_vec();
    dates.extend(next_sessions(data));
    let ds: Vec<Ds> = dates.iter().map(|&date| midnight(date)).collect();
    let whole = fitted.predict(&ds, settings.seed).context("cannot draw the components")?;
    let options = ComponentOptions {
        weekly_start: MONDAY,
        y_label: unit(record),
        ..ComponentOptions::default()
    };
    let title = format!("{}: components of the model through {}", settings.symbol, data.last);
    Ok(plot_components(fitted, &whole, &options)?.titled(&title, ""))
}
