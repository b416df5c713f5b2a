//! Opens the file, or makes it; refuses everything else that may be at the path.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{Failure, SpoolError};

/// The tables of this version.
const SCHEMA: &str = include_str!("schema.sql");

/// `FcSp`: by it a spool is told from other applications' files, also by `file`.
const APPLICATION_ID: i64 = 0x4663_5370;

/// The version of the tables.
const VERSION: i64 = 1;

/// The write-ahead log is cut back to this size when it has been written home.
const WAL_BYTES_KEPT: i64 = 4 * 1024 * 1024;

/// How often the switch to a write-ahead log is tried while other processes open the same new
/// file: each of them switches once, within milliseconds.
const SWITCHES_MAX: usize = 100;

/// What tells a file from another one at the same path: device and inode.
///
/// The number of a deleted file is not given again while a connection holds the file open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

/// Which file is at `path`.
pub(super) fn file_id(path: &Path) -> std::io::Result<FileId> {
    let metadata = std::fs::metadata(path)?;
    Ok(FileId { device: metadata.dev(), inode: metadata.ino() })
}

/// Opens `path`, which is absolute.
pub(super) fn open(
    path: &Path,
    lock_timeout: Duration,
) -> Result<(Connection, FileId), SpoolError> {
    let io = |tried| move |source| SpoolError::Io { path: path.to_owned(), tried, source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io("made in a folder that is not there"))?;
    }
    refuse_a_short_file(path)?;
    let opened = connect(path, lock_timeout).map_err(|failure| failure.at(path, lock_timeout))?;
    Ok((opened, file_id(path).map_err(io("found again"))?))
}

/// Refuses a file too short for a database, which `SQLite` takes for an empty one and writes
/// over. With a journal beside it, it is what a process left that was killed at its first page.
fn refuse_a_short_file(path: &Path) -> Result<(), SpoolError> {
    /// The smallest page of a database.
    const PAGE_BYTES_MIN: u64 = 512;
    let length = std::fs::metadata(path).map_or(0, |found| found.len());
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    if (1..PAGE_BYTES_MIN).contains(&length) && !Path::new(&journal).exists() {
        let what = format!("it is not a SQLite database: it has {length} bytes");
        return Err(SpoolError::NotASpool { path: path.to_owned(), what });
    }
    Ok(())
}

fn connect(path: &Path, lock_timeout: Duration) -> Result<Connection, Failure> {
    // Without SQLITE_OPEN_URI: a path that starts with `file:` is a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(lock_timeout)?;
    // A file that has its tables is only read: opening it neither waits nor holds up others.
    let tx = connection.transaction()?;
    let is_new = !has_tables(&tx, path)?;
    tx.commit()?;
    if is_new {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        if !has_tables(&tx, path)? {
            tx.execute_batch(SCHEMA)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", VERSION)?;
        }
        tx.commit()?;
    }
    if connection.is_readonly("main")? {
        return Err(SpoolError::ReadOnly { path: path.to_owned() }.into());
    }
    switch_to_wal(&connection)?;
    // A commit is on the disk before it is said to be.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    Ok(connection)
}

/// Whether the file is a spool of this version; false if it is empty, an error if it is
/// anything else.
fn has_tables(tx: &Transaction<'_>, path: &Path) -> Result<bool, Failure> {
    let number = |sql: &str| tx.query_row(sql, [], |row| row.get::<_, i64>(0));
    let n_tables = number("SELECT count(*) FROM sqlite_master")?;
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let path = path.to_owned();
    if n_tables == 0 && application == 0 && version == 0 {
        return Ok(false);
    }
    if application != APPLICATION_ID {
        let what = format!(
            "it is another application's database, with {n_tables} tables and indices and the \
             application id {application}"
        );
        return Err(SpoolError::NotASpool { path, what }.into());
    }
    if VERSION < version {
        return Err(SpoolError::Newer { path, found: version, known: VERSION }.into());
    }
    if version < VERSION {
        return Err(SpoolError::Damaged { path, source: None }.into());
    }
    Ok(true)
}

/// Makes readers and writers not wait for each other. The file remembers it.
fn switch_to_wal(connection: &Connection) -> Result<(), Failure> {
    for _ in 0..SWITCHES_MAX {
        match connection.pragma_update(None, "journal_mode", "wal") {
            // `SQLite` refuses at once, without a wait, where waiting could last for ever.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                std::thread::yield_now();
            }
            switched => return Ok(switched?),
        }
    }
    // Without it everything works, only slower.
    Ok(())
}
