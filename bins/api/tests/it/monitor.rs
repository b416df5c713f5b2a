//! What was forecast is in MLflow, once, whatever happened in between: real programs over
//! MLflow's own file.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use forecast_monitor::{Forecast, Kind, Spool, table};
use market_data::Calendar;
use mlflow_client::{
    ClientOptions, NewModelVersion, NewRun, Run, Search, Stage, Store, TrackingUri, Version,
    connect,
};
use serde_json::Value;
use testkit::program::{Program, Running, workdir};

use crate::app::NAME;
use crate::prophet;

const PATIENCE: Duration = Duration::from_mins(1);

const EXPERIMENT: &str = "petr4_forecast_api";

/// A Friday with a session.
const TODAY: &str = "2026-01-02";

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn store_in(dir: &Path) -> Arc<dyn Store> {
    let uri = format!("sqlite:///{}", dir.join("mlflow.db").display());
    connect(&TrackingUri::parse(&uri).unwrap(), &ClientOptions::new()).await.unwrap()
}

/// Registers a model that predicts `level`, in Production.
async fn promoted(store: &dyn Store, level: f64) -> Version {
    if store.get_registered_model(NAME).await.is_err() {
        store.create_registered_model(NAME, None).await.unwrap();
    }
    let experiment_id = store.get_or_create_experiment("tests").await.unwrap();
    let name = "trained".to_owned();
    let run = NewRun { experiment_id, name, start_time_ms: 1, user: None, tags: Vec::new() };
    let run = store.create_run(&run).await.unwrap();
    let model = serde_json::to_vec(&prophet::flat_at(level)).unwrap();
    let mlmodel = "flavors:\n  prophet:\n    data: model.pr\n    model_type: Prophet\n";
    store.put_artifact(&run.artifact_uri, "model/model.pr", model).await.unwrap();
    store.put_artifact(&run.artifact_uri, "model/MLmodel", mlmodel.into()).await.unwrap();
    let version = NewModelVersion {
        name: NAME.to_owned(),
        source: format!("runs:/{}/model", run.id),
        run_id: Some(run.id),
        model_id: None,
        description: None,
        tags: Vec::new(),
    };
    let version = store.create_version(&version).await.unwrap().version;
    store.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
    version
}

/// The service as a person starts it, on that day.
fn service(dir: &Path, today: NaiveDate) -> Program {
    Program::new(env!("CARGO_BIN_EXE_api"))
        .current_dir(dir)
        .args(["--port", "0", "--poll-seconds", "0.05"])
        .env("PETR4__CLOCK__TODAY", today.to_string())
        .env("PETR4__MONITOR__DRAIN_SECONDS", "0.05")
}

async fn answer(url: &str, path: &str) -> reqwest::Response {
    let began = Instant::now();
    loop {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        if answer.status().as_u16() == 200 {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "never a 200: {answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The value of a metric without labels; none while it is not there.
async fn metric(url: &str, name: &str) -> Option<f64> {
    let text = answer(url, "/metrics").await.text().await.unwrap();
    let line = text.lines().find(|line| line.split(' ').next() == Some(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn kill(running: Running) {
    let killed = Command::new("kill").args(["-9", &running.id().to_string()]).status().unwrap();
    assert!(killed.success());
    drop(running);
}

async fn runs(store: &dyn Store) -> Vec<Run> {
    let Some(experiment) = store.experiment_by_name(EXPERIMENT).await.unwrap() else {
        return Vec::new();
    };
    store.search_runs(&[experiment.id], &Search::default()).await.unwrap().items
}

/// Every forecast that a run holds, by path.
async fn tables(store: &dyn Store, run: &Run) -> Vec<(String, Forecast)> {
    let root = &run.artifact_uri;
    let mut found = Vec::new();
    let mut folders = vec!["forecasts".to_owned(), "asked".to_owned()];
    while let Some(folder) = folders.pop() {
        for file in store.list_artifacts(root, &folder).await.unwrap() {
            if file.is_dir {
                folders.push(file.path);
                continue;
            }
            let bytes = store.get_artifact(root, &file.path).await.unwrap();
            let forecast = table::from_json(std::str::from_utf8(&bytes).unwrap()).unwrap();
            found.push((file.path, forecast));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

async fn is_in(store: &dyn Store, path: &str) -> bool {
    let mut found = false;
    for run in runs(store).await {
        found |= tables(store, &run).await.iter().any(|(there, _)| there == path);
    }
    found
}

/// The rows of an answer are those of the table, number for number.
#[track_caller]
fn agree(answered: &Value, forecast: &Forecast) {
    let rows = answered.as_array().unwrap();
    assert!(!rows.is_empty() && rows.len() <= forecast.rows.len());
    for (answered, kept) in rows.iter().zip(&forecast.rows) {
        assert_eq!(answered["ds"], kept.ds.to_string());
        assert_eq!(answered["yhat"].as_f64(), Some(kept.yhat));
        assert_eq!(answered["yhat_lower"].as_f64(), kept.yhat_lower);
        assert_eq!(answered["yhat_upper"].as_f64(), kept.yhat_upper);
    }
}

#[tokio::test]
async fn what_is_answered_is_in_the_versions_run_with_when_it_was_issued_and_from_what() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let mut running = service(dir.path(), date(TODAY)).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let ready = answer(&url, "/predict?days=365").await;
    assert!(ready.headers().get("x-forecast-kind").is_none());
    let ready: Value = ready.json().await.unwrap();
    let asked = answer(&url, "/predict?days=5&from=2025-12-30").await;
    assert_eq!(asked.headers()["x-forecast-kind"], "asked");
    let asked: Value = asked.json().await.unwrap();
    let paths = ["forecasts/2025/2025-12-30.json", "asked/2025-12-29.json"];
    for path in paths {
        until(path, async || is_in(&*store, path).await).await;
    }
    until("its origin is told", async || {
        runs(&*store).await.iter().all(|run| run.tags.contains_key("source_run_id"))
    })
    .await;
    drop(running.terminate(PATIENCE).unwrap());

    let runs = runs(&*store).await;
    let [run] = runs.as_slice() else { panic!("one run: {runs:?}") };
    assert_eq!(run.name, "ProphetModel v1 in production");
    for (tag, value) in [
        ("model_name", NAME),
        ("model_version", "1"),
        ("symbol", "PETR4.SA"),
        ("trained_through", prophet::TRAINED_THROUGH),
        ("first_origin", "2025-12-30"),
    ] {
        assert_eq!(run.tags.get(tag).map(String::as_str), Some(value), "{tag}");
    }
    let source = store.get_version(NAME, 1.into()).await.unwrap().run_id.unwrap();
    assert_eq!(run.tags["source_run_id"], source.to_string());
    assert!(run.tags["mlflow.loggedArtifacts"].contains(paths[0]), "{:?}", run.tags);
    let found = tables(&*store, run).await;
    let [(_, past), (_, kept)] = found.as_slice() else { panic!("two tables: {found:?}") };
    agree(&ready, kept);
    assert_eq!((kept.kind, kept.rows.len()), (Kind::Ready, 365));
    assert_eq!((kept.origin, kept.answers_from), (date("2025-12-30"), date(TODAY)));
    assert_eq!(kept.trained_through, Some(date(prophet::TRAINED_THROUGH)));
    assert_eq!(kept.anchors.last().map(|it| it.0), Some(date(prophet::TRAINED_THROUGH)));
    // A day that was set begins at midnight in São Paulo.
    assert_eq!(kept.issued_at.to_rfc3339(), "2026-01-02T03:00:00+00:00");
    agree(&asked, past);
    assert_eq!(past.kind, Kind::Asked);
}

#[tokio::test]
async fn killed_on_each_of_twenty_days_as_soon_as_it_answered_every_forecast_is_there_once() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let days = Calendar::b3().sessions_from(date(TODAY), 20);
    let mut answered: Vec<Value> = Vec::new();
    for day in &days {
        let mut running = service(dir.path(), *day).start().unwrap();
        let url = running.listening_on(PATIENCE).unwrap();
        answered.push(answer(&url, "/predict?days=30").await.json().await.unwrap());
        kill(running);
    }
    let mut running = service(dir.path(), *days.last().unwrap()).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    // The forecast of the day after waits in the spool for its day.
    until("all is delivered", async || {
        metric(&url, "monitor_last_delivery_timestamp_seconds").await.is_some()
            && metric(&url, "spool_pending").await.is_some_and(|n| n <= 1.0)
            && metric(&url, "forecasts_waiting").await == Some(0.0)
    })
    .await;
    assert_eq!(metric(&url, "forecasts_lost_total").await, Some(0.0));
    drop(running.terminate(PATIENCE).unwrap());
    let runs = runs(&*store).await;
    let [run] = runs.as_slice() else { panic!("one run: {runs:?}") };
    let found = tables(&*store, run).await;
    assert_eq!(found.len(), days.len());
    for ((path, kept), answered) in found.iter().zip(&answered) {
        assert_eq!(*path, format!("forecasts/{}/{}.json", kept.origin.format("%Y"), kept.origin));
        agree(answered, kept);
    }
}

#[tokio::test]
async fn while_the_store_is_away_forecasts_wait_and_arrive_once_when_it_is_back() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let (file, away) = (dir.path().join("mlflow.db"), dir.path().join("away.db"));
    // A start with the store, so that there is a copy to serve from without it.
    let mut running = service(dir.path(), date(TODAY)).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    drop(answer(&url, "/predict").await);
    until("the first is there", async || is_in(&*store, "forecasts/2025/2025-12-30.json").await)
        .await;
    drop(running.terminate(PATIENCE).unwrap());
    drop(store);
    std::fs::rename(&file, &away).unwrap();
    // A file that is no database stands where it was: nothing may be written over it.
    std::fs::create_dir(&file).unwrap();

    let mut running = service(dir.path(), date("2026-01-06")).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    drop(answer(&url, "/predict").await);
    until("it is said", async || metric(&url, "monitor_failing").await == Some(1.0)).await;
    // The weekend's, which was ready on Friday, today's and tomorrow's.
    until("they wait", async || metric(&url, "spool_pending").await == Some(3.0)).await;
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&away, &file).unwrap();
    until("they arrived", async || metric(&url, "spool_pending").await == Some(1.0)).await;
    until("it is said", async || metric(&url, "monitor_failing").await == Some(0.0)).await;
    drop(running.terminate(PATIENCE).unwrap());
    let store = store_in(dir.path()).await;
    let runs = runs(&*store).await;
    let [run] = runs.as_slice() else { panic!("one run: {runs:?}") };
    let paths: Vec<String> = tables(&*store, run).await.into_iter().map(|it| it.0).collect();
    let origins = ["2025/2025-12-30", "2026/2026-01-02", "2026/2026-01-05"];
    assert_eq!(paths, origins.map(|origin| format!("forecasts/{origin}.json")));
}

#[tokio::test]
async fn two_replicas_with_a_spool_each_and_two_with_one_write_one_run() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let start = |spool: &str| {
        let replica = service(dir.path(), date(TODAY)).env("PETR4__MONITOR__SPOOL", spool);
        replica.env("PETR4__REGISTRY__CACHE_DIR", "").start().unwrap()
    };
    let mut replicas: Vec<Running> = ["a.db", "a.db", "b.db", "c.db"].map(start).into();
    let mut bodies = Vec::new();
    for replica in &mut replicas {
        let url = replica.listening_on(PATIENCE).unwrap();
        bodies.push(answer(&url, "/predict").await.text().await.unwrap());
        until("it has delivered", async || {
            metric(&url, "monitor_last_delivery_timestamp_seconds").await.is_some()
                && metric(&url, "spool_pending").await == Some(1.0)
        })
        .await;
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "one forecast");
    for replica in replicas {
        drop(replica.terminate(PATIENCE).unwrap());
    }
    let runs = runs(&*store).await;
    let [run] = runs.as_slice() else { panic!("one run: {runs:?}") };
    assert_eq!(tables(&*store, run).await.len(), 1);
}

#[tokio::test]
async fn a_version_that_is_deleted_while_its_forecasts_wait_still_gets_them() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    let version = promoted(&*store, 30.0).await;
    let mut running = service(dir.path(), date(TODAY)).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    drop(answer(&url, "/predict").await);
    until("tomorrow's waits", async || metric(&url, "spool_pending").await == Some(1.0)).await;
    drop(running.terminate(PATIENCE).unwrap());
    store.delete_version(NAME, version).await.unwrap();
    std::fs::remove_dir_all(dir.path().join(".petr4/last-good")).unwrap();

    let mut running = service(dir.path(), date("2026-01-05")).start().unwrap();
    running.listening_on(PATIENCE).unwrap();
    let path = "forecasts/2026/2026-01-02.json";
    until(path, async || is_in(&*store, path).await).await;
    drop(running.terminate(PATIENCE).unwrap());
    assert_eq!(runs(&*store).await.len(), 1);
}

#[tokio::test]
async fn a_spool_that_cannot_be_written_is_said_and_keeps_nobody_from_an_answer() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let foreign = dir.path().join("notes.txt");
    std::fs::write(&foreign, "not a spool\n".repeat(100)).unwrap();
    let replica = service(dir.path(), date(TODAY)).env("PETR4__MONITOR__SPOOL", "notes.txt");
    let mut running = replica.start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    drop(answer(&url, "/predict").await);
    until("it is said", async || metric(&url, "monitor_failing").await == Some(1.0)).await;
    let waiting = metric(&url, "forecasts_waiting").await.unwrap();
    let lost = metric(&url, "forecasts_lost_total").await.unwrap();
    assert!(0.0 < waiting + lost, "{waiting} wait, {lost} are lost");
    let output = running.terminate(PATIENCE).unwrap();
    assert!(output.stderr.contains("notes.txt"), "{}", output.report());
    assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "not a spool\n".repeat(100));
}

#[tokio::test]
async fn every_change_of_version_is_noted_and_only_the_run_of_the_served_one_goes_on() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let replica = service(dir.path(), date(TODAY)).env("PETR4__MONITOR__DRAIN_SECONDS", "2");
    let mut running = replica.start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let serves = async |version: u32| {
        let model: Value = answer(&url, "/model").await.json().await.unwrap();
        model["version"] == version
    };
    until("version 1 is served", async || serves(1).await).await;
    for version in [2, 3] {
        promoted(&*store, 30.0 + f64::from(version)).await;
        until("it is served", async || serves(version).await).await;
    }
    until("three runs, one of them running", async || {
        let status = |run: &Run| (run.tags["model_version"].clone(), run.status.to_string());
        let mut found: Vec<_> = runs(&*store).await.iter().map(status).collect();
        found.sort();
        let (ended, running) = ("FINISHED".to_owned(), "RUNNING".to_owned());
        found
            == [("1".to_owned(), ended.clone()), ("2".to_owned(), ended), ("3".to_owned(), running)]
    })
    .await;
    let mut spool = Spool::open(&dir.path().join(".petr4/spool.db")).unwrap();
    until("each change is noted, with its reason", async || {
        let service = spool.service().unwrap();
        let service: Vec<_> = service.iter().map(|it| (it.version, it.reason.as_str())).collect();
        service == [(1, "first"), (2, "promoted"), (3, "promoted")]
    })
    .await;
    drop(running.terminate(PATIENCE).unwrap());
    for run in runs(&*store).await {
        assert!(run.tags.contains_key("source_run_id"), "{run:?}");
    }
}

#[tokio::test]
async fn requests_of_a_day_are_counted_once_the_day_is_over_and_a_replaced_version_ends() {
    let dir = workdir().unwrap();
    let store = store_in(dir.path()).await;
    promoted(&*store, 30.0).await;
    let mut running = service(dir.path(), date(TODAY)).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    drop(answer(&url, "/predict").await);
    let more = reqwest::get(format!("{url}/predict?days=3")).await.unwrap();
    assert_eq!(more.status().as_u16(), 200);
    until("tomorrow's waits", async || metric(&url, "spool_pending").await == Some(1.0)).await;
    promoted(&*store, 31.0).await;
    until("version 2 is in a run", async || runs(&*store).await.len() == 2).await;
    drop(running.terminate(PATIENCE).unwrap());

    let mut running = service(dir.path(), date("2026-01-05")).start().unwrap();
    running.listening_on(PATIENCE).unwrap();
    until("the day is counted", async || {
        let runs = runs(&*store).await;
        let first = runs.iter().find(|run| run.tags["model_version"] == "1").unwrap();
        !store.metric_history(&first.id, "live/requests").await.unwrap().is_empty()
            && first.status.to_string() == "FINISHED"
    })
    .await;
    drop(running.terminate(PATIENCE).unwrap());
    let runs = runs(&*store).await;
    let of = |version: &str| runs.iter().find(|run| run.tags["model_version"] == version).unwrap();
    let counted = store.metric_history(&of("1").id, "live/requests").await.unwrap();
    let counted: Vec<(f64, i64)> = counted.iter().map(|it| (it.value, it.step)).collect();
    assert_eq!(counted, [(2.0, 1)], "two answers on the first session of service");
    assert_eq!(of("1").status.to_string(), "FINISHED");
    assert_eq!(of("2").status.to_string(), "RUNNING");
}
