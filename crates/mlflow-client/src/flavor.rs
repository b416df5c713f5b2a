//! The files of a Prophet logged model, as MLflow's Python writes and reads them.

mod example;
mod mlmodel;
mod read;
mod write;

pub use mlmodel::prophet_data_path;
pub use read::{load_model_json, load_model_json_at, read_model_json};
pub use write::prophet_files;

use crate::id::{LoggedModelId, RunId};

/// What the files of a Prophet logged model say, besides the model itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ProphetFlavor {
    /// The model as Prophet's `model_to_json` writes it: one level of JSON.
    pub model_json: String,
    /// The logged model the files belong to.
    pub model_id: Option<LoggedModelId>,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// Where the files will lie.
    pub artifact_uri: Option<String>,
    /// When the model was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// The versions that an environment for the model installs.
    pub versions: PythonVersions,
    /// Columns besides `ds` that a prediction must be given: regressors, `cap`, `floor`.
    pub extra_inputs: Vec<String>,
    /// The values of `ds` of the input example, as `2025-01-02T00:00:00`.
    pub example_ds: Vec<String>,
}

/// The versions of Python and its packages that load the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonVersions {
    /// Python's.
    pub python: String,
    /// MLflow's.
    pub mlflow: String,
    /// Prophet's.
    pub prophet: String,
}

impl Default for PythonVersions {
    /// The versions against which this crate is tested.
    fn default() -> Self {
        Self { python: "3.11".to_owned(), mlflow: "3.17.2".to_owned(), prophet: "1.5.0".to_owned() }
    }
}

impl ProphetFlavor {
    /// A flavour with the tested versions, no extra inputs and no ids.
    pub fn new(model_json: impl Into<String>, created_ms: i64) -> Self {
        Self {
            model_json: model_json.into(),
            model_id: None,
            run_id: None,
            artifact_uri: None,
            created_ms,
            versions: PythonVersions::default(),
            extra_inputs: vec![],
            example_ds: vec![],
        }
    }
}

#[cfg(test)]
mod tests;
