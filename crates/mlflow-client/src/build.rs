//! What is logged, put together step by step.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::entity::{DatasetInput, DatasetRef, Metric};
use crate::id::LoggedModelId;

impl Metric {
    /// Sets where in the series it stands.
    #[must_use]
    pub fn with_step(mut self, step: i64) -> Self {
        self.step = step;
        self
    }

    /// Sets the logged model it was measured on.
    #[must_use]
    pub fn with_model(mut self, id: &LoggedModelId) -> Self {
        self.model_id = Some(id.clone());
        self
    }

    /// Sets the dataset it was measured with, which is an input of the run.
    #[must_use]
    pub fn with_dataset(mut self, dataset: &DatasetInput) -> Self {
        let DatasetInput { name, digest, .. } = dataset;
        self.dataset = Some(DatasetRef { name: name.clone(), digest: digest.clone() });
        self
    }
}

impl DatasetInput {
    /// A dataset with a digest of these bytes, eight digits as MLflow's own, made by the program
    /// itself.
    ///
    /// ```
    /// use mlflow_client::DatasetInput;
    ///
    /// let dataset = DatasetInput::of_bytes("PETR4.SA", b"ds,y\n2024-12-30,38.5\n")
    ///     .with_source("http", r#"{"url": "https://example.com/PETR4.csv"}"#)
    ///     .with_columns(&[("ds", "datetime"), ("y", "double")])
    ///     .with_rows(1)
    ///     .with_context("training");
    /// assert_eq!(dataset.profile.as_deref(), Some(r#"{"num_rows":1}"#));
    /// ```
    pub fn of_bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let [a, b, c, d, ..] = digest;
        Self {
            name: name.into(),
            digest: format!("{:08x}", u32::from_be_bytes([a, b, c, d])),
            source_type: "code".to_owned(),
            source: json!({ "tags": {} }).to_string(),
            schema: None,
            profile: None,
            context: None,
            tags: BTreeMap::new(),
        }
    }

    /// Sets where it came from: `http`, `local` …, and the source as JSON text.
    #[must_use]
    pub fn with_source(mut self, kind: impl Into<String>, source: impl Into<String>) -> Self {
        (self.source_type, self.source) = (kind.into(), source.into());
        self
    }

    /// Sets the columns: names, and MLflow's types (`datetime`, `double`, `long`, `string` …).
    #[must_use]
    pub fn with_columns(mut self, columns: &[(&str, &str)]) -> Self {
        let columns = columns
            .iter()
            .map(|(name, kind)| json!({ "type": kind, "name": name, "required": true }));
        self.schema = Some(json!({ "mlflow_colspec": columns.collect::<Vec<_>>() }).to_string());
        self
    }

    /// Sets how many rows it has.
    #[must_use]
    pub fn with_rows(mut self, n_rows: usize) -> Self {
        self.profile = Some(json!({ "num_rows": n_rows }).to_string());
        self
    }

    /// Sets what it is used for: `training`, `evaluation` …
    #[must_use]
    pub fn with_context(mut self, context: impl Into<String>) -> Self {
        self.context = Some(context.into());
        self
    }
}
