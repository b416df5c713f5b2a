//! Prophet's `plot_weekly`, `plot_yearly` and `plot_seasonality`: one period of
//! a seasonality.

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta, Weekday};
use forecast_core::{Fitted, Mode, ds::Ds, ds::midnight};

use crate::{
    axis::{Tick, value::Numbers},
    components::{ComponentOptions, LINE_PX, headline},
    effects::{self, Effects, Season},
    error::PlotError,
    figure::{Bar, Figure, HEIGHT, Layer, Panel, XAxis},
    sheet::Pen,
    theme::Ink,
};

/// Points of the curve of one period.
const POINTS: u32 = 200;
/// A period of at most so many days is measured in hours.
const HOURS_MAX_DAYS: f64 = 2.0;
const HOUR_S: f64 = 3600.0;
const DAY_S: f64 = 86_400.0;
/// A model without history is asked for its seasons in this year, as Prophet asks.
const YEAR: i32 = 2017;

/// Draws the effect of each weekday: a bar for each day that the history has.
///
/// A day that the history lacks (weekends of an exchange) is not identified,
/// and left out.
///
/// # Errors
///
/// [`PlotError::UnknownComponent`] if the model has no such seasonality,
/// [`PlotError::Effects`] if it cannot be asked for it.
///
/// # Source
///
/// `plot_weekly` in Prophet 1.5, `plot.py`.
pub fn plot_weekly(
    fitted: &Fitted,
    name: &str,
    options: &ComponentOptions<'_>,
) -> Result<Figure, PlotError> {
    one(weekly(fitted, &season(fitted, name)?, options)?)
}

/// Draws a seasonality over the days of a year.
///
/// # Errors
///
/// As [`plot_weekly`].
///
/// # Source
///
/// `plot_yearly` in Prophet 1.5, `plot.py`.
pub fn plot_yearly(
    fitted: &Fitted,
    name: &str,
    options: &ComponentOptions<'_>,
) -> Result<Figure, PlotError> {
    one(yearly(fitted, &season(fitted, name)?, options)?)
}

/// Draws any seasonality over one of its periods.
///
/// # Errors
///
/// As [`plot_weekly`].
///
/// # Source
///
/// `plot_seasonality` in Prophet 1.5, `plot.py`.
pub fn plot_seasonality(
    fitted: &Fitted,
    name: &str,
    options: &ComponentOptions<'_>,
) -> Result<Figure, PlotError> {
    one(period(fitted, &season(fitted, name)?, options)?)
}

#[expect(clippy::unnecessary_wraps, reason = "the three callers end with it")]
fn one(panel: Panel) -> Result<Figure, PlotError> {
    Ok(Figure { panels: vec![panel], height: HEIGHT / 2.0, ..Figure::default() })
}

fn season(fitted: &Fitted, name: &str) -> Result<Season, PlotError> {
    effects::season(fitted, name).ok_or_else(|| {
        let own = fitted.spec().seasonalities.iter().map(|s| s.name.as_str());
        let known = own.chain(["weekly", "yearly", "daily"]).collect::<Vec<_>>().join(", ");
        PlotError::UnknownComponent { name: name.to_owned(), known }
    })
}

/// The panel that suits a seasonality: weekdays, days of the year, or one period.
pub(crate) fn suitable(
    fitted: &Fitted,
    season: &Season,
    options: &ComponentOptions<'_>,
) -> Result<Panel, PlotError> {
    let is = |period: f64| (season.period - period).abs() < 1e-9;
    let is_daily = effects::shortest_step(fitted).is_none_or(|step| step == TimeDelta::days(1));
    if is(7.0) && is_daily {
        weekly(fitted, season, options)
    } else if is(365.25) {
        yearly(fitted, season, options)
    } else {
        period(fitted, season, options)
    }
}

fn weekly(
    fitted: &Fitted,
    season: &Season,
    options: &ComponentOptions<'_>,
) -> Result<Panel, PlotError> {
    let first = anchor(fitted, Weekday::Sun)
        .and_then(|day| day.checked_add_days(Days::new(u64::from(options.weekly_start % 7))));
    let seen = weekdays(fitted);
    let week: Vec<NaiveDate> =
        days(first, 7).into_iter().filter(|day| seen[weekday(*day)]).collect();
    let found = effects::of(fitted, &season.name, week.iter().copied().map(midnight).collect())?;
    let bars = (0..week.len()).map(|i| Bar {
        at: i as f64,
        value: found.values[i],
        interval: found
            .interval
            .as_ref()
            .filter(|_| options.uncertainty)
            .map(|(lower, upper)| (lower[i], upper[i])),
    });
    let ticks = week.iter().enumerate();
    let ticks = ticks.map(|(i, day)| Tick::new(i as f64, day.format("%a").to_string())).collect();
    let x = XAxis::Ticks { range: (-0.5, week.len() as f64 - 0.5), ticks };
    let mut panel = panel(season, &found, options, x);
    panel.layers.push(Layer::Bars(bars.collect()));
    Ok(panel)
}

fn yearly(
    fitted: &Fitted,
    season: &Season,
    options: &ComponentOptions<'_>,
) -> Result<Panel, PlotError> {
    let year = effects::anchor(fitted).map_or(YEAR, |ds| ds.year());
    let first = NaiveDate::from_ymd_opt(year, 1, 1)
        .and_then(|day| day.checked_add_days(Days::new(u64::from(options.yearly_start % 366))));
    let year = days(first, 365);
    let found = effects::of(fitted, &season.name, year.iter().copied().map(midnight).collect())?;
    let months = year.iter().enumerate().filter(|(_, day)| day.day() == 1);
    let ticks = months.map(|(i, day)| Tick::new(i as f64, day.format("%b").to_string()));
    let x = XAxis::Ticks { range: (0.0, 364.0), ticks: ticks.collect() };
    let at: Vec<f64> = (0..year.len()).map(|i| i as f64).collect();
    Ok(curve(panel(season, &found, options, x), &at, &found, options))
}

fn period(
    fitted: &Fitted,
    season: &Season,
    options: &ComponentOptions<'_>,
) -> Result<Panel, PlotError> {
    let length_s = season.period * DAY_S;
    let first = anchor(fitted, Weekday::Sun).map(midnight).unwrap_or_default();
    let mut at: Vec<f64> =
        (0..POINTS).map(|i| length_s * f64::from(i) / f64::from(POINTS - 1)).collect();
    let ds: Vec<Ds> = at.iter().filter_map(|s| later(first, *s)).collect();
    let found = effects::of(fitted, &season.name, ds)?;
    let is_week = (season.period - 7.0).abs() < 1e-9;
    let (x, unit_s) = if is_week {
        let day = |i: u32| later(first, f64::from(i) * DAY_S).unwrap_or(first);
        let tick = |i: u32| Tick::new(f64::from(i) * DAY_S, day(i).format("%a").to_string());
        (XAxis::Ticks { range: (0.0, length_s), ticks: (0..=7).map(tick).collect() }, 1.0)
    } else if season.period <= HOURS_MAX_DAYS {
        (XAxis::Ticks { range: (0.0, length_s), ticks: hours(season.period) }, 1.0)
    } else {
        (XAxis::Values { range: (0.0, season.period) }, DAY_S)
    };
    for s in &mut at {
        *s /= unit_s;
    }
    let mut panel = curve(panel(season, &found, options, x), &at, &found, options);
    if matches!(panel.x, XAxis::Values { .. }) {
        "days".clone_into(&mut panel.x_label);
    }
    Ok(panel)
}

/// Ticks at whole hours of a period of at most two days.
fn hours(period_days: f64) -> Vec<Tick> {
    let n_hours = 24.0 * period_days;
    let every = [1.0, 2.0, 3.0, 6.0].into_iter().find(|e| n_hours / e <= 12.0).unwrap_or(6.0);
    let mut ticks = Vec::new();
    let mut hour = 0.0;
    while hour <= n_hours + 1e-9 {
        let label = if 1.0 <= n_hours { format!("{hour:02.0}:00") } else { String::new() };
        ticks.push(Tick::new(hour * HOUR_S, label));
        hour += every;
    }
    ticks
}

/// A panel with its headline, unit and axis, and nothing in it yet.
fn panel(season: &Season, found: &Effects, options: &ComponentOptions<'_>, x: XAxis) -> Panel {
    let mut panel = Panel::new(headline(&season.name), options.unit(found.mode), x);
    panel.has_zero = true;
    if found.mode == Mode::Multiplicative {
        panel.numbers = Numbers::Percent;
    }
    panel
}

/// Adds the interval and the line of a seasonality.
fn curve(mut panel: Panel, at: &[f64], found: &Effects, options: &ComponentOptions<'_>) -> Panel {
    if let Some((lower, upper)) = found.interval.as_ref().filter(|_| options.uncertainty) {
        let points = at.iter().zip(lower).zip(upper).map(|((x, l), u)| (*x, *l, *u)).collect();
        panel.layers.push(Layer::Band { points, ink: Ink::Forecast, share: 1.0 });
    }
    let points = at.iter().copied().zip(found.values.iter().copied()).collect();
    panel.layers.push(Layer::Line { points, pen: Pen::solid(Ink::Forecast, LINE_PX) });
    panel
}

/// The first day of the week in which the history begins.
fn anchor(fitted: &Fitted, start: Weekday) -> Option<NaiveDate> {
    let first = effects::anchor(fitted).map(|ds| ds.date());
    first.or(NaiveDate::from_ymd_opt(YEAR, 1, 1)).map(|day| day.week(start).first_day())
}

fn days(first: Option<NaiveDate>, n: u64) -> Vec<NaiveDate> {
    let after = |i| first.and_then(|first| first.checked_add_days(Days::new(i)));
    (0..n).filter_map(after).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a period")]
fn later(first: Ds, s: f64) -> Option<Ds> {
    first.checked_add_signed(TimeDelta::try_milliseconds((s * 1e3).round() as i64)?)
}

fn weekday(day: NaiveDate) -> usize {
    day.weekday().num_days_from_sunday() as usize
}

/// Which weekdays the history has; all, where there is no history.
fn weekdays(fitted: &Fitted) -> [bool; 7] {
    let ds = fitted.history().0;
    let mut seen = [ds.is_empty(); 7];
    for ds in ds {
        seen[weekday(ds.date())] = true;
    }
    seen
}
