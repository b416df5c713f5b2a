//! Forecasts on disk until they are delivered: a file of `SQLite`'s that several processes may
//! use at once.

mod error;
mod forecasts;
mod open;
mod service;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::TransactionBehavior::{self, Deferred, Immediate};
use rusqlite::{Connection, Transaction};

pub use error::SpoolError;
pub use forecasts::{ASKED_MAX, FORGOTTEN_MAX, PENDING_MAX, Pending, READY_MAX};
pub use service::{DayCount, REQUESTS_MAX, SERVICE_MAX, ServiceChange};

use error::Failure;
use open::FileId;

/// How long a call waits for other processes that write, unless it is told otherwise. They
/// hold the file for milliseconds; who takes longer hangs.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Forecasts on disk until they are delivered.
///
/// What a call says is done is on the disk: each is one transaction, whole or not at all, and
/// synchronised before it returns. Every call blocks on the disk.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    connection: Connection,
    /// The file as it was at opening; the path may name another one later, or none.
    file: FileId,
    lock_timeout: Duration,
}

/// What a spool holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpoolState {
    /// Forecasts that wait to be delivered, those for a later day among them.
    pub pending: u64,
    /// When the oldest of them was issued.
    pub oldest_pending: Option<DateTime<Utc>>,
    /// All forecasts in the file, delivered or not.
    pub kept: u64,
    /// Forecasts that were set aside because they cannot be read.
    pub corrupt: u64,
}

impl Spool {
    /// Opens the file, and makes it and its folder if they are not there.
    ///
    /// Nothing that is there is written over: a file of anything else is refused.
    ///
    /// # Errors
    ///
    /// [`SpoolError`], in words for the person who chose the path.
    pub fn open(path: &Path) -> Result<Self, SpoolError> {
        Self::open_within(path, LOCK_TIMEOUT)
    }

    /// The same, with another bound on the wait for other processes.
    ///
    /// # Errors
    ///
    /// As [`Spool::open`].
    pub fn open_within(path: &Path, lock_timeout: Duration) -> Result<Self, SpoolError> {
        let path = std::path::absolute(path).map_err(|source| SpoolError::Io {
            path: path.to_owned(),
            tried: "understood as a path",
            source,
        })?;
        let (connection, file) = open::open(&path, lock_timeout)?;
        Ok(Self { path, connection, file, lock_timeout })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in a transaction that only reads.
    ///
    /// It is rolled back: a transaction that met a damaged page cannot be committed any more.
    fn read<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, SpoolError> {
        self.transact(Deferred, |tx| {
            let value = work(&tx)?;
            tx.rollback()?;
            Ok(value)
        })
    }

    /// Runs `work` in a transaction that holds the write lock from its start: one that reads
    /// first and writes later would be refused at once if another process wrote in between.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, SpoolError> {
        self.transact(Immediate, |tx| {
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        })
    }

    fn transact<T>(
        &mut self,
        behavior: TransactionBehavior,
        work: impl FnOnce(Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, SpoolError> {
        self.follow()?;
        let begun = self.connection.transaction_with_behavior(behavior);
        let done = begun.map_err(Failure::from).and_then(work);
        done.map_err(|failure| failure.at(&self.path, self.lock_timeout))
    }

    /// Goes over to the file that is at the path now, if it is another one or none: who went on
    /// with a deleted file would keep forecasts where nobody finds them.
    fn follow(&mut self) -> Result<(), SpoolError> {
        if open::file_id(&self.path).ok() != Some(self.file) {
            (self.connection, self.file) = open::open(&self.path, self.lock_timeout)?;
        }
        Ok(())
    }
}

/// The last day of four digits: dates after it would sort as text before all others.
const LAST_DAY: NaiveDate =
    NaiveDate::from_ymd_opt(9999, 12, 31).expect("invariant: the year 9999 has this day");

/// A date as it is stored.
fn day_text(day: NaiveDate) -> String {
    day.min(LAST_DAY).to_string()
}

/// A time as it is stored.
fn to_ms(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// A time that was stored; the end of all time for a number that is none.
fn from_ms(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests;
