//! The file of the embedded store goes away, or is another one than before.

use mlflow_client::{
    ClientOptions, EmbeddedStore, ErrorKind, RegistryStore as _, Store as _, TrackingStore as _,
};
use rusqlite::Connection;

#[tokio::test]
async fn a_deleted_file_is_said_and_nothing_is_written_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    store.create_registered_model("P", None).await.unwrap();
    std::fs::rename(&path, folder.path().join("away.db")).unwrap();
    for error in [
        store.ping().await.unwrap_err(),
        store.data_version().await.unwrap_err(),
        store.get_registered_model("P").await.unwrap_err(),
        store.create_experiment("x").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Io, "not `NotFound`: the model is not missing");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    assert!(!path.exists(), "an empty one in its place would hide the loss");
    std::fs::rename(folder.path().join("away.db"), &path).unwrap();
    store.get_registered_model("P").await.unwrap();
}

#[tokio::test]
async fn a_replaced_file_is_opened_anew_and_changes_the_data_version() {
    let folder = tempfile::tempdir().unwrap();
    let (path, new) = (folder.path().join("mlflow.db"), folder.path().join("new.db"));
    let store = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    store.create_registered_model("Old", None).await.unwrap();
    let before = store.data_version().await.unwrap();
    let other = EmbeddedStore::open(&new, &ClientOptions::new()).await.unwrap();
    other.create_registered_model("New", None).await.unwrap();
    std::fs::rename(&new, &path).unwrap();
    assert_ne!(store.data_version().await.unwrap(), before);
    store.get_registered_model("New").await.unwrap();
    assert!(store.get_registered_model("Old").await.unwrap_err().is_not_found());
    store.create_registered_model("Next", None).await.unwrap();
    let seen = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    seen.get_registered_model("Next").await.unwrap();
}

#[tokio::test]
async fn a_replaced_file_is_checked_as_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let (path, shop) = (folder.path().join("mlflow.db"), folder.path().join("shop.db"));
    let store = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    Connection::open(&shop).unwrap().execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
    std::fs::rename(&shop, &path).unwrap();
    for _ in 0..2 {
        let error = store.ping().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotMlflow, "{error}");
    }
}
