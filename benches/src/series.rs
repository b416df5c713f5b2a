//! Made-up series in the likeness of those that Prophet is usually tried on: the same in
//! every run, of the same length, spacing and shape.

use std::f64::consts::TAU;

use chrono::{Datelike as _, Days, Months, NaiveDate, TimeDelta};
use forecast_core::{
    Growth, Mode, SeasonalityChoice, Series, Spec,
    ds::{Ds, midnight},
};

/// What logistic growth saturates at: log page views of a Wikipedia page.
pub const CAP: f64 = 8.5;

/// A number in 0..1 from a counter (the finalizer of `SplitMix64`).
pub fn noise(i: u64) -> f64 {
    let mut x = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The model of log page views by day: defaults.
pub fn page_views_spec() -> Spec {
    Spec::default()
}

/// Log page views by day, 2,905 rows: the size of Peyton Manning's.
pub fn page_views() -> Series {
    let value = |i: u64| {
        let (x, year, week) = (i as f64, angle(i, 365.25), angle(i, 7.0));
        8.0 + 0.5 * (x / 900.0).sin() + 0.6 * year.cos() + 0.2 * week.sin() + noise(i)
    };
    series(days(2_905), value)
}

/// The model of passengers by month: everything scales with the trend.
pub fn passengers_spec() -> Spec {
    Spec { seasonality_mode: Mode::Multiplicative, ..Spec::default() }
}

/// Passengers by month, 144 rows.
pub fn passengers() -> Series {
    let value = |i: u64| {
        let level = 110.0 + 2.7 * i as f64;
        level * (1.0 + 0.2 * angle(i, 12.0).sin()) + 20.0 * noise(i)
    };
    series((0..144).map(|i| midnight(first() + Months::new(i))).collect(), value)
}

/// The model of page views that grow towards a cap.
pub fn saturating_spec() -> Spec {
    Spec { growth: Growth::Logistic, ..Spec::default() }
}

/// Page views that grow towards [`CAP`], 2,863 rows: the size of Prophet's `wp_log_R`.
///
/// # Panics
///
/// Never.
pub fn saturating() -> Series {
    let value = |i: u64| {
        let trend = CAP / (1.0 + (-(i as f64 - 200.0) / 600.0).exp());
        trend + 0.15 * angle(i, 365.25).sin() + 0.2 * angle(i, 7.0).cos() + 0.4 * noise(i) - 0.5
    };
    let series = series(days(2_863), value);
    let cap = vec![CAP; series.ds().len()];
    series.with_column("cap", cap).expect("invariant: one cap a row")
}

/// The model of the closing prices of PETR4: 36 columns, ten of them holidays on which
/// the exchange is closed.
pub fn prices_spec() -> Spec {
    Spec {
        yearly_seasonality: SeasonalityChoice::On,
        weekly_seasonality: SeasonalityChoice::On,
        daily_seasonality: SeasonalityChoice::Off,
        country_holidays: Some("BR".to_owned()),
        ..Spec::default()
    }
}

/// A random walk on weekdays, 1,894 rows: the size of PETR4's history.
pub fn prices() -> Series {
    let mut price = 16.0;
    let value = |i| {
        price *= 1.0 + 0.04 * (noise(i) - 0.498);
        price
    };
    series(weekdays(1_894), value)
}

/// The model of five-minute temperatures: weekly and daily seasonality.
pub fn temperatures_spec() -> Spec {
    Spec { changepoint_prior_scale: 0.01, ..Spec::default() }
}

/// Temperatures every five minutes, 18,709 rows: the size of Prophet's Yosemite series.
pub fn temperatures() -> Series {
    let value = |i: u64| {
        let (day, drift) = (angle(i, 288.0), (i as f64 / 4_000.0).sin());
        15.0 + 8.0 * day.sin() + 5.0 * drift + 3.0 * noise(i)
    };
    let at = |i| midnight(first()) + TimeDelta::minutes(5 * i);
    series((0..18_709_i64).map(at).collect(), value)
}

/// `count` series with the dates and the model of `series`, each with noise of its own,
/// a hundredth of the largest value; the first is the series itself.
///
/// # Panics
///
/// If the cap is not finite.
pub fn like(series: &Series, cap: Option<f64>, count: usize) -> Vec<Series> {
    let size = series.y().iter().fold(0.0_f64, |size, y| size.max(y.abs()));
    let rows = series.y().len() as u64;
    let shaken = |of: u64| {
        let shake = |(i, y): (u64, &f64)| y + 0.02 * size * (noise(of * rows + i) - 0.5);
        let y: Vec<f64> = match of {
            0 => series.y().to_vec(),
            _ => (0..).zip(series.y()).map(shake).collect(),
        };
        let made = Series::new(series.ds().to_vec(), y).expect("invariant: finite, of one length");
        match cap {
            Some(cap) => made
                .with_column("cap", vec![cap; series.ds().len()])
                .expect("invariant: one cap a row"),
            None => made,
        }
    };
    (0..count as u64).map(shaken).collect()
}

/// The first `n` weekdays of the series' calendar.
pub fn weekdays(n: usize) -> Vec<Ds> {
    let days = (0..).map(|i| first() + Days::new(i));
    days.filter(|day| day.weekday().number_from_monday() < 6).take(n).map(midnight).collect()
}

/// The first `n` days of the series' calendar.
pub fn days(n: u64) -> Vec<Ds> {
    (0..n).map(|i| midnight(first() + Days::new(i))).collect()
}

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2018, 1, 1).expect("invariant: a day of the calendar")
}

fn angle(i: u64, period: f64) -> f64 {
    i as f64 / period * TAU
}

fn series(ds: Vec<Ds>, value: impl FnMut(u64) -> f64) -> Series {
    let y = (0..ds.len() as u64).map(value).collect();
    Series::new(ds, y).expect("invariant: finite, of one length")
}
