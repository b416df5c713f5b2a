//! Follows the address of a model to the place where its files lie.

use crate::entity::Stage;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{LoggedModelId, RunId, Version};
use crate::registry::RegistryStore;
use crate::select::{newest, newest_in_stage};
use crate::store::Store;
use crate::tracking::TrackingStore;

/// Versions that were copied from versions; a chain longer than this is taken for a circle.
const HOPS_MAX: usize = 16;

const OP: &str = "find the files of";

/// Returns where the files of a model lie, as a URI that [`ArtifactStore`](crate::ArtifactStore)
/// takes.
///
/// Every form that MLflow's `load_model` takes: `models:/Name/3`, `models:/Name/Production` (the
/// highest version in that stage), `models:/Name/latest` (the highest version of all),
/// `models:/Name@alias`, `models:/m-…`, `runs:/…/model`, and what is an artifact's address
/// already. A stage is known in any case, an alias in its own only.
///
/// # Errors
///
/// [`ErrorKind::NotFound`] if it names nothing, [`ErrorKind::InvalidArgument`] if what follows
/// the name is no version, no stage and not `latest`.
pub async fn resolve_model_uri(store: &dyn Store, uri: &str) -> Result<String> {
    let Some(rest) = uri.strip_prefix("models:/") else {
        return artifact_location(store, store, uri).await;
    };
    let rest = rest.trim_matches('/');
    let (name, version) = match (rest.rsplit_once('@'), rest.rsplit_once('/')) {
        (Some((name, alias)), None) => {
            let aliases = store.get_registered_model(name).await?.aliases;
            (name, aliases.get(alias).copied())
        }
        (_, Some((name, word))) => (name, version_of(store, name, word).await?),
        (None, None) => return artifact_location(store, store, uri).await,
    };
    let Some(version) = version else {
        return Err(Error::new(ErrorKind::NotFound, OP, uri, "it names no version")
            .with_hint("promote a version, or set the alias"));
    };
    store.download_uri(name, version).await
}

/// Returns the version that stands for a number, a stage or `latest`.
async fn version_of(store: &dyn Store, name: &str, word: &str) -> Result<Option<Version>> {
    if let Ok(version) = word.parse() {
        return Ok(Some(version));
    }
    let latest = store.get_registered_model(name).await?.latest_versions;
    let found = if word.eq_ignore_ascii_case("latest") {
        newest(&latest)
    } else {
        newest_in_stage(&latest, word.parse::<Stage>()?)
    };
    Ok(found.map(|version| version.version))
}

/// Returns the artifact URI that `source` stands for, following `models:/` and `runs:/`.
pub(crate) async fn artifact_location(
    tracking: &dyn TrackingStore,
    registry: &dyn RegistryStore,
    source: &str,
) -> Result<String> {
    let mut source = source.to_owned();
    for _ in 0..HOPS_MAX {
        if let Some(rest) = source.strip_prefix("runs:/") {
            let (run, path) = rest.trim_start_matches('/').split_once('/').unwrap_or((rest, ""));
            let root = tracking.get_run(&RunId::new(run)).await?.artifact_uri;
            return Ok(join(&root, path));
        }
        let Some(rest) = source.strip_prefix("models:/") else { return Ok(source) };
        let rest = rest.trim_start_matches('/');
        match rest.rsplit_once('/') {
            None => {
                let model = tracking.get_logged_model(&LoggedModelId::new(rest)).await?;
                return Ok(model.artifact_uri);
            }
            Some((name, number)) => {
                let version = number.parse::<Version>().map_err(|error| {
                    Error::new(ErrorKind::Protocol, OP, &source, "it names no version number")
                        .with_source(error)
                })?;
                source = registry.get_version(name, version).await?.source;
            }
        }
    }
    Err(Error::new(ErrorKind::Protocol, OP, source, "the versions refer to each other in a circle"))
}

/// Appends a path to an artifact URI.
pub(crate) fn join(root: &str, path: &str) -> String {
    let root = root.trim_end_matches('/');
    if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") }
}
