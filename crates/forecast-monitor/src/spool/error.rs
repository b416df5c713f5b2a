//! What can go wrong with the file, and what to do then.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::error::InvalidForecast;
use crate::record::Kind;

/// Why a spool cannot be opened or used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The file or its folder cannot be reached.
    #[error("spool `{}` cannot be {tried}: check its folder and the permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        tried: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The file is something else. It was left as it is.
    #[error("`{}` is no spool: {what}; name another file", path.display())]
    NotASpool {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// A newer program made the file. It was left as it is.
    #[error(
        "spool `{}` has version {found}, this program knows up to {known}: update it, or name \
         another file",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The file or its folder may be read only.
    #[error("spool `{}` or its folder cannot be written: check the permissions", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes for too long.
    #[error(
        "spool `{}` is locked: another process has held it for {waited_s} s; find it with `fuser`",
        path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        waited_s: f64,
    },
    /// There is no room.
    #[error(
        "the disk of spool `{}` is full, or the file may not become larger: make room; nothing \
         was half written",
        path.display()
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged beyond single forecasts.
    #[error(
        "spool `{}` is damaged: move it away, with `-wal` and `-shm` beside it, and a new one is \
         made; `sqlite3 FILE .recover` may save what it holds",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        source: Option<rusqlite::Error>,
    },
    /// As many forecasts wait as may.
    #[error("{max} forecasts of kind `{kind}` wait already: deliver them first")]
    TooMany {
        /// Of which kind.
        kind: Kind,
        /// The bound.
        max: u32,
    },
    /// It cannot be kept, now or later.
    #[error("forecast is not kept")]
    Invalid(#[from] InvalidForecast),
    /// `SQLite` refused for another reason.
    #[error("spool `{}` could not be used", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        source: rusqlite::Error,
    },
}

impl SpoolError {
    /// Whether the same call may succeed later, without the forecast being another.
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::TooMany { .. } | Self::Invalid(_))
    }
}

/// A failure within a transaction.
#[derive(Debug)]
pub(super) enum Failure {
    /// `SQLite` failed.
    Sqlite(rusqlite::Error),
    /// A rule of ours.
    Rule(SpoolError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        Self::Rule(error)
    }
}

impl Failure {
    /// Says what it means for the file at `path`.
    pub(super) fn at(self, path: &Path, lock_timeout: Duration) -> SpoolError {
        let source = match self {
            Self::Rule(error) => return error,
            Self::Sqlite(source) => source,
        };
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                SpoolError::Locked { path, waited_s: lock_timeout.as_secs_f64() }
            }
            Some(ErrorCode::DiskFull) => SpoolError::DiskFull { path },
            // What a file beyond `ulimit -f` looks like.
            Some(ErrorCode::SystemIoFailure) if is_about_writing(&source) => {
                SpoolError::DiskFull { path }
            }
            Some(ErrorCode::ReadOnly) => SpoolError::ReadOnly { path },
            Some(ErrorCode::CannotOpen) => {
                SpoolError::Io { path, tried: "opened", source: io::Error::other(source) }
            }
            Some(ErrorCode::NotADatabase) => {
                SpoolError::NotASpool { path, what: "it is not a SQLite database".to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => SpoolError::Damaged { path, source: Some(source) },
            _ => SpoolError::Sqlite { path, source },
        }
    }
}

/// Whether `SQLite` could not write, truncate or synchronise, by its extended codes.
fn is_about_writing(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;
    let code = error.sqlite_error().map(|error| error.extended_code);
    let writing = [
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_FSYNC,
        ffi::SQLITE_IOERR_TRUNCATE,
        ffi::SQLITE_IOERR_SHMSIZE,
    ];
    code.is_some_and(|code| writing.contains(&code))
}

/// Whether a page of the file is not what it should be.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}
