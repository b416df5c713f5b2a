//! What a store says of itself.

use std::collections::BTreeSet;

/// What keeps the data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreKind {
    /// A server with a database.
    Sql,
    /// A server with a folder, `./mlruns`.
    Folder,
    /// MLflow's file `mlflow.db`, without a server.
    Embedded {
        /// The revision of its tables: that of the MLflow that made or upgraded it.
        schema_revision: String,
    },
    /// Memory.
    Memory,
    /// A server that does not say, or something that this crate does not know.
    Other(String),
}

/// What a server can do, as far as it says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities(BTreeSet<String>);

impl Capabilities {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect())
    }

    /// Whether the server says that it can do this, by the name that it has there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether it has workspaces: [`ClientOptions::with_workspace`](crate::ClientOptions) works.
    pub fn workspaces(&self) -> bool {
        self.has("workspaces_enabled")
    }

    /// Whether large artifacts can be uploaded in parts.
    pub fn multipart_uploads(&self) -> bool {
        self.has("multipart_uploads_enabled")
    }

    /// Whether large artifacts can be downloaded in parts.
    pub fn multipart_downloads(&self) -> bool {
        self.has("multipart_downloads_enabled")
    }
}

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// What keeps the data.
    pub store: StoreKind,
    /// What the server can do; absent if it is older than the question.
    pub capabilities: Option<Capabilities>,
}
