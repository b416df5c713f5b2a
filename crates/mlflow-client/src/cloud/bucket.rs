//! Files below one place of an object store.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path as Key;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart,
};

use crate::artifact::disk::Outgoing;
use crate::artifact::{
    ARTIFACT_BYTES_MAX, ArtifactStore, ByteStream, DELETE, LIST, READ, WRITE, collect, is_a_folder,
    too_large,
};
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;

/// The size of a part of an upload, in bytes; a file that fits goes in one request.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// Parts of one upload, below the 10,000 of S3.
const PARTS_MAX: u64 = 9_000;

/// Parts on their way at once; each is held until it has arrived.
const PARTS_AT_ONCE: usize = 2;

/// What an artifact URI names in an object store; the URI itself is not looked at again.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: Key,
    /// The URI for people.
    pub(super) root: String,
}

#[async_trait]
impl ArtifactStore for Bucket {
    async fn put_artifact(&self, _: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        let key = self.key(WRITE, path)?;
        self.store
            .put(&key, bytes.into())
            .await
            .map_err(|error| self.failed(WRITE, path, error))?;
        Ok(())
    }

    async fn get_artifact(&self, uri: &str, path: &str) -> Result<Vec<u8>> {
        let (pieces, len) = self.open(path, None).await?;
        if len > ARTIFACT_BYTES_MAX {
            return Err(too_large(&crate::resolve::join(uri, path)));
        }
        collect(path, pieces).await
    }

    async fn list_artifacts(&self, _: &str, path: &str) -> Result<Vec<FileInfo>> {
        let folder = self.folder(LIST, path)?;
        let listed = self.store.list_with_delimiter(Some(&folder)).await;
        let listed = listed.map_err(|error| self.failed(LIST, path, error))?;
        let named = |key: &Key, size: Option<u64>| {
            let name = key.filename()?;
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            // The mark of an empty folder has the folder's own name.
            (*key != folder).then_some(FileInfo { path, is_dir: size.is_none(), size })
        };
        let folders = listed.common_prefixes.iter().filter_map(|key| named(key, None));
        let files = listed.objects.iter().filter_map(|file| named(&file.location, Some(file.size)));
        let mut all: Vec<_> = folders.chain(files).collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    async fn upload_artifact(&self, _: &str, path: &str, from: &Path) -> Result<()> {
        let key = self.key(WRITE, path)?;
        let out = Outgoing::new(WRITE, from).await?;
        let failed = |error| self.failed(WRITE, path, error);
        if out.len() <= PART_BYTES {
            let pieces: Vec<Bytes> = out.stream().try_collect().await?;
            self.store.put(&key, PutPayload::from_iter(pieces)).await.map_err(failed)?;
            return Ok(());
        }
        let part = usize::try_from(PART_BYTES.max(out.len() / PARTS_MAX)).unwrap_or(usize::MAX);
        let upload = self.store.put_multipart(&key).await.map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, part);
        let mut pieces = out.stream();
        let sent: Result<()> = async {
            while let Some(piece) = pieces.try_next().await? {
                parts.wait_for_capacity(PARTS_AT_ONCE).await.map_err(failed)?;
                parts.put(piece);
            }
            Ok(())
        }
        .await;
        if let Err(error) = sent {
            // The first error is the one to report; parts that stay are no file.
            let _aborted = parts.abort().await;
            return Err(error);
        }
        parts.finish().await.map_err(failed)?;
        Ok(())
    }

    async fn stream_artifact(
        &self,
        _: &str,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        Ok(self.open(path, range).await?.0)
    }

    async fn delete_artifacts(&self, _: &str, path: &str) -> Result<()> {
        let folder = self.folder(DELETE, path)?;
        if folder.as_ref().is_empty() {
            let message = "it is a whole bucket, and may hold more than artifacts";
            return Err(Error::new(ErrorKind::InvalidArgument, DELETE, &self.root, message)
                .with_hint("name a folder of it"));
        }
        let failed = |error| self.failed(DELETE, path, error);
        let below = self.store.list(Some(&folder)).map_ok(|file| file.location).boxed();
        let itself = stream::iter((!path.is_empty()).then_some(Ok(folder))).boxed();
        let mut deleted = self.store.delete_stream(itself.chain(below).boxed());
        while let Some(one) = deleted.next().await {
            match one {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

impl Bucket {
    /// The key of a file.
    fn key(&self, op: &'static str, path: &str) -> Result<Key> {
        check_artifact_path(op, path)?;
        self.folder(op, path)
    }

    /// The key of a folder; `""` is the root.
    fn folder(&self, op: &'static str, path: &str) -> Result<Key> {
        if path.is_empty() {
            return Ok(self.prefix.clone());
        }
        check_artifact_path(op, path)?;
        let key = format!("{}/{path}", self.prefix);
        Key::parse(key).map_err(|error| self.failed(op, path, error.into()))
    }

    /// Begins to read a file or a range of it, and says how many bytes will come.
    async fn open(&self, path: &str, range: Option<Range<u64>>) -> Result<(ByteStream, u64)> {
        let key = self.key(READ, path)?;
        let asked = match range {
            None => GetOptions::default(),
            Some(range) => {
                let size = match self.store.head(&key).await {
                    Ok(file) => file.size,
                    Err(error) => return Err(self.explained(path, &key, error).await),
                };
                let range = range.start.min(size)..range.end.min(size);
                if range.is_empty() {
                    return Ok((stream::empty().boxed(), 0));
                }
                GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() }
            }
        };
        let found = match self.store.get_opts(&key, asked).await {
            Ok(found) => found,
            Err(error) => return Err(self.explained(path, &key, error).await),
        };
        let len = found.range.end - found.range.start;
        let subject = crate::resolve::join(&self.root, path);
        let pieces = found.into_stream().map_err(move |error| wrapped(READ, &subject, error));
        Ok((pieces.boxed(), len))
    }

    /// A folder is not there as a file; it is said to be one.
    async fn explained(&self, path: &str, key: &Key, error: object_store::Error) -> Error {
        let failed = self.failed(READ, path, error);
        if failed.is_not_found()
            && self.store.list(Some(key)).next().await.is_some_and(|f| f.is_ok())
        {
            return is_a_folder(failed.subject());
        }
        failed
    }

    fn failed(&self, op: &'static str, path: &str, error: object_store::Error) -> Error {
        wrapped(op, &crate::resolve::join(&self.root, path), error)
    }
}

/// Says what a failure of an object store means.
fn wrapped(op: &'static str, subject: &str, error: object_store::Error) -> Error {
    use object_store::Error as E;
    let make = |kind, message: &str| Error::new(kind, op, subject, message);
    let made = match &error {
        E::NotFound { .. } => make(ErrorKind::NotFound, "no such artifact"),
        E::InvalidPath { .. } => make(ErrorKind::InvalidArgument, "it is no key of an object"),
        E::PermissionDenied { .. } => {
            make(ErrorKind::PermissionDenied, "the object store refuses it")
                .with_hint("ask for the permission, or use another account")
        }
        E::Unauthenticated { .. } => {
            make(ErrorKind::Unauthenticated, "the object store wants other credentials")
                .with_hint("check the variables AWS_…, GOOGLE_… or AZURE_…")
        }
        _ => make(ErrorKind::Unavailable, "the object store did not do it")
            .with_hint("check the endpoint and the credentials, or try again"),
    };
    made.with_source(error)
}
