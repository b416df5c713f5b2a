//! Files in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::MemoryStore;
use crate::artifact::ArtifactStore;
use crate::entity::FileInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_artifact_path;
use crate::resolve::join;

#[async_trait]
impl ArtifactStore for MemoryStore {
    async fn put_artifact(&self, artifact_uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        check_artifact_path("write artifact", path)?;
        self.state().files.insert(join(artifact_uri, path), bytes);
        Ok(())
    }

    async fn get_artifact(&self, artifact_uri: &str, path: &str) -> Result<Vec<u8>> {
        const OP: &str = "read artifact";
        check_artifact_path(OP, path)?;
        let file = join(artifact_uri, path);
        let found = self.state().files.get(&file).cloned();
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, OP, file, "no such artifact"))
    }

    async fn list_artifacts(&self, artifact_uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        if !path.is_empty() {
            check_artifact_path("list artifacts", path)?;
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
}
