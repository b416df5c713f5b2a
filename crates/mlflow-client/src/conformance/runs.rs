//! Experiments, runs, parameters and metrics.

use std::collections::BTreeMap;

use super::{NOW_MS, assert_kind, new_model, pairs, run};
use crate::entity::{Batch, DatasetInput, DatasetRef, Metric, NewRun, RunStatus};
use crate::error::ErrorKind;
use crate::id::{ExperimentId, RunId};
use crate::logged::{Logged, Truncated};
use crate::search::Search;
use crate::store::Store;

/// Experiments are found by name, with spaces, slashes and accents, and made once.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn experiments_are_found_by_name(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} by/name: ação");
    let none = store.experiment_by_name(&name).await.expect("a look-up");
    assert!(none.is_none(), "an experiment that was never made is not found");
    let id = store.create_experiment(&name).await.expect("an experiment is made");
    let found = store.experiment_by_name(&name).await.expect("a look-up").expect("it is there");
    assert_eq!((&found.id, &found.name), (&id, &name));
    assert!(!found.artifact_location.is_empty(), "an experiment has a root for artifacts");
    let again = store.get_or_create_experiment(&name).await.expect("a look-up");
    assert_eq!(again, id, "the same name is the same experiment");
    assert_kind(store.create_experiment(&name).await, ErrorKind::AlreadyExists, "a name once");
    store.set_experiment_tag(&id, "mlflow.note.content", "one").await.expect("a tag is set");
    store.set_experiment_tag(&id, "mlflow.note.content", "two").await.expect("a tag is moved");
}

/// Tags of an experiment can go.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn tags_of_experiments_can_go(store: &dyn Store, prefix: &str) {
    let id = super::experiment(store, prefix).await;
    store.set_experiment_tag(&id, "mlflow.note.content", "two").await.expect("a tag is set");
    store.set_experiment_tag(&id, "a/b c", "").await.expect("a tag is set");
    store.delete_experiment_tag(&id, "a/b c").await.expect("a tag is deleted");
    let read = store.get_experiment(&id).await.expect("the experiment is read");
    assert_eq!(read.tags.get("mlflow.note.content").map(String::as_str), Some("two"));
    assert!(!read.tags.contains_key("a/b c"), "a deleted tag is gone");
    let again = store.delete_experiment_tag(&id, "a/b c").await;
    assert_kind(again, ErrorKind::NotFound, "a tag that is not there");
    let nothing = ExperimentId::new("999999");
    let of_nothing = store.delete_experiment_tag(&nothing, "x").await;
    assert_kind(of_nothing, ErrorKind::NotFound, "an unknown experiment");
}

/// Runs start as `RUNNING` with their tags, and end with a status and a time.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn runs_start_and_end(store: &dyn Store, prefix: &str) {
    let made = run(store, prefix).await;
    assert_eq!((made.status, made.end_time_ms), (RunStatus::Running, None));
    assert_eq!((made.name.as_str(), made.start_time_ms), ("a run", NOW_MS));
    assert_eq!(made.user, "ana");
    let tag = |key: &str| made.tags.get(key).map(String::as_str);
    assert_eq!(tag("mlflow.user"), Some("ana"));
    assert_eq!(tag("mlflow.runName"), Some("a run"));
    assert_eq!(tag("mlflow.source.name"), Some("trainer"));
    store.set_tag(&made.id, "mlflow.note.content", "**nota**").await.expect("a tag is set");
    store.end_run(&made.id, RunStatus::Failed, NOW_MS + 5).await.expect("the run ends");
    let ended = store.get_run(&made.id).await.expect("the run is read");
    assert_eq!((ended.status, ended.end_time_ms), (RunStatus::Failed, Some(NOW_MS + 5)));
    assert_eq!(ended.tags["mlflow.note.content"], "**nota**");
    assert_eq!(ended.artifact_uri, made.artifact_uri);
    let running = Some(RunStatus::Running);
    store.update_run(&made.id, running, Some("outro")).await.expect("a run is updated");
    store.update_run(&made.id, None, None).await.expect("nothing need be changed");
    let again = store.get_run(&made.id).await.expect("the run is read");
    assert_eq!((again.status, again.end_time_ms), (RunStatus::Running, ended.end_time_ms));
    assert_eq!((again.name.as_str(), again.tags["mlflow.runName"].as_str()), ("outro", "outro"));

    let nobody = RunId::new("f".repeat(32));
    assert_kind(store.get_run(&nobody).await, ErrorKind::NotFound, "an unknown run");
    let batch = Batch { params: pairs("p", 1), ..Batch::default() };
    assert_kind(store.log_batch(&nobody, &batch).await, ErrorKind::NotFound, "an unknown run");
    let nowhere = NewRun {
        experiment_id: ExperimentId::new("999999"),
        name: "x".to_owned(),
        start_time_ms: NOW_MS,
        user: None,
        tags: vec![],
    };
    assert_kind(store.create_run(&nowhere).await, ErrorKind::NotFound, "an unknown experiment");
    let update = store.update_run(&nobody, Some(RunStatus::Running), None).await;
    assert_kind(update, ErrorKind::NotFound, "an unknown run");
    let unnamed = NewRun { experiment_id: made.experiment_id, name: String::new(), ..nowhere };
    let unnamed = store.create_run(&unnamed).await.expect("a run needs no name");
    assert_eq!(unnamed.name.split('-').count(), 3, "a name is made up: {}", unnamed.name);
    assert_eq!(unnamed.tags["mlflow.runName"], unnamed.name);
}

/// A parameter may be logged again with its value, and not with another.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn params_are_set_once(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let one = |value: &str| Batch {
        params: vec![("changepoint_prior_scale".to_owned(), value.to_owned())],
        ..Batch::default()
    };
    store.log_batch(&run.id, &one("0.05")).await.expect("a parameter is logged");
    store.log_batch(&run.id, &one("0.05")).await.expect("the same again is no change");
    let other = store.log_batch(&run.id, &one("0.5")).await;
    assert_kind(other, ErrorKind::InvalidArgument, "a parameter is not changed");
    let twice = Batch { params: [one("1").params, one("2").params].concat(), ..Batch::default() };
    let twice = store.log_batch(&run.id, &twice).await;
    assert_kind(twice, ErrorKind::InvalidArgument, "a parameter is not given twice");
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(read.params["changepoint_prior_scale"], "0.05");
    let bad = Batch { tags: vec![("a%b".to_owned(), String::new())], ..Batch::default() };
    let bad = store.log_batch(&run.id, &bad).await;
    assert_kind(bad, ErrorKind::InvalidArgument, "a name with a percent sign");
    let long = Batch { params: vec![("long".to_owned(), "á".repeat(7000))], ..Batch::default() };
    let logged = store.log_batch(&run.id, &long).await.expect("a long value is cut, not refused");
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(read.params["long"].chars().count(), 6000, "a long value is cut as MLflow does");
    let cut = |key: &str, length, kept| Truncated { key: key.to_owned(), length, kept };
    assert_eq!(logged.truncated, [cut("long", 7000, 6000)], "the caller learns what was cut");
    let logged = store.set_tag(&run.id, "long tag", &"á".repeat(8001)).await.expect("it is cut");
    assert_eq!(logged.truncated, [cut("long tag", 8001, 8000)], "the caller learns what was cut");
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(read.tags["long tag"].chars().count(), 8000, "a long tag is cut as MLflow does");
    let logged = store.set_tag(&run.id, "as long as goes", &"á".repeat(8000)).await;
    assert_eq!(logged.expect("a tag is set"), Logged::default(), "nothing was cut");
}

/// NaN and the infinities come back as what they are.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn metrics_keep_what_no_number_can_say(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1e-300];
    let names = ["nan", "inf", "minus inf", "a/b c", "tiny"];
    let metrics: Vec<_> =
        names.into_iter().zip(values).map(|(key, value)| Metric::new(key, value, NOW_MS)).collect();
    let batch = Batch { metrics, ..Batch::default() };
    store.log_batch(&run.id, &batch).await.expect("metrics are logged");
    store.log_batch(&run.id, &batch).await.expect("the same points again are no change");
    let read = store.get_run(&run.id).await.expect("the run is read");
    for (name, value) in names.into_iter().zip(values) {
        let got = read.metrics[name];
        assert!(
            got.to_bits() == value.to_bits() || (got.is_nan() && value.is_nan()),
            "{name} {got}"
        );
        let points = store.metric_history(&run.id, name).await.expect("the points are read");
        assert_eq!(points.len(), 1, "{name}: a point that is sent twice is there once");
        assert_eq!(points[0].value.is_nan(), value.is_nan(), "{name}");
    }
}

/// The latest value is that of the last step, whenever it was sent.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn the_latest_metric_is_the_last_step(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    for (step, value) in [(2, 20.0), (3, 30.0), (1, 10.0)] {
        let metrics = vec![Metric { step, ..Metric::new("mae", value, NOW_MS - step) }];
        let batch = Batch { metrics, ..Batch::default() };
        store.log_batch(&run.id, &batch).await.expect("a point is logged");
    }
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert!((read.metrics["mae"] - 30.0).abs() < f64::EPSILON);
    let points = store.metric_history(&run.id, "mae").await.expect("the points are read");
    assert_eq!(points.iter().map(|point| point.step).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(points[0].timestamp_ms, NOW_MS - 1);
    let none = store.metric_history(&run.id, "never").await.expect("the points are read");
    assert!(none.is_empty(), "a metric that was never logged has no points");
}

/// A batch larger than MLflow takes in one request is logged whole.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn batches_beyond_the_limits_are_split(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let point = |step| Metric { step, ..Metric::new("yhat", 1.5, NOW_MS + step) };
    let metrics = (0..1001).map(point).collect();
    let batch = Batch { metrics, params: pairs("p", 120), tags: pairs("t", 110) };
    store.log_batch(&run.id, &batch).await.expect("a large batch is logged");
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(read.params.len(), 120);
    assert!(read.tags.len() >= 110);
    let points = store.metric_history(&run.id, "yhat").await.expect("the points are read");
    assert_eq!(points.len(), 1001);
    assert_eq!(points[1000].step, 1000);
}

/// Datasets and logged models are inputs of a run, once, and metrics may name them.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn inputs_may_be_repeated(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let dataset = DatasetInput {
        // Servers of 3.4 take what another experiment has of that name and digest.
        name: format!("PETR4.SA of {prefix}"),
        digest: "abc12345".to_owned(),
        source_type: "http".to_owned(),
        source: r#"{"url": "https://example.com/PETR4.SA"}"#.to_owned(),
        schema: Some(
            r#"{"mlflow_colspec": [{"type": "double", "name": "y", "required": true}]}"#.to_owned(),
        ),
        profile: Some(r#"{"num_rows": 500}"#.to_owned()),
        context: Some("training".to_owned()),
        tags: BTreeMap::from([("split by".to_owned(), "time".to_owned())]),
    };
    let model = new_model(&run);
    let model = store.create_logged_model(&model).await.expect("a logged model is made").id;
    for _ in 0..2 {
        let (datasets, models) = (std::slice::from_ref(&dataset), std::slice::from_ref(&model));
        store.log_inputs(&run.id, datasets, models).await.expect("inputs are logged");
    }
    let other = DatasetInput {
        digest: "0000".to_owned(),
        schema: None,
        profile: None,
        context: None,
        tags: BTreeMap::new(),
        ..dataset.clone()
    };
    let changed = DatasetInput { source: "{}".to_owned(), context: None, ..dataset.clone() };
    let datasets = [other.clone(), changed.clone()];
    store.log_inputs(&run.id, &datasets, &[]).await.expect("datasets are logged");
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(read.inputs.dataset_inputs, [other, dataset.clone()], "the first use of each stays");
    assert_eq!(read.inputs.model_inputs, [model]);
    let later = super::run(store, prefix).await;
    store.log_inputs(&later.id, &[changed], &[]).await.expect("a dataset is logged");
    let read = store.get_run(&later.id).await.expect("the run is read");
    let known = DatasetInput { context: None, ..dataset.clone() };
    assert_eq!(read.inputs.dataset_inputs, [known], "an experiment has a dataset once");
    let found = Search::new(format!("run_id = '{}'", later.id));
    let found = store.search_runs(&[later.experiment_id], &found).await.expect("a search");
    assert_eq!(found.items[0].inputs, read.inputs, "what is found has its datasets");

    let of_dataset = DatasetRef { name: dataset.name.clone(), digest: dataset.digest.clone() };
    let metric = Metric { dataset: Some(of_dataset), ..Metric::new("mae", 1.0, NOW_MS) };
    let batch = Batch { metrics: vec![metric], ..Batch::default() };
    store.log_batch(&run.id, &batch).await.expect("a metric names a dataset");
    let long = DatasetInput { digest: "d".repeat(37), ..dataset.clone() };
    let long = store.log_inputs(&run.id, &[long], &[]).await;
    assert_kind(long, ErrorKind::InvalidArgument, "a digest of 37 characters");
    let long = DatasetInput { context: Some("c".repeat(501)), ..dataset };
    let long = store.log_inputs(&run.id, &[long], &[]).await;
    assert_kind(long, ErrorKind::InvalidArgument, "a context of 501 characters");
}
