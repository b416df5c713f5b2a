//! Registered models, versions, stages and aliases over REST.

use async_trait::async_trait;
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::tracking::pair;
use super::{RestStore, wire};
use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage, VersionStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{RunId, Version};
use crate::registry::RegistryStore;
use crate::{limits, resolve, rules};

/// Versions in one page.
const VERSIONS_PAGE: &str = "1000";

/// Pages that are followed: a million versions.
const PAGES_MAX: usize = 1000;

#[async_trait]
impl RegistryStore for RestStore {
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        const OP: &str = "read registered model";
        let call = self.get(OP, name, "registered-models/get").query("name", name).poll();
        let answer: wire::RegisteredModelAnswer = self.http.json(&call).await?;
        let model = answer.registered_model;
        let aliases = model
            .aliases
            .into_iter()
            .map(|alias| Ok((alias.alias, number(OP, name, &alias.version)?)));
        let versions = model.latest_versions.into_iter().map(|version| read_version(OP, version));
        Ok(RegisteredModel {
            name: model.name,
            description: model.description.filter(|text| !text.is_empty()),
            tags: model.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
            aliases: aliases.collect::<Result<_>>()?,
            latest_versions: versions.collect::<Result<_>>()?,
        })
    }

    async fn create_registered_model(&self, name: &str, description: Option<&str>) -> Result<()> {
        const OP: &str = "create registered model";
        limits::check_model_name(OP, name)?;
        let mut body = json!({ "name": name });
        if let Some(description) = description {
            body["description"] = json!(description);
        }
        let call = self.post(OP, name, "registered-models/create").json(&body);
        let find = async || match self.get_registered_model(name).await {
            Ok(_) => Ok(Some(())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        };
        self.make(call, |_: IgnoredAny| Ok(()), find).await
    }

    async fn create_version(&self, new: &NewModelVersion) -> Result<ModelVersion> {
        const OP: &str = "register a version of";
        new.tags.iter().try_for_each(|(key, _)| limits::check_key(OP, key))?;
        let tags: Vec<_> = new.tags.iter().map(|(key, value)| pair(key, value)).collect();
        let mut body = json!({ "name": new.name, "source": new.source, "tags": tags });
        if let Some(run) = &new.run_id {
            body["run_id"] = json!(run.as_str());
        }
        if let Some(model) = rules::logged_model_of(new) {
            body["model_id"] = json!(model.as_str());
        }
        if let Some(description) = &new.description {
            body["description"] = json!(description);
        }
        let call = self.post(OP, &new.name, "model-versions/create").json(&body);
        let read = |answer: wire::ModelVersionAnswer| read_version(OP, answer.model_version);
        self.make(call, read, || self.version_like(new)).await
    }

    async fn get_version(&self, name: &str, version: Version) -> Result<ModelVersion> {
        const OP: &str = "read model version";
        let call = self
            .get(OP, name, "model-versions/get")
            .query("name", name)
            .query("version", &version.to_string());
        let answer: wire::ModelVersionAnswer = self.http.json(&call).await?;
        read_version(OP, answer.model_version)
    }

    async fn versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        const OP: &str = "list versions of";
        let filter = name_filter(OP, name)?;
        let mut versions = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES_MAX {
            let mut call = self
                .get(OP, name, "model-versions/search")
                .query("filter", &filter)
                .query("max_results", VERSIONS_PAGE);
            if !token.is_empty() {
                call = call.query("page_token", &token);
            }
            let page: wire::ModelVersionPage = self.http.json(&call).await?;
            for version in page.model_versions {
                versions.push(read_version(OP, version)?);
            }
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        if versions.is_empty() {
            // A search finds nothing both for a model without versions and for no model.
            self.get_registered_model(name).await?;
        }
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        Ok(versions)
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
        let body = json!({
            "name": name,
            "version": version.to_string(), // a number is refused
            "stage": stage.as_str(),
            "archive_existing_versions": archive_existing,
        });
        let call = self.post(OP, name, "model-versions/transition-stage").json(&body);
        let answer: wire::ModelVersionAnswer = self.http.json(&call).await?;
        read_version(OP, answer.model_version)
    }

    async fn set_alias(&self, name: &str, alias: &str, version: Version) -> Result<()> {
        const OP: &str = "set an alias of";
        limits::check_alias(OP, alias)?;
        let body = json!({ "name": name, "alias": alias, "version": version.to_string() });
        self.command(OP, name, "registered-models/alias", &body).await
    }

    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        const OP: &str = "delete an alias of";
        let body = json!({ "name": name, "alias": alias });
        self.delete(OP, name, "registered-models/alias", &body).await
    }

    async fn delete_version(&self, name: &str, version: Version) -> Result<()> {
        const OP: &str = "delete model version";
        let body = json!({ "name": name, "version": version.to_string() });
        let call =
            self.http.call(Method::DELETE, OP, name, "model-versions/delete").json(&body).once();
        let _answer: IgnoredAny = self.http.json(&call).await?;
        Ok(())
    }

    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        let call = self
            .get("find the files of", name, "model-versions/get-download-uri")
            .query("name", name)
            .query("version", &version.to_string());
        let answer: wire::DownloadUri = self.http.json(&call).await?;
        // The server follows `models:/`, but hands `runs:/` back as it stands.
        resolve::artifact_location(self, self, &answer.artifact_uri).await
    }

    async fn set_model_tag(&self, name: &str, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of registered model";
        limits::check_registry_tag(OP, key, value)?;
        let body = json!({ "name": name, "key": key, "value": value });
        self.command(OP, name, "registered-models/set-tag", &body).await
    }

    async fn delete_model_tag(&self, name: &str, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of registered model";
        let body = json!({ "name": name, "key": key });
        self.delete(OP, name, "registered-models/delete-tag", &body).await
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
        let version = version.to_string();
        let body = json!({ "name": name, "version": version, "key": key, "value": value });
        self.command(OP, name, "model-versions/set-tag", &body).await
    }

    async fn delete_version_tag(&self, name: &str, version: Version, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of a version of";
        let body = json!({ "name": name, "version": version.to_string(), "key": key });
        self.delete(OP, name, "model-versions/delete-tag", &body).await
    }
}

impl RestStore {
    /// Deletes something that may be gone already.
    async fn delete(
        &self,
        op: &'static str,
        subject: &str,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<()> {
        let call = self.http.call(Method::DELETE, op, subject, path).json(body);
        let _answer: IgnoredAny = self.http.json(&call).await?;
        Ok(())
    }

    /// Looks for the version that registering `new` made.
    async fn version_like(&self, new: &NewModelVersion) -> Result<Option<ModelVersion>> {
        let versions = self.versions(&new.name).await?;
        Ok(versions.into_iter().find(|version| is_of(version, new)))
    }
}

/// Whether `version` is what registering `new` makes.
fn is_of(version: &ModelVersion, new: &NewModelVersion) -> bool {
    version.source == new.source
        && version.run_id == new.run_id
        && new.tags.iter().all(|(key, value)| version.tags.get(key) == Some(value))
}

/// A filter by name; MLflow's filters have quotes but no way to escape one.
fn name_filter(op: &'static str, name: &str) -> Result<String> {
    let quote = match (name.contains('\''), name.contains('"')) {
        (false, _) => '\'',
        (true, false) => '"',
        (true, true) => {
            let message = "MLflow cannot search for a name with both kinds of quotes";
            return Err(Error::new(ErrorKind::InvalidArgument, op, name, message));
        }
    };
    Ok(format!("name={quote}{name}{quote}"))
}

fn number(op: &'static str, name: &str, text: &str) -> Result<Version> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let message = format!("`{text}` is not the number of a version");
        Error::new(ErrorKind::Protocol, op, name, message).with_source(error)
    })
}

fn read_version(op: &'static str, version: wire::ModelVersion) -> Result<ModelVersion> {
    let stage = match version.current_stage.as_str() {
        "" => Stage::None,
        stage => stage.parse()?,
    };
    let mut aliases = version.aliases;
    aliases.sort_unstable();
    Ok(ModelVersion {
        version: number(op, &version.name, &version.version)?,
        name: version.name,
        stage,
        source: version.source,
        run_id: version.run_id.filter(|id| !id.is_empty()).map(RunId::new),
        status: VersionStatus::parse(&version.status),
        description: version.description.filter(|text| !text.is_empty()),
        aliases,
        tags: version.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        creation_time_ms: version.creation_timestamp,
        last_updated_time_ms: version.last_updated_timestamp,
    })
}
