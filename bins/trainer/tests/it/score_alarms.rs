//! Limits, alerts, and what is left when MLflow lost something.

use chrono::NaiveDate;
use mlflow_client::{Batch, LoggedModelId, Metric, NewLoggedModel, NewRun, RunId};
use serde_json::{Value, json};
use testkit::program::Output;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{
    served::{LATE, Served, TRAINED},
    service::{Model, Service},
};

/// A part of the webhook's address that nobody may read.
const SECRET: &str = "s3cr3t-hook";

/// What a training's backtest says of each band: mean and spread of the error.
const BACKTEST: (f64, f64) = (2.0, 0.5);

/// A version with a run that it came from, limits in it, and a logged model.
fn trained(yhat: fn(NaiveDate) -> f64) -> (Served, LoggedModelId) {
    let mut served = Served::without_forecasts(&[]);
    let store = &served.service.store;
    let made = served.service.wait(async {
        let experiment_id = store.get_or_create_experiment("petr4_forecast").await?;
        let run = NewRun {
            experiment_id: experiment_id.clone(),
            name: "prophet_train".to_owned(),
            start_time_ms: 1_700_000_000_000,
            user: None,
            tags: vec![],
        };
        let run = store.create_run(&run).await?;
        let metrics = ["h01", "h05", "h10", "h20", "h30"].iter().flat_map(|band| {
            let metric =
                |key: &str, value| Metric::new(format!("backtest/mae_{band}_{key}"), value, 1);
            [metric("mean", BACKTEST.0), metric("sd", BACKTEST.1)]
        });
        let batch = Batch { metrics: metrics.collect(), ..Batch::default() };
        store.log_batch(&run.id, &batch).await?;
        let model = NewLoggedModel {
            experiment_id,
            name: "model".to_owned(),
            model_type: Some("prophet".to_owned()),
            source_run_id: Some(run.id.clone()),
            params: vec![],
            tags: vec![],
        };
        let model = store.create_logged_model(&model).await?;
        Ok::<_, mlflow_client::Error>((run, model.id))
    });
    let (source, model_id) = made.unwrap();
    let labels = [("source_run_id", source.id.as_str()), ("model_id", model_id.as_str())];
    served.run = served.service.begin(1, &labels);
    served.model = Model::fitted(1, &served.prices, TRAINED, yhat);
    served.issue(0..40);
    (served, model_id)
}

/// Scores version 1 as of the session `n` after the training, with `more` in the environment.
fn score(served: &Served, n: usize, more: &[(&str, &str)]) -> Output {
    let mut program = served
        .shop
        .trainer(&["score", "--version", "1", "--json"])
        .env("PETR4__CLOCK__TODAY", served.origin(n).to_string());
    for (name, value) in more {
        program = program.env(name, value);
    }
    let output = program.run().unwrap();
    assert!(!output.report().contains(SECRET), "{}", output.report());
    output
}

fn near(_: NaiveDate) -> f64 {
    25.0
}

fn far(_: NaiveDate) -> f64 {
    60.0
}

#[test]
fn the_limits_are_those_of_the_versions_own_backtest() {
    let (mut served, model_id) = trained(near);
    let output = score(&served, 35, &[]);
    let version = &output.json()["versions"][0];
    assert!(version["no_limits"].is_null(), "{version}");
    for band in ["h01", "h05", "h10", "h20", "h30"] {
        let limits = (&version["bands"][band]["warn_mae"], &version["bands"][band]["alert_mae"]);
        assert_eq!(limits, (&json!(3.0), &json!(3.5)), "{version}");
    }
    // Live accuracy stands beside the model that was trained.
    let model = served.service.wait(served.service.store.get_logged_model(&model_id)).unwrap();
    let live = model.metrics.iter().filter(|metric| metric.key == "live/mae_h05");
    assert_eq!(live.count(), served.service.series(&served.run, "live/mae_h05").len());
    assert_eq!(served.service.tag(&served.run, "score.told"), version["level"]);

    // A scoring that was cut off after its points sends them again, and they stay as they are.
    let points = served.service.points(&served.run);
    let (store, uri) = (&served.service.store, &served.run.artifact_uri);
    for path in ["score.json", "live"] {
        served.service.wait(store.delete_artifacts(uri, path)).unwrap();
    }
    let again = score(&served, 35, &[]);
    assert_eq!(again.json()["versions"][0]["new_sessions"], 35, "{}", again.report());
    assert_eq!(served.service.points(&served.run), points);

    // After a split the limits are in the unit of the closes, as the errors are.
    for row in &mut served.prices.rows {
        for price in [&mut row.open, &mut row.high, &mut row.low, &mut row.close] {
            *price /= 2.0;
        }
    }
    served.shop.yahoo.set_prices(served.prices.clone());
    std::fs::remove_dir_all(served.shop.path().join(".petr4/cache")).unwrap();
    let split = score(&served, 35, &[]);
    let limits = &split.json()["versions"][0]["bands"]["h05"];
    let warn = limits["warn_mae"].as_f64().unwrap();
    assert!((warn - 1.5).abs() < 0.01, "{}", split.report());
}

#[test]
fn a_level_that_rises_is_told_once_and_the_address_to_nobody() {
    let (served, _) = trained(far);
    let hook = served.service.wait(MockServer::start());
    let address = format!("{}/{SECRET}", hook.uri());
    let variable = [("PETR4__SCORE__ALERT_WEBHOOK", address.as_str())];
    let answers = |status: u16, times: u64| {
        let mock = Mock::given(method("POST")).respond_with(ResponseTemplate::new(status));
        served.service.wait(mock.up_to_n_times(times).mount(&hook));
    };
    let told = || -> Vec<Value> {
        let requests = served.service.wait(hook.received_requests()).unwrap();
        requests.iter().map(|request| request.body_json().unwrap()).collect()
    };
    // Too few sessions to judge: nobody is told.
    let few = score(&served, 2, &variable);
    assert_eq!((few.code, told().len()), (Some(0), 0), "{}", few.report());
    // Refused once, then not there for a moment, then taken.
    answers(403, 1);
    let refused = score(&served, 30, &variable);
    assert_eq!((refused.code, told().len()), (Some(3), 1), "{}", refused.report());
    assert!(refused.stderr.contains("the alert webhook was not told in 1 tries: it answered 403"));
    answers(503, 1);
    answers(204, 9);
    let output = score(&served, 30, &variable);
    assert_eq!((output.code, told().len()), (Some(3), 3), "{}", output.report());
    assert!(output.stderr.contains("forecasts are out of limits"), "{}", output.report());
    let message = told().pop().unwrap();
    assert_eq!((&message["version"], &message["level"]), (&json!(1), &json!("alert")));
    assert_eq!((&message["was"], &message["model"]), (&json!("ok"), &json!("ProphetModel")));
    assert_eq!(message["through"], served.origin(30).to_string());
    let alerts = message["alerts"].as_array().unwrap();
    assert!(alerts.iter().any(|alert| alert["what"] == "mae" && alert["band"] == "h05"));
    assert!(message["text"].as_str().unwrap().contains("mean absolute error"), "{message}");
    // It stands, and is not told again.
    assert_eq!(score(&served, 31, &variable).code, Some(3));
    assert_eq!(told().len(), 3);
    // An address that is none is wrong usage, and is not shown either.
    let wrong = [("PETR4__SCORE__ALERT_WEBHOOK", SECRET)];
    let wrong = score(&served, 31, &wrong);
    assert_eq!(wrong.code, Some(2), "{}", wrong.report());
    assert!(wrong.stderr.contains("score.alert_webhook"), "{}", wrong.report());
}

#[test]
fn what_is_gone_from_mlflow_keeps_no_forecast_from_its_close() {
    let (served, model_id) = trained(near);
    let store = &served.service.store;
    let source = RunId::new(served.service.tag(&served.run, "source_run_id"));
    // The run that it came from is deleted, then its model; of the registry it was never.
    served.service.wait(store.delete_run(&source)).unwrap();
    let output = score(&served, 20, &[]);
    let scored = &output.json()["versions"][0];
    assert_eq!((&scored["state"], &scored["new_sessions"]), (&json!("scored"), &json!(20)));
    assert!(scored["no_limits"].is_null(), "a deleted run is still read: {scored}");

    served.service.wait(store.delete_logged_model(&model_id)).unwrap();
    let output = score(&served, 25, &[]);
    assert_eq!(output.json()["versions"][0]["new_sessions"], 5, "{}", output.report());
    assert_eq!(served.service.series(&served.run, "live/close").len(), 25);

    let nowhere = "0123456789abcdef0123456789abcdef";
    let model = format!("m-{nowhere}");
    let orphan = Served::new(30, &[("source_run_id", nowhere), ("model_id", &model)]);
    let output = orphan.score(&orphan.origin(25).to_string(), &["--json"]);
    assert!(output.stderr.contains("the logged model is gone"), "{}", output.report());
    assert_eq!(orphan.service.series(&orphan.run, "live/close").len(), 25);
    let version = &output.json()["versions"][0];
    assert!(version["no_limits"].as_str().unwrap().contains("is gone"), "{version}");
    assert!(output.json()["line"].as_str().unwrap().contains("no limits"));
    assert_eq!(version["bands"]["h05"]["warn_mae"], Value::Null);
}

#[test]
fn what_the_last_scoring_left_is_made_again_where_it_is_damaged() {
    let served = Served::new(60, &[]);
    let today = served.origin(50).to_string();
    served.scored(&today, 3);
    let whole = served.service.read(&served.run, "live/errors.json");
    for (path, damage) in
        [("live/errors.json", "{\"columns\":[\"a\"]"), ("score.json", "{\"format\":1}")]
    {
        served.service.put(&served.run, path, damage);
        let output = served.score(&today, &["--json"]);
        assert_eq!(output.code, Some(3), "{}", output.report());
        assert!(output.stderr.contains("is made again"), "{}", output.report());
        let report: Value =
            serde_json::from_str(&served.service.read(&served.run, "score.json")).unwrap();
        assert_eq!(report["through"], today);
    }
    let rows = |text: &str| {
        let table: Value = serde_json::from_str(text).unwrap();
        table["data"].as_array().unwrap().len()
    };
    assert_eq!(rows(&served.service.read(&served.run, "live/errors.json")), rows(&whole));
    // What a newer program wrote is not replaced.
    served.service.put(&served.run, "score.json", "{\"format\":99}");
    let output = served.score(LATE, &[]);
    assert_eq!(output.code, Some(1), "{}", output.report());
    assert!(output.stderr.contains("format 99"), "{}", output.report());
    assert!(output.stdout.contains("FAILED") && output.stdout.contains("v3 failed"));
    assert_eq!(served.service.read(&served.run, "score.json"), "{\"format\":99}");
}

#[test]
fn one_version_that_cannot_be_scored_keeps_no_other_from_it() {
    let served = Served::new(40, &[]);
    let other = served.service.begin(2, &[("symbol", "VALE3.SA")]);
    let mut forecast = Model { version: 2, ..Model::fitted(2, &served.prices, TRAINED, near) }
        .forecast(served.origin(0));
    forecast.symbol = "VALE3.SA".to_owned();
    served.service.issue(&other, &forecast);
    let output = served.score(&served.origin(35).to_string(), &["--json"]);
    assert_eq!(output.code, Some(1), "{}", output.report());
    assert!(output.stderr.contains("version 2 was not scored"), "{}", output.report());
    let scoring = output.json();
    assert!(scoring["failures"]["2"].as_str().unwrap().contains("VALE3.SA"), "{scoring}");
    assert_eq!(scoring["versions"][0]["new_sessions"], 35);
    assert_eq!(Service::local(served.shop.path()).series(&served.run, "live/close").len(), 35);
}
