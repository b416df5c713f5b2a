//! `trainer`, with nothing configured but where Yahoo is.

use testkit::{store_check::check_store, yahoo_fake::Failure};

use crate::support::{LONG_SESSIONS, SESSIONS, Shop, long_prices};

#[test]
fn the_main_job_leaves_a_run_and_a_version_that_mlflow_reads_and_loads() {
    let shop = Shop::open();
    shop.yahoo.set_prices(long_prices());
    let trained = shop.json(&[]);
    assert_eq!(trained["rows"], LONG_SESSIONS);
    assert_eq!(trained["test_rows"], 60);
    assert_eq!(trained["train_rows"], LONG_SESSIONS - 60);
    assert_eq!(trained["version"], 1);
    assert_eq!(trained["stage"], "None");
    assert_eq!(trained["fit"]["converged"], true);
    // 660 sessions have room for six windows of 20 after two years and before the last 49.
    assert_eq!(trained["backtest"]["folds"], 6);
    assert_eq!(trained["backtest"]["bands"].as_object().unwrap().len(), 5);
    shop.json(&["promote", "--version", "1", "--stage", "Production"]);

    let forecast = shop.json(&["forecast", "--days", "40"]);
    let rows = forecast.as_array().unwrap();
    let dates: Vec<String> = rows.iter().map(|row| row["ds"].as_str().unwrap().into()).collect();
    let uri = "sqlite:///mlflow.db";
    let seen =
        check_store(shop.path(), uri, "petr4_forecast", "ProphetModel", Some("Production"), &dates)
            .unwrap();
    assert_kept_whole(&seen, &trained);
    assert_same_forecast(&seen, rows);

    // MLflow has brought the file to its own schema; we still write to it.
    let again = shop.json(&[]);
    assert_eq!(again["version"], 2);
    let versions = shop.json(&["versions"]);
    assert_eq!(versions.as_array().unwrap().len(), 2);
}

/// Everything that was logged is there, as MLflow's client sees it.
pub(crate) fn assert_kept_whole(seen: &serde_json::Value, trained: &serde_json::Value) {
    let run = seen["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["run_id"] == trained["run_id"])
        .expect("the run is there");
    assert_eq!(run["status"], "FINISHED");
    assert_eq!(run["name"], "prophet_train");
    for param in ["changepoint_prior_scale", "symbol", "price", "cutoff", "seed", "data_digest"] {
        assert!(run["params"][param].is_string(), "param {param}: {run}");
    }
    for (name, value) in trained["metrics"].as_object().unwrap() {
        assert_eq!(run["metrics"][name], *value, "metric {name}");
    }
    let folds = &trained["backtest"]["folds"];
    assert_eq!(run["metrics"]["backtest/folds"].as_f64(), folds.as_f64(), "{run}");
    for (band, reference) in trained["backtest"]["bands"].as_object().into_iter().flatten() {
        for (metric, key) in [("mae", "mean"), ("mae", "sd"), ("mase", "mean")] {
            let kept = &run["metrics"][format!("backtest/{metric}_{band}_{key}")];
            assert_eq!(*kept, reference[format!("{metric}_{key}")], "{band} {metric} {key}");
        }
    }
    for metric in ["naive_mae", "naive_rmse", "naive_mape", "coverage", "pinball", "mase", "bias"] {
        assert!(run["metrics"][metric].is_number(), "metric {metric}: {run}");
    }
    let files: Vec<&str> = run["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|file| file["path"].as_str())
        .collect();
    for file in [
        "prophet_model.json",
        "plots/forecast.png",
        "plots/forecast.svg",
        "plots/components.png",
        "plots/components.svg",
        "forecast.csv",
        "data/train.csv",
    ] {
        assert!(files.contains(&file), "no {file} in {files:?}");
    }
    let digest = run["datasets"][0]["digest"].as_str().unwrap();
    assert!(trained["data_digest"].as_str().unwrap().starts_with(digest), "{digest}");
    assert_eq!(run["datasets"][0]["tags"]["mlflow.data.context"], "training");
    assert_eq!(run["model_outputs"].as_array().unwrap().len(), 1);
    assert!(run["tags"]["mlflow.note.content"].as_str().unwrap().contains("Prophet"));
}

/// MLflow's loaders predict what we predict, to nine digits.
pub(crate) fn assert_same_forecast(seen: &serde_json::Value, rows: &[serde_json::Value]) {
    for loader in ["yhat", "pyfunc_yhat"] {
        let theirs = seen["loaded"][loader].as_array().expect("a forecast");
        assert_eq!(theirs.len(), rows.len());
        for (row, theirs) in rows.iter().zip(theirs) {
            let (ours, theirs) = (row["yhat"].as_f64().unwrap(), theirs.as_f64().unwrap());
            assert!((ours - theirs).abs() <= 1e-9 * theirs.abs(), "{loader}: {ours}, {theirs}");
        }
    }
}

#[test]
fn a_second_run_within_the_day_asks_nobody() {
    let shop = Shop::open();
    shop.json(&["--no-register"]);
    let asked = shop.yahoo.n_requests();
    let second = shop.json(&["--no-register"]);
    assert_eq!(shop.yahoo.n_requests(), asked);
    assert!(second["source"].as_str().unwrap().starts_with("cache of"), "{second}");
    assert!(second["version"].is_null());
}

#[test]
fn without_a_network_the_answer_of_another_day_stands_in_and_says_so() {
    let shop = Shop::open();
    let first = shop.json(&["--no-register"]);
    shop.yahoo.fail(Failure::HangUp);
    let later = shop
        .trainer(&["--no-register", "--json"])
        .env("PETR4__CLOCK__TODAY", "2025-01-08")
        .run()
        .unwrap();
    assert_eq!(later.code, Some(0), "{}", later.report());
    let later = later.json();
    assert!(later["source"].as_str().unwrap().contains("stale"), "{later}");
    assert_eq!(later["data_digest"], first["data_digest"]);
}

#[test]
fn the_same_prices_and_seed_give_the_same_model() {
    let shop = Shop::open();
    let first = shop.json(&["--source", "file:prices.csv"]);
    let second = shop.json(&["--source", "file:prices.csv"]);
    for key in ["data_digest", "cutoff", "baseline", "trained_through"] {
        assert_eq!(first[key], second[key], "{key}");
    }
    assert_eq!(first["metrics"]["mae"], second["metrics"]["mae"]);
    let forecast = |version: &str| shop.json(&["forecast", "--version", version]);
    assert_eq!(forecast("1"), forecast("2"));
}

#[test]
fn what_was_mended_is_counted_and_tagged() {
    let shop = Shop::open();
    let mut csv = std::fs::read_to_string(shop.path().join("prices.csv")).unwrap();
    let last = csv.lines().last().unwrap().to_owned();
    csv.push_str(&format!("{last}\n"));
    shop.write("twice.csv", &csv);
    let trained = shop.json(&["--source", "file:twice.csv"]);
    assert_eq!(trained["findings"]["duplicate_date"], 1, "{trained}");
    assert_eq!(trained["rows"], SESSIONS);
    let seen = check_store(
        shop.path(),
        "sqlite:///mlflow.db",
        "petr4_forecast",
        "ProphetModel",
        None,
        &[],
    )
    .unwrap();
    assert_eq!(seen["runs"][0]["tags"]["data.found.duplicate_date"], "1");
}

#[test]
fn the_summary_names_metrics_baseline_run_version_store_and_the_next_command() {
    let shop = Shop::open();
    shop.yahoo.set_prices(long_prices());
    let output = shop.trainer(&[]).run().unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
    for word in [
        "prophet",
        "last price",
        "6 windows of 20 sessions: MAE (MASE)",
        "MAPE",
        "run ",
        "ProphetModel v1",
        "mlflow.db",
        "promote --version 1",
    ] {
        assert!(output.stdout.contains(word), "no `{word}` in {}", output.report());
    }
    for stage in [
        "connect", "fetch", "clean", "split", "fit", "evaluate", "refit", "backtest", "track",
        "register",
    ] {
        assert!(output.stderr.contains(stage), "no line for `{stage}` in {}", output.report());
    }
    let quiet = shop.trainer(&["--no-progress"]).run().unwrap();
    assert!(!quiet.stderr.contains("fetch"), "{}", quiet.report());
}

#[test]
fn a_history_too_short_for_limits_trains_all_the_same_and_says_so() {
    let shop = Shop::open();
    let trained = shop.json(&[]);
    assert_eq!((&trained["backtest"], &trained["version"]), (&serde_json::Value::Null, &1.into()));
    let said = shop.trainer(&[]).run().unwrap();
    assert!(said.stdout.contains("so no limits"), "{}", said.report());
}

#[test]
fn help_names_every_command_and_option() {
    let shop = Shop::open();
    let help = shop.trainer(&["--help"]).run().unwrap();
    for word in [
        "forecast",
        "promote",
        "versions",
        "--test-sessions",
        "--changepoint-prior-scale",
        "--tracking-uri",
        "--json",
    ] {
        assert!(help.stdout.contains(word), "no `{word}` in {}", help.stdout);
    }
}
