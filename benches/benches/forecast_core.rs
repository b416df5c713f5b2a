//! Fit, predict and the JSON of a model of PETR4's size: 1,900 weekdays, 36 columns.

#![expect(clippy::unwrap_used, reason = "criterion's macros; a benchmark may panic")]

use std::hint::black_box;

use chrono::{Datelike as _, Days, NaiveDate};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use forecast_core::{
    Series, Spec,
    ds::{Ds, midnight},
    fit, prophet_json,
};

/// A number in 0..1 from a counter: noise that is the same in every run.
fn noise(i: u64) -> f64 {
    let mut x = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// The first `n` weekdays from 2018-01-01.
fn weekdays(n: usize) -> Vec<Ds> {
    let first = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
    let days = (0..).map(|i| first + Days::new(i));
    days.filter(|day| day.weekday().number_from_monday() < 6).take(n).map(midnight).collect()
}

/// A random walk from 20.
fn walk(n: usize) -> Series {
    let mut price = 20.0;
    let step = |i| {
        price *= 1.0 + 0.04 * (noise(i) - 0.498);
        price
    };
    Series::new(weekdays(n), (0..n as u64).map(step).collect()).unwrap()
}

fn spec() -> Spec {
    Spec { country_holidays: Some("BR".to_owned()), ..Spec::default() }
}

fn fits(c: &mut Criterion) {
    let mut group = c.benchmark_group("fit");
    for rows in [500, 1_900, 5_000] {
        let series = walk(rows);
        group.bench_with_input(BenchmarkId::from_parameter(rows), &series, |b, series| {
            b.iter(|| fit(&spec(), black_box(series)).unwrap());
        });
    }
    group.finish();
}

fn forecasts(c: &mut Criterion) {
    let fitted = fit(&spec(), &walk(1_900)).unwrap();
    let future = weekdays(1_900 + 365).split_off(1_900);
    let mut group = c.benchmark_group("predict");
    for days in [30, 365] {
        group.bench_with_input(BenchmarkId::from_parameter(days), &days, |b, &days| {
            b.iter(|| fitted.predict(black_box(&future[..days]), 42).unwrap());
        });
    }
    group.finish();
}

fn models(c: &mut Criterion) {
    let fitted = fit(&spec(), &walk(1_900)).unwrap();
    let json = prophet_json::write(&fitted);
    let mut group = c.benchmark_group("prophet_json");
    group.bench_function("write", |b| b.iter(|| prophet_json::write(black_box(&fitted))));
    group.bench_function("read", |b| b.iter(|| prophet_json::read(black_box(&json)).unwrap()));
    group.finish();
}

criterion_group!(benches, fits, forecasts, models);
criterion_main!(benches);
