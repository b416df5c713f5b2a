//! What a server says of itself.

use reqwest::Method;
use serde_json::{Map, Value};

use super::RestStore;
use crate::error::{Error, ErrorKind, Result};
use crate::server::{Capabilities, ServerInfo, StoreKind};

/// The longest text that is taken for a version: `3.17.2`, `3.18.0.dev0+g1234567`.
const VERSION_BYTES_MAX: u64 = 64;

impl RestStore {
    pub(super) async fn read_version(&self) -> Result<String> {
        const OP: &str = "read the version of";
        let call = self.http.call_at(Method::GET, OP, self.http.shown(), ["version"]);
        let bytes = self.http.send(&call.at_most(VERSION_BYTES_MAX)).await.map_err(|error| {
            let is_long = error.kind() == ErrorKind::Protocol;
            if is_long { self.no_version() } else { error }
        })?;
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.') {
            return Ok(text);
        }
        Err(self.no_version())
    }

    fn no_version(&self) -> Error {
        let message = "what it answers is no version of MLflow's";
        Error::new(ErrorKind::NotMlflow, "read the version of", self.http.shown(), message)
            .with_hint("check that the address is an MLflow server's, with its whole path")
    }

    pub(super) async fn read_info(&self) -> Result<ServerInfo> {
        const OP: &str = "read what can be done by";
        let path = ["api", "3.0", "mlflow", "server-info"];
        let call = self.http.call_at(Method::GET, OP, self.http.shown(), path);
        let said: Map<String, Value> = match self.http.json(&call).await {
            Ok(said) => said,
            Err(error) if error.kind() == ErrorKind::NotMlflow => {
                // Nothing but an old MLflow has a version and not this.
                self.read_version().await.map_err(|_| error)?;
                return Ok(ServerInfo {
                    store: StoreKind::Other(String::new()),
                    capabilities: None,
                });
            }
            Err(error) => return Err(error),
        };
        let store = match said.get("store_type").and_then(Value::as_str).unwrap_or_default() {
            "SqlStore" => StoreKind::Sql,
            "FileStore" => StoreKind::Folder,
            other => StoreKind::Other(other.to_owned()),
        };
        let features = said.get("features_enabled").and_then(Value::as_object);
        let entries = said.iter().chain(features.into_iter().flatten());
        let enabled = entries.filter(|(_, value)| **value == Value::Bool(true));
        let capabilities = Capabilities::new(enabled.map(|(name, _)| name.clone()));
        Ok(ServerInfo { store, capabilities: Some(capabilities) })
    }
}
