//! What each phase costs, on series in the likeness of Prophet's examples and of PETR4.

use std::{hint::black_box, time::Duration};

use benches::series;
use chrono::TimeDelta;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use forecast_core::{
    Fitted, Series, Spec,
    batch::{BatchOptions, Threads, fit_many},
    compact,
    diagnostics::{CrossValidationOptions, Cutoffs, cross_validation},
    ds::Ds,
    fit,
    phases::Prepared,
    prepare, prophet_json,
};

/// Name, model and series of each shape, the shortest first.
fn shapes() -> Vec<(&'static str, Spec, Series)> {
    vec![
        ("passengers, 144", series::passengers_spec(), series::passengers()),
        ("prices, 1894", series::prices_spec(), series::prices()),
        ("saturating, 2863", series::saturating_spec(), series::saturating()),
        ("page views, 2905", series::page_views_spec(), series::page_views()),
        ("temperatures, 18709", series::temperatures_spec(), series::temperatures()),
    ]
}

fn prices() -> Fitted {
    fit(&series::prices_spec(), &series::prices()).expect("the series is fitted")
}

fn page_views() -> Fitted {
    fit(&series::page_views_spec(), &series::page_views()).expect("the series is fitted")
}

/// What precedes the pass over the rows, that pass, and the solution from its sums.
fn phases(c: &mut Criterion) {
    for (name, spec, series) in shapes() {
        let prepared = Prepared::of(&spec, &series).expect("the series is sound");
        c.bench_function(&format!("prepare/{name}"), |b| {
            b.iter(|| Prepared::of(&spec, black_box(&series)));
        });
        // Other models come back to their rows in every step.
        let Some(moments) = prepared.moments().expect("the series is sound") else { continue };
        c.bench_function(&format!("gram/{name}"), |b| b.iter(|| black_box(&prepared).moments()));
        c.bench_function(&format!("solve/{name}"), |b| {
            b.iter(|| prepared.solve(black_box(&moments)));
        });
    }
}

/// The columns as a matrix, laid out as Stan wants it.
fn design(c: &mut Criterion) {
    let mut group = c.benchmark_group("design");
    for (name, spec, series) in shapes() {
        group.throughput(Throughput::Elements(series.y().len() as u64));
        group.bench_function(name, |b| b.iter(|| prepare(&spec, black_box(&series))));
    }
    group.finish();
}

/// From `ds` and `y` to parameters.
fn fits(c: &mut Criterion) {
    let mut group = c.benchmark_group("fit");
    for (name, spec, series) in shapes() {
        group.throughput(Throughput::Elements(series.y().len() as u64));
        group.bench_function(name, |b| b.iter(|| fit(&spec, black_box(&series))));
    }
    group.finish();
}

fn batches(c: &mut Criterion) {
    const COUNT: usize = 1_000;
    let spec = series::prices_spec();
    let many = series::like(&series::prices(), None, COUNT);
    let jobs: Vec<_> = many.iter().map(|series| (&spec, series)).collect();
    let mut group = c.benchmark_group("batch of 1000");
    group.throughput(Throughput::Elements(COUNT as u64));
    for (name, threads) in [("one thread", Threads::One), ("all cores", Threads::All)] {
        let options = BatchOptions { threads, ..BatchOptions::default() };
        group.bench_function(name, |b| b.iter(|| fit_many(black_box(&jobs), &options)));
    }
    group.finish();
}

fn forecasts(c: &mut Criterion) {
    let mut group = c.benchmark_group("predict");
    for paths in [0, 1_000] {
        // The number of paths is an option of the model, so each has its own fit.
        let with = |spec: Spec| Spec { uncertainty_samples: paths, ..spec };
        let linear = fit(&with(series::page_views_spec()), &series::page_views());
        let linear = linear.expect("the series is fitted");
        let last = linear.last_ds().expect("a fit has a history");
        for days in [30, 365] {
            let future = days_after(last, days);
            let id = BenchmarkId::new(format!("{paths} paths"), days);
            group.bench_function(id, |b| b.iter(|| linear.predict(black_box(&future), 42)));
        }
    }
    group.finish();
}

fn days_after(last: Ds, count: i64) -> Vec<Ds> {
    (1..=count).map(|day| last + TimeDelta::days(day)).collect()
}

fn models(c: &mut Criterion) {
    let fitted = prices();
    let (json, bytes) = (prophet_json::write(&fitted), compact::write(&fitted));
    let mut group = c.benchmark_group("prophet_json");
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("write", |b| b.iter(|| prophet_json::write(black_box(&fitted))));
    group.bench_function("read", |b| b.iter(|| prophet_json::read(black_box(&json))));
    group.finish();
    let mut group = c.benchmark_group("compact");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("write", |b| b.iter(|| compact::write(black_box(&fitted))));
    group.bench_function("read", |b| b.iter(|| compact::read(black_box(&bytes))));
    group.finish();
}

/// Four chains of the default length and a judgement of them.
fn draws(c: &mut Criterion) {
    let mut group = c.benchmark_group("mcmc, 300 a chain");
    group.sample_size(10);
    for (name, spec, series) in shapes().into_iter().take(2) {
        let spec = Spec { mcmc_samples: 300, ..spec };
        group.bench_function(name, |b| b.iter(|| fit(&spec, black_box(&series))));
    }
    group.finish();
}

/// Prophet's own example: 11 cutoffs, a year ahead, with intervals.
fn validations(c: &mut Criterion) {
    let fitted = page_views();
    let days = |days| Some(TimeDelta::days(days));
    let mut group = c.benchmark_group("cross_validation");
    for (name, threads) in [("one thread", Threads::One), ("all cores", Threads::All)] {
        let options = CrossValidationOptions {
            cutoffs: Cutoffs::Every { initial: days(730), period: days(180) },
            threads,
            ..CrossValidationOptions::default()
        };
        group.bench_function(name, |b| {
            b.iter(|| cross_validation(black_box(&fitted), TimeDelta::days(365), &options));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = phases, design, fits, batches, forecasts, draws, models, validations
}
criterion_main!(benches);
