//! Follows the source of a model version to the place where its files lie.

use crate::error::{Error, ErrorKind, Result};
use crate::id::{LoggedModelId, RunId, Version};
use crate::registry::RegistryStore;
use crate::tracking::TrackingStore;

/// Versions that were copied from versions; a chain longer than this is taken for a circle.
const HOPS_MAX: usize = 16;

const OP: &str = "find the files of";

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
