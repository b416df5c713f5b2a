//! Registered models, their versions, stages and aliases.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Version;
use crate::search::{Page, Search};
use crate::select::newest;
use crate::{limits, rules};

/// Keeps registered models, their versions, stages and aliases.
///
/// Every method fails with [`NotFound`](crate::ErrorKind::NotFound) if the model, the version
/// or the alias does not exist.
#[async_trait]
pub trait RegistryStore: Debug + Send + Sync {
    /// Returns a registered model with its aliases and the newest version of each stage.
    ///
    /// One cheap call: this is what a watcher polls.
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel>;

    /// Creates a registered model; [`AlreadyExists`](crate::ErrorKind::AlreadyExists) if the
    /// name is taken.
    async fn create_registered_model(&self, name: &str, description: Option<&str>) -> Result<()>;

    /// Registers the next version, in stage `None`. Not safe to repeat.
    ///
    /// When the server's answer is lost, the version with this run, source and tags is returned
    /// if it is there.
    async fn create_version(&self, version: &NewModelVersion) -> Result<ModelVersion>;

    /// Returns one version.
    async fn get_version(&self, name: &str, version: Version) -> Result<ModelVersion>;

    /// Returns all versions, the highest number first.
    async fn versions(&self, name: &str) -> Result<Vec<ModelVersion>>;

    /// Moves a version to a stage.
    ///
    /// With `archive_existing`, the versions that are in that stage go to `Archived`; MLflow
    /// allows that only for `Staging` and `Production`. Safe to repeat.
    async fn transition_stage(
        &self,
        name: &str,
        version: Version,
        stage: Stage,
        archive_existing: bool,
    ) -> Result<ModelVersion>;

    /// Makes `alias` name `version`, whatever it named before. Safe to repeat.
    async fn set_alias(&self, name: &str, alias: &str, version: Version) -> Result<()>;

    /// Removes an alias; one that does not exist is no error.
    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()>;

    /// Deletes a version and the aliases that name it.
    async fn delete_version(&self, name: &str, version: Version) -> Result<()>;

    /// Returns where the files of a version lie, as a URI that
    /// [`ArtifactStore`](crate::ArtifactStore) takes: `models:/` and `runs:/` are followed.
    async fn download_uri(&self, name: &str, version: Version) -> Result<String>;

    /// Sets a tag of a registered model; the last value wins.
    ///
    /// This method and those below have a default that refuses, so that a store made for fewer
    /// purposes need not repeat that; the stores of this crate have them all.
    async fn set_model_tag(&self, name: &str, _key: &str, _value: &str) -> Result<()> {
        Err(Error::unsupported("set a tag of registered model", name))
    }

    /// Removes a tag of a registered model; one that is not there is no error.
    async fn delete_model_tag(&self, name: &str, _key: &str) -> Result<()> {
        Err(Error::unsupported("delete a tag of registered model", name))
    }

    /// Sets a tag of a version; the last value wins.
    async fn set_version_tag(
        &self,
        name: &str,
        _version: Version,
        _key: &str,
        _value: &str,
    ) -> Result<()> {
        Err(Error::unsupported("set a tag of a version of", name))
    }

    /// Removes a tag of a version; one that is not there is no error.
    async fn delete_version_tag(&self, name: &str, _version: Version, _key: &str) -> Result<()> {
        Err(Error::unsupported("delete a tag of a version of", name))
    }

    /// Gives a registered model another name, which must be free; versions, tags and aliases go
    /// along.
    ///
    /// What was copied from its versions is found as before, but still says the old name in
    /// [`source`](ModelVersion::source).
    async fn rename_registered_model(
        &self,
        name: &str,
        _new_name: &str,
    ) -> Result<RegisteredModel> {
        Err(Error::unsupported("rename registered model", name))
    }

    /// Sets the description of a registered model; an empty one removes it. Safe to repeat.
    async fn update_registered_model(
        &self,
        name: &str,
        _description: &str,
    ) -> Result<RegisteredModel> {
        Err(Error::unsupported("describe registered model", name))
    }

    /// Deletes a registered model with its versions, tags and aliases, for good.
    ///
    /// Files stay where they are. Another model of that name starts at version 1 again.
    async fn delete_registered_model(&self, name: &str) -> Result<()> {
        Err(Error::unsupported("delete registered model", name))
    }

    /// Sets the description of a version; an empty one removes it. Safe to repeat.
    async fn update_model_version(
        &self,
        name: &str,
        _version: Version,
        _description: &str,
    ) -> Result<ModelVersion> {
        Err(Error::unsupported("describe a version of", name))
    }

    /// Finds registered models by `name` and tags; ordered by `name`, unless asked for
    /// `last_updated_timestamp`.
    ///
    /// At most 1,000 in one page. Nothing is deleted here that could be in view, so the search's
    /// view is not looked at. MLflow keeps prompts among the models: they are found only by a
    /// filter that names ``tags.`mlflow.prompt.is_prompt` ``.
    async fn search_registered_models(&self, search: &Search) -> Result<Page<RegisteredModel>> {
        Err(Error::unsupported("search registered models", &search.filter))
    }

    /// Finds versions of all models by `name`, `version_number`, `run_id`, `source_path` and
    /// tags; the last changed come first, unless another order is asked for (`name`,
    /// `version_number`, `creation_timestamp`, `last_updated_timestamp`).
    ///
    /// As MLflow does, it cannot ask for a stage or an alias, and leaves
    /// [`aliases`](ModelVersion::aliases) empty in what it finds. At most 200,000 in one page.
    async fn search_model_versions(&self, search: &Search) -> Result<Page<ModelVersion>> {
        Err(Error::unsupported("search model versions", &search.filter))
    }

    /// Returns the highest version of each of these stages that has one; of all stages if none
    /// is given.
    async fn get_latest_versions(&self, name: &str, stages: &[Stage]) -> Result<Vec<ModelVersion>> {
        let mut latest = self.get_registered_model(name).await?.latest_versions;
        latest.retain(|version| stages.is_empty() || stages.contains(&version.stage));
        Ok(latest)
    }

    /// Returns the version that an alias names; `latest`, in any case, is the highest of all.
    async fn get_model_version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion> {
        const OP: &str = "read the version of an alias of";
        limits::check_alias_name(OP, alias)?;
        let model = self.get_registered_model(name).await?;
        if alias.eq_ignore_ascii_case("latest") {
            let found = newest(&model.latest_versions).cloned();
            return found.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, OP, name, "it has no version")
                    .with_error_code("RESOURCE_DOES_NOT_EXIST")
            });
        }
        match model.aliases.get(alias) {
            Some(&version) => self.get_version(name, version).await,
            None => Err(rules::no_alias(OP, name, alias)),
        }
    }

    /// Registers a version once more, as the next version of the model `to`, which is made if it
    /// is not there: what MLflow's UI calls to promote a model. Not safe to repeat.
    ///
    /// The copy has the run, the description and the tags of the original, no alias and no
    /// stage, and `models:/NAME/VERSION` as its source.
    async fn copy_model_version(
        &self,
        name: &str,
        version: Version,
        to: &str,
    ) -> Result<ModelVersion> {
        let original = self.get_version(name, version).await?;
        match self.create_registered_model(to, None).await {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.create_version(&NewModelVersion {
            name: to.to_owned(),
            source: format!("models:/{name}/{version}"),
            run_id: original.run_id,
            model_id: None,
            description: original.description,
            tags: original.tags.into_iter().collect(),
        })
        .await
    }
}
