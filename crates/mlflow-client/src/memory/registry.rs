//! Registered models and versions in memory.

use async_trait::async_trait;

use super::{MemoryStore, RegisteredRecord, State};
use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage, VersionStatus};
use crate::error::Result;
use crate::id::Version;
use crate::registry::RegistryStore;
use crate::search::{self, Page, Search};
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
            return Err(rules::name_taken(OP, name));
        }
        let now = self.clock.now_ms();
        let record = RegisteredRecord {
            description: described(description.unwrap_or_default()),
            creation_time_ms: now,
            last_updated_time_ms: now,
            ..RegisteredRecord::default()
        };
        state.registered.insert(name.to_owned(), record);
        Ok(())
    }

    async fn create_version(&self, new: &NewModelVersion) -> Result<ModelVersion> {
        const OP: &str = "register a version of";
        new.tags.iter().try_for_each(|(key, _)| limits::check_key(OP, key))?;
        let lineage = resolve::lineage(self, new).await?;
        let now = self.clock.now_ms();
        let mut state = self.state();
        let record = state.registered(OP, &new.name)?;
        record.last_number += 1;
        record.last_updated_time_ms = now;
        let version = ModelVersion {
            name: new.name.clone(),
            version: Version::new(record.last_number),
            stage: Stage::None,
            source: lineage.source,
            run_id: lineage.run_id,
            status: VersionStatus::Ready,
            description: new.description.as_deref().and_then(described),
            aliases: vec![],
            tags: new.tags.iter().cloned().collect(),
            creation_time_ms: now,
            last_updated_time_ms: now,
        };
        record.versions.insert(version.version, version.clone());
        record.storage.insert(version.version, lineage.storage);
        if let Some(id) = rules::logged_model_of(new) {
            let model = &mut state.logged_model(OP, &id)?.model;
            let noted = rules::noted_version(model, &new.name, version.version.number());
            model.tags.insert(rules::VERSIONS_TAG.to_owned(), noted);
        }
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
        record.last_updated_time_ms = now;
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
        const OP: &str = "delete an alias of";
        limits::check_alias_name(OP, alias)?;
        self.state().registered(OP, name)?.aliases.remove(alias);
        Ok(())
    }

    async fn delete_version(&self, name: &str, version: Version) -> Result<()> {
        const OP: &str = "delete model version";
        let mut state = self.state();
        let record = state.registered(OP, name)?;
        record.version(OP, name, version)?;
        record.last_updated_time_ms = self.clock.now_ms();
        record.versions.remove(&version);
        record.storage.remove(&version);
        record.aliases.retain(|_, named| *named != version);
        Ok(())
    }

    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        const OP: &str = "find the files of";
        let mut state = self.state();
        let record = state.registered(OP, name)?;
        record.storage.get(&version).cloned().ok_or_else(|| rules::no_version(OP, name, version))
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

    async fn set_version_tag(&self, name: &str, of: Version, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of a version of";
        limits::check_registry_tag(OP, key, value)?;
        let mut state = self.state();
        let found = state.registered(OP, name)?.version(OP, name, of)?;
        found.tags.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn delete_version_tag(&self, name: &str, version: Version, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of a version of";
        let mut state = self.state();
        state.registered(OP, name)?.version(OP, name, version)?.tags.remove(key);
        Ok(())
    }

    async fn rename_registered_model(&self, name: &str, to: &str) -> Result<RegisteredModel> {
        const OP: &str = "rename registered model";
        limits::check_model_name(OP, to)?;
        let now = self.clock.now_ms();
        let mut state = self.state();
        state.registered(OP, name)?;
        if name != to && state.registered.contains_key(to) {
            return Err(rules::name_taken(OP, to));
        }
        let mut record = state.registered.remove(name).expect("invariant: it was there above");
        record.last_updated_time_ms = now;
        for version in record.versions.values_mut() {
            to.clone_into(&mut version.name);
            version.last_updated_time_ms = now;
        }
        Ok(state.registered.entry(to.to_owned()).or_insert(record).view(to))
    }

    async fn update_registered_model(
        &self,
        name: &str,
        description: &str,
    ) -> Result<RegisteredModel> {
        let mut state = self.state();
        let record = state.registered("describe registered model", name)?;
        record.description = described(description);
        record.last_updated_time_ms = self.clock.now_ms();
        Ok(record.view(name))
    }

    async fn delete_registered_model(&self, name: &str) -> Result<()> {
        let gone = self.state().registered.remove(name);
        gone.map(drop).ok_or_else(|| rules::no_model("delete registered model", name))
    }

    async fn update_model_version(
        &self,
        name: &str,
        version: Version,
        description: &str,
    ) -> Result<ModelVersion> {
        const OP: &str = "describe a version of";
        let mut state = self.state();
        let record = state.registered(OP, name)?;
        let found = record.version(OP, name, version)?;
        found.description = described(description);
        found.last_updated_time_ms = self.clock.now_ms();
        let found = found.clone();
        Ok(record.version_view(&found))
    }

    async fn search_registered_models(&self, search: &Search) -> Result<Page<RegisteredModel>> {
        let state = self.state();
        let models = state.registered.iter().map(|(name, record)| record.view(name));
        search::page("search registered models", models.collect(), search)
    }

    async fn search_model_versions(&self, search: &Search) -> Result<Page<ModelVersion>> {
        let state = self.state();
        let versions = state.registered.values().flat_map(|record| record.versions.values());
        search::page("search model versions", versions.cloned().collect(), search)
    }
}

/// An empty description is none.
fn described(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
