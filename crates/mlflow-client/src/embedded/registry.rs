//! Registered models, stages and aliases in the file.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};

use super::failure::Failure;
use super::run::pairs;
use super::{EmbeddedStore, logged_model, version};
use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{RunId, Version};
use crate::registry::RegistryStore;
use crate::{limits, resolve, rules};

#[async_trait]
impl RegistryStore for EmbeddedStore {
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        const OP: &str = "read registered model";
        let wanted = name.to_owned();
        self.read(OP, name.to_owned(), move |tx| {
            let description = description(tx, OP, &wanted)?;
            let aliases = version::aliases(tx, &wanted)?;
            let latest_versions = version::newest_by_stage(tx, &wanted, &aliases)?;
            let tags = "SELECT key, value FROM registered_model_tags WHERE name = ?1";
            let tags = pairs(tx, tags, &wanted)?;
            Ok(RegisteredModel { name: wanted, description, tags, aliases, latest_versions })
        })
        .await
    }

    async fn create_registered_model(&self, name: &str, description: Option<&str>) -> Result<()> {
        const OP: &str = "create registered model";
        limits::check_model_name(OP, name)?;
        let (wanted, description) = (name.to_owned(), description.map(str::to_owned));
        let now_ms = self.inner.clock.now_ms();
        self.write(OP, name.to_owned(), move |tx| {
            if tx.prepare("SELECT 1 FROM registered_models WHERE name = ?1")?.exists([&wanted])? {
                return Err(Error::new(ErrorKind::AlreadyExists, OP, wanted, "the name is taken")
                    .with_error_code("RESOURCE_ALREADY_EXISTS")
                    .into());
            }
            tx.execute(
                "INSERT INTO registered_models (name, creation_time, last_updated_time, \
                 description) VALUES (?1, ?2, ?2, ?3)",
                params![wanted, now_ms, description],
            )?;
            Ok(())
        })
        .await
    }

    async fn create_version(&self, new: &NewModelVersion) -> Result<ModelVersion> {
        const OP: &str = "register a version of";
        // Where the files are does not change, so it is asked before the lock is taken.
        let storage = resolve::artifact_location(self, self, &new.source).await?;
        let (new, now_ms) = (new.clone(), self.inner.clock.now_ms());
        self.write(OP, new.name.clone(), move |tx| insert(tx, OP, &new, &storage, now_ms)).await
    }

    async fn get_version(&self, name: &str, version: Version) -> Result<ModelVersion> {
        const OP: &str = "read model version";
        let wanted = name.to_owned();
        self.read(OP, name.to_owned(), move |tx| version::read(tx, OP, &wanted, version)).await
    }

    async fn versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        const OP: &str = "list versions of";
        let wanted = name.to_owned();
        self.read(OP, name.to_owned(), move |tx| {
            description(tx, OP, &wanted)?;
            version::all(tx, &wanted)
        })
        .await
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
        let (wanted, now_ms) = (name.to_owned(), self.inner.clock.now_ms());
        self.write(OP, name.to_owned(), move |tx| {
            version::read(tx, OP, &wanted, version)?;
            if archive_existing {
                tx.execute(
                    "UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ?4 \
                     WHERE name = ?1 AND version <> ?2 AND current_stage = ?3",
                    params![wanted, version.number(), stage.as_str(), now_ms],
                )?;
            }
            tx.execute(
                "UPDATE model_versions SET current_stage = ?3, last_updated_time = ?4 \
                 WHERE name = ?1 AND version = ?2",
                params![wanted, version.number(), stage.as_str(), now_ms],
            )?;
            touch(tx, &wanted, now_ms)?;
            version::read(tx, OP, &wanted, version)
        })
        .await
    }

    async fn set_alias(&self, name: &str, alias: &str, version: Version) -> Result<()> {
        const OP: &str = "set an alias of";
        limits::check_alias(OP, alias)?;
        let (wanted, alias) = (name.to_owned(), alias.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            version::read(tx, OP, &wanted, version)?;
            let changed = tx.execute(
                "UPDATE registered_model_aliases SET version = ?3 WHERE name = ?1 AND alias = ?2",
                params![wanted, alias, version.number()],
            )?;
            if changed == 0 {
                tx.execute(
                    "INSERT INTO registered_model_aliases (name, alias, version) \
                     VALUES (?1, ?2, ?3)",
                    params![wanted, alias, version.number()],
                )?;
            }
            Ok(())
        })
        .await
    }

    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        const OP: &str = "delete an alias of";
        let (wanted, alias) = (name.to_owned(), alias.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            description(tx, OP, &wanted)?;
            tx.execute(
                "DELETE FROM registered_model_aliases WHERE name = ?1 AND alias = ?2",
                params![wanted, alias],
            )?;
            Ok(())
        })
        .await
    }

    async fn delete_version(&self, name: &str, version: Version) -> Result<()> {
        const OP: &str = "delete model version";
        let (wanted, now_ms) = (name.to_owned(), self.inner.clock.now_ms());
        self.write(OP, name.to_owned(), move |tx| {
            version::read(tx, OP, &wanted, version)?;
            tx.execute(
                "DELETE FROM registered_model_aliases WHERE name = ?1 AND version = ?2",
                params![wanted, version.number()],
            )?;
            // As MLflow leaves a deleted version: the number stays taken, the rest is blanked.
            tx.execute(
                "UPDATE model_versions SET current_stage = 'Deleted_Internal', \
                 last_updated_time = ?3, description = NULL, user_id = NULL, \
                 status_message = NULL, source = 'REDACTED-SOURCE-PATH', \
                 run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK' \
                 WHERE name = ?1 AND version = ?2",
                params![wanted, version.number(), now_ms],
            )?;
            touch(tx, &wanted, now_ms)
        })
        .await
    }

    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        let source = self.get_version(name, version).await?.source;
        resolve::artifact_location(self, self, &source).await
    }

    async fn set_model_tag(&self, name: &str, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of registered model";
        limits::check_registry_tag(OP, key, value)?;
        let (wanted, key, value) = (name.to_owned(), key.to_owned(), value.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            description(tx, OP, &wanted)?;
            version::set_model_tag(tx, &wanted, &key, &value)
        })
        .await
    }

    async fn delete_model_tag(&self, name: &str, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of registered model";
        let (wanted, key) = (name.to_owned(), key.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            description(tx, OP, &wanted)?;
            tx.execute(
                "DELETE FROM registered_model_tags WHERE name = ?1 AND key = ?2",
                params![wanted, key],
            )?;
            Ok(())
        })
        .await
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
        let (wanted, key, value) = (name.to_owned(), key.to_owned(), value.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            version::read(tx, OP, &wanted, version)?;
            version::set_tag(tx, &wanted, version, &key, &value)
        })
        .await
    }

    async fn delete_version_tag(&self, name: &str, version: Version, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of a version of";
        let (wanted, key) = (name.to_owned(), key.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            version::read(tx, OP, &wanted, version)?;
            tx.execute(
                "DELETE FROM model_version_tags WHERE name = ?1 AND version = ?2 AND key = ?3",
                params![wanted, version.number(), key],
            )?;
            Ok(())
        })
        .await
    }
}

/// Returns the description of a registered model, which must exist.
fn description(
    tx: &Transaction<'_>,
    op: &'static str,
    name: &str,
) -> Result<Option<String>, Failure> {
    let found: Option<Option<String>> = tx
        .query_row("SELECT description FROM registered_models WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()?;
    match found {
        Some(text) => Ok(text.filter(|text| !text.is_empty())),
        None => Err(rules::no_model(op, name).into()),
    }
}

fn touch(tx: &Transaction<'_>, name: &str, now_ms: i64) -> Result<(), Failure> {
    tx.execute(
        "UPDATE registered_models SET last_updated_time = ?2 WHERE name = ?1",
        params![name, now_ms],
    )?;
    Ok(())
}

fn insert(
    tx: &Transaction<'_>,
    op: &'static str,
    new: &NewModelVersion,
    storage: &str,
    now_ms: i64,
) -> Result<ModelVersion, Failure> {
    description(tx, op, &new.name)?;
    // Deleted versions count: their numbers stay taken.
    let number: u32 = tx.query_row(
        "SELECT coalesce(max(version), 0) + 1 FROM model_versions WHERE name = ?1",
        [&new.name],
        |row| row.get(0),
    )?;
    tx.execute(
        "INSERT INTO model_versions (name, version, creation_time, last_updated_time, \
         description, current_stage, source, run_id, status, storage_location) \
         VALUES (?1, ?2, ?3, ?3, ?4, 'None', ?5, ?6, 'READY', ?7)",
        params![
            new.name,
            number,
            now_ms,
            new.description,
            new.source,
            new.run_id.as_ref().map(RunId::as_str),
            storage
        ],
    )?;
    let mut tag = tx.prepare(
        "INSERT INTO model_version_tags (name, version, key, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let tags: std::collections::BTreeMap<_, _> = new.tags.iter().map(|(k, v)| (k, v)).collect();
    for (key, value) in tags {
        limits::check_key(op, key)?;
        tag.execute(params![new.name, number, key, value])?;
    }
    if let Some(model) = rules::logged_model_of(new) {
        logged_model::add_version(tx, op, &model, &new.name, number)?;
    }
    touch(tx, &new.name, now_ms)?;
    version::read(tx, op, &new.name, Version::new(number))
}
