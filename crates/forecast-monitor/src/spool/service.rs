//! What is known of the versions beside their forecasts: labels, times of service, requests.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::Failure;
use super::{Spool, SpoolError, day_text, from_ms, to_ms};

/// The most changes of service that are kept, the newest: years of daily promotions.
pub const SERVICE_MAX: u32 = 1000;

/// The most requests that a day can have: all whole numbers up to this one are numbers of JSON
/// and of metrics.
pub const REQUESTS_MAX: u64 = 1 << 53;

/// When a version began to be served, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceChange {
    /// The version.
    pub version: u32,
    /// From when on; kept to the millisecond.
    pub at: DateTime<Utc>,
    /// Why, for people.
    pub reason: String,
}

/// The requests of a day that a version answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// The version.
    pub version: u32,
    /// The day.
    pub day: NaiveDate,
    /// How many requests, of all processes that share the file.
    pub n: u64,
}

impl Spool {
    /// Notes what is known of a version; what was noted before is gone.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn describe(
        &mut self,
        version: u32,
        labels: &BTreeMap<String, String>,
    ) -> Result<(), SpoolError> {
        if self.labels(version)? == *labels {
            return Ok(());
        }
        self.write(|tx| {
            tx.execute("DELETE FROM labels WHERE version = ?1", [version])?;
            let mut insert = tx.prepare_cached("INSERT INTO labels VALUES (?1, ?2, ?3)")?;
            for (key, value) in labels {
                insert.execute(params![version, key, value])?;
            }
            Ok(())
        })
    }

    /// What was noted of a version; empty if nothing was.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn labels(&mut self, version: u32) -> Result<BTreeMap<String, String>, SpoolError> {
        self.read(|tx| {
            let mut query =
                tx.prepare_cached("SELECT key, value FROM labels WHERE version = ?1")?;
            let found = query.query_map([version], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that a version is served from now on; the version that was noted last changes
    /// nothing, so a process may say it at every start.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn serves(&mut self, change: &ServiceChange) -> Result<(), SpoolError> {
        if self.read(last_version)? == Some(change.version) {
            return Ok(());
        }
        self.write(|tx| {
            if last_version(tx)? == Some(change.version) {
                return Ok(());
            }
            tx.execute(
                "INSERT INTO service (version, at_ms, reason) VALUES (?1, ?2, ?3)",
                params![change.version, to_ms(change.at), change.reason],
            )?;
            tx.execute(
                "DELETE FROM service WHERE id NOT IN \
                 (SELECT id FROM service ORDER BY id DESC LIMIT ?1)",
                [SERVICE_MAX],
            )?;
            Ok(())
        })
    }

    /// Which version was served from when on: the last [`SERVICE_MAX`] changes, newest last.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn service(&mut self) -> Result<Vec<ServiceChange>, SpoolError> {
        self.read(|tx| {
            let mut query =
                tx.prepare_cached("SELECT version, at_ms, reason FROM service ORDER BY id")?;
            let found = query.query_map([], |row| {
                let at = from_ms(row.get(1)?);
                Ok(ServiceChange { version: row.get(0)?, at, reason: row.get(2)? })
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Adds requests of a day to those that are counted already.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; then nothing was added.
    pub fn count(&mut self, version: u32, day: NaiveDate, n: u64) -> Result<(), SpoolError> {
        if n == 0 {
            return Ok(());
        }
        let (n, max) = (to_number(n), to_number(REQUESTS_MAX));
        self.write(|tx| {
            tx.execute(
                "INSERT INTO counts (version, day, n) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (version, day) DO UPDATE SET n = min(n + excluded.n, ?4)",
                params![version, day_text(day), n, max],
            )?;
            Ok(())
        })
    }

    /// The requests of days before `before` that are not delivered yet, oldest first; a day that
    /// got more since comes again, with all of them.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn counts(&mut self, before: NaiveDate) -> Result<Vec<DayCount>, SpoolError> {
        self.read(|tx| {
            let mut query = tx.prepare_cached(
                "SELECT version, day, n FROM counts WHERE n_delivered < n AND day < ?1 \
                 ORDER BY day, version",
            )?;
            let found = query.query_map([day_text(before)], |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
            })?;
            let mut counts = Vec::new();
            for row in found {
                let (version, day, n) = row?;
                // A day that is none was not written by this program.
                if let Ok(day) = day.parse() {
                    counts.push(DayCount { version, day, n: n.unsigned_abs() });
                }
            }
            Ok(counts)
        })
    }

    /// Notes that these were delivered. Safe to repeat.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; then they come again.
    pub fn counts_delivered(&mut self, counts: &[DayCount]) -> Result<(), SpoolError> {
        if counts.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut update = tx.prepare_cached(
                "UPDATE counts SET n_delivered = max(n_delivered, ?3) \
                 WHERE version = ?1 AND day = ?2",
            )?;
            for count in counts {
                let n = to_number(count.n);
                update.execute(params![count.version, day_text(count.day), n])?;
            }
            Ok(())
        })
    }
}

/// A number of requests as the file holds it.
fn to_number(n: u64) -> i64 {
    i64::try_from(n.min(REQUESTS_MAX)).expect("invariant: the bound is below 2^63")
}

fn last_version(tx: &Transaction<'_>) -> Result<Option<u32>, Failure> {
    let mut query = tx.prepare_cached("SELECT version FROM service ORDER BY id DESC LIMIT 1")?;
    Ok(query.query_row([], |row| row.get(0)).optional()?)
}
