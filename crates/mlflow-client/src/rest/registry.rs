//! Registered models, versions, stages and aliases over REST.

use async_trait::async_trait;
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::tracking::pair;
use super::{RestStore, registered, wire};
use crate::entity::{ModelVersion, NewModelVersion, RegisteredModel, Stage};
use crate::error::{ErrorKind, Result};
use crate::id::Version;
use crate::registry::RegistryStore;
use crate::search::{Page, Search};
use crate::{limits, resolve, rules};

#[async_trait]
impl RegistryStore for RestStore {
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        const OP: &str = "read registered model";
        let call = self.get(OP, name, "registered-models/get").query("name", name).poll();
        let answer: wire::RegisteredModelAnswer = self.http.json(&call).await?;
        registered::read_model(OP, answer.registered_model)
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
        // As the server does, so that a version whose answer was lost is known by its source.
        let source = resolve::settled(self, &new.source).await?;
        let new = &NewModelVersion { source, ..new.clone() };
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
        let read =
            |answer: wire::ModelVersionAnswer| registered::read_version(OP, answer.model_version);
        self.make(call, read, || self.version_like(new)).await
    }

    async fn get_version(&self, name: &str, version: Version) -> Result<ModelVersion> {
        const OP: &str = "read model version";
        let call = self
            .get(OP, name, "model-versions/get")
            .query("name", name)
            .query("version", &version.to_string());
        let answer: wire::ModelVersionAnswer = self.http.json(&call).await?;
        registered::read_version(OP, answer.model_version)
    }

    async fn versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        const OP: &str = "list versions of";
        let mut versions = self.versions_of(OP, name).await?;
        // A search finds nothing both for a model without versions and for no model, and says
        // nothing of aliases.
        let aliases = self.get_registered_model(name).await?.aliases;
        registered::name_versions(&mut versions, &aliases);
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
        registered::read_version(OP, answer.model_version)
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
        self.delete_aliases_of(name, version).await
    }

    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        let call = self
            .get("find the files of", name, "model-versions/get-download-uri")
            .query("name", name)
            .query("version", &version.to_string());
        let answer: wire::DownloadUri = self.http.json(&call).await?;
        // The server follows `models:/`, but hands `runs:/` back as it stands.
        resolve::artifact_location(self, &answer.artifact_uri).await
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

    async fn set_version_tag(&self, name: &str, of: Version, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of a version of";
        limits::check_registry_tag(OP, key, value)?;
        let version = of.to_string();
        let body = json!({ "name": name, "version": version, "key": key, "value": value });
        self.command(OP, name, "model-versions/set-tag", &body).await
    }

    async fn delete_version_tag(&self, name: &str, version: Version, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of a version of";
        let body = json!({ "name": name, "version": version.to_string(), "key": key });
        self.delete(OP, name, "model-versions/delete-tag", &body).await
    }

    async fn rename_registered_model(&self, name: &str, to: &str) -> Result<RegisteredModel> {
        const OP: &str = "rename registered model";
        limits::check_model_name(OP, to)?;
        let body = json!({ "name": name, "new_name": to });
        let call = self.post(OP, name, "registered-models/rename").json(&body).once();
        match self.http.json::<wire::RegisteredModelAnswer>(&call).await {
            Ok(answer) => registered::read_model(OP, answer.registered_model),
            // The server's own words are those of its database.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(rules::name_taken(OP, to).with_source(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn update_registered_model(
        &self,
        name: &str,
        description: &str,
    ) -> Result<RegisteredModel> {
        const OP: &str = "describe registered model";
        let body = json!({ "name": name, "description": description });
        let call = self.http.call(Method::PATCH, OP, name, "registered-models/update").json(&body);
        let answer: wire::RegisteredModelAnswer = self.http.json(&call).await?;
        registered::read_model(OP, answer.registered_model)
    }

    async fn delete_registered_model(&self, name: &str) -> Result<()> {
        const OP: &str = "delete registered model";
        let body = json!({ "name": name });
        let call = self.http.call(Method::DELETE, OP, name, "registered-models/delete");
        let _answer: IgnoredAny = self.http.json(&call.json(&body).once()).await?;
        Ok(())
    }

    async fn update_model_version(
        &self,
        name: &str,
        version: Version,
        description: &str,
    ) -> Result<ModelVersion> {
        const OP: &str = "describe a version of";
        let version = version.to_string();
        let body = json!({ "name": name, "version": version, "description": description });
        let call = self.http.call(Method::PATCH, OP, name, "model-versions/update").json(&body);
        let answer: wire::ModelVersionAnswer = self.http.json(&call).await?;
        registered::read_version(OP, answer.model_version)
    }

    async fn search_registered_models(&self, search: &Search) -> Result<Page<RegisteredModel>> {
        const OP: &str = "search registered models";
        let path = "registered-models/search";
        let call = self.search_call::<RegisteredModel>(OP, &search.filter, path, search)?;
        let page: wire::RegisteredModelPage = self.http.json(&call).await?;
        let models = page.registered_models.into_iter();
        Ok(Page {
            items: models.map(|model| registered::read_model(OP, model)).collect::<Result<_>>()?,
            next_page_token: page.next_page_token,
        })
    }

    async fn search_model_versions(&self, search: &Search) -> Result<Page<ModelVersion>> {
        const OP: &str = "search model versions";
        let path = "model-versions/search";
        let call = self.search_call::<ModelVersion>(OP, &search.filter, path, search)?;
        let page: wire::ModelVersionPage = self.http.json(&call).await?;
        let found = page.model_versions.into_iter();
        Ok(Page {
            items: found
                .map(|version| registered::read_version(OP, version))
                .collect::<Result<_>>()?,
            next_page_token: page.next_page_token,
        })
    }

    async fn get_model_version_by_alias(&self, name: &str, alias: &str) -> Result<ModelVersion> {
        const OP: &str = "read the version of an alias of";
        limits::check_alias_name(OP, alias)?;
        let call =
            self.get(OP, name, "registered-models/alias").query("name", name).query("alias", alias);
        match self.http.json::<wire::ModelVersionAnswer>(&call).await {
            Ok(answer) => registered::read_version(OP, answer.model_version),
            // The name was checked, so this is the answer for an alias that is not there.
            Err(error) if error.error_code() == Some("INVALID_PARAMETER_VALUE") => {
                Err(rules::no_alias(OP, name, alias))
            }
            Err(error) => Err(error),
        }
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

    /// Deletes the aliases of a version that is gone: servers before 3.13 leave them behind.
    async fn delete_aliases_of(&self, name: &str, version: Version) -> Result<()> {
        for (alias, named) in self.get_registered_model(name).await?.aliases {
            if named == version {
                self.delete_alias(name, &alias).await?;
            }
        }
        Ok(())
    }

    /// Looks for the version that registering `new` made.
    async fn version_like(&self, new: &NewModelVersion) -> Result<Option<ModelVersion>> {
        let versions = self.versions_of("register a version of", &new.name).await?;
        Ok(versions.into_iter().find(|version| is_of(version, new)))
    }
}

/// Whether `version` is what registering `new` makes.
fn is_of(version: &ModelVersion, new: &NewModelVersion) -> bool {
    version.source == new.source
        && (new.run_id.is_none() || version.run_id == new.run_id)
        && new.tags.iter().all(|(key, value)| version.tags.get(key) == Some(value))
}
