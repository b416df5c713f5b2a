//! The pictures of a run: the forecast, and the parts that add up to it.

use anyhow::{Context as _, Result};
use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use forecast_core::{Forecast, ds::midnight};

use super::{artifacts::File, next_sessions, record::Record, verdict};
use crate::plot::{ComponentsPlot, ForecastPlot, Panel, Point, Values};
use crate::settings::trades_in_brazil;

/// A leap year, so that every day of a year is drawn.
const LEAP_YEAR: i32 = 2024;

/// Draws everything, as PNG and as SVG.
pub(super) fn all(record: &Record<'_>) -> Result<Vec<File>> {
    let (forecast_png, forecast_svg) = forecast(record)?;
    let (components_png, components_svg) = components(record)?;
    Ok(vec![
        ("plots/forecast.png", forecast_png),
        ("plots/forecast.svg", forecast_svg.into_bytes()),
        ("plots/components.png", components_png),
        ("plots/components.svg", components_svg.into_bytes()),
    ])
}

fn unit(record: &Record<'_>) -> &'static str {
    if trades_in_brazil(&record.settings.symbol) { "BRL per share" } else { "price" }
}

fn points(forecast: &Forecast) -> Vec<Point> {
    let end = |ends: &[f64], i: usize| ends.get(i).copied().unwrap_or(f64::NAN);
    (0..forecast.ds.len())
        .map(|i| Point {
            date: forecast.ds[i].date(),
            yhat: forecast.yhat[i],
            lower: end(&forecast.yhat_lower, i),
            upper: end(&forecast.yhat_upper, i),
        })
        .collect()
}

/// The evaluated fit over its history and the test sessions.
fn forecast(record: &Record<'_>) -> Result<(Vec<u8>, String)> {
    let Record { settings, data, evaluation, .. } = record;
    let pairs = |bars: &market_data::Bars| -> Result<Vec<(NaiveDate, f64)>> {
        let closes = bars.closes(settings.price)?;
        Ok(bars.dates().iter().copied().zip(closes.iter().copied()).collect())
    };
    let ds: Vec<_> = data.bars.dates().iter().map(|&date| midnight(date)).collect();
    let whole = evaluation.fitted.predict(&ds, settings.seed).context("cannot draw the fit")?;
    let changepoints: Vec<_> =
        evaluation.fitted.changepoints().iter().map(chrono::NaiveDateTime::date).collect();
    let plot = ForecastPlot {
        title: &format!("{}: Prophet through {}", settings.symbol, data.split.cutoff),
        subtitle: &verdict(evaluation),
        history: &pairs(&data.split.train)?,
        test: &pairs(&data.split.test)?,
        forecast: &points(&whole),
        changepoints: &changepoints,
        cutoff: Some(data.split.cutoff),
        unit: unit(record),
    };
    Ok((plot.png()?, plot.svg()?))
}

/// The parts of the version that is registered.
fn components(record: &Record<'_>) -> Result<(Vec<u8>, String)> {
    let Record { settings, data, fitted, .. } = record;
    let fitted = *fitted;
    let mut dates = data.bars.dates().to_vec();
    dates.extend(next_sessions(data));
    let ds: Vec<_> = dates.iter().map(|&date| midnight(date)).collect();
    let whole = fitted.predict(&ds, settings.seed).context("cannot draw the components")?;
    let end = |ends: &[f64], i: usize| ends.get(i).copied().unwrap_or(f64::NAN);
    let trend: Vec<Point> = (0..dates.len())
        .map(|i| Point {
            date: dates[i],
            yhat: whole.trend[i],
            lower: end(&whole.trend_lower, i),
            upper: end(&whole.trend_upper, i),
        })
        .collect();

    // Days without sessions are not identified, and not drawn.
    let monday = data.last.week(Weekday::Mon).first_day();
    let traded = |day: &NaiveDate| data.bars.dates().iter().any(|d| d.weekday() == day.weekday());
    let week: Vec<NaiveDate> = days(monday, 7).into_iter().filter(traded).collect();
    let weekly: Option<Vec<(Weekday, f64)>> = effect(record, "weekly", &week)?
        .map(|values| week.iter().map(NaiveDate::weekday).zip(values).collect());
    let first = NaiveDate::from_ymd_opt(LEAP_YEAR, 1, 1).context("no such year")?;
    let year = days(first, 366);
    let yearly: Option<Vec<(u16, f64)>> =
        effect(record, "yearly", &year)?.map(|values| (1..=366).zip(values).collect());

    let additive = fitted.spec().seasonality_mode == forecast_core::Mode::Additive;
    let effect_unit = if additive { unit(record) } else { "share of the trend" };
    let mut panels =
        vec![Panel { title: "Trend", unit: unit(record), values: Values::Dates(&trend) }];
    if let Some(weekly) = &weekly {
        panels.push(Panel { title: "Weekly", unit: effect_unit, values: Values::Weekdays(weekly) });
    }
    if let Some(yearly) = &yearly {
        panels.push(Panel {
            title: "Yearly",
            unit: effect_unit,
            values: Values::DaysOfYear(yearly),
        });
    }
    let plot = ComponentsPlot {
        title: &format!("{}: components of the model through {}", settings.symbol, data.last),
        subtitle: "",
        panels: &panels,
    };
    Ok((plot.png()?, plot.svg()?))
}

fn days(first: NaiveDate, n: u64) -> Vec<NaiveDate> {
    (0..n).filter_map(|i| first.checked_add_days(Days::new(i))).collect()
}

/// The values of a component on `dates`, or `None` if the model lacks it.
fn effect(record: &Record<'_>, name: &str, dates: &[NaiveDate]) -> Result<Option<Vec<f64>>> {
    if dates.is_empty() {
        return Ok(None);
    }
    let ds: Vec<_> = dates.iter().map(|&date| midnight(date)).collect();
    let forecast = record.fitted.predict(&ds, record.settings.seed)?;
    Ok(forecast.component(name).map(<[f64]>::to_vec))
}
