//! Artifacts beside the file.

use std::path::Path;

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::artifact::ArtifactStore;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::local;

/// Returns the root of new experiments' artifacts: `file:///…/mlruns` beside the database.
///
/// A `file:` URI rather than the bare path that MLflow writes: MLflow percent-decodes both, so
/// only an encoded path survives a `%` in the name of a folder.
pub(super) fn default_root(database: &Path) -> Result<String> {
    let folder = database.parent().unwrap_or(database).join("mlruns");
    local::uri_of(&folder).ok_or_else(|| {
        let message = "the path cannot be written as a file: URI";
        Error::new(
            ErrorKind::InvalidArgument,
            "open database",
            folder.display().to_string(),
            message,
        )
    })
}

#[async_trait]
impl ArtifactStore for EmbeddedStore {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        local::put(artifact_uri, path, bytes).await
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        local::get(artifact_uri, path).await
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        local::list(artifact_uri, path).await
    }
}
