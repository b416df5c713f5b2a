//! Stan as the oracle: the program that Python Prophet runs, on the same data.

use std::path::{Path, PathBuf};

use forecast_core::{
    Fitted, Growth, Mode, Series, Spec, fit, fit_with,
    optimizer::{OptimizeOpts, stan::CmdstanOptimizer},
};

use crate::support::{days, noise};

/// What resolving unidentified directions may cost, in nats.
const RESOLVING: f64 = 0.01;

/// Prints where Python keeps Prophet's compiled model.
const WHERE: &str = "import importlib.util as u, pathlib; \
    print(pathlib.Path(u.find_spec('prophet').origin).parent / 'stan_model' / 'prophet_model.bin')";

fn stan() -> CmdstanOptimizer {
    let none: [&str; 0] = [];
    let found = testkit::python::run_script(Path::new("."), WHERE, none).unwrap();
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    CmdstanOptimizer::with_prophet_path(PathBuf::from(found.stdout.trim())).unwrap()
}

/// Series of several lengths and shapes, each with the model that it asks for.
fn cases() -> Vec<(String, Spec, Series)> {
    let mut cases = Vec::new();
    for (seed, rows) in [(1u64, 60u32), (2, 400), (3, 900)] {
        let at = |i: u64| {
            let x = i as f64;
            let week = 2.0 * (x * std::f64::consts::TAU / 7.0).sin();
            let bend = 0.03 * (x - f64::from(rows) / 2.0).max(0.0);
            20.0 + 0.02 * x + bend + week + 2.0 * noise(10_000 * seed + i)
        };
        let series = Series::new(days(rows.into()), (0..rows.into()).map(at).collect()).unwrap();
        let capped = series.clone().with_column("cap", vec![90.0; rows as usize]).unwrap();
        let multiplicative = Spec { seasonality_mode: Mode::Multiplicative, ..Spec::default() };
        let logistic = Spec { growth: Growth::Logistic, ..Spec::default() };
        let flat = Spec { growth: Growth::Flat, ..Spec::default() };
        cases.push((format!("linear, {rows} rows"), Spec::default(), series.clone()));
        cases.push((format!("multiplicative, {rows} rows"), multiplicative, series.clone()));
        cases.push((format!("logistic, {rows} rows"), logistic, capped));
        cases.push((format!("flat, {rows} rows"), flat, series));
    }
    cases
}

fn height(fitted: &Fitted) -> f64 {
    fitted.report().unwrap().log_posterior
}

#[test]
fn stan_never_climbs_higher_than_our_fit() {
    let stan = stan();
    let opts = OptimizeOpts { seed: Some(1), ..OptimizeOpts::default() };
    let mut gained = 0.0_f64;
    for (name, spec, series) in cases() {
        let ours = height(&fit(&spec, &series).unwrap());
        let theirs = fit_with(&spec, &series, &stan, &opts).unwrap();
        let theirs = height(&theirs);
        assert!(theirs - RESOLVING <= ours, "{name}: ours {ours}, Stan's {theirs}");
        // And they are the same hill: Stan stops near its top.
        assert!(ours - theirs < 0.02 * ours.abs(), "{name}: ours {ours}, Stan's {theirs}");
        gained = gained.max(ours - theirs);
    }
    assert!(0.0 < gained, "Stan reached every optimum exactly, which it never does");
}
