//! Registered models, stages and aliases in the file.

use async_trait::async_trait;
use rusqlite::params;

use super::{EmbeddedStore, registered, version};
use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage};
use crate::error::Result;
use crate::id::Version;
use crate::registry::RegistryStore;
use crate::search::{self, Page, Search};
use crate::{limits, resolve, rules};

#[async_trait]
impl RegistryStore for EmbeddedStore {
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        const OP: &str = "read registered model";
        let wanted = name.to_owned();
        self.read(OP, name.to_owned(), move |tx| registered::read(tx, OP, &wanted)).await
    }

    async fn create_registered_model(&self, name: &str, description: Option<&str>) -> Result<()> {
        const OP: &str = "create registered model";
        limits::check_model_name(OP, name)?;
        let (wanted, description) = (name.to_owned(), description.map(str::to_owned));
        let now_ms = self.inner.clock.now_ms();
        self.write(OP, name.to_owned(), move |tx| {
            if registered::exists(tx, &wanted)? {
                return Err(rules::name_taken(OP, &wanted).into());
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
        let lineage = resolve::lineage(self, new).await?;
        let (new, now_ms) = (new.clone(), self.inner.clock.now_ms());
        self.write(OP, new.name.clone(), move |tx| version::insert(tx, OP, &new, &lineage, now_ms))
            .await
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
            registered::check(tx, OP, &wanted)?;
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
            registered::touch(tx, &wanted, now_ms)?;
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
        limits::check_alias_name(OP, alias)?;
        let (wanted, alias) = (name.to_owned(), alias.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            registered::check(tx, OP, &wanted)?;
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
            registered::touch(tx, &wanted, now_ms)
        })
        .await
    }

    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        const OP: &str = "find the files of";
        let wanted = name.to_owned();
        let noted =
            self.read(OP, name.to_owned(), move |tx| version::storage(tx, OP, &wanted, version));
        // What MLflow registered may still be a `runs:/` there.
        resolve::artifact_location(self, &noted.await?).await
    }

    async fn set_model_tag(&self, name: &str, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of registered model";
        limits::check_registry_tag(OP, key, value)?;
        let (wanted, key, value) = (name.to_owned(), key.to_owned(), value.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            registered::check(tx, OP, &wanted)?;
            registered::set_tag(tx, &wanted, &key, &value)
        })
        .await
    }

    async fn delete_model_tag(&self, name: &str, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of registered model";
        let (wanted, key) = (name.to_owned(), key.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            registered::check(tx, OP, &wanted)?;
            tx.execute(
                "DELETE FROM registered_model_tags WHERE name = ?1 AND key = ?2",
                params![wanted, key],
            )?;
            Ok(())
        })
        .await
    }

    async fn set_version_tag(&self, name: &str, of: Version, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of a version of";
        limits::check_registry_tag(OP, key, value)?;
        let (wanted, key, value) = (name.to_owned(), key.to_owned(), value.to_owned());
        self.write(OP, name.to_owned(), move |tx| {
            version::read(tx, OP, &wanted, of)?;
            version::set_tag(tx, &wanted, of, &key, &value)
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

    async fn rename_registered_model(&self, name: &str, to: &str) -> Result<RegisteredModel> {
        const OP: &str = "rename registered model";
        limits::check_model_name(OP, to)?;
        let (wanted, to, now_ms) = (name.to_owned(), to.to_owned(), self.inner.clock.now_ms());
        self.write(OP, name.to_owned(), move |tx| registered::rename(tx, OP, &wanted, &to, now_ms))
            .await
    }

    async fn update_registered_model(
        &self,
        name: &str,
        description: &str,
    ) -> Result<RegisteredModel> {
        const OP: &str = "describe registered model";
        let (wanted, text) = (name.to_owned(), description.to_owned());
        let now_ms = self.inner.clock.now_ms();
        self.write(OP, name.to_owned(), move |tx| {
            tx.execute(
                "UPDATE registered_models SET description = ?2, last_updated_time = ?3 \
                 WHERE name = ?1",
                params![wanted, text, now_ms],
            )?;
            registered::read(tx, OP, &wanted)
        })
        .await
    }

    async fn delete_registered_model(&self, name: &str) -> Result<()> {
        const OP: &str = "delete registered model";
        let wanted = name.to_owned();
        self.write(OP, name.to_owned(), move |tx| registered::delete(tx, OP, &wanted)).await
    }

    async fn update_model_version(
        &self,
        name: &str,
        version: Version,
        description: &str,
    ) -> Result<ModelVersion> {
        const OP: &str = "describe a version of";
        let (wanted, text) = (name.to_owned(), description.to_owned());
        let now_ms = self.inner.clock.now_ms();
        self.write(OP, name.to_owned(), move |tx| {
            // A deleted one is there too, and stays as it is.
            version::read(tx, OP, &wanted, version)?;
            tx.execute(
                "UPDATE model_versions SET description = ?3, last_updated_time = ?4 \
                 WHERE name = ?1 AND version = ?2",
                params![wanted, version.number(), text, now_ms],
            )?;
            version::read(tx, OP, &wanted, version)
        })
        .await
    }

    async fn search_registered_models(&self, search: &Search) -> Result<Page<RegisteredModel>> {
        const OP: &str = "search registered models";
        let found = self.read(OP, search.filter.clone(), |tx| registered::all(tx, OP)).await?;
        search::page(OP, found, search)
    }

    async fn search_model_versions(&self, search: &Search) -> Result<Page<ModelVersion>> {
        const OP: &str = "search model versions";
        let found = self.read(OP, search.filter.clone(), version::of_all_models).await?;
        search::page(OP, found, search)
    }
}
