//! The three stores in one, and how to come by one.

use std::sync::Arc;

use async_trait::async_trait;

use crate::artifact::ArtifactStore;
use crate::error::{Error, Result};
use crate::lifecycle::LifecycleStore;
use crate::logged_model::LoggedModelStore;
use crate::options::ClientOptions;
use crate::registry::RegistryStore;
use crate::search::SearchStore;
use crate::server::ServerInfo;
use crate::tracking::TrackingStore;
use crate::uri::TrackingUri;
use crate::webhook::WebhookStore;

/// Tracking, registry and artifacts of one MLflow.
#[async_trait]
pub trait Store:
    TrackingStore
    + LoggedModelStore
    + LifecycleStore
    + SearchStore
    + RegistryStore
    + ArtifactStore
    + WebhookStore
{
    /// Returns the address, never with credentials.
    fn uri(&self) -> &str;

    /// Asks for the cheapest answer that shows that the store works.
    async fn ping(&self) -> Result<()>;

    /// Returns a number that changes when somebody else has written to the store, where that
    /// can be asked for next to nothing: a watcher asks this first, and queries after a change.
    ///
    /// None, the default, says that there is no such number.
    async fn change_counter(&self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Returns the version of the server, such as `3.17.2`; only a server has one.
    async fn server_version(&self) -> Result<String> {
        Err(Error::unsupported("read the version of", self.uri()))
    }

    /// Returns what keeps the data, and what the server can do.
    async fn server_info(&self) -> Result<ServerInfo> {
        Err(Error::unsupported("read what can be done by", self.uri()))
    }
}

/// Opens the store that `uri` names.
///
/// A `SQLite` file that is not there is created. A server is asked nothing yet: call
/// [`Store::ping`] to find out early whether it answers.
///
/// # Errors
///
/// What the store says when it cannot be opened; each has a hint.
pub async fn connect(uri: &TrackingUri, options: &ClientOptions) -> Result<Arc<dyn Store>> {
    match uri {
        TrackingUri::Sqlite(path) => {
            Ok(Arc::new(crate::embedded::EmbeddedStore::open(path, options).await?))
        }
        TrackingUri::Http(url) => Ok(Arc::new(crate::rest::RestStore::new(url, options)?)),
    }
}
