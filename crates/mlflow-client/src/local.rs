//! Artifacts in folders of this machine: `file:` URIs and absolute paths.

use std::fs;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use url::Url;

use crate::artifact::disk::{self, Outgoing, UNFINISHED, io_error};
use crate::artifact::{
    ARTIFACT_BYTES_MAX, ArtifactStore, ByteStream, DELETE, LIST, READ, WRITE, too_large,
};
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::uri::shown_artifact;

/// Returns the `file:` URI of an absolute path, percent-encoded.
pub(crate) fn uri_of(folder: &Path) -> Option<String> {
    Url::from_file_path(folder).ok().map(|url| url.as_str().trim_end_matches('/').to_owned())
}

/// Whether an artifact URI names a folder of this machine.
pub(crate) fn is_local(artifact_uri: &str) -> bool {
    artifact_uri.starts_with('/') || artifact_uri.starts_with("file:")
}

/// Folders of this machine.
#[derive(Debug, Default)]
pub(crate) struct LocalFiles {
    /// What to do when a file is not there.
    pub(crate) missing_hint: Option<&'static str>,
}

#[async_trait]
impl ArtifactStore for LocalFiles {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        let target = resolve(WRITE, artifact_uri, path)?;
        blocking(WRITE, target, move |target| put(target, &bytes)).await
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        let target = resolve(READ, artifact_uri, path)?;
        let shown = target.display().to_string();
        let read = blocking(READ, target, |target| {
            let mut bytes = Vec::new();
            fs::File::open(target)?.take(ARTIFACT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        let bytes = read.await.map_err(|error| self.explain(error))?;
        if bytes.len() as u64 > ARTIFACT_BYTES_MAX {
            return Err(too_large(&shown));
        }
        Ok(bytes)
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        let folder = resolve(LIST, artifact_uri, path)?;
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        blocking(LIST, folder, move |folder| match list(folder, &prefix) {
            Err(error) if is_no_folder(&error) => Ok(vec![]),
            listed => listed,
        })
        .await
    }

    async fn upload_artifact(&self, artifact_uri: &str, path: &str, from: &Path) -> Result<()> {
        let target = resolve(WRITE, artifact_uri, path)?;
        disk::receive(WRITE, &target, Outgoing::new(WRITE, from).await?.stream()).await?;
        Ok(())
    }

    async fn stream_artifact(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        let target = resolve(READ, artifact_uri, path)?;
        disk::stream_file(READ, &target, range).await.map_err(|error| self.explain(error))
    }

    async fn get_artifact_range(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Range<u64>,
    ) -> Result<Vec<u8>> {
        let target = resolve(READ, artifact_uri, path)?;
        let shown = target.display().to_string();
        let read = blocking(READ, target, |target| read_range(target, range));
        let bytes = read.await.map_err(|error| self.explain(error))?;
        if bytes.len() as u64 > ARTIFACT_BYTES_MAX {
            return Err(too_large(&shown));
        }
        Ok(bytes)
    }

    async fn delete_artifacts(&self, artifact_uri: &str, path: &str) -> Result<()> {
        let target = resolve(DELETE, artifact_uri, path)?;
        blocking(DELETE, target, |target| match delete(target) {
            Err(error) if is_no_folder(&error) => Ok(()),
            done => done,
        })
        .await
    }
}

impl LocalFiles {
    fn explain(&self, error: Error) -> Error {
        match self.missing_hint {
            Some(hint) if error.is_not_found() => error.with_hint(hint),
            _ => error,
        }
    }
}

/// Reads to the end of the range, or of the file: what is no plain file has no length to ask for.
fn read_range(target: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(target)?;
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start))?;
    }
    let mut bytes = Vec::new();
    let len = range.end.saturating_sub(range.start).min(ARTIFACT_BYTES_MAX + 1);
    file.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file under a temporary name, then renames it: it is there whole or not at all.
fn put(target: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(target.parent().unwrap_or(target))?;
    let unfinished = disk::unfinished(target);
    let written = write_whole(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, target));
    if written.is_err() {
        // The first error is the one to report.
        let _gone = fs::remove_file(&unfinished);
    }
    written
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn list(folder: &Path, prefix: &str) -> io::Result<Vec<FileInfo>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(UNFINISHED) {
            continue;
        }
        let metadata = entry.metadata()?;
        let is_dir = metadata.is_dir();
        let size = (!is_dir).then_some(metadata.len());
        entries.push(FileInfo { path: format!("{prefix}{name}"), is_dir, size });
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// Removes a file or a folder; a link goes, and what it leads to stays.
fn delete(target: &Path) -> io::Result<()> {
    if fs::symlink_metadata(target)?.is_dir() {
        fs::remove_dir_all(target)
    } else {
        fs::remove_file(target)
    }
}

/// Whether there is nothing, or a file, where a folder was looked for.
fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Returns the path of `path` below the folder that the URI names.
fn resolve(op: &'static str, artifact_uri: &str, path: &str) -> Result<PathBuf> {
    let mut target = folder(op, artifact_uri)?;
    if !path.is_empty() {
        check_artifact_path(op, path)?;
        target.push(path);
    } else if op != LIST && op != DELETE {
        return Err(Error::new(ErrorKind::InvalidArgument, op, artifact_uri, "no file is named"));
    }
    Ok(target)
}

fn folder(op: &'static str, artifact_uri: &str) -> Result<PathBuf> {
    if artifact_uri.starts_with('/') {
        return Ok(PathBuf::from(artifact_uri));
    }
    let path = Url::parse(artifact_uri).ok().filter(|url| url.scheme() == "file");
    path.and_then(|url| url.to_file_path().ok()).ok_or_else(|| {
        Error::new(
            ErrorKind::UnsupportedUri,
            op,
            shown_artifact(artifact_uri),
            "it names no folder of this machine",
        )
        .with_hint(
            "artifacts in a store like s3:// are reached through `mlflow server --serve-artifacts`",
        )
    })
}

async fn blocking<T: Send + 'static>(
    op: &'static str,
    target: PathBuf,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let shown = target.display().to_string();
    let done = tokio::task::spawn_blocking(move || work(&target)).await;
    let outcome = done.map_err(|error| {
        Error::new(ErrorKind::Internal, op, &shown, "the work was cut off").with_source(error)
    })?;
    outcome.map_err(|error| io_error(op, &shown, error))
}

#[cfg(test)]
mod tests;
