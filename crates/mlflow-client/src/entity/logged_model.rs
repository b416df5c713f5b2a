//! Logged models: a folder of files with parameters, tags and metrics.

use std::collections::BTreeMap;

use super::{DatasetRef, LoggedModelStatus};
use crate::id::{ExperimentId, LoggedModelId, RunId};

/// A logged model to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLoggedModel {
    /// The experiment it belongs to.
    pub experiment_id: ExperimentId,
    /// Its name, such as `model`.
    pub name: String,
    /// Its kind, such as `prophet`.
    pub model_type: Option<String>,
    /// The run that made it.
    pub source_run_id: Option<RunId>,
    /// Its parameters.
    pub params: Vec<(String, String)>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A logged model as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedModel {
    /// Its id.
    pub id: LoggedModelId,
    /// The experiment it belongs to.
    pub experiment_id: ExperimentId,
    /// Its name.
    pub name: String,
    /// The URI under which its files lie.
    pub artifact_uri: String,
    /// Whether its files are complete.
    pub status: LoggedModelStatus,
    /// What there is to say about its status.
    pub status_message: Option<String>,
    /// Its kind.
    pub model_type: Option<String>,
    /// The run that made it.
    pub source_run_id: Option<RunId>,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The points of metrics that name it, by key, time, step and run.
    pub metrics: Vec<LoggedModelMetric>,
    /// When it was created, in milliseconds since 1970.
    pub creation_time_ms: i64,
    /// When its status last changed, in milliseconds since 1970.
    pub last_updated_time_ms: i64,
}

/// One point of a metric that was measured on a logged model.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedModelMetric {
    /// The metric's name.
    pub key: String,
    /// The value. MLflow keeps a NaN as 0 here, and only here: the run's own metric has it.
    pub value: f64,
    /// When it was measured, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Where in the series it stands.
    pub step: i64,
    /// The run that logged it.
    pub run_id: RunId,
    /// The dataset it was measured with.
    pub dataset: Option<DatasetRef>,
}

impl LoggedModel {
    /// Puts the metrics in their order: the stores find them in different ones.
    pub(crate) fn sort_metrics(&mut self) {
        let place =
            |m: &LoggedModelMetric| (m.key.clone(), m.timestamp_ms, m.step, m.run_id.clone());
        self.metrics.sort_by_cached_key(place);
    }
}

/// A logged model that a run made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoggedModelOutput {
    /// The model.
    pub model_id: LoggedModelId,
    /// At which step of the run it was made.
    pub step: i64,
}
