//! Artifacts beside the file.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::artifact::{ArtifactStore, ByteStream, DELETE, LIST, READ, WRITE};
use crate::cloud::is_cloud;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::local::{self, LocalFiles};
use crate::uri::shown_artifact;

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

/// The folder in which a server started beside the file keeps the files that go through it.
const SERVED: &str = "mlartifacts";

/// What to do when the server's files are not beside the database.
const NOT_HERE: &str = "set MLFLOW_TRACKING_URI to the server's address";

impl EmbeddedStore {
    /// Returns who keeps what an artifact URI names, and the URI by which it is known there.
    async fn keeper<'a>(
        &self,
        op: &'static str,
        artifact_uri: &'a str,
    ) -> Result<(Box<dyn ArtifactStore>, Cow<'a, str>)> {
        if is_cloud(artifact_uri) {
            let keeper = self.inner.cloud.keeper(op, artifact_uri)?;
            return Ok((keeper, Cow::Borrowed(artifact_uri)));
        }
        let place = self.place(op, artifact_uri).await?;
        // The server may keep its files elsewhere, whatever was once in this folder.
        let missing_hint = matches!(place, Cow::Owned(_)).then_some(NOT_HERE);
        Ok((Box::new(LocalFiles { missing_hint }), place))
    }

    /// Returns the folder that an artifact URI names, as a URI of a folder of this machine.
    ///
    /// An experiment that a server made in this very database has `mlflow-artifacts:/…` without
    /// a host; the server keeps its files in `mlartifacts` beside the database, unless it was
    /// told otherwise. That folder is never made here: the server might not look there.
    async fn place<'a>(&self, op: &'static str, artifact_uri: &'a str) -> Result<Cow<'a, str>> {
        let Some(rest) = artifact_uri.strip_prefix("mlflow-artifacts:") else {
            return Ok(Cow::Borrowed(artifact_uri));
        };
        let refused = |kind, message: String| {
            Error::new(kind, op, shown_artifact(artifact_uri), message).with_hint(NOT_HERE)
        };
        let below = match rest.strip_prefix("//") {
            None => rest,
            Some(below) if below.starts_with('/') => below,
            Some(_) => {
                let message = "files there are reached through that server only";
                return Err(refused(ErrorKind::UnsupportedUri, message.to_owned()));
            }
        };
        let below = below.trim_matches('/');
        if !below.is_empty() {
            check_artifact_path(op, below)?;
        }
        let folder = self.path().parent().unwrap_or(self.path()).join(SERVED);
        if !tokio::fs::metadata(&folder).await.is_ok_and(|found| found.is_dir()) {
            let message =
                format!("a server keeps its files, and there is no folder `{}`", folder.display());
            return Err(refused(ErrorKind::NotFound, message));
        }
        let place = local::uri_of(&folder.join(below)).ok_or_else(|| {
            let message = format!("`{}` cannot be written as a file: URI", folder.display());
            refused(ErrorKind::Io, message)
        })?;
        Ok(Cow::Owned(place))
    }
}

#[async_trait]
impl ArtifactStore for EmbeddedStore {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        let (keeper, root) = self.keeper(WRITE, artifact_uri).await?;
        keeper.put_artifact(&root, path, bytes).await
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        let (keeper, root) = self.keeper(READ, artifact_uri).await?;
        keeper.get_artifact(&root, path).await
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        let (keeper, root) = self.keeper(LIST, artifact_uri).await?;
        keeper.list_artifacts(&root, path).await
    }

    async fn upload_artifact(&self, artifact_uri: &str, path: &str, from: &Path) -> Result<()> {
        let (keeper, root) = self.keeper(WRITE, artifact_uri).await?;
        keeper.upload_artifact(&root, path, from).await
    }

    async fn stream_artifact(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        let (keeper, root) = self.keeper(READ, artifact_uri).await?;
        keeper.stream_artifact(&root, path, range).await
    }

    async fn get_artifact_range(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Range<u64>,
    ) -> Result<Vec<u8>> {
        let (keeper, root) = self.keeper(READ, artifact_uri).await?;
        keeper.get_artifact_range(&root, path, range).await
    }

    async fn delete_artifacts(&self, artifact_uri: &str, path: &str) -> Result<()> {
        let (keeper, root) = self.keeper(DELETE, artifact_uri).await?;
        keeper.delete_artifacts(&root, path).await
    }
}
