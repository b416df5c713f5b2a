//! Registered models and versions in memory.

use async_trait::async_trait;

use super::{MemoryStore, RegisteredRecord, State};
use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage, VersionStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Version;
use crate::registry::RegistryStore;
use crate::{limits, resolve, rules};

impl State {
    fn registered(&mut self, op: &'static str, name: &str) -> Result<&mut RegisteredRecord> {
        self.registered.get_mut(name).ok_or_else(|| rules::no_model(op, name))
    }
}

impl RegisteredRecord {
    fn version(&mut self, op: &'static str, name: &str, v: Version) -> Result<&mut ModelVersion> {
        self.versions.get_mut(&v).ok_or_else(|| rules::no_version(op, name, v))
    }
}

#[async_trait]
impl RegistryStore for MemoryStore {
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        Ok(self.state().registered("read registered model", name)?.view(name))
    }

    async fn create_registered_model(&self, name: &str, description: Option<&str>) -> Result<()> {
        const OP: &str = "create registered model";
        limits::check_model_name(OP, name)?;
        let mut state = self.state();
        if state.registered.contains_key(name) {
            return Err(Error::new(ErrorKind::AlreadyExists, OP, name, "the name is taken"));
        }
        let record = RegisteredRecord {
            description: description.map(str::to_owned),
            ..RegisteredRecord::default()
        };
        state.registered.insert(name.to_owned(), record);
        Ok(())
    }

    async fn create_version(&self, new: &NewModelVersion) -> Result<ModelVersion> {
        let now = self.clock.now_ms();
        let mut state = self.state();
        let record = state.registered("register a version of", &new.name)?;
        record.last_number += 1;
        let version = ModelVersion {
            name: new.name.clone(),
            version: Version::new(record.last_number),
            stage: Stage::None,
            source: new.source.clone(),
            run_id: new.run_id.clone(),
            status: VersionStatus::Ready,
            description: new.description.clone(),
            aliases: vec![],
            tags: new.tags.iter().cloned().collect(),
            creation_time_ms: now,
            last_updated_time_ms: now,
        };
        record.versions.insert(version.version, version.clone());
        Ok(version)
    }

    async fn get_version(&self, name: &str, version: Version) -> Result<ModelVersion> {
        const OP: &str = "read model version";
        let mut state = self.state();
        let record = state.registered.get_mut(name);
        let record = record.ok_or_else(|| rules::no_version(OP, name, version))?;
        let found = record.version(OP, name, version)?.clone();
        Ok(record.version_view(&found))
    }

    async fn versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        let mut state = self.state();
        let record = &*state.registered("list versions of", name)?;
        Ok(record.versions.values().rev().map(|version| record.version_view(version)).collect())
    }

    async fn transition_stage(
        &self,
        name: &str,
        version: Version,
        stage: Stage,
        archive_existing: bool,
    ) -> Result<ModelVersion> {
        const OP: &str = "move the stage of";
        rules::check_archiving(OP, name, stage, archive_existing)?;
        let now = self.clock.now_ms();
        let mut state = self.state();
        let record = state.registered(OP, name)?;
        record.version(OP, name, version)?;
        for other in record.versions.values_mut() {
            let target = if other.version == version {
                stage
            } else if archive_existing && other.stage == stage {
                Stage::Archived
            } else {
                continue;
            };
            other.stage = target;
            other.last_updated_time_ms = now;
        }
        Ok(record.version_view(&record.versions[&version]))
    }

    async fn set_alias(&self, name: &str, alias: &str, version: Version) -> Result<()> {
        const OP: &str = "set an alias of";
        limits::check_alias(OP, alias)?;
        let mut state = self.state();
        let record = state.registered(OP, name)?;
        record.version(OP, name, version)?;
        record.aliases.insert(alias.to_owned(), version);
        Ok(())
    }

    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        self.state().registered("delete an alias of", name)?.aliases.remove(alias);
        Ok(())
    }

    async fn delete_version(&self, name: &str, version: Version) -> Result<()> {
        const OP: &str = "delete model version";
        let mut state = self.state();
        let record = state.registered(OP, name)?;
        record.version(OP, name, version)?;
        record.versions.remove(&version);
        record.aliases.retain(|_, named| *named != version);
        Ok(())
    }

    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        let source = self.get_version(name, version).await?.source;
        resolve::artifact_location(self, self, &source).await
    }

    async fn set_model_tag(&self, name: &str, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of registered model";
        limits::check_registry_tag(OP, key, value)?;
        let mut state = self.state();
        state.registered(OP, name)?.tags.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn delete_model_tag(&self, name: &str, key: &str) -> Result<()> {
        self.state().registered("delete a tag of registered model", name)?.tags.remove(key);
        Ok(())
    }

    async fn set_version_tag(
        &self,
        name: &str,
        version: Version,
        key: &str,
        value: &str,
    ) -> Result<()> {
        const OP: &str = "set a tag of a version of";
        limits::check_registry_tag(OP, key, value)?;
        let mut state = self.state();
        let found = state.registered(OP, name)?.version(OP, name, version)?;
        found.tags.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn delete_version_tag(&self, name: &str, version: Version, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of a version of";
        let mut state = self.state();
        state.registered(OP, name)?.version(OP, name, version)?.tags.remove(key);
        Ok(())
    }
}
