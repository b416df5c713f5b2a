//! Artifacts beside the file.

use std::borrow::Cow;
use std::path::Path;

use async_trait::async_trait;

use super::EmbeddedStore;
use crate::artifact::ArtifactStore;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::local;
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
        let place = self.place("write artifact", artifact_uri).await?;
        local::put(&place, path, bytes).await
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        let place = self.place("read artifact", artifact_uri).await?;
        local::get(&place, path).await.map_err(|error| match &place {
            // The server may keep its files elsewhere, whatever was once in this folder.
            Cow::Owned(_) if error.is_not_found() => error.with_hint(NOT_HERE),
            _ => error,
        })
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        let place = self.place("list artifacts", artifact_uri).await?;
        local::list(&place, path).await
    }
}
