//! Versions whose rows somebody else wrote, and that refer to each other.

use mlflow_client::{
    ClientOptions, EmbeddedStore, ErrorKind, NewModelVersion, RegistryStore as _, Version,
    resolve_model_uri,
};
use rusqlite::Connection;

const ONE: Version = Version::new(1);

/// A store whose models each have one version, with this source and no note of where files lie.
async fn with_sources(sources: &[(&str, String)]) -> (tempfile::TempDir, EmbeddedStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    let file = Connection::open(&path).unwrap();
    for (name, source) in sources {
        store.create_registered_model(name, None).await.unwrap();
        file.execute(
            "INSERT INTO model_versions (name, version, creation_time, current_stage, source, \
             status) VALUES (?1, 1, 1, 'Production', ?2, 'READY')",
            [*name, source],
        )
        .unwrap();
    }
    (folder, store)
}

#[tokio::test]
async fn versions_that_refer_to_each_other_in_a_circle_are_told_from_long_ways() {
    let own = |text: &str| text.to_owned();
    let (_folder, store) = with_sources(&[
        ("a", own("models:/b/Production")),
        ("b", own("models:/a@home")),
        ("self", own("models:/self/1")),
        ("last", own("s3://bucket/key")),
        ("copy", own("models:/last/latest")),
        ("copied copy", own("models:/copy/1")),
        ("gone", own("models:/nowhere/1")),
    ])
    .await;
    store.set_alias("a", "home", ONE).await.unwrap();
    for name in ["a", "b", "self"] {
        let error = store.download_uri(name, ONE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains("in a circle"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("anew")), "{error:?}");
    }
    let found = resolve_model_uri(&store, "models:/copied copy/Production").await.unwrap();
    assert_eq!(found, "s3://bucket/key");
    let error = store.download_uri("gone", ONE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");

    let into_the_circle = store.copy_model_version("self", ONE, "new").await.unwrap_err();
    assert_eq!(into_the_circle.kind(), ErrorKind::Protocol);
    assert!(store.versions("new").await.unwrap().is_empty(), "nothing is half registered");
}

#[tokio::test]
async fn a_long_way_of_copies_is_one_step_since_each_knows_its_files() {
    let (_folder, store) = with_sources(&[("m", "s3://bucket/key".to_owned())]).await;
    for number in 1..=40 {
        let copy = store.copy_model_version("m", Version::new(number), "m").await.unwrap();
        assert_eq!(copy.source, format!("models:/m/{number}"));
    }
    let found = resolve_model_uri(&store, "models:/m/latest").await.unwrap();
    assert_eq!(found, "s3://bucket/key");
    // The original may go, and so may all between.
    for number in 1..=40 {
        store.delete_version("m", Version::new(number)).await.unwrap();
    }
    let found = resolve_model_uri(&store, "models:/m/41").await.unwrap();
    assert_eq!(found, "s3://bucket/key");
    let of_deleted = NewModelVersion {
        name: "m".to_owned(),
        source: "models:/m/40".to_owned(),
        run_id: None,
        model_id: None,
        description: None,
        tags: vec![],
    };
    let error = store.create_version(&of_deleted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}
