//! Files in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::MemoryStore;
use crate::artifact::disk::Outgoing;
use crate::artifact::{ArtifactStore, ByteStream, DELETE, LIST, READ, WRITE, collect, is_a_folder};
use crate::cloud::is_cloud;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::resolve::join;

#[async_trait]
impl ArtifactStore for MemoryStore {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        if is_cloud(artifact_uri) {
            return self
                .cloud
                .keeper(WRITE, artifact_uri)?
                .put_artifact(artifact_uri, path, bytes)
                .await;
        }
        check_artifact_path(WRITE, path)?;
        self.state().files.insert(join(artifact_uri, path), bytes);
        Ok(())
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        if is_cloud(artifact_uri) {
            return self.cloud.keeper(READ, artifact_uri)?.get_artifact(artifact_uri, path).await;
        }
        check_artifact_path(READ, path)?;
        let file = join(artifact_uri, path);
        let state = self.state();
        if let Some(bytes) = state.files.get(&file) {
            return Ok(bytes.clone());
        }
        let folder = format!("{file}/");
        if state.files.keys().any(|other| other.starts_with(&folder)) {
            return Err(is_a_folder(&file));
        }
        Err(Error::new(ErrorKind::NotFound, READ, file, "no such artifact"))
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        if is_cloud(artifact_uri) {
            return self.cloud.keeper(LIST, artifact_uri)?.list_artifacts(artifact_uri, path).await;
        }
        if !path.is_empty() {
            check_artifact_path(LIST, path)?;
        }
        let folder = format!("{}/", join(artifact_uri, path));
        let state = self.state();
        let mut entries = BTreeMap::new();
        for (file, bytes) in &state.files {
            let Some(rest) = file.strip_prefix(&folder) else { continue };
            let (name, is_dir) = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            let size = (!is_dir).then_some(bytes.len() as u64);
            entries.insert(path.clone(), FileInfo { path, is_dir, size });
        }
        Ok(entries.into_values().collect())
    }

    async fn upload_artifact(&self, artifact_uri: &str, path: &str, from: &Path) -> Result<()> {
        if is_cloud(artifact_uri) {
            return self
                .cloud
                .keeper(WRITE, artifact_uri)?
                .upload_artifact(artifact_uri, path, from)
                .await;
        }
        let out = Outgoing::new(WRITE, from).await?;
        let bytes = collect(&from.display().to_string(), out.stream()).await?;
        self.put_artifact(artifact_uri, path, bytes).await
    }

    async fn stream_artifact(
        &self,
        artifact_uri: &str,
        path: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        if is_cloud(artifact_uri) {
            return self
                .cloud
                .keeper(READ, artifact_uri)?
                .stream_artifact(artifact_uri, path, range)
                .await;
        }
        let mut bytes = self.get_artifact(artifact_uri, path).await?;
        if let Some(range) = range {
            let at =
                |place: u64| usize::try_from(place).map_or(bytes.len(), |n| n.min(bytes.len()));
            let (start, end) = (at(range.start), at(range.end));
            bytes = bytes.get(start..end).unwrap_or_default().to_vec();
        }
        Ok(stream::iter([Ok(Bytes::from(bytes))]).boxed())
    }

    async fn delete_artifacts(&self, artifact_uri: &str, path: &str) -> Result<()> {
        if is_cloud(artifact_uri) {
            return self
                .cloud
                .keeper(DELETE, artifact_uri)?
                .delete_artifacts(artifact_uri, path)
                .await;
        }
        if !path.is_empty() {
            check_artifact_path(DELETE, path)?;
        }
        let place = join(artifact_uri, path);
        let folder = format!("{place}/");
        self.state().files.retain(|file, _| *file != place && !file.starts_with(&folder));
        Ok(())
    }
}
