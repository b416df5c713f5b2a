//! What MLflow stores, as plain values. The formats on the wire and on disk are elsewhere.

mod logged_model;

use std::collections::BTreeMap;

use crate::id::{ExperimentId, LoggedModelId, RunId, Version};
pub use logged_model::{LoggedModel, LoggedModelMetric, LoggedModelOutput, NewLoggedModel};

pub use crate::status::{LifecycleStage, LoggedModelStatus, RunStatus, Stage, VersionStatus};

/// An experiment: a named set of runs with a root for their artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// Its id.
    pub id: ExperimentId,
    /// Its name, unique in the store.
    pub name: String,
    /// The URI under which the artifacts of its runs lie.
    pub artifact_location: String,
    /// Whether it is deleted.
    pub lifecycle_stage: LifecycleStage,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was created, in milliseconds since 1970.
    pub creation_time_ms: Option<i64>,
    /// When it was last changed, in milliseconds since 1970.
    pub last_update_time_ms: Option<i64>,
}

/// A run to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The experiment it belongs to.
    pub experiment_id: ExperimentId,
    /// Its name, shown in the UI; not unique. An empty one is made up, as MLflow does.
    pub name: String,
    /// When it started, in milliseconds since 1970.
    pub start_time_ms: i64,
    /// Who runs it; also stored as the tag `mlflow.user`.
    pub user: Option<String>,
    /// Its first tags.
    pub tags: Vec<(String, String)>,
}

/// A run as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The experiment it belongs to.
    pub experiment_id: ExperimentId,
    /// Its name.
    pub name: String,
    /// Who runs it: `unknown` if nobody said.
    pub user: String,
    /// Its status.
    pub status: RunStatus,
    /// When it started, in milliseconds since 1970.
    pub start_time_ms: i64,
    /// When it ended, in milliseconds since 1970.
    pub end_time_ms: Option<i64>,
    /// The URI under which its artifacts lie.
    pub artifact_uri: String,
    /// Whether it is deleted.
    pub lifecycle_stage: LifecycleStage,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// The latest value of each metric.
    pub metrics: BTreeMap<String, f64>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it read.
    pub inputs: RunInputs,
    /// What it made.
    pub outputs: RunOutputs,
}

/// What a run read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunInputs {
    /// The datasets, by name and digest.
    pub dataset_inputs: Vec<DatasetInput>,
    /// The logged models, by id. A server leaves them out of what a search finds; reading the
    /// run has them.
    pub model_inputs: Vec<LoggedModelId>,
}

/// What a run made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunOutputs {
    /// The logged models, by step and id.
    pub model_outputs: Vec<LoggedModelOutput>,
}

/// Names a dataset, such as one that was logged as an input of the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatasetRef {
    /// The dataset's name.
    pub name: String,
    /// The dataset's digest.
    pub digest: String,
}

/// One point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The metric's name.
    pub key: String,
    /// The value; NaN and the infinities are kept.
    pub value: f64,
    /// When it was measured, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Where in the series it stands.
    pub step: i64,
    /// The logged model it was measured on.
    pub model_id: Option<LoggedModelId>,
    /// The dataset it was measured with.
    pub dataset: Option<DatasetRef>,
}

impl Metric {
    /// A point at step 0 that belongs to no model and no dataset.
    pub fn new(key: impl Into<String>, value: f64, timestamp_ms: i64) -> Self {
        Self { key: key.into(), value, timestamp_ms, step: 0, model_id: None, dataset: None }
    }
}

/// Metrics, parameters and tags to be logged together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Points of metrics.
    pub metrics: Vec<Metric>,
    /// Parameters; each may be set once.
    pub params: Vec<(String, String)>,
    /// Tags; the last value wins.
    pub tags: Vec<(String, String)>,
}

/// A dataset that a run read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetInput {
    /// Its name.
    pub name: String,
    /// A digest of its content, at most 36 characters.
    pub digest: String,
    /// Where it came from: `http`, `local`, `code` …
    pub source_type: String,
    /// The source, as JSON text.
    pub source: String,
    /// The columns, as JSON text (`{"mlflow_colspec": …}`).
    pub schema: Option<String>,
    /// Counts, as JSON text (`{"num_rows": …}`).
    pub profile: Option<String>,
    /// What it was used for: `training`, `evaluation` …
    pub context: Option<String>,
    /// Other tags of this use of it, which the UI does not show.
    pub tags: BTreeMap<String, String>,
}

/// A registered model: a name with versions and aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Which version each alias names.
    pub aliases: BTreeMap<String, Version>,
    /// In each stage that has versions, the one with the highest number.
    pub latest_versions: Vec<ModelVersion>,
    /// When it was created, in milliseconds since 1970.
    pub creation_time_ms: i64,
    /// When its name, its description, its versions or their stages last changed, in milliseconds
    /// since 1970; a tag or an alias does not count.
    pub last_updated_time_ms: i64,
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelVersion {
    /// The registered model.
    pub name: String,
    /// Its number.
    pub version: Version,
    /// Its stage.
    pub stage: Stage,
    /// Where its files come from: `models:/m-…`, `runs:/…`, or an artifact URI.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// Whether it can be used.
    pub status: VersionStatus,
    /// Its description.
    pub description: Option<String>,
    /// The aliases that name it, sorted.
    pub aliases: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was registered, in milliseconds since 1970.
    pub creation_time_ms: i64,
    /// When its stage or description last changed, in milliseconds since 1970.
    pub last_updated_time_ms: i64,
}

/// A model version to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewModelVersion {
    /// The registered model, which must exist.
    pub name: String,
    /// Where the files come from: `models:/m-…` for a logged model.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// The logged model, if it is not the one that `source` names.
    pub model_id: Option<LoggedModelId>,
    /// Its description.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// An entry of an artifact listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// The path relative to the root that was listed, with `/`.
    pub path: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Its size in bytes; absent for a folder.
    pub size: Option<u64>,
}
