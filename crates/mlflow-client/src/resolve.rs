//! Follows the address of a model to the place where its files lie.

use crate::entity::{NewModelVersion, Run, Stage};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{LoggedModelId, RunId, Version};
use crate::logged_model::LoggedModelSearch;
use crate::registry::RegistryStore;
use crate::store::Store;

/// Versions that were copied from versions; a chain longer than this is taken for a circle.
const HOPS_MAX: usize = 16;

const OP: &str = "find the files of";

/// Returns where the files of a model lie, as a URI that [`ArtifactStore`](crate::ArtifactStore)
/// takes.
///
/// Every form that MLflow's `load_model` takes: `models:/Name/3`, `models:/Name/Production` (the
/// highest version in that stage), `models:/Name/latest` (the highest version of all),
/// `models:/Name@alias`, `models:/m-…`, `runs:/…/model` (among the run's files, or a logged model
/// of that name which the run made), and what is an artifact's address already. A stage is known in any case, an alias in its own only. Versions that were copied
/// from versions are followed to the first.
///
/// # Errors
///
/// [`ErrorKind::NotFound`] if it names nothing, [`ErrorKind::InvalidArgument`] if what follows
/// the name is no version, no stage and not `latest`, [`ErrorKind::Protocol`] if the sources of
/// versions lead round in a circle.
pub async fn resolve_model_uri(store: &dyn Store, uri: &str) -> Result<String> {
    match named_version(store, uri).await? {
        Some((name, version)) => store.download_uri(&name, version).await,
        None => artifact_location(store, uri).await,
    }
}

/// Returns the model and the version that `models:/Name/…` or `models:/Name@…` means; nothing
/// for another address.
async fn named_version(
    registry: &dyn RegistryStore,
    uri: &str,
) -> Result<Option<(String, Version)>> {
    let Some(path) = path_of(uri, "models:")? else { return Ok(None) };
    let (name, version) = match (path.rsplit_once('@'), path.split_once('/')) {
        (_, Some((name, word))) => (name, version_of(registry, name, word).await?),
        (Some((name, alias)), None) => {
            let aliases = registry.get_registered_model(name).await?.aliases;
            (name, aliases.get(alias).copied())
        }
        (None, None) => return Ok(None),
    };
    let Some(version) = version else {
        return Err(Error::new(ErrorKind::NotFound, OP, uri, "it names no version")
            .with_hint("promote a version, or set the alias"));
    };
    Ok(Some((name.to_owned(), version)))
}

/// Returns the version that stands for a number, a stage or `latest`.
async fn version_of(
    registry: &dyn RegistryStore,
    name: &str,
    word: &str,
) -> Result<Option<Version>> {
    if let Ok(version) = word.parse() {
        return Ok(Some(version));
    }
    let stages = if word.eq_ignore_ascii_case("latest") {
        vec![]
    } else {
        vec![word.parse::<Stage>().map_err(|error| {
            error.with_hint(format!("an alias is addressed as `models:/{name}@{word}`"))
        })?]
    };
    let latest = registry.get_latest_versions(name, &stages).await?;
    Ok(crate::select::newest(&latest).map(|version| version.version))
}

/// Returns what follows the scheme, without the slash; nothing if the scheme is another one.
fn path_of<'a>(uri: &'a str, scheme: &str) -> Result<Option<&'a str>> {
    let Some(rest) = uri.strip_prefix(scheme) else { return Ok(None) };
    // An empty host is none.
    let rest = rest.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(rest);
    let path = rest.strip_prefix('/').unwrap_or_default();
    let parts = path.split('/').collect::<Vec<_>>();
    let is_long = scheme == "models:" && parts.len() > 2;
    if is_long || parts[0].trim().is_empty() || (parts.len() == 2 && parts[1].is_empty()) {
        let message = "it is not like `models:/NAME/VERSION`, `models:/NAME@ALIAS`, \
                       `models:/MODEL_ID` or `runs:/RUN_ID/PATH`";
        return Err(Error::new(ErrorKind::InvalidArgument, OP, uri, message));
    }
    Ok(Some(path))
}

/// Returns the artifact URI that `source` stands for, following `models:/` and `runs:/`.
pub(crate) async fn artifact_location(store: &dyn Store, source: &str) -> Result<String> {
    let mut source = source.to_owned();
    for _ in 0..HOPS_MAX {
        if let Some(path) = path_of(&source, "runs:")? {
            let (run, path) = path.split_once('/').unwrap_or((path, ""));
            return place_in_run(store, &store.get_run(&RunId::new(run)).await?, path).await;
        }
        let Some(path) = path_of(&source, "models:")? else { return Ok(source) };
        let Some((name, version)) = named_version(store, &source).await? else {
            return Ok(store.get_logged_model(&LoggedModelId::new(path)).await?.artifact_uri);
        };
        source = store.get_version(&name, version).await?.source;
    }
    Err(Error::new(ErrorKind::Protocol, OP, source, "the versions refer to each other in a circle")
        .with_hint("register the version anew, from the place where its files lie"))
}

/// Returns where `path` of a run lies: with the run's files, or with those of the logged model
/// that the run made under that name, which MLflow 3 keeps apart.
///
/// The logged model goes before, as its files do in Python.
async fn place_in_run(store: &dyn Store, run: &Run, path: &str) -> Result<String> {
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let in_run = join(&run.artifact_uri, path);
    // No logged model has a quote in its name.
    if name.is_empty() || name.contains('\'') {
        return Ok(in_run);
    }
    let filter = format!("name = '{name}' AND source_run_id = '{}'", run.id);
    let search = LoggedModelSearch::new(filter).with_max_results(1);
    let found = store.search_logged_models(std::slice::from_ref(&run.experiment_id), &search).await;
    match found {
        Ok(page) => Ok(page.items.first().map_or(in_run, |model| join(&model.artifact_uri, rest))),
        Err(error) if error.is_retryable() => Err(error),
        // A server of before MLflow 3 has no logged models.
        Err(_) => Ok(in_run),
    }
}

/// Returns a source with a number for a stage or an alias.
pub(crate) async fn settled(registry: &dyn RegistryStore, source: &str) -> Result<String> {
    let version = named_version(registry, source).await?;
    Ok(version
        .map_or_else(|| source.to_owned(), |(name, number)| format!("models:/{name}/{number}")))
}

/// Where a version comes from, settled when it is registered.
#[derive(Debug)]
pub(crate) struct Lineage {
    /// The source, with a number for a stage or an alias.
    pub(crate) source: String,
    /// The run: the one given, or the source's.
    pub(crate) run_id: Option<RunId>,
    /// Where the files lie. They are found there when the original is renamed or deleted.
    pub(crate) storage: String,
}

/// Settles where a new version comes from, as MLflow's server does.
pub(crate) async fn lineage(store: &dyn Store, new: &NewModelVersion) -> Result<Lineage> {
    if let Some((name, version)) = named_version(store, &new.source).await? {
        let original = store.get_version(&name, version).await?;
        if new.run_id.is_some() && new.run_id != original.run_id {
            let message = "the run given is not that of the version it is made from";
            return Err(Error::new(ErrorKind::InvalidArgument, OP, &new.source, message)
                .with_error_code("INVALID_PARAMETER_VALUE"));
        }
        let storage = store.download_uri(&name, version).await?;
        let source = format!("models:/{name}/{version}");
        return Ok(Lineage { source, run_id: original.run_id, storage });
    }
    let source = new.source.clone();
    let Some(id) = path_of(&source, "models:")? else {
        let storage = artifact_location(store, &source).await?;
        return Ok(Lineage { source, run_id: new.run_id.clone(), storage });
    };
    let model = store.get_logged_model(&LoggedModelId::new(id)).await?;
    let run_id = new.run_id.clone().or(model.source_run_id);
    Ok(Lineage { source, run_id, storage: model.artifact_uri })
}

/// Appends a path to an artifact URI.
pub(crate) fn join(root: &str, path: &str) -> String {
    let root = root.trim_end_matches('/');
    if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") }
}
