//! Reference series, where the reference files are at hand.
//!
//! They lie beside the repository (`../shared`) or where `PETR4_SHARED` points;
//! the other tests do not need them.

use std::{env, fs, path::PathBuf};

use forecast_core::{
    Growth, Mode, SeasonalityChoice, Series, Spec, ds, fit, posterior::log_posterior, prepare,
    prophet_json,
};
use serde_json::Value;

use crate::support::assert_close;

pub(crate) fn shared() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    #[expect(clippy::disallowed_methods, reason = "the one setting of the reference tests")]
    let folder = env::var("PETR4_SHARED").map_or(beside, PathBuf::from);
    if folder.join("golden").is_dir() {
        return Some(folder);
    }
    eprintln!("no reference files at {}, nothing to compare with", folder.display());
    None
}

pub(crate) fn table(path: &PathBuf, columns: [&str; 2]) -> Series {
    // One of the files ends its lines as old Macs did.
    let text = fs::read_to_string(path).unwrap().replace('\r', "\n");
    let mut lines = text.lines().map(|line| line.replace('"', ""));
    let header: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let [at, value] = columns.map(|name| header.iter().position(|h| h == name).unwrap());
    let rows: Vec<Vec<String>> = lines
        .filter(|line| !line.is_empty())
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    Series::new(
        rows.iter().map(|row| ds::parse(&row[at]).unwrap()).collect(),
        rows.iter().map(|row| row[value].parse().unwrap_or(f64::NAN)).collect(),
    )
    .unwrap()
}

fn head(series: &Series, rows: usize) -> Series {
    Series::new(series.ds()[..rows].to_vec(), series.y()[..rows].to_vec()).unwrap()
}

pub(crate) fn petr4(folder: &std::path::Path) -> (Spec, Series) {
    let all = table(&folder.join("data/PETR4.SA.raw_2018_20251107.csv"), ["Date", "Close"]);
    let spec = Spec {
        yearly_seasonality: SeasonalityChoice::On,
        weekly_seasonality: SeasonalityChoice::On,
        daily_seasonality: SeasonalityChoice::Off,
        country_holidays: Some("BR".to_owned()),
        ..Spec::default()
    };
    let rows = all.ds().len() - 60;
    (spec, head(&all, rows))
}

#[test]
fn the_optimum_is_the_known_one() {
    let Some(folder) = shared() else { return };
    let data = |name: &str| table(&folder.join("data").join(name), ["ds", "y"]);
    let log_r = data("example_wp_log_R.csv");
    let cap = vec![8.5; log_r.ds().len()];
    let cases = [
        ("petr4", petr4(&folder)),
        ("peyton_manning", (Spec::default(), data("example_wp_log_peyton_manning.csv"))),
        (
            "air_passengers_mult",
            (
                Spec { seasonality_mode: Mode::Multiplicative, ..Spec::default() },
                data("example_air_passengers.csv"),
            ),
        ),
        (
            "wp_log_R_logistic",
            (
                Spec { growth: Growth::Logistic, ..Spec::default() },
                log_r.with_column("cap", cap).unwrap(),
            ),
        ),
    ];
    for (name, (spec, series)) in cases {
        let path = folder.join(format!("golden/{name}.exact_map.json"));
        let known: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let known = known["lp"].as_f64().unwrap();
        let report = fit(&spec, &series).unwrap().report().unwrap().clone();
        eprintln!(
            "{name}: {:.6} (known {known:.6}), residual {:.1e}, unidentified {:?}",
            report.log_posterior, report.kkt_residual, report.unidentified
        );
        assert!(known - 1e-2 <= report.log_posterior, "{name}: {report:?}, known {known}");
        assert!(report.converged, "{name}: {report:?}");
    }
}

#[test]
fn stans_petr4_model_predicts_as_in_python() {
    let Some(folder) = shared() else { return };
    let json = fs::read_to_string(folder.join("golden/petr4.model.json")).unwrap();
    let fitted = prophet_json::read(&json).unwrap();
    let path = folder.join("golden/petr4.forecast.csv");
    let columns = ["yhat", "trend", "weekly", "yearly", "additive_terms"];
    let expected: Vec<Series> = columns.iter().map(|column| table(&path, ["ds", column])).collect();
    let forecast = fitted.predict(expected[0].ds(), 1).unwrap();
    let found = [
        forecast.yhat.as_slice(),
        &forecast.trend,
        forecast.component("weekly").unwrap(),
        forecast.component("yearly").unwrap(),
        &forecast.additive_terms,
    ];
    for ((column, found), expected) in columns.iter().zip(found).zip(&expected) {
        assert_close(column, found, expected.y(), 1e-9);
    }
    let (spec, series) = petr4(&folder);
    let (data, _) = prepare(&spec, &series).unwrap();
    let found = log_posterior(&data, fitted.params());
    assert!((found - 4189.251).abs() < 1e-3, "{found}");
}

#[test]
fn weekends_of_petr4_are_near_its_weekdays() {
    let Some(folder) = shared() else { return };
    let (spec, series) = petr4(&folder);
    let fitted = fit(&spec, &series).unwrap();
    let path = folder.join("golden/petr4.exact_map.forecast.csv");
    let days = table(&path, ["ds", "yhat"]).ds()[1894..].to_vec();
    let forecast = fitted.predict(&days, 1).unwrap();
    let weekly = forecast.component("weekly").unwrap();
    let (low, high) = weekly
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), &value| (low.min(value), high.max(value)));
    assert!(high - low < 1.0, "{low} to {high}");
}
