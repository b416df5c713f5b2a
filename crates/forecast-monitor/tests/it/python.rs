//! Held against Python: pandas, which writes and reads MLflow's tables, and scores by NumPy.

use std::fs;
use std::path::Path;

use chrono::Days;
use forecast_monitor::{Forecast, Pair, Row, scores, table};
use serde_json::{Value, json};

use crate::child::forecast;

/// Reads a table as `mlflow.load_table` does and writes it as `mlflow.log_table` does.
const TABLES: &str = r#"
import sys
import pandas as pd
table = pd.read_json(sys.argv[1], orient="split")
print(len(table), table.yhat.isna().sum(), table.anchors.notna().sum(), table.kind[0])
print(table.yhat.dtype, table.horizon.dtype, table.version.dtype, table.ds[0])
table.to_json(sys.argv[2], orient="split", index=False, date_format="iso")
"#;

const SCORES: &str = r"
import json, sys
import numpy as np
rows = np.array(json.load(open(sys.argv[1])))
h, yhat, lower, upper, actual, naive, target = rows.T
width, error = 0.8, yhat - actual
tail = (1 - width) / 2
pinball = lambda q, level: np.where(actual >= q, level * (actual - q), (1 - level) * (q - actual))
mae, naive_mae = np.abs(error).mean(), np.abs(naive - actual).mean()
missed = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
by_target = np.array([error[target == t].mean() for t in np.unique(target)])
d = by_target - by_target.mean()
rho = np.clip((d[1:] * d[:-1]).sum() / (d * d).sum(), 0, 0.99)
n = len(by_target)
print(json.dumps(dict(
    mae=mae, rmse=np.sqrt((error ** 2).mean()), mape=100 * np.abs(error / actual).mean(),
    bias=error.mean(), mase=mae / naive_mae, naive_mae=naive_mae,
    coverage=((lower <= actual) & (actual <= upper)).mean(),
    pinball=((pinball(lower, tail) + pinball(yhat, 0.5) + pinball(upper, 1 - tail)) / 3).mean(),
    winkler=(upper - lower + 2 / (1 - width) * missed).mean(),
    tracking_signal=-error.sum() / mae,
    n_effective=max(1, min(n / h.mean(), n * (1 - rho) / (1 + rho))),
)))
";

fn python(folder: &Path, script: &str, args: [&Path; 2]) -> String {
    let out = testkit::python::run_script(folder, script, args).unwrap();
    assert_eq!(out.code, Some(0), "{}", out.report());
    out.stdout
}

#[test]
fn pandas_reads_our_tables_and_we_read_what_log_table_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.json"), folder.path().join("theirs.json"));
    let mut kept = forecast(3);
    kept.rows[1].yhat = f64::NAN;
    kept.rows[2].yhat_lower = None;
    fs::write(&ours, table::to_json(&kept)).unwrap();
    let said = python(folder.path(), TABLES, [&ours, &theirs]);
    assert_eq!(said, "365 1 1 ready\nfloat64 int64 int64 2026-11-21\n");
    let read = table::from_json(&fs::read_to_string(&theirs).unwrap()).unwrap();
    assert!(read.rows[1].yhat.is_nan());
    for (read, kept) in read.rows.iter().zip(&kept.rows).filter(|(_, kept)| !kept.yhat.is_nan()) {
        // pandas writes ten digits.
        assert!((read.yhat - kept.yhat).abs() < 1e-9);
        assert_eq!(Row { yhat: kept.yhat, ..*read }, *kept);
    }
    assert_eq!(Forecast { rows: vec![], ..read }, Forecast { rows: vec![], ..kept });
}

#[test]
fn scores_are_those_of_numpy() {
    let folder = tempfile::tempdir().unwrap();
    let first = forecast(3).origin;
    // Fractions of multiples of irrational numbers, as good as random here.
    let noise = |i: u32, step: f64| (f64::from(i) * step).fract() - 0.5;
    let pair = |i: u32| {
        let (target, horizon) = (i / 10, 11 + i % 10);
        let actual = 30.0 + 3.0 * (f64::from(target) / 4.0).sin();
        let yhat = actual + 0.4 + 2.0 * noise(i, 0.754_877_666);
        Pair {
            version: 3,
            origin: first + Days::new(u64::from(target)) - Days::new(u64::from(horizon)),
            ds: first + Days::new(u64::from(target)),
            horizon,
            yhat,
            lower: Some(yhat - 0.8 - noise(i, 0.569_840_291)),
            upper: Some(yhat + 0.8 + noise(i, 0.324_717_957)),
            actual,
            naive: actual + 3.0 * noise(i, 0.618_033_989),
            interval_width: 0.8,
        }
    };
    let pairs: Vec<Pair> = (0..200).map(pair).collect();
    let rows: Vec<Value> = pairs
        .iter()
        .map(|p| {
            let target = (p.ds - first).num_days();
            json!([p.horizon, p.yhat, p.lower, p.upper, p.actual, p.naive, target])
        })
        .collect();
    let path = folder.path().join("pairs.json");
    fs::write(&path, Value::from(rows).to_string()).unwrap();
    let wanted: Value =
        serde_json::from_str(&python(folder.path(), SCORES, [&path, &path])).unwrap();
    let found = scores(&pairs).unwrap();
    let all = [
        ("mae", Some(found.mae)),
        ("rmse", Some(found.rmse)),
        ("mape", Some(found.mape)),
        ("bias", Some(found.bias)),
        ("mase", found.mase),
        ("naive_mae", Some(found.naive_mae)),
        ("coverage", found.coverage),
        ("pinball", found.pinball),
        ("winkler", found.winkler),
        ("tracking_signal", Some(found.tracking_signal)),
        ("n_effective", Some(found.n_effective)),
    ];
    for (name, found) in all {
        let (found, wanted) = (found.unwrap(), wanted[name].as_f64().unwrap());
        assert!(
            (found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0),
            "{name}: {found}, {wanted}"
        );
    }
}
