//! Logged models, and the way from a version to its files.

use super::{NOW_MS, assert_kind, run};
use crate::entity::Stage;
use crate::entity::{Batch, LoggedModelStatus, Metric, NewLoggedModel, NewModelVersion};
use crate::error::ErrorKind;
use crate::id::{LoggedModelId, Version};
use crate::resolve::resolve_model_uri;
use crate::store::Store;

/// A logged model is pending until its files are there, and belongs to its run.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn logged_models_live_from_pending_to_ready(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let new = NewLoggedModel {
        experiment_id: run.experiment_id.clone(),
        name: "model".to_owned(),
        model_type: Some("prophet".to_owned()),
        source_run_id: Some(run.id.clone()),
        params: vec![("growth".to_owned(), "linear".to_owned())],
        tags: vec![("mlflow.user".to_owned(), "ana".to_owned())],
    };
    let made = store.create_logged_model(&new).await.expect("a logged model is made");
    assert_eq!(made.status, LoggedModelStatus::Pending);
    assert!(made.id.as_str().starts_with("m-"), "{}", made.id);
    assert!(made.artifact_uri.contains(made.id.as_str()), "{}", made.artifact_uri);

    let bytes = b"{}".to_vec();
    store.put_artifact(&made.artifact_uri, "MLmodel", bytes).await.expect("a file is written");
    store
        .finalize_logged_model(&made.id, LoggedModelStatus::Ready)
        .await
        .expect("the model becomes ready");
    for _ in 0..2 {
        store.log_outputs(&run.id, &[(made.id.clone(), 0)]).await.expect("an output is logged");
    }
    let metric = Metric { model_id: Some(made.id.clone()), ..Metric::new("mae", 1.0, NOW_MS) };
    let batch = Batch { metrics: vec![metric], ..Batch::default() };
    store.log_batch(&run.id, &batch).await.expect("a metric names a model");

    let read = store.get_logged_model(&made.id).await.expect("the model is read");
    assert_eq!(read.status, LoggedModelStatus::Ready);
    assert_eq!(read.model_type.as_deref(), Some("prophet"));
    assert_eq!(read.source_run_id.as_ref(), Some(&run.id));
    assert_eq!(read.params["growth"], "linear");
    assert_eq!(read.tags["mlflow.user"], "ana");

    let failed = store.create_logged_model(&new).await.expect("another is made");
    assert_ne!(failed.id, made.id);
    store
        .finalize_logged_model(&failed.id, LoggedModelStatus::Failed)
        .await
        .expect("what was begun is marked as failed");
    let nothing = LoggedModelId::new("m-nope");
    assert_kind(store.get_logged_model(&nothing).await, ErrorKind::NotFound, "an unknown model");
}

/// `models:/m-…` and `runs:/…` sources, and copies of versions, lead to the files.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn versions_resolve_to_their_files(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let new = NewLoggedModel {
        experiment_id: run.experiment_id.clone(),
        name: "model".to_owned(),
        model_type: None,
        source_run_id: Some(run.id.clone()),
        params: vec![],
        tags: vec![],
    };
    let model = store.create_logged_model(&new).await.expect("a logged model is made");
    let name = format!("{prefix} resolved");
    store.create_registered_model(&name, None).await.expect("a model is registered");
    let sources = [
        (format!("models:/{}", model.id), None, model.artifact_uri.clone()),
        (format!("models:/{}", model.id), Some(model.id.clone()), model.artifact_uri.clone()),
        (format!("runs:/{}/model", run.id), None, format!("{}/model", run.artifact_uri)),
        (format!("models:/{name}/1"), None, model.artifact_uri.clone()),
    ];
    for (number, (source, model_id, expected)) in (1..).zip(sources) {
        let new = NewModelVersion {
            name: name.clone(),
            source: source.clone(),
            run_id: Some(run.id.clone()),
            model_id,
            description: None,
            tags: vec![],
        };
        let version = store.create_version(&new).await.expect("a version is registered");
        assert_eq!(version.version, Version::new(number));
        let uri = store.download_uri(&name, version.version).await.expect("it resolves");
        assert_eq!(uri.trim_end_matches('/'), expected, "{source}");
    }
}

/// A version is reached by number, stage, alias and `latest`, as in `load_model`.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn every_form_of_a_models_address_resolves(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} addressed");
    store.create_registered_model(&name, None).await.expect("a model is registered");
    let root = run(store, prefix).await.artifact_uri;
    for number in 1..=3 {
        let new = NewModelVersion {
            name: name.clone(),
            source: format!("{root}/{number}"),
            run_id: root.rsplit('/').nth(1).map(crate::id::RunId::new),
            model_id: None,
            description: None,
            tags: vec![],
        };
        store.create_version(&new).await.expect("a version is registered");
    }
    let promoted = store.transition_stage(&name, Version::new(2), Stage::Production, false).await;
    promoted.expect("a version is promoted");
    store.set_alias(&name, "champion", Version::new(1)).await.expect("an alias is set");
    for (address, number) in [
        (format!("models:/{name}/1"), 1),
        (format!("models:/{name}/Production"), 2),
        (format!("models:/{name}/production"), 2),
        (format!("models:/{name}@champion"), 1),
        (format!("models:/{name}/latest"), 3),
        (format!("models:/{name}/LATEST"), 3),
        (format!("models:///{name}/2"), 2),
    ] {
        let found = resolve_model_uri(store, &address).await.expect(&address);
        assert_eq!(found.trim_end_matches('/'), format!("{root}/{number}"), "{address}");
    }
    let plain = resolve_model_uri(store, &root).await.expect("an artifact's address");
    assert_eq!(plain, root);
    for plain in ["s3://bucket/a b/key", "/srv/models/1", "mlflow-artifacts:/1/models/m-1"] {
        assert_eq!(resolve_model_uri(store, plain).await.expect(plain), plain);
    }
    let id = root.rsplit('/').nth(1).expect("a run's root ends in its id and a folder");
    let found = resolve_model_uri(store, &format!("runs:/{id}/a/model")).await.expect("a run");
    assert_eq!(found, format!("{root}/a/model"));
    for (address, kind) in [
        (format!("models:/{name}/Staging"), ErrorKind::NotFound),
        (format!("models:/{name}/7"), ErrorKind::NotFound),
        (format!("models:/{name}@nobody"), ErrorKind::NotFound),
        (format!("models:/{name} nope/1"), ErrorKind::NotFound),
        (format!("models:/{name}@Champion"), ErrorKind::NotFound),
        (format!("models:/{name}/champion"), ErrorKind::InvalidArgument),
        (format!("models:/{name}/1/MLmodel"), ErrorKind::InvalidArgument),
        (format!("models:/{name}/"), ErrorKind::InvalidArgument),
        (format!("models://{name}/1"), ErrorKind::InvalidArgument),
        (format!("models:{name}/1"), ErrorKind::InvalidArgument),
        ("models:/".to_owned(), ErrorKind::InvalidArgument),
        ("models:/m-nope".to_owned(), ErrorKind::NotFound),
        (format!("runs:/{}/model", "f".repeat(32)), ErrorKind::NotFound),
        ("runs:/".to_owned(), ErrorKind::InvalidArgument),
    ] {
        assert_kind(resolve_model_uri(store, &address).await, kind, &address);
    }
}
