//! MLflow's REST messages, as far as we read them. Fields that are absent take a default.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An error of MLflow's own.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    pub(super) error_code: Option<String>,
    #[serde(default)]
    pub(super) message: String,
}

/// An error of the framework below.
#[derive(Debug, Deserialize)]
pub(super) struct Detail {
    pub(super) detail: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExperimentAnswer {
    pub(super) experiment: Experiment,
}

#[derive(Debug, Deserialize)]
pub(super) struct Experiment {
    #[serde(rename = "experiment_id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) artifact_location: String,
    #[serde(default)]
    pub(super) lifecycle_stage: String,
    #[serde(default)]
    pub(super) tags: Vec<Pair>,
    #[serde(default, deserialize_with = "optional_int")]
    pub(super) creation_time: Option<i64>,
    #[serde(default, deserialize_with = "optional_int")]
    pub(super) last_update_time: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExperimentPage {
    #[serde(default)]
    pub(super) experiments: Vec<Experiment>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExperimentId {
    pub(super) experiment_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RunAnswer {
    pub(super) run: Run,
}

#[derive(Debug, Deserialize)]
pub(super) struct RunPage {
    #[serde(default)]
    pub(super) runs: Vec<Run>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Run {
    pub(super) info: RunInfo,
    #[serde(default)]
    pub(super) data: RunData,
    #[serde(default)]
    pub(super) inputs: RunInputs,
    #[serde(default)]
    pub(super) outputs: RunOutputs,
}

#[derive(Debug, Deserialize)]
pub(super) struct RunInfo {
    pub(super) run_id: String,
    #[serde(default)]
    pub(super) experiment_id: String,
    #[serde(default)]
    pub(super) run_name: String,
    #[serde(default)]
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default, deserialize_with = "int")]
    pub(super) start_time: i64,
    #[serde(default, deserialize_with = "optional_int")]
    pub(super) end_time: Option<i64>,
    #[serde(default)]
    pub(super) artifact_uri: String,
    #[serde(default)]
    pub(super) lifecycle_stage: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RunData {
    #[serde(default)]
    pub(super) metrics: Vec<Metric>,
    #[serde(default)]
    pub(super) params: Vec<Pair>,
    #[serde(default)]
    pub(super) tags: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RunInputs {
    #[serde(default)]
    pub(super) dataset_inputs: Vec<DatasetInput>,
    #[serde(default)]
    pub(super) model_inputs: Vec<LinkedModel>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RunOutputs {
    #[serde(default)]
    pub(super) model_outputs: Vec<LinkedModel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DatasetInput {
    #[serde(default)]
    pub(super) tags: Vec<Pair>,
    pub(super) dataset: Dataset,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dataset {
    pub(super) name: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) source_type: String,
    #[serde(default)]
    pub(super) source: String,
    pub(super) schema: Option<String>,
    pub(super) profile: Option<String>,
}

/// A logged model that a run read or made; only what it made has a step.
#[derive(Debug, Deserialize)]
pub(super) struct LinkedModel {
    pub(super) model_id: String,
    #[serde(default, deserialize_with = "int")]
    pub(super) step: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pair {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metric {
    pub(super) key: String,
    #[serde(default, deserialize_with = "float")]
    pub(super) value: f64,
    #[serde(default, deserialize_with = "int")]
    pub(super) timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    pub(super) step: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct MetricPage {
    #[serde(default)]
    pub(super) metrics: Vec<Metric>,
    #[serde(default)]
    pub(super) next_page_token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RegisteredModelAnswer {
    pub(super) registered_model: RegisteredModel,
}

#[derive(Debug, Deserialize)]
pub(super) struct RegisteredModel {
    pub(super) name: String,
    #[serde(default, deserialize_with = "int")]
    pub(super) creation_timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    pub(super) last_updated_timestamp: i64,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<Pair>,
    #[serde(default)]
    pub(super) latest_versions: Vec<ModelVersion>,
    #[serde(default)]
    pub(super) aliases: Vec<Alias>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RegisteredModelPage {
    #[serde(default)]
    pub(super) registered_models: Vec<RegisteredModel>,
    #[serde(default, deserialize_with = "token")]
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Alias {
    pub(super) alias: String,
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelVersionAnswer {
    pub(super) model_version: ModelVersion,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelVersionPage {
    #[serde(default)]
    pub(super) model_versions: Vec<ModelVersion>,
    #[serde(default, deserialize_with = "token")]
    pub(super) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelVersion {
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default, deserialize_with = "int")]
    pub(super) creation_timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    pub(super) last_updated_timestamp: i64,
    #[serde(default)]
    pub(super) current_stage: String,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) source: String,
    pub(super) run_id: Option<String>,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) tags: Vec<Pair>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DownloadUri {
    pub(super) artifact_uri: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Files {
    #[serde(default)]
    pub(super) files: Vec<File>,
}

#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) path: String,
    #[serde(default)]
    pub(super) is_dir: bool,
    #[serde(rename = "file_size", default, deserialize_with = "optional_int")]
    pub(super) size: Option<i64>,
}

/// Writes a metric's value: what JSON has no number for goes as a string.
///
/// The bare tokens that Python writes are stored as 0 by the server, without an error.
pub(super) fn metric_value(value: f64) -> Value {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        value.into()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Int(i64),
    Float(f64),
    Text(String),
}

/// Reads the token of the next page; some servers send an empty one after the last.
pub(super) fn token<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|token| !token.is_empty()))
}

/// Reads a 64-bit integer, which may come as a number or as a string.
pub(super) fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(optional_int(deserializer)?.unwrap_or_default())
}

fn optional_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<NumberOrText>::deserialize(deserializer)? {
        None => Ok(None),
        Some(NumberOrText::Int(number)) => Ok(Some(number)),
        Some(NumberOrText::Float(number)) => {
            Err(D::Error::custom(format!("{number} is no whole number")))
        }
        Some(NumberOrText::Text(text)) if text.is_empty() => Ok(None),
        Some(NumberOrText::Text(text)) => text.parse().map(Some).map_err(D::Error::custom),
    }
}

/// Reads a metric's value, which may come as a number or as `"NaN"`.
pub(super) fn float<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match NumberOrText::deserialize(deserializer)? {
        #[expect(clippy::cast_precision_loss, reason = "a JSON number is a double")]
        NumberOrText::Int(number) => Ok(number as f64),
        NumberOrText::Float(number) => Ok(crate::limits::metric_from_stored(number)),
        NumberOrText::Text(text) => text.parse().map_err(D::Error::custom),
    }
}
