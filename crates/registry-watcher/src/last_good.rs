//! The last version that was served, on disk: for a start while the registry is away.

mod wire;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlflow_client::ModelVersion;
use sha2::{Digest as _, Sha256};

use crate::files::Files;
use crate::select::Target;

/// The first line of a copy: what it is, and of which form.
const MAGIC: &str = "registry-watcher last good 1";

/// The largest copy that is read or written, in bytes: above the largest model that a store
/// gives in one piece (256 MiB), and still harmless to hold.
pub const LAST_GOOD_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Keeps a copy of the last good version in a folder.
///
/// One file a target, whole or not at all: it is written beside its place, brought to the
/// disk, and renamed. Its first lines are a digest of the rest, so that a copy that was cut
/// short or changed is never made a model of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastGood {
    folder: PathBuf,
}

/// Why a copy could not be kept or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LastGoodError {
    /// The file or its folder cannot be read or written.
    #[error("the copy `{}` cannot be {tried}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        tried: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not a whole copy.
    #[error("the copy `{}` is damaged: {what}; it is replaced after the next load", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The version is too large to keep.
    #[error("a copy of {n_bytes} bytes is not kept, at most {LAST_GOOD_BYTES_MAX} are")]
    TooLarge {
        /// Its size.
        n_bytes: u64,
    },
}

impl LastGood {
    /// Keeps copies in `folder`, which is made when the first one is written.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The file that holds the copy for a target: named by a digest, since a model's name may
    /// be no file's.
    pub fn path(&self, target: &Target) -> PathBuf {
        let digest = Sha256::digest(format!("{}\n{}", target.name, target.selector));
        self.folder.join(format!("last-good-{}.bin", &hex(&digest)[..16]))
    }

    /// Replaces the copy. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`LastGoodError`]; the copy before is still there then.
    pub fn save(
        &self,
        target: &Target,
        entry: &ModelVersion,
        files: &Files,
    ) -> Result<(), LastGoodError> {
        let path = self.path(target);
        let n_bytes = files.n_bytes() as u64;
        if LAST_GOOD_BYTES_MAX < n_bytes {
            return Err(LastGoodError::TooLarge { n_bytes });
        }
        let head = wire::head(target, entry, files);
        let mut digest = Sha256::new();
        digest.update(head.as_bytes());
        files.iter().for_each(|(_, bytes)| digest.update(bytes));
        let first = format!("{MAGIC}\n{}\n", hex(&digest.finalize()));
        let parts = [first.as_bytes(), head.as_bytes()];
        let parts = parts.into_iter().chain(files.iter().map(|(_, bytes)| bytes));
        write_whole(&self.folder, &path, parts).map_err(|source| LastGoodError::Io {
            path,
            tried: "written",
            source,
        })
    }

    /// Reads the copy for a target; none if there is none. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`LastGoodError`] if it is there and cannot be used.
    pub fn load(&self, target: &Target) -> Result<Option<(ModelVersion, Files)>, LastGoodError> {
        let path = self.path(target);
        let mut bytes = Vec::new();
        let read = File::open(&path)
            .and_then(|file| file.take(LAST_GOOD_BYTES_MAX + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(LastGoodError::Io { path, tried: "read", source }),
        }
        let damaged = |what: String| LastGoodError::Damaged { path: path.clone(), what };
        let rest = check(&bytes).map_err(|what| damaged(what.to_owned()))?;
        wire::read(rest, target).map(Some).map_err(damaged)
    }
}

/// What follows the digest, if the digest is of it.
fn check(bytes: &[u8]) -> Result<&[u8], &'static str> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    if lines.next() != Some(MAGIC.as_bytes()) {
        return Err("it does not begin as one");
    }
    let (digest, rest) = lines.next().zip(lines.next()).ok_or("it was cut short")?;
    if hex(&Sha256::digest(rest)).as_bytes() != digest {
        return Err("its digest is of something else");
    }
    Ok(rest)
}

fn write_whole<'a>(
    folder: &Path,
    path: &Path,
    parts: impl Iterator<Item = &'a [u8]>,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Removed again if anything fails before it has its name.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name is on the disk once the folder is.
    File::open(folder)?.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A copy to be written, shared with the thread that writes it.
pub(crate) async fn save(
    copies: LastGood,
    target: Target,
    entry: ModelVersion,
    files: Arc<Files>,
) -> Result<(), LastGoodError> {
    blocking(move || copies.save(&target, &entry, &files)).await
}

/// A copy, read on a thread that may wait for the disk.
pub(crate) async fn load(
    copies: LastGood,
    target: Target,
) -> Result<Option<(ModelVersion, Files)>, LastGoodError> {
    blocking(move || copies.load(&target)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LastGoodError> + Send + 'static,
) -> Result<T, LastGoodError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        let source = io::Error::other(error);
        Err(LastGoodError::Io { path: PathBuf::new(), tried: "used", source })
    })
}

#[cfg(test)]
mod tests;
