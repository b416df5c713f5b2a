//! Opens the store that the settings name, now or later.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mlflow_client::{ClientOptions, Error, ErrorKind, Result, Store, TrackingUri, connect};
use registry_watcher::Connect;

/// How long the start waits for a store. A file that another process holds may be locked for
/// longer; the service then starts without it, as it does without a server.
const START_PATIENCE: Duration = Duration::from_secs(2);

/// Knows where the store is.
#[derive(Debug, Clone)]
pub(crate) struct Opener {
    pub(crate) uri: TrackingUri,
    pub(crate) options: ClientOptions,
}

#[async_trait]
impl Connect for Opener {
    async fn connect(&self) -> Result<Arc<dyn Store>> {
        connect(&self.uri, &self.options).await
    }
}

impl Opener {
    /// The store, or none if it cannot be opened at the moment.
    ///
    /// # Errors
    ///
    /// Only what will not pass by itself: a store that is not MLflow's, or of no known kind.
    pub(crate) async fn open_at_start(&self) -> Result<Option<Arc<dyn Store>>> {
        let why = match tokio::time::timeout(START_PATIENCE, self.connect()).await {
            Ok(Ok(store)) => return Ok(Some(store)),
            Ok(Err(error)) if is_lasting(&error) => return Err(error),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it did not open within {} s", START_PATIENCE.as_secs()),
        };
        tracing::warn!(uri = %self.uri, why, "starting without the store; it is tried again");
        Ok(None)
    }
}

/// Whether only a person can mend it, by other settings or another file.
fn is_lasting(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotMlflow
            | ErrorKind::OutdatedSchema
            | ErrorKind::UnsupportedUri
            | ErrorKind::InvalidArgument
    )
}
