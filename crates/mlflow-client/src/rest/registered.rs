//! Registered models and versions, as they come over REST.

use std::collections::BTreeMap;

use super::http::Call;
use super::{RestStore, wire};
use crate::entity::{ModelVersion, RegisteredModel, Stage, VersionStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{RunId, Version};
use crate::search::{Search, Searchable};

/// Versions in one page.
const VERSIONS_PAGE: u32 = 1000;

/// Pages that are followed: a million versions.
const PAGES_MAX: usize = 1000;

impl RestStore {
    /// Reads all versions of a model, if there is one, without their aliases; the highest number
    /// comes first.
    pub(super) async fn versions_of(
        &self,
        op: &'static str,
        name: &str,
    ) -> Result<Vec<ModelVersion>> {
        let mut search = Search::new(name_filter(op, name)?).with_max_results(VERSIONS_PAGE);
        let mut versions = Vec::new();
        for _ in 0..PAGES_MAX {
            let call = self.search_call::<ModelVersion>(op, name, "model-versions/search", &search);
            let page: wire::ModelVersionPage = self.http.json(&call?).await?;
            for version in page.model_versions {
                versions.push(read_version(op, version)?);
            }
            search.page_token = page.next_page_token;
            if search.page_token.is_none() {
                break;
            }
        }
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        Ok(versions)
    }

    /// A search in the registry, which is a GET.
    pub(super) fn search_call<T: Searchable>(
        &self,
        op: &'static str,
        subject: &str,
        path: &str,
        search: &Search,
    ) -> Result<Call> {
        search.check::<T>(op)?;
        let mut call = self
            .get(op, subject, path)
            .query("filter", &search.filter)
            .query("max_results", &search.max_results.to_string());
        for order in &search.order_by {
            call = call.query("order_by", order);
        }
        Ok(match &search.page_token {
            Some(token) => call.query("page_token", token),
            None => call,
        })
    }
}

/// Gives versions their aliases, which MLflow leaves out where it lists them.
pub(super) fn name_versions(versions: &mut [ModelVersion], aliases: &BTreeMap<String, Version>) {
    for version in versions {
        let named = aliases.iter().filter(|(_, number)| **number == version.version);
        version.aliases = named.map(|(alias, _)| alias.clone()).collect();
    }
}

/// Reads a registered model.
pub(super) fn read_model(
    op: &'static str,
    model: wire::RegisteredModel,
) -> Result<RegisteredModel> {
    let number = |alias: wire::Alias| Ok((alias.alias, number(op, &model.name, &alias.version)?));
    let aliases = model.aliases.into_iter().map(number).collect::<Result<_>>()?;
    let versions = model.latest_versions.into_iter().map(|version| read_version(op, version));
    let mut latest_versions = versions.collect::<Result<Vec<_>>>()?;
    name_versions(&mut latest_versions, &aliases);
    Ok(RegisteredModel {
        name: model.name,
        description: model.description.filter(|text| !text.is_empty()),
        tags: model.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        aliases,
        latest_versions,
        creation_time_ms: model.creation_timestamp,
        last_updated_time_ms: model.last_updated_timestamp,
    })
}

/// A filter by name; MLflow's filters have quotes but no way to escape one.
pub(super) fn name_filter(op: &'static str, name: &str) -> Result<String> {
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

/// Reads a version.
pub(super) fn read_version(op: &'static str, version: wire::ModelVersion) -> Result<ModelVersion> {
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
