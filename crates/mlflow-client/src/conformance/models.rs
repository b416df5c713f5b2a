//! The way from a version to its files.

use super::{assert_kind, new_model, run};
use crate::entity::{NewLoggedModel, NewModelVersion, Stage};
use crate::error::ErrorKind;
use crate::id::Version;
use crate::resolve::resolve_model_uri;
use crate::store::Store;

/// `models:/m-…` and `runs:/…` sources, and copies of versions, lead to the files.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn versions_resolve_to_their_files(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let new = NewLoggedModel { model_type: None, params: vec![], ..new_model(&run) };
    let model = store.create_logged_model(&new).await.expect("a logged model is made");
    let name = format!("{prefix} resolved");
    store.create_registered_model(&name, None).await.expect("a model is registered");
    let sources = [
        (format!("models:/{}", model.id), None, model.artifact_uri.clone()),
        (format!("models:/{}", model.id), Some(model.id.clone()), model.artifact_uri.clone()),
        (format!("runs:/{}/model", run.id), None, model.artifact_uri.clone()),
        (format!("runs:/{}/other", run.id), None, format!("{}/other", run.artifact_uri)),
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
    let noted = store.get_logged_model(&model.id).await.expect("the model is read").tags;
    let noted =
        noted.get("mlflow.modelVersions").expect("versions made of a model are noted on it");
    for number in ["1", "2"] {
        let is_it = |it: &serde_json::Value| it.to_string().trim_matches('"') == number;
        let noted: Vec<serde_json::Value> = serde_json::from_str(noted).expect("as a JSON list");
        assert!(noted.iter().any(|it| it["name"] == name && is_it(&it["version"])), "{noted:?}");
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
