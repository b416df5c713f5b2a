//! The store, which may not be there yet.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use mlflow_client::{Result, Store};

/// Opens the store of a [`Watcher`](crate::Watcher), when it could not be opened at the start.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Opens the store. Called once a step until it succeeds; the future may be dropped.
    ///
    /// # Errors
    ///
    /// Whatever the store says; the watcher takes any failure for a registry that does not
    /// answer.
    async fn connect(&self) -> Result<Arc<dyn Store>>;
}

/// A store, or the way to one.
pub(crate) enum Link {
    Open(Arc<dyn Store>),
    Closed(Box<dyn Connect>),
}

impl Link {
    /// The store, opened now if it was not.
    pub(crate) async fn store(&mut self) -> Result<Arc<dyn Store>> {
        let store = match self {
            Self::Open(store) => return Ok(Arc::clone(store)),
            Self::Closed(connect) => connect.connect().await?,
        };
        tracing::info!(uri = store.uri(), "the store is open");
        *self = Self::Open(Arc::clone(&store));
        Ok(store)
    }
}

impl Link {
    /// The store, if it is open.
    pub(crate) fn opened(&self) -> Option<&Arc<dyn Store>> {
        match self {
            Self::Open(store) => Some(store),
            Self::Closed(_) => None,
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::Closed(_) => "Closed",
        })
    }
}
