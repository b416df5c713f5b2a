use super::*;
use crate::entity::Batch;
use crate::tracking::TrackingStore as _;
use crate::{NewRun, RegistryStore as _};

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = EmbeddedStore::open(&path, &ClientOptions::new()).await.unwrap();
    let run = NewRun {
        experiment_id: store.get_or_create_experiment("x").await.unwrap(),
        name: "x".to_owned(),
        start_time_ms: 1,
        user: None,
        tags: vec![],
    };
    let run = store.create_run(&run).await.unwrap();
    let limit = |sql: &str| {
        let opened = store.inner.opened.lock().unwrap();
        opened.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    // What a full disk looks like to SQLite: no page can be added.
    limit("PRAGMA max_page_count = 1");
    let params = (0..500).map(|i| (format!("p{i}"), "v".repeat(1000))).collect();
    let batch = Batch { params, ..Batch::default() };
    let error = store.log_batch(&run.id, &batch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("is full") && error.hint().is_some(), "{error}");
    assert!(store.get_run(&run.id).await.unwrap().params.is_empty());
    limit("PRAGMA max_page_count = 1000000");
    store.log_batch(&run.id, &batch).await.unwrap();
    assert_eq!(store.get_run(&run.id).await.unwrap().params.len(), 500);
}

#[tokio::test]
async fn a_file_that_another_process_is_writing_can_still_be_opened_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let options = ClientOptions::new().with_lock_timeout(Duration::from_millis(50));
    let store = EmbeddedStore::open(&path, &options).await.unwrap();
    store.create_registered_model("P", None).await.unwrap();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let other = EmbeddedStore::open(&path, &options).await.unwrap();
    other.get_registered_model("P").await.unwrap();
}
