//! Opens the file, creates its tables, and checks that they can be written.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::artifact::default_root;
use super::failure::{Failure, sqlite_error};
use crate::error::{Error, ErrorKind, Result};

/// MLflow's tables at the revision at which files are created.
const SCHEMA: &str = include_str!("schema.sql");

const OP: &str = "open database";

/// The tables this store writes, with every column it names.
const COLUMNS: [(&str, &[&str]); 19] = [
    (
        "experiments",
        &[
            "experiment_id",
            "name",
            "artifact_location",
            "lifecycle_stage",
            "creation_time",
            "last_update_time",
        ],
    ),
    ("experiment_tags", &["key", "value", "experiment_id"]),
    (
        "runs",
        &[
            "run_uuid",
            "name",
            "source_type",
            "source_name",
            "entry_point_name",
            "user_id",
            "status",
            "start_time",
            "end_time",
            "source_version",
            "lifecycle_stage",
            "artifact_uri",
            "experiment_id",
            "deleted_time",
        ],
    ),
    ("params", &["key", "value", "run_uuid"]),
    ("tags", &["key", "value", "run_uuid"]),
    ("metrics", &["key", "value", "timestamp", "run_uuid", "step", "is_nan"]),
    ("latest_metrics", &["key", "value", "timestamp", "step", "is_nan", "run_uuid"]),
    (
        "datasets",
        &[
            "dataset_uuid",
            "experiment_id",
            "name",
            "digest",
            "dataset_source_type",
            "dataset_source",
            "dataset_schema",
            "dataset_profile",
        ],
    ),
    (
        "inputs",
        &["input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step"],
    ),
    ("input_tags", &["input_uuid", "name", "value"]),
    (
        "logged_models",
        &[
            "model_id",
            "experiment_id",
            "name",
            "artifact_location",
            "creation_timestamp_ms",
            "last_updated_timestamp_ms",
            "status",
            "lifecycle_stage",
            "model_type",
            "source_run_id",
            "status_message",
        ],
    ),
    ("logged_model_params", &["model_id", "experiment_id", "param_key", "param_value"]),
    ("logged_model_tags", &["model_id", "experiment_id", "tag_key", "tag_value"]),
    (
        "logged_model_metrics",
        &[
            "model_id",
            "metric_name",
            "metric_timestamp_ms",
            "metric_step",
            "metric_value",
            "experiment_id",
            "run_id",
            "dataset_uuid",
            "dataset_name",
            "dataset_digest",
        ],
    ),
    ("registered_models", &["name", "creation_time", "last_updated_time", "description"]),
    ("registered_model_tags", &["key", "value", "name"]),
    (
        "model_versions",
        &[
            "name",
            "version",
            "creation_time",
            "last_updated_time",
            "description",
            "user_id",
            "current_stage",
            "source",
            "run_id",
            "status",
            "status_message",
            "run_link",
            "storage_location",
        ],
    ),
    ("model_version_tags", &["key", "value", "name", "version"]),
    ("registered_model_aliases", &["alias", "version", "name"]),
];

/// What tells a file from another one at the same path: device and inode.
///
/// The number of a deleted file is not given again while a connection holds the file open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

/// Returns which file is at `path`.
pub(super) fn file_id(path: &Path) -> Result<FileId> {
    let metadata = std::fs::metadata(path).map_err(|error| {
        let (message, hint) = match error.kind() {
            std::io::ErrorKind::NotFound => (
                "the file is gone: it was deleted or moved away while it was in use",
                "put it back, or start again to make a new one",
            ),
            _ => ("the file cannot be looked up", "check the permissions of its folder"),
        };
        // Not `NotFound`, which would say that a run or a model does not exist.
        Error::new(ErrorKind::Io, "use database", path.display().to_string(), message)
            .with_hint(hint)
            .with_source(error)
    })?;
    Ok(FileId { device: metadata.dev(), inode: metadata.ino() })
}

/// Opens `path`, which is absolute; creates the file and its tables if they are not there.
pub(super) fn open(
    path: &Path,
    lock_timeout: Duration,
    now_ms: i64,
) -> Result<(Connection, FileId)> {
    let file = path.display().to_string();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| {
            let message = format!("the folder `{}` cannot be made", folder.display());
            Error::new(ErrorKind::Io, OP, &file, message)
                .with_hint("name a file in a folder that can be written")
                .with_source(error)
        })?;
    }
    check_length(path, &file)?;
    let opened = connect(path, lock_timeout).and_then(|mut connection| {
        // A file that has its tables is only read: opening it neither waits nor holds up others.
        let tx = connection.transaction()?;
        let is_new = tables(&tx)?.is_empty();
        if !is_new {
            check(&tx, &file)?;
        }
        tx.commit()?;
        if is_new {
            create(&mut connection, path, &file, now_ms)?;
        }
        Ok(connection)
    });
    let connection = opened.map_err(|failure| match failure {
        Failure::Rule(error) => error,
        Failure::Sqlite(error) => sqlite_error(error, OP, &file, &file, lock_timeout),
    })?;
    Ok((connection, file_id(path)?))
}

/// Refuses a file too short for a database, which `SQLite` takes for an empty one and writes over.
///
/// With a journal beside it, it is what a process left behind that was killed at its first page.
fn check_length(path: &Path, file: &str) -> Result<()> {
    /// The smallest page of a database.
    const PAGE_BYTES_MIN: u64 = 512;
    let length = std::fs::metadata(path).map_or(0, |found| found.len());
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    if (1..PAGE_BYTES_MIN).contains(&length) && !Path::new(&journal).exists() {
        let message = format!("it is not a SQLite database: it has {length} bytes");
        return Err(Error::new(ErrorKind::NotMlflow, OP, file, message)
            .with_hint("name another file: MLflow's own is called `mlflow.db`"));
    }
    Ok(())
}

fn connect(path: &Path, lock_timeout: Duration) -> Result<Connection, Failure> {
    // Without SQLITE_OPEN_URI: a path that starts with `file:` is a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(lock_timeout)?;
    // As MLflow itself does for every session.
    connection.pragma_update(None, "foreign_keys", "ON")?;
    Ok(connection)
}

fn tables(tx: &Transaction<'_>) -> Result<BTreeSet<String>, Failure> {
    let mut query = tx.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let names = query.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Creates the tables and the experiment `Default`, as MLflow does in a new file.
fn create(
    connection: &mut Connection,
    path: &Path,
    file: &str,
    now_ms: i64,
) -> Result<(), Failure> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    if !tables(&tx)?.is_empty() {
        return check(&tx, file);
    }
    tx.execute_batch(SCHEMA)?;
    tx.execute(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, \
         creation_time, last_update_time) VALUES (0, 'Default', ?1, 'active', ?2, ?2)",
        params![format!("{}/0", default_root(path)?), now_ms],
    )?;
    Ok(tx.commit()?)
}

/// Checks that every column we name is there, and that every other one can be left out.
fn check(tx: &Transaction<'_>, file: &str) -> Result<(), Failure> {
    let found = tables(tx)?;
    if !found.contains("alembic_version") || !found.contains("experiments") {
        let names: Vec<_> = found.iter().take(3).map(String::as_str).collect();
        let message = format!(
            "it is another application's database, with `{}` and none of MLflow's tables",
            names.join("`, `")
        );
        return Err(Error::new(ErrorKind::NotMlflow, OP, file, message)
            .with_hint("name another file: MLflow's own is called `mlflow.db`")
            .into());
    }
    for (table, needed) in COLUMNS {
        check_table(tx, file, table, needed)?;
    }
    Ok(())
}

fn check_table(
    tx: &Transaction<'_>,
    file: &str,
    table: &str,
    needed: &[&str],
) -> Result<(), Failure> {
    let mut missing: BTreeSet<&str> = needed.iter().copied().collect();
    let mut unknown = None;
    let mut query =
        tx.prepare("SELECT name, \"notnull\", dflt_value IS NULL FROM pragma_table_info(?1)")?;
    let mut rows = query.query([table])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let (not_null, no_default): (bool, bool) = (row.get(1)?, row.get(2)?);
        if !missing.remove(name.as_str()) && not_null && no_default {
            unknown = Some(name);
        }
    }
    if !missing.is_empty() {
        let names: Vec<_> = missing.into_iter().collect();
        let message = format!("it is of an older MLflow: `{table}` lacks `{}`", names.join("`, `"));
        return Err(Error::new(ErrorKind::OutdatedSchema, OP, file, message)
            .with_hint(format!(
                "take a copy of the file, then run `mlflow db upgrade sqlite:///{file}` (3.4 or newer)"
            ))
            .into());
    }
    if let Some(name) = unknown {
        let message = format!(
            "it is of a newer MLflow: column `{table}.{name}` must be filled and is not known"
        );
        return Err(Error::new(ErrorKind::OutdatedSchema, OP, file, message)
            .with_hint("start `mlflow server` over the file and use its http:// address")
            .into());
    }
    Ok(())
}
