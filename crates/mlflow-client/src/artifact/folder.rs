//! Files and folders of this machine, in and out, by the names that Python gives these.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use super::disk::io_error;
use super::{ArtifactStore, LIST, READ, WRITE};
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::resolve::{join, resolve_model_uri};
use crate::store::Store;

/// Files in one folder with all below it; more are taken for a mistake, such as `/`.
const FILES_MAX: usize = 100_000;

/// Folders inside each other; a server that lists more is taken for one that goes in circles.
const DEPTH_MAX: usize = 64;

/// Writes a file of this machine under its own name, and returns its path below the root.
///
/// `artifact_path` is the folder that takes it; `""` is the root. The file is streamed, so it may
/// be of any size.
///
/// # Errors
///
/// As [`ArtifactStore::upload_artifact`].
pub async fn log_artifact(
    store: &dyn ArtifactStore,
    artifact_uri: &str,
    local_path: &Path,
    artifact_path: &str,
) -> Result<String> {
    let name = local_path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        let shown = local_path.display().to_string();
        Error::new(ErrorKind::InvalidArgument, WRITE, shown, "its name cannot be an artifact's")
    })?;
    let path = below(artifact_path, name);
    store.upload_artifact(artifact_uri, &path, local_path).await?;
    Ok(path)
}

/// Writes a folder of this machine with all that is below it, and returns the paths below the
/// root, sorted.
///
/// What the folder holds goes into `artifact_path`, not the folder itself, as in Python. A link
/// to a file inside the folder is written as a file, a link to a folder is left out, and a link
/// out of the folder is refused. Names are checked before the first file goes; a file that fails
/// later leaves the ones before it written.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] for a link out of the folder, a name that an artifact cannot
/// have, or more than 100,000 files; else as [`ArtifactStore::upload_artifact`].
pub async fn log_artifacts(
    store: &dyn ArtifactStore,
    artifact_uri: &str,
    local_dir: &Path,
    artifact_path: &str,
) -> Result<Vec<String>> {
    let folder = local_dir.to_owned();
    let listed = tokio::task::spawn_blocking(move || files_below(&folder)).await;
    let listed = listed.map_err(|error| {
        let shown = local_dir.display().to_string();
        Error::new(ErrorKind::Internal, WRITE, shown, "the work was cut off").with_source(error)
    })??;
    let mut paths = Vec::with_capacity(listed.len());
    for (file, name) in &listed {
        let path = below(artifact_path, name);
        check_artifact_path(WRITE, &path)?;
        paths.push((file, path));
    }
    for (file, path) in &paths {
        store.upload_artifact(artifact_uri, path, file).await?;
    }
    Ok(paths.into_iter().map(|(_, path)| path).collect())
}

/// Reads a file, or a folder with all that is below it, into a folder of this machine.
///
/// Returns where it is: `to` and `path` after it; `""` is the whole root. The URI may be one of
/// `models:/…` and `runs:/…` too. Files are streamed and each is there whole or not at all.
///
/// # Errors
///
/// [`ErrorKind::NotFound`] if there is nothing at `path`, [`ErrorKind::Protocol`] if the store
/// lists names that would leave `to`, more than 100,000 files or 64 folders inside each other;
/// else as [`ArtifactStore::download_artifact`].
pub async fn download_artifacts(
    store: &dyn Store,
    artifact_uri: &str,
    path: &str,
    to: &Path,
) -> Result<PathBuf> {
    let root = resolve_model_uri(store, artifact_uri).await?;
    let target = to.join(path);
    let files = list_below(store, &root, path).await?;
    if files.is_empty() && !path.is_empty() {
        store.download_artifact(&root, path, &target).await?;
        return Ok(target);
    }
    for folder in std::iter::once(&target)
        .chain(&files.iter().filter(|f| f.is_dir).map(|f| to.join(&f.path)).collect::<Vec<_>>())
    {
        let made = tokio::fs::create_dir_all(folder).await;
        made.map_err(|error| io_error(READ, &folder.display().to_string(), error))?;
    }
    for file in files.iter().filter(|file| !file.is_dir) {
        store.download_artifact(&root, &file.path, &to.join(&file.path)).await?;
    }
    Ok(target)
}

/// Lists all that is below a folder; a file has nothing below it.
async fn list_below(store: &dyn Store, root: &str, path: &str) -> Result<Vec<FileInfo>> {
    let refused = |message: String| {
        Error::new(ErrorKind::Protocol, LIST, crate::uri::shown_artifact(root), message)
    };
    let mut found = Vec::new();
    let mut folders = VecDeque::from([(path.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop_front() {
        if depth > DEPTH_MAX {
            return Err(refused(format!("more than {DEPTH_MAX} folders are inside each other")));
        }
        for file in store.list_artifacts(root, &folder).await? {
            check_artifact_path(LIST, &file.path).map_err(|error| {
                refused("a name that is listed is no artifact's".to_owned()).with_source(error)
            })?;
            let name = file.path.strip_prefix(&folder).map(|name| name.trim_start_matches('/'));
            if name.is_none_or(|name| name.is_empty() || (file.path != below(&folder, name))) {
                return Err(refused(format!("`{}` is listed in `{folder}`", file.path)));
            }
            if file.is_dir {
                folders.push_back((file.path.clone(), depth + 1));
            }
            found.push(file);
        }
        if found.len() > FILES_MAX {
            return Err(refused(format!("it has more than {FILES_MAX} files")));
        }
    }
    Ok(found)
}

/// Returns the files below a folder of this machine and their paths from there, sorted.
fn files_below(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let refused = |path: &Path, message: &str| {
        Error::new(ErrorKind::InvalidArgument, WRITE, path.display().to_string(), message)
    };
    let failed = |path: &Path| {
        let shown = path.display().to_string();
        move |error| io_error(WRITE, &shown, error)
    };
    let home = fs::canonicalize(root).map_err(failed(root))?;
    if !home.is_dir() {
        return Err(refused(root, "it is no folder").with_hint("write a file with `log_artifact`"));
    }
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
            let entry = entry.map_err(failed(&folder))?;
            let path = entry.path();
            let name = entry.file_name();
            let name =
                name.to_str().ok_or_else(|| refused(&path, "its name cannot be an artifact's"))?;
            let name = below(&prefix, name);
            let kind = entry.file_type().map_err(failed(&path))?;
            if kind.is_dir() {
                folders.push((path, name));
            } else if !kind.is_symlink() || leads_to_file_in(&home, &path)? {
                files.push((path, name));
            }
            if files.len() + folders.len() > FILES_MAX {
                let message = format!("it has more than {FILES_MAX} files");
                return Err(refused(root, &message).with_hint("write a smaller folder"));
            }
        }
    }
    files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(files)
}

/// Whether a link leads to a file inside `home`; one to a folder there does not.
fn leads_to_file_in(home: &Path, link: &Path) -> Result<bool> {
    let refused = |message: &str| {
        Error::new(ErrorKind::InvalidArgument, WRITE, link.display().to_string(), message)
            .with_hint("remove the link, or put what it leads to in its place")
    };
    let to = fs::canonicalize(link)
        .map_err(|error| refused("the link leads nowhere").with_source(error))?;
    if !to.starts_with(home) {
        return Err(refused("the link leads out of the folder"));
    }
    Ok(to.is_file())
}

/// Appends a name to a folder; `""` is the root.
fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { join(folder, name) }
}

#[cfg(test)]
mod tests;
