//! Python's cross-validation of Peyton Manning's page views, where it is at hand.

use std::{fs, path::Path};

use chrono::TimeDelta;
use forecast_core::{
    Spec,
    diagnostics::{
        CrossValidation, CrossValidationOptions, Cutoffs, Horizon, Metric, cross_validation,
        parse_timedelta, performance_metrics,
    },
    ds, fit,
};

use crate::{
    reference::{shared, table},
    support::assert_close,
};

/// A CSV file by column.
fn columns(path: &Path) -> impl Fn(&str) -> Vec<String> + use<> {
    let text = fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<String>> =
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    move |name| {
        let at = rows[0].iter().position(|column| column == name).unwrap();
        rows[1..].iter().map(|row| row[at].clone()).collect()
    }
}

fn numbers(texts: &[String]) -> Vec<f64> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn pythons(path: &Path) -> CrossValidation {
    let column = columns(path);
    let times = |name| column(name).iter().map(|text| ds::parse(text).unwrap()).collect();
    CrossValidation {
        ds: times("ds"),
        cutoff: times("cutoff"),
        y: numbers(&column("y")),
        yhat: numbers(&column("yhat")),
        yhat_lower: numbers(&column("yhat_lower")),
        yhat_upper: numbers(&column("yhat_upper")),
        ..CrossValidation::default()
    }
}

/// A metric over all rows.
fn overall(cv: &CrossValidation, name: &str) -> f64 {
    let found = performance_metrics(cv, &[Metric::from_name(name).unwrap()], 1.0, false).unwrap();
    found.columns[0].1[0]
}

#[test]
fn peytons_cross_validation_is_pythons() {
    let Some(folder) = shared() else { return };
    let expected = pythons(&folder.join("golden/peyton_manning.cv.csv"));
    let path = folder.join("data/example_wp_log_peyton_manning.csv");
    let model = fit(&Spec::default(), &table(&path, ["ds", "y"])).unwrap();
    let options = CrossValidationOptions {
        cutoffs: Cutoffs::Every {
            initial: Some(TimeDelta::days(730)),
            period: Some(TimeDelta::days(180)),
        },
        ..CrossValidationOptions::default()
    };
    let cv = cross_validation(&model, TimeDelta::days(365), &options).unwrap();
    assert_eq!(cv.ds, expected.ds);
    assert_eq!(cv.cutoff, expected.cutoff);
    assert_close("y", &cv.y, &expected.y, 1e-15);
    // Stan stops early: facts measured for the exact maximum.
    assert!((overall(&cv, "rmse") - 0.8146).abs() < 1e-3, "{}", overall(&cv, "rmse"));
    assert!((overall(&cv, "coverage") - 0.590).abs() < 5e-3, "{}", overall(&cv, "coverage"));
    let (ours, theirs) = (overall(&cv, "mae"), overall(&expected, "mae"));
    assert!((ours / theirs - 1.0).abs() < 0.05, "mae {ours}, Python {theirs}");
}

#[test]
fn metrics_of_peytons_cross_validation_are_pythons() {
    let Some(folder) = shared() else { return };
    let cv = pythons(&folder.join("golden/peyton_manning.cv.csv"));
    let expected = columns(&folder.join("golden/peyton_manning.cv_metrics.csv"));
    let found = performance_metrics(&cv, &Metric::DEFAULT, 0.1, false).unwrap();
    let horizon = expected("horizon");
    let horizon = horizon.iter().map(|text| Horizon::Time(parse_timedelta(text).unwrap()));
    assert_eq!(found.horizon, horizon.collect::<Vec<_>>());
    assert_eq!(found.horizon[0].to_string(), expected("horizon")[0]);
    for (name, values) in &found.columns {
        // The median depends on how NumPy sorted rows of the same horizon.
        let tolerance = if name == "mdape" { 0.05 } else { 1e-9 };
        assert_close(name, values, &numbers(&expected(name)), tolerance);
    }
}
