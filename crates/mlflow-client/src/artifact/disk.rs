//! Files of this machine on their way out and in, piece by piece.

use std::fs;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::{BufMut as _, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::ByteStream;
use crate::error::{Error, ErrorKind, Result};

/// The start of the names of files that are being written; they are not listed.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// How much is read at once: some thousand pieces to the gigabyte, and nothing to hold.
const PIECE_BYTES: usize = 256 * 1024;

/// Returns the name under which `target` is written until it is whole, beside it.
pub(crate) fn unfinished(target: &Path) -> PathBuf {
    target.with_file_name(format!("{UNFINISHED}{}", uuid::Uuid::new_v4().simple()))
}

/// A file of this machine that goes out; its length is taken once.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    op: &'static str,
    path: PathBuf,
    len: u64,
}

impl Outgoing {
    pub(crate) async fn new(op: &'static str, path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let found = tokio::fs::metadata(path).await;
        let metadata = found.map_err(|error| io_error(op, &shown, error))?;
        if !metadata.is_file() {
            return Err(Error::new(ErrorKind::InvalidArgument, op, shown, "it is no file")
                .with_hint("write a folder with `log_artifacts`"));
        }
        Ok(Self { op, path: path.to_owned(), len: metadata.len() })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Reads the file from its start, and fails instead of giving the last piece if there is
    /// more or less of it than there was.
    pub(crate) fn stream(&self) -> ByteStream {
        let Self { op, path, len } = self.clone();
        let opened = async move {
            let shown = path.display().to_string();
            let file = File::open(&path).await.map_err(|error| io_error(op, &shown, error))?;
            Ok(Reading { op, shown, file, len, left: len, must_end: true }.pieces())
        };
        stream::once(opened).try_flatten().boxed()
    }
}

/// Reads bytes of a file of this machine; `range` is cut to what there is.
pub(crate) async fn stream_file(
    op: &'static str,
    path: &Path,
    range: Option<std::ops::Range<u64>>,
) -> Result<ByteStream> {
    let shown = path.display().to_string();
    let failed = |error| io_error(op, &shown, error);
    let mut file = File::open(path).await.map_err(failed)?;
    let metadata = file.metadata().await.map_err(failed)?;
    if metadata.is_dir() {
        return Err(super::is_a_folder(&shown));
    }
    let whole = 0..metadata.len();
    let range = range.unwrap_or(whole.clone());
    let (start, end) = (range.start.min(whole.end), range.end.min(whole.end));
    file.seek(SeekFrom::Start(start)).await.map_err(failed)?;
    let len = end.saturating_sub(start);
    Ok(Reading { op, shown, file, len, left: len, must_end: false }.pieces())
}

/// A file that is being read, and how much of it is to come.
struct Reading {
    op: &'static str,
    shown: String,
    file: File,
    len: u64,
    left: u64,
    /// Whether the file is to end where the bytes do.
    must_end: bool,
}

impl Reading {
    fn pieces(self) -> ByteStream {
        stream::try_unfold(Some(self), |reading| async {
            let Some(mut reading) = reading else { return Ok(None) };
            let piece = reading.next().await?;
            let rest = (reading.left > 0).then_some(reading);
            Ok((!piece.is_empty()).then_some((piece, rest)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<bytes::Bytes> {
        let wanted = usize::try_from(self.left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
        let mut piece = BytesMut::with_capacity(wanted).limit(wanted);
        while piece.remaining_mut() > 0 {
            let read = self.file.read_buf(&mut piece).await;
            if read.map_err(|error| io_error(self.op, &self.shown, error))? == 0 {
                return Err(self.changed("fewer"));
            }
        }
        self.left -= wanted as u64;
        if self.left == 0 && self.must_end {
            let read = self.file.read(&mut [0]).await;
            if read.map_err(|error| io_error(self.op, &self.shown, error))? > 0 {
                return Err(self.changed("more"));
            }
        }
        Ok(piece.into_inner().freeze())
    }

    fn changed(&self, how: &str) -> Error {
        let message = format!("it had {} bytes when it was opened, and has {how} now", self.len);
        Error::new(ErrorKind::Conflict, self.op, &self.shown, message)
            .with_hint("wait until nobody writes it any more, or use a copy")
    }
}

/// Writes the pieces to `target`, whole or not at all, and returns how many bytes they had.
pub(crate) async fn receive(
    op: &'static str,
    target: &Path,
    mut pieces: ByteStream,
) -> Result<u64> {
    let shown = target.display().to_string();
    let failed = |error| io_error(op, &shown, error);
    if let Some(folder) = target.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    }
    let unfinished = Unfinished(unfinished(target));
    let mut file = File::create_new(&unfinished.0).await.map_err(failed)?;
    let mut len = 0;
    while let Some(piece) = pieces.try_next().await? {
        file.write_all(&piece).await.map_err(failed)?;
        len += piece.len() as u64;
    }
    file.flush().await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    tokio::fs::rename(&unfinished.0, target).await.map_err(failed)?;
    Ok(len)
}

/// The name of a file that goes when this does: an error, or a caller that waits no longer.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the renaming there is nothing to remove.
        let _gone = fs::remove_file(&self.0);
    }
}

/// Says what a failure of the file system means.
pub(crate) fn io_error(op: &'static str, shown: &str, error: io::Error) -> Error {
    let made = match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, op, shown, "no such file"),
        io::ErrorKind::IsADirectory => super::is_a_folder(shown),
        io::ErrorKind::FileTooLarge => {
            Error::new(ErrorKind::Io, op, shown, "the file may not become larger").with_hint(
                "free some space or raise the limit (`ulimit -f`); nothing was half written",
            )
        }
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
