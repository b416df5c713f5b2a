use std::path::Path;
use std::time::Duration;

use mlflow_client::{
    ClientOptions, EmbeddedStore, Error, ErrorKind, RegistryStore as _, Store as _,
    TrackingStore as _, conformance,
};
use rusqlite::Connection;

async fn open(path: &Path) -> Result<EmbeddedStore, Error> {
    let options = ClientOptions::new().with_lock_timeout(Duration::from_millis(200));
    EmbeddedStore::open(path, &options).await
}

fn assert_says(error: &Error, kind: ErrorKind, fragments: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    for fragment in fragments {
        assert!(text.contains(fragment), "`{fragment}` is missing in: {text}");
    }
    assert!(error.hint().is_some(), "no hint: {text}");
}

#[tokio::test]
async fn the_embedded_store_conforms_in_a_folder_with_an_odd_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ação 50% #1").join("mlflow.db");
    let store = open(&path).await.unwrap();
    conformance::all(&store, "embedded").await;
    let again = open(&path).await.unwrap();
    conformance::all(&again, "again").await;
}

#[tokio::test]
async fn another_connections_commit_is_seen_by_the_data_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let (ours, theirs) = (open(&path).await.unwrap(), open(&path).await.unwrap());
    let before = ours.data_version().await.unwrap();
    assert_eq!(ours.data_version().await.unwrap(), before);
    theirs.create_registered_model("ProphetModel", None).await.unwrap();
    assert_ne!(ours.data_version().await.unwrap(), before);
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = open(&path).await.unwrap();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = store.create_experiment("x").await.unwrap_err();
    assert_says(&error, ErrorKind::Locked, &["database is locked", "mlflow.db", "0.2 s"]);
    assert!(error.is_retryable());
    let error = open(&path).await.unwrap_err();
    assert_says(&error, ErrorKind::Locked, &["database is locked"]);
    holder.execute_batch("ROLLBACK").unwrap();
    store.create_experiment("x").await.unwrap();
}

#[tokio::test]
async fn a_lock_that_is_released_in_time_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let patient = ClientOptions::new().with_lock_timeout(Duration::from_secs(20));
    let store = EmbeddedStore::open(&path, &patient).await.unwrap();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let released = async {
        tokio::task::yield_now().await;
        holder.execute_batch("COMMIT").unwrap();
    };
    let (made, ()) = tokio::join!(store.create_experiment("x"), released);
    made.unwrap();
}

#[tokio::test]
async fn two_stores_that_create_the_file_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let patient = ClientOptions::new();
    let (one, two) =
        tokio::join!(EmbeddedStore::open(&path, &patient), EmbeddedStore::open(&path, &patient));
    let (one, two) = (one.unwrap(), two.unwrap());
    let ids = tokio::join!(one.get_or_create_experiment("x"), two.get_or_create_experiment("x"));
    assert_eq!(ids.0.unwrap(), ids.1.unwrap());
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database, but long enough to hold a header of one ".repeat(20);
    std::fs::write(&path, &text).unwrap();
    let error = open(&path).await.unwrap_err();
    assert_says(&error, ErrorKind::NotMlflow, &["notes.txt", "not a SQLite database"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn another_applications_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
    let error = open(&path).await.unwrap_err();
    assert_says(&error, ErrorKind::NotMlflow, &["shop.db", "`orders`"]);
    let tables: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn columns_that_cannot_be_filled_and_columns_that_are_missing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    drop(open(&path).await.unwrap());
    let alter = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    alter("ALTER TABLE runs ADD COLUMN shard TEXT DEFAULT 'a' NOT NULL");
    alter("ALTER TABLE runs ADD COLUMN extra TEXT");
    open(&path).await.unwrap();
    alter("ALTER TABLE params RENAME COLUMN value TO text");
    let error = open(&path).await.unwrap_err();
    assert_says(&error, ErrorKind::OutdatedSchema, &["older MLflow", "`params` lacks `value`"]);
    alter(
        "DROP TABLE params; CREATE TABLE params \
         (key TEXT, value TEXT, run_uuid TEXT, tenant TEXT NOT NULL)",
    );
    let error = open(&path).await.unwrap_err();
    assert_says(&error, ErrorKind::OutdatedSchema, &["newer MLflow", "`params.tenant`"]);
}

#[tokio::test]
async fn the_revision_is_not_what_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    drop(open(&path).await.unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("UPDATE alembic_version SET version_num = 'of 2031'").unwrap();
    open(&path).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert_says(&error, ErrorKind::Io, &["cannot be opened"]);
}
