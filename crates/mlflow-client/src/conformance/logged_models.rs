//! Logged models: their life, what hangs on them, and how they are found.

use super::{NOW_MS, assert_kind, new_model, run};
use crate::entity::{
    Batch, DatasetRef, LoggedModelMetric, LoggedModelOutput, LoggedModelStatus, Metric,
    NewLoggedModel, Run,
};
use crate::error::ErrorKind;
use crate::id::{ExperimentId, LoggedModelId};
use crate::logged_model::{LoggedModelOrder, LoggedModelSearch};
use crate::store::Store;

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// A logged model is pending until its files are there, and belongs to its run.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn logged_models_live_from_pending_to_ready(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let new = new_model(&run);
    let made = store.create_logged_model(&new).await.expect("a logged model is made");
    assert_eq!(made.status, LoggedModelStatus::Pending);
    assert!(made.id.as_str().starts_with("m-"), "{}", made.id);
    assert!(made.artifact_uri.contains(made.id.as_str()), "{}", made.artifact_uri);
    assert_eq!((made.creation_time_ms, &made.status_message), (made.last_updated_time_ms, &None));

    let bytes = b"{}".to_vec();
    store.put_artifact(&made.artifact_uri, "MLmodel", bytes).await.expect("a file is written");
    let ready = LoggedModelStatus::Ready;
    store.finalize_logged_model(&made.id, ready).await.expect("the model becomes ready");
    for step in [3, 4] {
        let output = LoggedModelOutput { model_id: made.id.clone(), step };
        store.log_outputs(&run.id, &[output]).await.expect("an output is logged");
    }
    let read = store.get_logged_model(&made.id).await.expect("the model is read");
    assert_eq!(read.status, LoggedModelStatus::Ready);
    assert_eq!(read.model_type.as_deref(), Some("prophet"));
    assert_eq!(read.source_run_id.as_ref(), Some(&run.id));
    assert_eq!(read.params["growth"], "linear");
    assert_eq!(read.tags["mlflow.user"], "ana");
    assert!(read.last_updated_time_ms >= read.creation_time_ms);

    let failed = store.create_logged_model(&new).await.expect("another is made");
    assert_ne!(failed.id, made.id);
    let status = LoggedModelStatus::Failed;
    store.finalize_logged_model(&failed.id, status).await.expect("what was begun is given up");
    let outputs = [(&failed.id, 9), (&made.id, 9)]
        .map(|(model_id, step)| LoggedModelOutput { model_id: model_id.clone(), step });
    store.log_outputs(&run.id, &outputs).await.expect("one that is there, and one that is not");
    let read = store.get_run(&run.id).await.expect("the run is read");
    let steps: Vec<_> = read.outputs.model_outputs.iter().map(|o| (&o.model_id, o.step)).collect();
    assert_eq!(steps, [(&made.id, 3), (&failed.id, 9)], "the first step of each stays");

    for _ in 0..2 {
        store.delete_logged_model(&failed.id).await.expect("a model is deleted, and again");
    }
    let rule = "a deleted model";
    assert_kind(store.get_logged_model(&failed.id).await, ErrorKind::NotFound, rule);
    let nothing = LoggedModelId::new("m-nope");
    let (unknown, rule) = (ErrorKind::NotFound, "an unknown model");
    assert_kind(store.get_logged_model(&nothing).await, unknown, rule);
    assert_kind(store.finalize_logged_model(&nothing, status).await, unknown, rule);
    assert_kind(store.log_logged_model_params(&nothing, &[pair("a", "b")]).await, unknown, rule);
    assert_kind(store.set_logged_model_tags(&nothing, &[pair("a", "b")]).await, unknown, rule);
    assert_kind(store.delete_logged_model_tag(&nothing, "a").await, unknown, rule);
    assert_kind(store.delete_logged_model(&nothing).await, unknown, rule);
    for name in ["", "a/b", "a:b", "a.b", "50%", "it's"] {
        let new = NewLoggedModel { name: name.to_owned(), ..new.clone() };
        let made = store.create_logged_model(&new).await;
        assert_kind(made, ErrorKind::InvalidArgument, "a name with a sign that MLflow refuses");
    }
}

/// Parameters of a logged model are set once, tags move and go, and metrics come from runs.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn logged_models_gather_params_tags_and_metrics(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let id = store.create_logged_model(&new_model(&run)).await.expect("a model is made").id;
    let log = async |params: &[(String, String)]| store.log_logged_model_params(&id, params).await;
    log(&[pair("seed", "7"), pair("long", &"x".repeat(7000))]).await.expect("two more");
    log(&[pair("seed", "7"), pair("rows", "500")]).await.expect("one that is there, one not");
    let (invalid, rule) = (ErrorKind::InvalidArgument, "a parameter is not changed");
    assert_kind(log(&[pair("lost", "1"), pair("seed", "8")]).await, invalid, rule);
    assert_kind(log(&[pair("x", "1"), pair("x", "2")]).await, invalid, "nor given twice");

    let tags = [pair("desk", "one"), pair("a b/c", ""), pair("desk", "energy")];
    store.set_logged_model_tags(&id, &tags).await.expect("tags are set");
    store.delete_logged_model_tag(&id, "mlflow.user").await.expect("a tag is deleted");
    let again = store.delete_logged_model_tag(&id, "mlflow.user").await;
    assert_kind(again, ErrorKind::NotFound, "a tag that is not there");
    let slashed = store.delete_logged_model_tag(&id, "a b/c").await;
    assert_kind(slashed, invalid, "a tag that no address can name");

    let points = points(&id);
    for _ in 0..2 {
        let batch = Batch { metrics: points.clone(), ..Batch::default() };
        store.log_batch(&run.id, &batch).await.expect("metrics name a model, and again");
    }
    let read = store.get_logged_model(&id).await.expect("the model is read");
    let params: Vec<_> =
        read.params.iter().map(|(key, value)| (key.as_str(), value.len())).collect();
    assert_eq!(params, [("growth", 6), ("long", 7000), ("rows", 3), ("seed", 1)]);
    let tag = |key: &str| read.tags.get(key).map(String::as_str);
    assert_eq!((tag("a b/c"), tag("desk"), tag("mlflow.user")), (Some(""), Some("energy"), None));
    // NaN is 0 here, as MLflow keeps it.
    let values = [1.5, 1.0, 2.0, f64::INFINITY, 0.0];
    let expected: Vec<_> =
        points.iter().zip(values).map(|(point, value)| of_run(point, value, &run)).collect();
    assert_eq!(read.metrics, expected);
    let of_run = store.get_run(&run.id).await.expect("the run is read").metrics;
    assert!(of_run["nan"].is_nan(), "the run's own metric is NaN");

    for (metric, rule) in [
        (Metric { value: 9.0, ..points[0].clone() }, "another value at the same step and time"),
        (Metric { dataset: None, ..points[1].clone() }, "another dataset"),
        (Metric { model_id: Some(LoggedModelId::new("m-nope")), ..points[0].clone() }, "no model"),
    ] {
        let batch = Batch { metrics: vec![metric], ..Batch::default() };
        assert_kind(store.log_batch(&run.id, &batch).await, invalid, rule);
    }
    let read = store.get_logged_model(&id).await.expect("the model is read");
    assert_eq!(read.metrics, expected, "what was refused is not there");
}

/// Points of metrics on a model, in the order in which the model has them.
fn points(id: &LoggedModelId) -> Vec<Metric> {
    let dataset = DatasetRef { name: "PETR4.SA".to_owned(), digest: "abc".to_owned() };
    let point = |key: &str, value, step| Metric {
        step,
        model_id: Some(id.clone()),
        ..Metric::new(key, value, NOW_MS + step)
    };
    vec![
        point("bias", 1.5, 0),
        Metric { dataset: Some(dataset), ..point("mae", 1.0, 0) },
        point("mae", 2.0, 1),
        point("max", f64::INFINITY, 0),
        point("nan", f64::NAN, 0),
    ]
}

fn of_run(point: &Metric, value: f64, run: &Run) -> LoggedModelMetric {
    LoggedModelMetric {
        key: point.key.clone(),
        value,
        timestamp_ms: point.timestamp_ms,
        step: point.step,
        run_id: run.id.clone(),
        dataset: point.dataset.clone(),
    }
}

fn dataset(digest: &str) -> DatasetRef {
    DatasetRef { name: "PETR4.SA".to_owned(), digest: digest.to_owned() }
}

/// Three models: `alpha` with `mae` 1 on one dataset and then 3 on another, `beta` with 2 on the
/// first, `Gamma` with a NaN, and without a run.
async fn models(store: &dyn Store, prefix: &str, name: &str) -> (ExperimentId, Vec<LoggedModelId>) {
    let name = format!("{prefix} {name}");
    let experiment_id = store.create_experiment(&name).await.expect("an experiment is made");
    let run = run(store, prefix).await;
    let model = |name: &str| NewLoggedModel {
        experiment_id: experiment_id.clone(),
        name: name.to_owned(),
        ..new_model(&run)
    };
    let new = [
        NewLoggedModel { tags: vec![pair("a b/c", "100%")], ..model("alpha") },
        NewLoggedModel { params: vec![pair("growth", "flat")], model_type: None, ..model("beta") },
        NewLoggedModel { params: vec![], source_run_id: None, ..model("Gamma") },
    ];
    let mut ids = Vec::new();
    for new in &new {
        ids.push(store.create_logged_model(new).await.expect("a logged model is made").id);
    }
    let ready = LoggedModelStatus::Ready;
    store.finalize_logged_model(&ids[0], ready).await.expect("the model becomes ready");
    let metric = |of: usize, key: &str, value, step, digest: Option<&str>| Metric {
        step,
        model_id: Some(ids[of].clone()),
        dataset: digest.map(dataset),
        ..Metric::new(key, value, NOW_MS + step)
    };
    let metrics = vec![
        metric(0, "mae", 1.0, 0, Some("d1")),
        metric(0, "mae", 3.0, 1, Some("d2")),
        metric(0, "rmse", 5.0, 0, None),
        metric(1, "mae", 2.0, 2, Some("d1")),
        metric(1, "rmse", 5.0, 2, None),
        metric(2, "mae", f64::NAN, 3, None),
    ];
    store.log_batch(&run.id, &Batch { metrics, ..Batch::default() }).await.expect("metrics");
    (experiment_id, ids)
}

async fn names(
    store: &dyn Store,
    experiment: &ExperimentId,
    search: &LoggedModelSearch,
) -> Vec<String> {
    let experiments = std::slice::from_ref(experiment);
    let found = store.search_logged_models(experiments, search).await;
    let found = found.unwrap_or_else(|error| panic!("{}: {error}", search.filter));
    found.items.into_iter().map(|model| model.name).collect()
}

/// Logged models are found by metrics, parameters, tags, attributes and datasets.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn logged_models_are_found_by_filters(store: &dyn Store, prefix: &str) {
    let (experiment, ids) = models(store, prefix, "models filtered").await;
    let by_id = format!("model_id IN ('{}', '{}', 'x')", ids[0], ids[2]);
    let by_experiment = format!("experiment_id = '{experiment}'");
    let cases: [(&str, &[&str]); 25] = [
        ("", &["Gamma", "alpha", "beta"]),
        ("name = 'alpha'", &["alpha"]),
        ("attributes.name != 'alpha'", &["Gamma", "beta"]),
        ("name LIKE 'g%'", &[]),
        ("name ILIKE 'g%'", &["Gamma"]),
        ("name NOT IN ('alpha')", &["Gamma", "beta"]),
        (&by_id, &["Gamma", "alpha"]),
        (&by_experiment, &["Gamma", "alpha", "beta"]),
        ("model_type = 'prophet'", &["Gamma", "alpha"]),
        ("model_type != 'prophet'", &["beta"]),
        ("source_run_id != 'x'", &["Gamma", "alpha", "beta"]),
        ("source_run_id LIKE '_%'", &["alpha", "beta"]),
        ("creation_timestamp > 0 and creation_time > 0", &["Gamma", "alpha", "beta"]),
        ("last_updated_timestamp_ms < 5", &[]),
        ("metrics.mae > 0", &["alpha", "beta"]),
        // NaN is 0.
        ("metrics.`mae` = 0", &["Gamma"]),
        ("metrics.mae != 2", &["Gamma", "alpha"]),
        ("metrics.nope < 1", &[]),
        ("params.growth = 'linear'", &["alpha"]),
        ("params.growth != 'linear'", &["beta"]),
        ("params.growth IN ('linear', 'flat')", &["alpha", "beta"]),
        ("tags.`a b/c` = '100%'", &["alpha"]),
        ("tags.`a b/c` LIKE '1%' and metrics.rmse >= 5", &["alpha"]),
        ("tags.mlflow.user NOT IN ('bob')", &["Gamma", "beta"]),
        ("tags.`a b/c` = 'say \"x\"'", &[]),
    ];
    for (filter, expected) in cases {
        let search =
            LoggedModelSearch::new(filter).with_order_by(LoggedModelOrder::ascending("name"));
        assert_eq!(names(store, &experiment, &search).await, expected, "{filter}");
    }
    let (d1, d2) = (dataset("d1"), dataset("d2"));
    for (filter, datasets, expected) in [
        ("", vec![&d1], &["alpha", "beta"] as &[_]),
        ("", vec![&d2], &["alpha"]),
        ("", vec![&d2, &d1], &["alpha", "beta"]),
        ("metrics.mae < 2", vec![&d2], &[]),
        ("metrics.mae < 2", vec![&d1], &["alpha"]),
        ("metrics.rmse > 0", vec![&d1], &[]),
    ] {
        let search = LoggedModelSearch {
            datasets: datasets.into_iter().cloned().collect(),
            ..LoggedModelSearch::new(filter).with_order_by(LoggedModelOrder::ascending("name"))
        };
        assert_eq!(names(store, &experiment, &search).await, expected, "{search:?}");
    }
    refuses_filters(store, &experiment).await;

    let found = LoggedModelSearch::new("name = 'alpha'");
    let found = store.search_logged_models(std::slice::from_ref(&experiment), &found).await;
    let read = store.get_logged_model(&ids[0]).await.expect("the model is read");
    assert_eq!(found.expect("a search").items, [read], "a model that is found is whole");
    store.delete_logged_model(&ids[0]).await.expect("a model is deleted");
    let none = names(store, &experiment, &LoggedModelSearch::new("name = 'alpha'")).await;
    assert!(none.is_empty(), "a deleted model is not found");
    let none = store.search_logged_models(&[], &LoggedModelSearch::default()).await;
    assert!(none.expect("a search").items.is_empty(), "no experiment, no models");
}

/// What MLflow does not understand, or takes for something else.
async fn refuses_filters(store: &dyn Store, experiment: &ExperimentId) {
    let experiment = std::slice::from_ref(experiment);
    for filter in [
        "metric.mae > 0",
        "attribute.name = 'x'",
        "attributes.creation_timestamp > 0",
        "nope = 'x'",
        "datasets.name = 'x'",
        "metrics.mae > 'one'",
        "metrics.mae IS NULL",
        "params.growth IS NULL",
        "name > 'a'",
        "name = 'a' or name = 'b'",
        "name = \"alpha\"",
        "name = alpha",
        "status = 'READY'",
        "name",
        "name = 'open",
    ] {
        let found = store.search_logged_models(experiment, &LoggedModelSearch::new(filter)).await;
        assert_kind(found, ErrorKind::InvalidArgument, filter);
    }
    for order in ["params.growth", "attributes.name", "nope", "metric.mae"] {
        let order = LoggedModelOrder::ascending(order);
        let search = LoggedModelSearch::default().with_order_by(order.clone());
        let found = store.search_logged_models(experiment, &search).await;
        assert_kind(found, ErrorKind::InvalidArgument, &order.field_name);
    }
    let search = LoggedModelSearch::default().with_max_results(0);
    let found = store.search_logged_models(experiment, &search).await;
    assert_kind(found, ErrorKind::InvalidArgument, "a page of no models");
}

/// Logged models come in the order that is asked for, newest first without one, in pages.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn logged_models_are_ordered_and_paged(store: &dyn Store, prefix: &str) {
    let (experiment, _) = models(store, prefix, "models ordered").await;
    let (up, down) = (LoggedModelOrder::ascending, LoggedModelOrder::descending);
    let cases = [
        (vec![up("name")], ["Gamma", "alpha", "beta"]),
        (vec![down("name")], ["beta", "alpha", "Gamma"]),
        // The latest point counts: `alpha` has 3, `Gamma` a NaN, which is 0 here.
        (vec![up("metrics.mae")], ["Gamma", "beta", "alpha"]),
        (vec![down("metrics.mae")], ["alpha", "beta", "Gamma"]),
        (vec![up("metrics.mae").on(dataset("d1"))], ["alpha", "beta", "Gamma"]),
        (vec![down("metrics.mae").on(dataset("d2")), up("name")], ["alpha", "Gamma", "beta"]),
        (vec![up("metrics.rmse"), down("metrics.mae")], ["alpha", "beta", "Gamma"]),
        (vec![up("model_type"), up("name")], ["beta", "Gamma", "alpha"]),
        (vec![down("status"), down("name")], ["alpha", "beta", "Gamma"]),
    ];
    for (order_by, expected) in cases {
        let whole = LoggedModelSearch { order_by, ..LoggedModelSearch::default() };
        assert_eq!(names(store, &experiment, &whole).await, expected, "{:?}", whole.order_by);
        let mut paged = whole.with_max_results(2);
        let mut seen = Vec::new();
        for _ in 0..2 {
            let experiments = std::slice::from_ref(&experiment);
            let page = store.search_logged_models(experiments, &paged).await.expect("a page");
            seen.extend(page.items.into_iter().map(|model| model.name));
            paged.page_token = page.next_page_token;
        }
        assert_eq!((&*seen, &paged.page_token), (&expected.map(str::to_owned)[..], &None));
    }
    let experiments = std::slice::from_ref(&experiment);
    let found = store.search_logged_models(experiments, &LoggedModelSearch::default()).await;
    let items = found.expect("a search").items;
    let newest_first = |a: &&_, b: &&_| {
        let place = |m: &crate::entity::LoggedModel| (-m.creation_time_ms, m.id.clone());
        place(a).cmp(&place(b))
    };
    assert!(items.iter().collect::<Vec<_>>().is_sorted_by(|a, b| newest_first(a, b).is_le()));
}
