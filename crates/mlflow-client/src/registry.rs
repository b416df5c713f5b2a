//! Registered models, their versions, stages and aliases.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage};
use crate::error::{Error, Result};
use crate::id::Version;

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
}
