//! What can go wrong inside a transaction, and what it means to the caller.

use rusqlite::ErrorCode;

use super::Inner;
use crate::error::{Error, ErrorKind};

/// A failure inside a transaction: one of ours, or one of `SQLite`'s.
#[derive(Debug)]
pub(super) enum Failure {
    /// A rule of MLflow's was broken, or something is missing.
    Rule(Error),
    /// `SQLite` failed.
    Sqlite(rusqlite::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    pub(super) fn into_error(self, op: &'static str, subject: &str, inner: &Inner) -> Error {
        match self {
            Self::Rule(error) => error,
            Self::Sqlite(error) => {
                let file = inner.path.display().to_string();
                sqlite_error(error, op, subject, &file, inner.lock_timeout)
            }
        }
    }
}

/// Says in one sentence what a failure of `SQLite` means, and what to do.
pub(super) fn sqlite_error(
    error: rusqlite::Error,
    op: &'static str,
    subject: &str,
    file: &str,
    lock_timeout: std::time::Duration,
) -> Error {
    let make = |kind, message: String| Error::new(kind, op, subject, message);
    // The file is not named twice in one sentence.
    let file = if subject == file { "it".to_owned() } else { format!("`{file}`") };
    let made = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => make(
            ErrorKind::Locked,
            format!(
                "database is locked: another process has held {file} for {} s",
                lock_timeout.as_secs_f64()
            ),
        )
        .with_hint("find the process that writes to it (`fuser FILE`), or wait and try again"),
        Some(ErrorCode::DiskFull) => {
            make(ErrorKind::Io, format!("the disk that holds {file} is full"))
                .with_hint("free some space and try again; nothing was half written")
        }
        Some(ErrorCode::ReadOnly) => {
            make(ErrorKind::Io, format!("{file} or its folder cannot be written"))
                .with_hint("check the permissions of the file and of its folder")
        }
        Some(ErrorCode::CannotOpen) => make(ErrorKind::Io, format!("{file} cannot be opened"))
            .with_hint("check that the folder exists and can be written"),
        Some(ErrorCode::NotADatabase) => {
            make(ErrorKind::NotMlflow, format!("{file} is not a SQLite database"))
                .with_hint("name another file: MLflow's own is called `mlflow.db`")
        }
        Some(ErrorCode::DatabaseCorrupt) => make(ErrorKind::Io, format!("{file} is damaged"))
            .with_hint("restore it from a copy, or try `sqlite3 FILE .recover`"),
        Some(ErrorCode::SystemIoFailure) => make(
            ErrorKind::Io,
            format!("{file} could not be read or written, or may not become larger"),
        )
        .with_hint(
            "free some space or raise the limit (`ulimit -f`), and look at the disk; nothing was \
             half written",
        ),
        _ => make(ErrorKind::Internal, format!("SQLite refused the operation on {file}")),
    };
    made.with_source(error)
}
