//! Files of runs and logged models.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::FileInfo;
use crate::error::Result;

/// The largest artifact that is read into memory, in bytes.
///
/// Ten thousand times the model of eight years of sessions, and still harmless to hold.
pub const ARTIFACT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Keeps files under the artifact URIs that the other stores hand out.
///
/// A path is relative, with `/`, of letters, digits, space and `._-+=@,()`; anything else is
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), since MLflow's proxy decodes paths
/// more than once.
#[async_trait]
pub trait ArtifactStore: Debug + Send + Sync {
    /// Writes a file, whole or not at all; an existing one is replaced. Safe to repeat.
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()>;

    /// Reads a file of at most [`ARTIFACT_BYTES_MAX`] bytes.
    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>>;

    /// Lists a folder, sorted by path; `""` is the root. A folder that is not there is empty.
    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>>;
}
