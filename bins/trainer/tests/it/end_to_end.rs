//! The programs together, against a real MLflow server.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::{
    mlflow_server::MlflowServer, program::Program, series::Prices, store_check::check_store,
};

use crate::{
    main_job::{assert_kept_whole, assert_same_forecast},
    support::{SESSIONS, Shop, TODAY, prices},
};

/// How long the api may take to do what was asked of it.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is asked.
const STEP: Duration = Duration::from_millis(50);

/// One request over a connection of its own: status and body.
fn ask(address: &str, method: &str, path: &str) -> (u16, String) {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

/// Asks until `wanted`, or fails with the last answer.
fn wait_for(address: &str, path: &str, wanted: impl Fn(u16, &Value) -> bool) {
    let since = Instant::now();
    loop {
        let (status, body) = ask(address, "GET", path);
        let json = serde_json::from_str(&body).unwrap_or(Value::Null);
        if wanted(status, &json) {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{path} still answers {status} {body}");
        std::thread::sleep(STEP);
    }
}

/// Reads the run of the served version, and the table of its one forecast.
const READ_FORECAST: &str = "
import json, sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name('petr4_forecast_api')
[run] = client.search_runs([experiment.experiment_id])
[listed] = json.loads(run.data.tags['mlflow.loggedArtifacts'])
table = client.load_table(experiment.experiment_id, listed['path'], run_ids=[run.info.run_id])
rows = table[['ds', 'yhat']].values.tolist()
tags = {name: run.data.tags[name] for name in ('source_run_id', 'model_id')}
print(json.dumps({'name': run.info.run_name, 'rows': rows} | tags))
";

/// What MLflow's Python reads of the first forecast, once it is there.
fn kept_forecast(shop: &Shop, address: &str, uri: &str) -> Value {
    let since = Instant::now();
    loop {
        let (_, metrics) = ask(address, "GET", "/metrics");
        let is_said = |line: &str| metrics.lines().any(|found| found == line);
        // Tomorrow's forecast waits for its day.
        if is_said("spool_pending 1") && is_said("monitor_failing 0") {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "never in MLflow: {metrics}");
        std::thread::sleep(STEP);
    }
    let read = testkit::python::run_script(shop.path(), READ_FORECAST, [uri]).unwrap();
    assert_eq!(read.code, Some(0), "{}", read.report());
    read.json()
}

/// Reads what a scoring left: in the run, on the page of the model, in the table of errors.
const READ_SCORES: &str = "
import json, sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name('petr4_forecast_api').experiment_id
[run] = client.search_runs([experiment], filter_string=\"tags.model_version = '1'\")
run_id = run.info.run_id
points = client.get_metric_history(run_id, 'live/mae_h05')
model = client.get_logged_model(run.data.tags['model_id'])
table = client.load_table(experiment, 'live/errors.json', run_ids=[run_id])
print(json.dumps({
    'live': {k: v for k, v in run.data.metrics.items() if k.startswith('live/')},
    'points': [[p.step, p.timestamp, p.value] for p in points],
    'model': sorted({m.key for m in model.metrics if m.key.startswith('live/')}),
    'rows': len(table), 'columns': list(table.columns),
    'files': sorted(f.path for f in client.list_artifacts(run_id)),
    'note': run.data.tags['mlflow.note.content'],
}))
";

/// Scores what the API forecast on [`TODAY`], a month later, and reads it with Python.
fn assert_scored(shop: &Shop, uri: &str, trained: &Value) {
    let later = Prices::random_walk("PETR4.SA", prices().rows[0].date, SESSIONS + 60, 7);
    let day = |n: usize| {
        let after = later.rows.iter().filter(|row| TODAY <= row.date.to_string().as_str());
        after.skip(n).map(|row| row.date).next().unwrap()
    };
    shop.yahoo.set_prices(later.clone());
    let output = shop
        .trainer(&["score", "--version", "1", "--json"])
        .env("MLFLOW_TRACKING_URI", uri)
        .env("PETR4__CLOCK__TODAY", day(14).to_string())
        .run()
        .unwrap();
    assert!(matches!(output.code, Some(0 | 3)), "{}", output.report());
    let scored = &output.json()["versions"][0];
    assert_eq!((&scored["new_sessions"], &scored["served"]), (&15.into(), &true.into()));

    let read = testkit::python::run_script(shop.path(), READ_SCORES, [uri]).unwrap();
    assert_eq!(read.code, Some(0), "{}", read.report());
    let seen = read.json();
    // One forecast: its targets 2 to 5 are sessions 2 to 5 of service, and stay in the window.
    let points = seen["points"].as_array().unwrap();
    assert_eq!(points.len(), 14, "{seen}");
    let midnight = |n: usize| day(n).and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis();
    assert_eq!((&points[0][0], &points[0][1]), (&2.into(), &midnight(1).into()));
    assert_eq!((&points[13][0], &points[13][1]), (&15.into(), &midnight(14).into()));
    assert_eq!(points[13][2], scored["bands"]["h05"]["mae"]);
    assert_eq!(seen["live"]["live/mase_h10"], scored["bands"]["h10"]["mase"]);
    // Live accuracy stands beside the model, and nothing of it only there.
    let keys: Vec<&String> = seen["live"].as_object().unwrap().keys().collect();
    assert_eq!(seen["model"], serde_json::json!(keys), "{seen}");
    assert_eq!(seen["rows"], 15);
    assert_eq!(seen["columns"][0], "origin");
    assert_eq!(seen["files"], serde_json::json!(["forecasts", "live", "plots", "score.json"]));
    let note = seen["note"].as_str().unwrap();
    assert!(note.contains(trained["run_id"].as_str().unwrap()), "{note}");
}

#[test]
fn a_promotion_in_mlflow_changes_what_the_api_serves() {
    let shop = Shop::open();
    let home = testkit::program::workdir().unwrap();
    let server = MlflowServer::start(home.path()).unwrap();
    let uri = server.url();
    let on_server = |args: &[&str]| {
        let output = shop.trainer(args).env("MLFLOW_TRACKING_URI", &uri).args(["--json"]);
        let output = output.run().unwrap();
        assert_eq!(output.code, Some(0), "{}", output.report());
        output.json()
    };

    // With an empty registry the api lives, and is not ready.
    let mut api = Program::sibling("api")
        .unwrap()
        .current_dir(shop.path())
        .env("MLFLOW_TRACKING_URI", &uri)
        .env("PETR4__CLOCK__TODAY", TODAY)
        .env("PETR4__MONITOR__DRAIN_SECONDS", "0.2")
        .args(["--port", "0", "--poll-seconds", "0.2"])
        .start()
        .unwrap();
    let address = api.listening_on(PATIENCE).unwrap();
    assert_eq!(ask(&address, "GET", "/health").0, 200);
    assert_eq!(ask(&address, "GET", "/ready").0, 503);
    assert_eq!(ask(&address, "POST", "/predict?days=5").0, 503);

    // A training alone changes nothing; a promotion does.
    let trained = on_server(&[]);
    assert!(trained["artifact_uri"].as_str().unwrap().starts_with("mlflow-artifacts:"));
    assert_eq!(ask(&address, "GET", "/ready").0, 503);
    on_server(&["promote", "--version", "1", "--stage", "Production"]);
    wait_for(&address, "/model", |_, model| model["version"] == 1);
    let (status, first) = ask(&address, "POST", "/predict?days=30");
    assert_eq!((status, &first), (200, &ask(&address, "POST", "/predict?days=30").1));
    let rows: Vec<Value> = serde_json::from_str(&first).unwrap();
    assert_eq!(rows.len(), 30);
    let forecast = on_server(&["forecast", "--days", "30"]);
    for (served, printed) in rows.iter().zip(forecast.as_array().unwrap()) {
        assert_eq!((&served["ds"], &served["yhat"]), (&printed["ds"], &printed["yhat"]));
    }

    // MLflow's own Python reads the run and loads the version.
    let dates: Vec<String> = rows.iter().map(|row| row["ds"].as_str().unwrap().into()).collect();
    let seen = check_store(
        shop.path(),
        &uri,
        "petr4_forecast",
        "ProphetModel",
        Some("Production"),
        &dates,
    )
    .unwrap();
    assert_kept_whole(&seen, &trained);
    assert_same_forecast(&seen, &rows);

    // What was answered is in MLflow, as Python reads a table.
    let kept = kept_forecast(&shop, &address, &uri);
    assert_eq!(kept["name"], "ProphetModel v1 in production");
    assert_eq!(kept["source_run_id"], trained["run_id"]);
    assert!(kept["model_id"].as_str().unwrap().starts_with("m-"), "{kept}");
    for (served, row) in rows.iter().zip(kept["rows"].as_array().unwrap()) {
        assert_eq!((&served["ds"], &served["yhat"]), (&row[0], &row[1]));
    }

    assert_scored(&shop, &uri, &trained);

    // A second version, promoted by MLflow's own client, takes over.
    on_server(&["--changepoint-prior-scale", "0.5"]);
    let promote = "import sys, mlflow; mlflow.set_tracking_uri(sys.argv[1]); \
        mlflow.MlflowClient().transition_model_version_stage('ProphetModel', '2', 'Production')";
    let promoted = testkit::python::run_script(shop.path(), promote, [uri.as_str()]).unwrap();
    assert_eq!(promoted.code, Some(0), "{}", promoted.report());
    wait_for(&address, "/model", |_, model| model["version"] == 2);
    assert_ne!(ask(&address, "POST", "/predict?days=30").1, first);

    let ended = api.terminate(PATIENCE).unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.report());
}

#[test]
fn the_api_follows_the_embedded_store_too() {
    let shop = Shop::open();
    shop.json(&["--source", "file:prices.csv", "--promote", "Production"]);
    let mut api = Program::sibling("api")
        .unwrap()
        .current_dir(shop.path())
        .env("PETR4__CLOCK__TODAY", TODAY)
        .args(["--port", "0", "--poll-seconds", "0.1"])
        .start()
        .unwrap();
    let address = api.listening_on(PATIENCE).unwrap();
    wait_for(&address, "/model", |_, model| model["version"] == 1);
    shop.json(&["--source", "file:prices.csv", "--promote", "Production"]);
    wait_for(&address, "/model", |_, model| model["version"] == 2);
    assert_eq!(api.terminate(PATIENCE).unwrap().code, Some(0));
}
