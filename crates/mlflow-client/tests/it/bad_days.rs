//! The embedded store on bad days: other processes, sudden ends, full disks, forbidden folders.

mod child;

use std::fs;
use std::path::Path;
use std::time::Duration;

use mlflow_client::{
    Batch, ClientOptions, EmbeddedStore, ErrorKind, Metric, NewRun, RunId, Store as _,
    TrackingStore as _, conformance,
};
use rusqlite::Connection;

use child::{BATCH, Child};

async fn open(path: &Path) -> EmbeddedStore {
    EmbeddedStore::open(path, &ClientOptions::new()).await.unwrap()
}

async fn new_run(store: &EmbeddedStore) -> RunId {
    let new = NewRun {
        experiment_id: store.get_or_create_experiment("x").await.unwrap(),
        name: "x".to_owned(),
        start_time_ms: 1,
        user: None,
        tags: vec![],
    };
    store.create_run(&new).await.unwrap().id
}

/// What `SQLite` itself finds wrong.
fn assert_whole(path: &Path) {
    let connection = Connection::open(path).unwrap();
    for check in ["PRAGMA integrity_check", "SELECT count(*) || '' FROM pragma_foreign_key_check"] {
        let said: String = connection.query_row(check, [], |row| row.get(0)).unwrap();
        assert!(["ok", "0"].contains(&said.as_str()), "{check}: {said}");
    }
}

#[tokio::test]
async fn processes_that_write_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    // They also create the file at once.
    let children = [0, 1, 2].map(|_| Child::new("write", &path).start());
    for child in children {
        child.ends_well();
    }
    let store = open(&path).await;
    let experiment = store.experiment_by_name("written at once").await.unwrap().unwrap();
    let search = mlflow_client::Search::default();
    let found = mlflow_client::SearchStore::search_runs(&store, &[experiment.id], &search).await;
    let runs = found.unwrap().items;
    assert_eq!(runs.len(), 3 * child::RUNS);
    for run in runs {
        assert_eq!(run.params.len(), 20);
        assert_eq!(store.metric_history(&run.id, "m").await.unwrap().len(), 50);
    }
    assert_whole(&path);
}

#[tokio::test]
async fn a_batch_of_a_process_that_is_killed_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = open(&path).await;
    for n_before in 1..4 {
        let id = new_run(&store).await;
        let mut child = Child::new("batches", &path).run(&id).start();
        child.says(&format!("batch {n_before} begins"));
        child.kill();
        let again = open(&path).await;
        let n_points = again.metric_history(&id, "m").await.unwrap().len();
        assert_eq!(n_points % BATCH, 0, "half a batch is there");
        assert!(n_points >= n_before * BATCH, "a batch that was logged is gone");
        assert_whole(&path);
    }
    conformance::all(&store, "afterwards").await;
}

#[tokio::test]
async fn a_file_whose_tables_were_being_made_when_all_ended_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let mut child = Child::new("half a schema", &path).start();
    child.says("half");
    child.kill();
    let journal = folder.path().join("mlflow.db-journal");
    assert!(fs::metadata(&journal).unwrap().len() > 0, "the process had written half of it");
    assert!(fs::metadata(&path).unwrap().len() > 0, "and some of that to the file");
    conformance::all(&open(&path).await, "made anew").await;
    // As little as opening leaves behind before the first table.
    let empty = folder.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    open(&empty).await.ping().await.unwrap();
    assert_whole(&path);
}

#[tokio::test]
async fn no_room_on_the_disk_is_said_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = open(&path).await;
    let id = new_run(&store).await;
    let size = fs::metadata(&path).unwrap().len();
    let said = Child::new("use", &path).run(&id).with_files_below(size + 8192).start().ends_well();
    for line in ["log: Io", "put: Io"] {
        let line =
            said.lines().find(|found| found.starts_with(line)).unwrap_or_else(|| panic!("{said}"));
        assert!(line.contains("may not become larger"), "{line}");
        assert!(line.contains("hint: free some space"), "{line}");
    }
    let run = store.get_run(&id).await.unwrap();
    assert!(run.params.is_empty(), "half a batch is there");
    let root = folder.path().join("mlruns").join(run.experiment_id.as_str()).join(id.as_str());
    let left = fs::read_dir(root.join("artifacts")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "half a file is there");
    assert_whole(&path);
}

#[tokio::test]
async fn a_folder_or_a_file_that_may_not_be_written_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = open(&path).await;
    let id = new_run(&store).await;
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(folder.path(), 0o555);
    let new =
        Child::new("use", &folder.path().join("new.db")).without_privileges().start().ends_well();
    let in_folder = Child::new("use", &path).run(&id).without_privileges().start().ends_well();
    allow(&path, 0o444);
    let in_file = Child::new("use", &path).run(&id).without_privileges().start().ends_well();
    allow(folder.path(), 0o755);
    allow(&path, 0o644);
    assert!(new.contains("open: Io") && new.contains("hint: check"), "{new}");
    for said in [in_folder, in_file] {
        assert!(said.contains("read: Ok"), "what is there can be read: {said}");
        for line in ["log: Io", "put: Io"] {
            let line = said.lines().find(|found| found.starts_with(line));
            let line = line.unwrap_or_else(|| panic!("{said}"));
            assert!(line.contains("hint: check"), "{line}");
        }
    }
    let params = vec![("now".to_owned(), "it goes".to_owned())];
    store.log_batch(&id, &Batch { params, ..Batch::default() }).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    new_run(&open(&path).await).await;
    let whole = fs::read(&path).unwrap();
    for length in [1, 50, 511, 99, 100, 512, 4096, 4097, 40_000, whole.len() / 2] {
        let cut = folder.path().join(format!("cut at {length}.db"));
        fs::write(&cut, &whole[..length]).unwrap();
        let error = EmbeddedStore::open(&cut, &ClientOptions::new()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NotMlflow | ErrorKind::Io), "{length}: {error}");
        assert!(error.hint().is_some() && error.to_string().contains("cut at"), "{error:?}");
        assert_eq!(fs::read(&cut).unwrap(), whole[..length], "it was changed");
    }
}

#[tokio::test]
async fn a_file_with_a_write_ahead_log_is_used_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    drop(open(&path).await);
    let mode = |sql: &str| -> String {
        Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(mode("PRAGMA journal_mode = wal"), "wal");
    let (one, two) = (open(&path).await, open(&path).await);
    conformance::all(&one, "wal").await;
    let before = two.data_version().await.unwrap();
    let id = new_run(&one).await;
    assert_ne!(two.data_version().await.unwrap(), before);
    let metrics = vec![Metric::new("m", 1.0, 1)];
    two.log_batch(&id, &Batch { metrics, ..Batch::default() }).await.unwrap();
    assert_eq!(one.metric_history(&id, "m").await.unwrap().len(), 1);
    drop((one, two));
    assert_eq!(mode("PRAGMA journal_mode"), "wal");
    assert_whole(&path);
}

#[tokio::test]
async fn a_killed_writer_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let store = open(&path).await;
    let mut child = Child::new("hold", &path).start();
    child.says("held");
    let hasty = ClientOptions::new().with_lock_timeout(Duration::from_millis(50));
    let hasty = EmbeddedStore::open(&path, &hasty).await.unwrap();
    let error = hasty.create_experiment("too early").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    child.kill();
    store.create_experiment("afterwards").await.unwrap();
}
