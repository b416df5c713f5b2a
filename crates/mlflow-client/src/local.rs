//! Artifacts in folders of this machine: `file:` URIs and absolute paths.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use url::Url;

use crate::artifact::ARTIFACT_BYTES_MAX;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::uri::shown_artifact;

/// The start of the names of files that are being written; they are not listed.
const UNFINISHED: &str = ".unfinished-";

/// Returns the `file:` URI of an absolute path, percent-encoded.
pub(crate) fn uri_of(folder: &Path) -> Option<String> {
    Url::from_file_path(folder).ok().map(|url| url.as_str().trim_end_matches('/').to_owned())
}

/// Whether an artifact URI names a folder of this machine.
pub(crate) fn is_local(artifact_uri: &str) -> bool {
    artifact_uri.starts_with('/') || artifact_uri.starts_with("file:")
}

/// Writes a file under a temporary name, then renames it: it is there whole or not at all.
pub(crate) async fn put(artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
    const OP: &str = "write artifact";
    let target = resolve(OP, artifact_uri, path)?;
    blocking(OP, target, move |target| {
        let folder = target.parent().unwrap_or(target);
        fs::create_dir_all(folder)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let unfinished =
            folder.join(format!("{UNFINISHED}{}-{name}", uuid::Uuid::new_v4().simple()));
        let written =
            write_whole(&unfinished, &bytes).and_then(|()| fs::rename(&unfinished, target));
        if written.is_err() {
            // The first error is the one to report.
            let _gone = fs::remove_file(&unfinished);
        }
        written
    })
    .await
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads a file of bounded size.
pub(crate) async fn get(artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
    const OP: &str = "read artifact";
    let target = resolve(OP, artifact_uri, path)?;
    let shown = target.display().to_string();
    let bytes = blocking(OP, target, |target| {
        let mut bytes = Vec::new();
        fs::File::open(target)?.take(ARTIFACT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    })
    .await?;
    if bytes.len() as u64 > ARTIFACT_BYTES_MAX {
        let message = format!("it is larger than {ARTIFACT_BYTES_MAX} bytes");
        return Err(Error::new(ErrorKind::InvalidArgument, OP, shown, message));
    }
    Ok(bytes)
}

/// Lists a folder, sorted; one that is not there is empty.
pub(crate) async fn list(artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
    const OP: &str = "list artifacts";
    let folder = resolve(OP, artifact_uri, path)?;
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let listed = blocking(OP, folder, move |folder| {
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
    });
    match listed.await {
        Err(error) if error.is_not_found() => Ok(vec![]),
        other => other,
    }
}

/// Returns the path of `path` below the folder that the URI names.
fn resolve(op: &'static str, artifact_uri: &str, path: &str) -> Result<PathBuf> {
    let mut target = folder(op, artifact_uri)?;
    if !path.is_empty() {
        check_artifact_path(op, path)?;
        target.push(path);
    } else if op != "list artifacts" {
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

fn io_error(op: &'static str, shown: &str, error: io::Error) -> Error {
    let made = match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, op, shown, "no such file"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::new(ErrorKind::Io, op, shown, "the disk is full")
                .with_hint("free some space and try again; nothing was half written")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(ErrorKind::Io, op, shown, "it may not be read or written")
                .with_hint("check the permissions of the folder")
        }
        _ => Error::new(ErrorKind::Io, op, shown, "it could not be read or written"),
    };
    made.with_source(error)
}

#[cfg(test)]
mod tests;
