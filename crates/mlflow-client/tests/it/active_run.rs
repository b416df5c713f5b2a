//! Runs that end by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mlflow_client::{
    ClientOptions, Clock, EmbeddedStore, ErrorKind, ExperimentId, LifecycleStore as _, MemoryStore,
    RunContext, RunId, RunStatus, StartRun, Store, Table, TrackingStore as _, start_run,
};
use serde_json::json;

async fn store() -> (Arc<MemoryStore>, Arc<dyn Store>, ExperimentId) {
    let memory = Arc::new(MemoryStore::default());
    let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(&memory);
    let id = store.create_experiment("petr4_forecast").await.unwrap();
    (memory, store, id)
}

#[tokio::test]
async fn an_ended_run_is_finished_with_its_tags_and_all_its_points() {
    let (_, store, experiment) = store().await;
    let context = RunContext::new("ana", "trainer").with_git_commit("1f3a").with_git_branch("main");
    let start = StartRun::new(experiment, "prophet_train")
        .with_context(context)
        .with_description("**nota**")
        .with_clock(Clock::fixed(1_700_000_000_000));
    let run = start_run(&store, start).await.unwrap();
    run.log_param("changepoint_prior_scale", 0.05).await.unwrap();
    for step in 0..3 {
        run.log_metric("mae", f64::from(step), step.into()).await.unwrap();
    }
    let held = store.metric_history(run.id(), "mae").await.unwrap();
    assert!(held.is_empty(), "points are sent together");
    let id = run.end().await.unwrap();
    let read = store.get_run(&id).await.unwrap();
    assert_eq!((read.status, read.end_time_ms), (RunStatus::Finished, Some(1_700_000_000_000)));
    assert_eq!(
        (read.metrics["mae"], read.params["changepoint_prior_scale"].as_str()),
        (2.0, "0.05")
    );
    for (key, value) in [
        ("mlflow.user", "ana"),
        ("mlflow.source.name", "trainer"),
        ("mlflow.source.type", "LOCAL"),
        ("mlflow.source.git.commit", "1f3a"),
        ("mlflow.source.git.branch", "main"),
        ("mlflow.note.content", "**nota**"),
        ("mlflow.runName", "prophet_train"),
    ] {
        assert_eq!(read.tags[key], value, "{key}");
    }
}

#[tokio::test]
async fn points_are_sent_when_there_are_many_or_the_oldest_is_old() {
    let (_, store, experiment) = store().await;
    let now_ms = Arc::new(AtomicI64::new(1));
    let clock = Clock::new({
        let now_ms = Arc::clone(&now_ms);
        move || now_ms.load(Ordering::Relaxed)
    });
    let start = StartRun::new(experiment, "x").with_clock(clock);
    let run = start_run(&store, start).await.unwrap();
    let sent = async || store.metric_history(run.id(), "yhat").await.unwrap().len();
    for step in 0..999 {
        run.log_metric("yhat", 1.0, step).await.unwrap();
    }
    assert_eq!(sent().await, 0);
    run.log_metric("yhat", 1.0, 999).await.unwrap();
    assert_eq!(sent().await, 1000);
    run.log_metric("yhat", 1.0, 1000).await.unwrap();
    now_ms.store(6_000, Ordering::Relaxed);
    run.log_metric("yhat", 1.0, 1001).await.unwrap();
    assert_eq!(sent().await, 1002);
    let error = run.log_metric("a%b", 1.0, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    run.end().await.unwrap();
}

#[tokio::test]
async fn a_run_that_an_error_leaves_is_failed_and_keeps_its_points() {
    let (memory, store, experiment) = store().await;
    let mut id = RunId::new("");
    let outcome = async {
        let run = start_run(&store, StartRun::new(experiment, "x")).await?;
        id = run.id().clone();
        run.log_metric("mae", 1.0, 0).await?;
        run.log_text("x", "../x").await?;
        run.end().await
    };
    let error = outcome.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let read = memory.get_run(&id).await.unwrap();
    assert_eq!((read.status, read.metrics["mae"]), (RunStatus::Failed, 1.0));
}

#[tokio::test]
async fn a_run_in_a_panic_is_failed_in_the_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let embedded = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(embedded);
    let experiment = store.create_experiment("x").await.unwrap();
    let run = start_run(&store, StartRun::new(experiment, "x")).await.unwrap();
    run.log_metric("mae", 1.0, 0).await.unwrap();
    let id = run.id().clone();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let _run = run;
        panic!("the fit went wrong");
    });
    assert!(tasks.join_next().await.unwrap().unwrap_err().is_panic());
    let read = store.get_run(&id).await.unwrap();
    assert_eq!((read.status, read.metrics["mae"]), (RunStatus::Failed, 1.0));
    assert!(read.end_time_ms.is_some());
}

#[tokio::test]
async fn children_name_their_parent() {
    let (_, store, experiment) = store().await;
    let context = RunContext::new("ana", "trainer");
    let start = StartRun::new(experiment, "parent").with_context(context);
    let parent = start_run(&store, start).await.unwrap();
    let child = parent.start_child("fold 1").await.unwrap();
    let read = store.get_run(child.id()).await.unwrap();
    assert_eq!(read.tags["mlflow.parentRunId"], parent.id().as_str());
    assert_eq!((read.tags["mlflow.user"].as_str(), read.name.as_str()), ("ana", "fold 1"));
    child.end_with(RunStatus::Killed).await.unwrap();
    parent.end().await.unwrap();
}

#[tokio::test]
async fn points_that_could_not_be_sent_are_held_on() {
    let (memory, store, experiment) = store().await;
    let run = start_run(&store, StartRun::new(experiment, "x")).await.unwrap();
    memory.delete_run(run.id()).await.unwrap();
    run.log_metric("mae", 1.0, 0).await.unwrap();
    assert_eq!(run.flush().await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    memory.restore_run(run.id()).await.unwrap();
    let id = run.end().await.unwrap();
    assert_eq!(memory.metric_history(&id, "mae").await.unwrap().len(), 1);
}

#[tokio::test]
async fn texts_dictionaries_figures_and_tables_are_files_of_the_run() {
    let (_, store, experiment) = store().await;
    let run = start_run(&store, StartRun::new(experiment, "x")).await.unwrap();
    run.log_text("ação", "notes/a.txt").await.unwrap();
    run.log_dict(&json!({ "rows": 500 }), "data.json").await.unwrap();
    run.log_figure(b"<svg/>".to_vec(), "plots/forecast.svg").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), b"a").unwrap();
    let file = folder.path().join("a.txt");
    assert_eq!(run.log_artifact(&file, "one").await.unwrap(), "one/a.txt");
    assert_eq!(run.log_artifacts(folder.path(), "all").await.unwrap(), ["all/a.txt"]);
    let error = run.log_figure(vec![], "plots/forecast.tiff").await.unwrap_err();
    assert!(error.to_string().contains(".svg"), "{error}");

    let mut table = Table::new(["ds", "yhat"]);
    table.push([json!("2024-12-30"), json!(38.5)]).unwrap();
    assert!(table.push([json!(1)]).is_err(), "a row has a value for each column");
    for _ in 0..2 {
        run.log_table(&table, "forecast.json").await.unwrap();
    }
    let other = Table::new(["x"]);
    let error = run.log_table(&other, "forecast.json").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let uri = run.artifact_uri().to_owned();
    let read = async |path| store.get_artifact(&uri, path).await.unwrap();
    assert_eq!(read("notes/a.txt").await, "ação".as_bytes());
    let read: serde_json::Value = serde_json::from_slice(&read("forecast.json").await).unwrap();
    let row = json!(["2024-12-30", 38.5]);
    assert_eq!(read, json!({ "columns": ["ds", "yhat"], "data": [row, row] }));
    let id = run.end().await.unwrap();
    let tags = store.get_run(&id).await.unwrap().tags;
    let listed = r#"[{"path":"forecast.json","type":"table"}]"#;
    assert_eq!(tags["mlflow.loggedArtifacts"], listed);
}
