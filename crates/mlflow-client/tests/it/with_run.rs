//! Runs around a piece of work, runs that are gone on with, and what runs read back.

use std::sync::Arc;
use std::time::Duration;

use mlflow_client::{
    DatasetInput, Error, ErrorKind, ExperimentId, LoggedModelStatus, MemoryStore, Metric,
    RunContext, RunId, RunStatus, StartRun, Store, Table, start_run, with_run,
};
use serde_json::json;

async fn store() -> (Arc<dyn Store>, ExperimentId) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let id = store.create_experiment("petr4_forecast").await.unwrap();
    (store, id)
}

async fn only_run(store: &dyn Store, experiment: &ExperimentId) -> mlflow_client::Run {
    let search = mlflow_client::Search::default();
    let page = store.search_runs(std::slice::from_ref(experiment), &search).await.unwrap();
    assert_eq!(page.items.len(), 1);
    page.items.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_run_ends_by_what_comes_of_the_work_in_it() {
    let (store, experiment) = store().await;
    let start = StartRun::new(experiment.clone(), "x");
    let mae = with_run(&store, start, |run| async move {
        run.log_metric("mae", 0.5, 0).await?;
        Ok::<f64, Error>(0.5)
    });
    assert!((mae.await.unwrap() - 0.5).abs() < f64::EPSILON);
    let run = only_run(&*store, &experiment).await;
    assert_eq!((run.status, run.metrics["mae"]), (RunStatus::Finished, 0.5));

    let start = StartRun::resume(&run.id);
    let outcome = with_run(&store, start, |run| async move {
        run.log_metric("mae", 0.7, 1).await?;
        run.log_text("x", "../x").await
    });
    assert_eq!(outcome.await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let run = store.get_run(&run.id).await.unwrap();
    assert_eq!((run.status, run.metrics["mae"]), (RunStatus::Failed, 0.7));
}

#[tokio::test]
async fn work_that_is_cut_off_leaves_a_killed_run_and_a_panic_a_failed_one() {
    let (store, experiment) = store().await;
    let start = StartRun::new(experiment.clone(), "x");
    let endless = with_run(&store, start, |run| async move {
        run.log_metric("mae", 0.5, 0).await?;
        std::future::pending::<Result<(), Error>>().await
    });
    tokio::time::timeout(Duration::from_millis(50), endless).await.unwrap_err();
    let run = only_run(&*store, &experiment).await;
    assert_eq!((run.status, run.metrics["mae"]), (RunStatus::Killed, 0.5));

    let (start, shared) = (StartRun::resume(&run.id), Arc::clone(&store));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let work = |_| async { panic!("the fit went wrong") };
        with_run::<(), Error, _>(&shared, start, work).await
    });
    assert!(tasks.join_next().await.unwrap().unwrap_err().is_panic());
    assert_eq!(store.get_run(&run.id).await.unwrap().status, RunStatus::Failed);
}

#[tokio::test]
async fn a_resumed_run_runs_again_under_its_own_name() {
    let (store, experiment) = store().await;
    let run = start_run(&store, StartRun::new(experiment, "")).await.unwrap();
    let id = run.end().await.unwrap();
    let ended = store.get_run(&id).await.unwrap();
    assert_eq!(ended.name.split('-').count(), 3, "made up: {}", ended.name);
    let context = RunContext::new("rui", "trainer");
    let again = start_run(&store, StartRun::resume(&id).with_context(context)).await.unwrap();
    let running = store.get_run(&id).await.unwrap();
    assert_eq!((running.status, &running.name), (RunStatus::Running, &ended.name));
    assert_eq!(running.tags["mlflow.user"], "rui");
    let child = again.start_child("fold 1").await.unwrap();
    assert_eq!(store.get_run(child.id()).await.unwrap().experiment_id, ended.experiment_id);
    child.end().await.unwrap();
    again.end().await.unwrap();

    store.delete_run(&id).await.unwrap();
    let error = start_run(&store, StartRun::resume(&id)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "a deleted one: {error}");
    let nobody = StartRun::resume(&RunId::new("f".repeat(32)));
    assert_eq!(start_run(&store, nobody).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_was_logged_is_read_back() {
    let (store, experiment) = store().await;
    let run = start_run(&store, StartRun::new(experiment, "x")).await.unwrap();
    let mut table = Table::new(["ds", "yhat"]);
    table.push([json!("2024-12-30"), json!(38.5)]).unwrap();
    run.log_table(&table, "forecast.json").await.unwrap();
    assert_eq!(run.load_table("forecast.json").await.unwrap(), table);
    assert_eq!((table.columns().len(), table.rows().len()), (2, 1));
    run.log_dict(&json!({ "rows": 500 }), "config.yaml").await.unwrap();
    assert_eq!(run.load_dict("config.yaml").await.unwrap(), json!({ "rows": 500 }));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.csv"), "ds,y\n").unwrap();
    assert_eq!(run.log_artifact(&folder.path().join("x.csv"), "data").await.unwrap(), "data/x.csv");
    assert_eq!(run.log_artifacts(folder.path(), "all").await.unwrap(), ["all/x.csv"]);
    assert_eq!(run.load_text("all/x.csv").await.unwrap(), "ds,y\n");
    run.log_text("ação", "a.txt").await.unwrap();
    assert_eq!(run.load_text("a.txt").await.unwrap(), "ação");
    for (bytes, path) in [(vec![0xFF], "b"), (b"[]".to_vec(), "c"), (b"{".to_vec(), "d")] {
        run.log_bytes(bytes, path).await.unwrap();
    }
    let ragged = json!({ "columns": ["a"], "data": [[1, 2]] });
    run.log_dict(&ragged, "ragged.json").await.unwrap();
    for error in [
        run.load_text("b").await.unwrap_err(),
        run.load_table("c").await.unwrap_err(),
        run.load_dict("d").await.unwrap_err(),
        run.load_table("ragged.json").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    }
    assert!(run.load_table("none.json").await.unwrap_err().is_not_found());
    run.end().await.unwrap();
}

#[tokio::test]
async fn a_model_is_ready_with_its_files_or_failed() {
    let (store, experiment) = store().await;
    let start = StartRun::new(experiment, "x").with_context(RunContext::new("ana", "trainer"));
    let run = start_run(&store, start).await.unwrap();
    let folder = |_: &_| vec![("MLmodel".to_owned(), b"{}".to_vec())];
    let model = run.log_model("model", "prophet", folder).await.unwrap();
    assert_eq!(model.status, LoggedModelStatus::Ready);
    assert_eq!(model.tags["mlflow.source.name"], "trainer");
    assert_eq!(store.get_artifact(&model.artifact_uri, "MLmodel").await.unwrap(), b"{}");
    let mut id = None;
    let bad = |model: &mlflow_client::LoggedModel| {
        id = Some(model.id.clone());
        vec![("../x".to_owned(), vec![])]
    };
    let error = run.log_model("model", "prophet", bad).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let failed = store.get_logged_model(&id.unwrap()).await.unwrap();
    assert_eq!(failed.status, LoggedModelStatus::Failed);

    let dataset = DatasetInput::of_bytes("PETR4.SA", b"ds,y\n").with_context("training");
    assert_eq!(dataset.digest.len(), 8);
    run.log_input(dataset.clone()).await.unwrap();
    let metric = Metric::new("mae", 0.5, 1).with_step(3).with_model(&model.id);
    run.log_metrics(vec![metric.with_dataset(&dataset)]).await.unwrap();
    run.set_tags(vec![("a".to_owned(), "b".to_owned())]).await.unwrap();
    let id = run.end().await.unwrap();
    let read = store.get_run(&id).await.unwrap();
    assert_eq!((read.metrics["mae"], read.tags["a"].as_str()), (0.5, "b"));
}
