//! Which version a stage means.

use crate::entity::{ModelVersion, Stage, VersionStatus};

/// Returns the newest version in a stage: the highest number, among those that are ready.
///
/// This is MLflow's rule: when v3 and v2 are both in Production, v3 is meant, in whatever
/// order they were promoted. A version that is not ready is not considered.
pub fn newest_in_stage<'a>(
    versions: impl IntoIterator<Item = &'a ModelVersion>,
    stage: Stage,
) -> Option<&'a ModelVersion> {
    versions
        .into_iter()
        .filter(|version| version.stage == stage && version.status == VersionStatus::Ready)
        .max_by_key(|version| version.version)
}

/// Returns the highest version number of all, among those that are ready.
pub fn newest<'a>(
    versions: impl IntoIterator<Item = &'a ModelVersion>,
) -> Option<&'a ModelVersion> {
    versions
        .into_iter()
        .filter(|version| version.status == VersionStatus::Ready)
        .max_by_key(|version| version.version)
}
