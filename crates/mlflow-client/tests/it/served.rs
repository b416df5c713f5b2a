//! Files of experiments that a server made in the database of the embedded store.

use std::path::Path;

use mlflow_client::{
    ArtifactStore as _, ClientOptions, EmbeddedStore, ErrorKind, ExperimentId, NewRun, Store as _,
    TrackingStore as _,
};
use rusqlite::Connection;

/// A root as a server with `--serve-artifacts` gives its experiments.
const ROOT: &str = "mlflow-artifacts:/1/r/artifacts";

async fn open(folder: &Path) -> EmbeddedStore {
    let store = EmbeddedStore::open(&folder.join("mlflow.db"), &ClientOptions::new()).await;
    store.unwrap()
}

#[tokio::test]
async fn files_of_a_server_beside_the_database_are_read_written_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let served = folder.path().join("mlartifacts/1/r/artifacts");
    std::fs::create_dir_all(&served).unwrap();
    std::fs::write(served.join("a.txt"), b"of the server").unwrap();
    for root in [ROOT, "mlflow-artifacts:///1/r/artifacts"] {
        assert_eq!(store.get_artifact(root, "a.txt").await.unwrap(), b"of the server");
        store.put_artifact(root, "b/c.txt", b"ours".to_vec()).await.unwrap();
        assert_eq!(std::fs::read(served.join("b/c.txt")).unwrap(), b"ours");
        let listed = store.list_artifacts(root, "").await.unwrap();
        assert_eq!(
            listed.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            ["a.txt", "b"]
        );
    }
    let error = store.get_artifact(ROOT, "none").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.hint().unwrap().contains("MLFLOW_TRACKING_URI"), "{error:?}");
}

#[tokio::test]
async fn a_run_in_an_experiment_of_a_server_keeps_its_files_with_the_servers() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let id = store.create_experiment("of a server").await.unwrap();
    Connection::open(store.path())
        .unwrap()
        .execute(
            "UPDATE experiments SET artifact_location = 'mlflow-artifacts:/' || experiment_id \
             WHERE experiment_id = ?1",
            [id.as_str()],
        )
        .unwrap();
    std::fs::create_dir(folder.path().join("mlartifacts")).unwrap();
    let experiment_id = ExperimentId::new(id.as_str());
    let new =
        NewRun { experiment_id, name: "x".to_owned(), start_time_ms: 1, user: None, tags: vec![] };
    let run = store.create_run(&new).await.unwrap();
    store.put_artifact(&run.artifact_uri, "a", b"x".to_vec()).await.unwrap();
    let path = format!("mlartifacts/{id}/{}/artifacts/a", run.id);
    assert!(folder.path().join(path).is_file());
}

#[tokio::test]
async fn without_the_servers_folder_the_servers_address_is_asked_for_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for error in [
        store.get_artifact(ROOT, "a").await.unwrap_err(),
        store.list_artifacts(ROOT, "").await.unwrap_err(),
        store.put_artifact(ROOT, "a", b"x".to_vec()).await.unwrap_err(),
    ] {
        // Of a kind that may pass: a volume may be mounted later.
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert_eq!(error.hint(), Some("set MLFLOW_TRACKING_URI to the server's address"));
    }
    assert!(!folder.path().join("mlartifacts").exists());
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_root_that_leads_out_of_the_servers_folder_or_to_another_server_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    std::fs::create_dir(folder.path().join("mlartifacts")).unwrap();
    for (root, kind) in [
        ("mlflow-artifacts:/../x", ErrorKind::InvalidArgument),
        ("mlflow-artifacts:/1/%2e%2e/x", ErrorKind::InvalidArgument),
        ("mlflow-artifacts:/1//x", ErrorKind::InvalidArgument),
        ("mlflow-artifacts://ana:hunter2@other:5000/1", ErrorKind::UnsupportedUri),
    ] {
        for error in [
            store.get_artifact(root, "mlflow.db").await.unwrap_err(),
            store.list_artifacts(root, "").await.unwrap_err(),
            store.put_artifact(root, "a", vec![]).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), kind, "{root}: {error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
