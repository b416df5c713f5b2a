//! Files of runs and logged models.

pub(crate) mod disk;
mod folder;

use std::fmt::Debug;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};

use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};

pub use folder::{download_artifacts, log_artifact, log_artifacts};

/// The largest artifact that is read into memory, in bytes.
///
/// Ten thousand times the model of eight years of sessions, and still harmless to hold. What is
/// streamed, from a file of this machine or to one, has no bound.
pub const ARTIFACT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is tried when an artifact is written.
pub(crate) const WRITE: &str = "write artifact";
/// What is tried when an artifact is read.
pub(crate) const READ: &str = "read artifact";
/// What is tried when a folder is listed.
pub(crate) const LIST: &str = "list artifacts";
/// What is tried when artifacts are deleted.
pub(crate) const DELETE: &str = "delete artifacts";

/// The bytes of a file, piece by piece, in order.
///
/// A file that ends before its length ends the stream with an error, never in silence.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// Keeps files under the artifact URIs that the other stores hand out.
///
/// A path is relative, with `/`, of letters, digits, space and `._-+=@,()!$&';[]^{}~`;
/// anything else is [`InvalidArgument`](ErrorKind::InvalidArgument), since MLflow's proxy decodes
/// paths more than once.
#[async_trait]
pub trait ArtifactStore: Debug + Send + Sync {
    /// Writes a file, whole or not at all; an existing one is replaced. Safe to repeat.
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()>;

    /// Reads a file of at most [`ARTIFACT_BYTES_MAX`] bytes.
    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>>;

    /// Lists a folder, sorted by path; `""` is the root. A folder that is not there is empty.
    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>>;

    /// Writes a file of this machine, of any size, piece by piece: whole or not at all.
    ///
    /// Its length is taken once. A file that has another one before its last byte was read is
    /// [`Conflict`](ErrorKind::Conflict), and nothing is written.
    async fn upload_artifact(&self, artifact_uri: &str, path: &str, _from: &Path) -> Result<()> {
        Err(Error::unsupported(WRITE, &crate::resolve::join(artifact_uri, path)))
    }

    /// Reads a file of any size piece by piece, or the bytes of it that `range` names.
    ///
    /// What of the range lies past the end is not there. Nothing is tried again once the first
    /// piece has come; [`download_artifact`](Self::download_artifact) does that.
    async fn stream_artifact(
        &self,
        artifact_uri: &str,
        path: &str,
        _range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        Err(Error::unsupported(READ, &crate::resolve::join(artifact_uri, path)))
    }

    /// Reads a range of a file, of at most [`ARTIFACT_BYTES_MAX`] bytes.
    ///
    /// What of the range lies past the end is not there.
    async fn get_artifact_range(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Range<u64>,
    ) -> Result<Vec<u8>> {
        collect(path, self.stream_artifact(artifact_uri, path, Some(range)).await?).await
    }

    /// Reads a file of any size into a file of this machine, and returns its length.
    ///
    /// It is written under another name and renamed once it is whole: `to` is never half there.
    /// The folder is made if it is not there.
    async fn download_artifact(&self, artifact_uri: &str, path: &str, to: &Path) -> Result<u64> {
        disk::receive(READ, to, self.stream_artifact(artifact_uri, path, None).await?).await
    }

    /// Deletes a file, or a folder with all that is in it; `""` is the whole root.
    ///
    /// What is not there is deleted already.
    async fn delete_artifacts(&self, artifact_uri: &str, path: &str) -> Result<()> {
        Err(Error::unsupported(DELETE, &crate::resolve::join(artifact_uri, path)))
    }
}

/// Puts the pieces together, up to [`ARTIFACT_BYTES_MAX`].
pub(crate) async fn collect(subject: &str, mut pieces: ByteStream) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        if (bytes.len() + piece.len()) as u64 > ARTIFACT_BYTES_MAX {
            return Err(too_large(subject));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// A file that does not go into memory.
pub(crate) fn too_large(subject: &str) -> Error {
    let message = format!("it is larger than {ARTIFACT_BYTES_MAX} bytes");
    Error::new(ErrorKind::InvalidArgument, READ, subject, message)
        .with_hint("read it with `download_artifact` or `stream_artifact`")
}

/// A folder that is read as a file.
pub(crate) fn is_a_folder(subject: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, READ, subject, "it is a folder, not a file")
        .with_hint("list it, or read it with `download_artifacts`")
}
