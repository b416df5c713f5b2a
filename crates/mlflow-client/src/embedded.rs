//! MLflow's own `SQLite` file, written without MLflow.
//!
//! Plain `mlflow server` in the same folder opens the file, upgrades it and shows what is in it;
//! after that this store goes on writing to it. That holds because the file is created at a
//! schema that MLflow released, every insert names its columns, only tables that have not lost a
//! column since are written, and opening checks the columns rather than a revision.

mod artifact;
mod experiment;
mod failure;
mod input;
mod lifecycle;
mod logged_model;
mod metric;
mod models;
mod open;
mod registered;
mod registry;
mod run;
mod tracking;
mod version;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::TransactionBehavior::{self, Deferred, Immediate};
use rusqlite::{Connection, Transaction};

use failure::Failure;
use open::FileId;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::options::ClientOptions;
use crate::server::{Capabilities, ServerInfo, StoreKind};
use crate::store::Store;
use crate::webhook::WebhookStore;

/// A store in MLflow's `SQLite` file, with the artifacts in a folder beside it.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Absolute, so that a later change of the working folder does not matter.
    path: PathBuf,
    uri: String,
    clock: Clock,
    cloud: Cloud,
    lock_timeout: Duration,
    /// Whether too long values are cut; otherwise they are refused.
    truncates: bool,
    opened: Mutex<Opened>,
}

/// The connection, and the file that it is of.
#[derive(Debug)]
struct Opened {
    connection: Connection,
    /// The file as it was at opening; the path may name another one later, or none.
    file: FileId,
    /// How often another file was found at the path.
    n_replaced: i64,
}

impl Opened {
    /// Goes over to the file that is at the path now, if it is another one.
    ///
    /// Without this, a store whose file was deleted or restored from a copy would go on reading
    /// and writing a file that nobody else can see.
    fn follow(&mut self, inner: &Inner) -> Result<()> {
        if open::file_id(&inner.path)? == self.file {
            return Ok(());
        }
        let (connection, file) = open::open(&inner.path, inner.lock_timeout, inner.clock.now_ms())?;
        tracing::warn!(path = %inner.path.display(), "the database file was replaced; reopened it");
        *self = Self { connection, file, n_replaced: self.n_replaced + 1 };
        Ok(())
    }
}

impl EmbeddedStore {
    /// Opens the file, and creates it with MLflow's tables if it is not there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMlflow`] if the file is something else, [`ErrorKind::OutdatedSchema`] if
    /// its tables lack columns or have ones that this crate cannot fill, [`ErrorKind::Locked`]
    /// if another process holds it, [`ErrorKind::Io`] if it cannot be read or written.
    pub async fn open(path: &Path, options: &ClientOptions) -> Result<Self> {
        const OP: &str = "open database";
        let path = std::path::absolute(path).map_err(|error| {
            Error::new(ErrorKind::Io, OP, path.display().to_string(), "not a path")
                .with_source(error)
        })?;
        let clock = options.clock.clone();
        let cloud = Cloud::new(options);
        let (lock_timeout, truncates) = (options.lock_timeout, options.truncate_long_values);
        let opened = tokio::task::spawn_blocking(move || {
            let (connection, file) = open::open(&path, lock_timeout, clock.now_ms())?;
            let uri = format!("sqlite:///{}", path.display());
            let opened = Mutex::new(Opened { connection, file, n_replaced: 0 });
            Ok(Inner { path, uri, clock, cloud, lock_timeout, truncates, opened })
        });
        Ok(Self { inner: Arc::new(joined(OP, opened.await)??) })
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Returns a number that changes when another connection has committed, or when another file
    /// is at the path.
    ///
    /// Costs some microseconds: a watcher asks this first, and queries only after a change. It
    /// does not change by what this store itself writes.
    ///
    /// # Errors
    ///
    /// As any read of the file.
    pub async fn data_version(&self) -> Result<i64> {
        /// The counter of a file has 32 bits.
        const PER_FILE: i64 = 1 << 32;
        let uri = self.inner.uri.clone();
        self.transact("read the change counter of", uri, Deferred, |tx, n_replaced| {
            let commits: i64 = tx.query_row("PRAGMA data_version", [], |row| row.get(0))?;
            Ok(n_replaced * PER_FILE + commits)
        })
        .await
    }

    /// Runs `work` in a transaction that only reads.
    async fn read<T: Send + 'static>(
        &self,
        op: &'static str,
        subject: String,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        self.transact(op, subject, Deferred, |tx, _| work(tx)).await
    }

    /// Runs `work` in a transaction that holds the write lock from its start.
    ///
    /// `BEGIN IMMEDIATE` waits for its turn; a transaction that reads first and writes later
    /// would be refused at once if another process wrote in between.
    async fn write<T: Send + 'static>(
        &self,
        op: &'static str,
        subject: String,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        self.transact(op, subject, Immediate, |tx, _| work(tx)).await
    }

    /// Runs `work` in a transaction on the file that is at the path now; it is told how many
    /// other files were there before.
    async fn transact<T: Send + 'static>(
        &self,
        op: &'static str,
        subject: String,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>, i64) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || {
            // A panic rolled its transaction back, so the connection is as good as before.
            let mut opened = inner.opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.follow(&inner)?;
            let n_replaced = opened.n_replaced;
            let outcome = opened
                .connection
                .transaction_with_behavior(behavior)
                .map_err(Failure::from)
                .and_then(|tx| {
                    let value = work(&tx, n_replaced)?;
                    tx.commit()?;
                    Ok(value)
                });
            outcome.map_err(|failure| failure.into_error(op, &subject, &inner))
        });
        joined(op, done.await)?
    }
}

/// The blocking work ends early only when it panics or the runtime goes away.
fn joined<T>(op: &'static str, done: Result<T, tokio::task::JoinError>) -> Result<T> {
    done.map_err(|error| {
        Error::new(ErrorKind::Internal, op, "database", "the work was cut off").with_source(error)
    })
}

/// Nobody reads the file to call anybody.
impl WebhookStore for EmbeddedStore {}

#[async_trait]
impl Store for EmbeddedStore {
    fn uri(&self) -> &str {
        &self.inner.uri
    }

    async fn change_counter(&self) -> Result<Option<i64>> {
        self.data_version().await.map(Some)
    }

    async fn server_info(&self) -> Result<ServerInfo> {
        let revision = self.read("read the revision of", self.inner.uri.clone(), |tx| {
            let revision = "SELECT version_num FROM alembic_version";
            Ok(tx.query_row(revision, [], |row| row.get::<_, String>(0))?)
        });
        let store = StoreKind::Embedded { schema_revision: revision.await? };
        Ok(ServerInfo { store, capabilities: Some(Capabilities::default()) })
    }

    async fn ping(&self) -> Result<()> {
        self.read("read", self.inner.uri.clone(), |tx| {
            Ok(tx.query_row("SELECT count(*) FROM alembic_version", [], |_| Ok(()))?)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
