//! An MLflow server, through its REST API and its artifact proxy.

mod answer;
mod artifact;
mod http;
mod info;
mod lifecycle;
mod logged_model;
mod once;
mod pace;
mod registered;
mod registry;
mod setup;
mod tls;
mod tracking;
mod transfer;
mod webhook;
mod wire;

use async_trait::async_trait;
use reqwest::Method;
use serde::de::IgnoredAny;
use url::Url;

use crate::cloud::Cloud;
use crate::error::Result;
use crate::options::ClientOptions;
use crate::server::ServerInfo;
use crate::store::Store;
use http::{Call, Http};

/// A store behind an MLflow server.
///
/// Calls that are safe to repeat are repeated; the others only when the server provably did not
/// take them. Over plain `http:` no connection is kept: a default MLflow server answers the
/// second request on a connection some 40 ms late, which costs more than connecting again.
#[derive(Debug)]
pub struct RestStore {
    http: Http,
    cloud: Cloud,
}

impl RestStore {
    /// Prepares a client; nothing is sent yet.
    ///
    /// A user and password in the URL are used if the options have no credentials.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if a certificate file or
    /// a credential cannot be used.
    pub fn new(url: &Url, options: &ClientOptions) -> Result<Self> {
        Ok(Self { http: Http::new(url, options)?, cloud: Cloud::new(options) })
    }

    fn get(&self, op: &'static str, subject: &str, path: &str) -> Call {
        self.http.call(Method::GET, op, subject, path)
    }

    fn post(&self, op: &'static str, subject: &str, path: &str) -> Call {
        self.http.call(Method::POST, op, subject, path)
    }
}

#[async_trait]
impl Store for RestStore {
    fn uri(&self) -> &str {
        self.http.shown()
    }

    async fn server_version(&self) -> Result<String> {
        self.read_version().await
    }

    async fn server_info(&self) -> Result<ServerInfo> {
        self.read_info().await
    }

    async fn ping(&self) -> Result<()> {
        // Not `/health`: that answers even when every other request is refused.
        let call = self
            .get("reach", self.http.shown(), "experiments/search")
            .query("max_results", "1")
            .poll();
        let _found: IgnoredAny = self.http.json(&call).await?;
        Ok(())
    }
}
