//! The file of forecasts, opened when it is first needed and never on the threads that answer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use forecast_monitor::{Spool, SpoolError};

/// The spool, from async code.
#[derive(Debug, Clone)]
pub(super) struct SpoolFile {
    path: PathBuf,
    spool: Arc<Mutex<Option<Spool>>>,
}

impl SpoolFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, spool: Arc::default() }
    }

    /// Does something with the spool on a thread of its own. After an error it is opened anew:
    /// the file may have been moved or mended.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Spool) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T> {
        let Self { path, spool } = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut slot = spool.lock().unwrap_or_else(PoisonError::into_inner);
            let mut opened = match slot.take() {
                Some(opened) => opened,
                None => Spool::open(&path)?,
            };
            let value = work(&mut opened)?;
            *slot = Some(opened);
            Ok::<_, SpoolError>(value)
        });
        let failed = || format!("the spool {} cannot be used", self.path.display());
        done.await.context("the thread of the spool is gone")?.with_context(failed)
    }
}
