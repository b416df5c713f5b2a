//! Texts, dictionaries, tables and figures of a run.

use std::path::Path;

use serde_json::{Value, json};

use super::ActiveRun;
use crate::artifact::ArtifactStore;
use crate::error::{Error, ErrorKind, Result};

/// The tag by which the UI knows which files are tables.
const TABLES_TAG: &str = "mlflow.loggedArtifacts";

/// The endings of the files that the UI shows as pictures or pages.
const FIGURES: [&str; 7] = ["png", "jpg", "jpeg", "gif", "bmp", "svg", "html"];

/// A table: named columns, and rows with a value for each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table with these columns and no rows.
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: vec![] }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] if it has not one value for each column.
    pub fn push(&mut self, row: impl IntoIterator<Item = impl Into<Value>>) -> Result<()> {
        let row: Vec<Value> = row.into_iter().map(Into::into).collect();
        if row.len() != self.columns.len() {
            let message = format!("a row has {} values, not {}", row.len(), self.columns.len());
            return Err(invalid("add a row to table", &self.columns.join(", "), message));
        }
        self.rows.push(row);
        Ok(())
    }
}

fn invalid(op: &'static str, subject: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, op, subject, message)
}

impl ActiveRun {
    /// Writes a file of the run.
    ///
    /// # Errors
    ///
    /// As [`ArtifactStore::put_artifact`](crate::ArtifactStore::put_artifact), as all below.
    pub async fn log_bytes(&self, bytes: Vec<u8>, path: &str) -> Result<()> {
        self.store.put_artifact(&self.artifact_uri, path, bytes).await
    }

    /// Writes a file of this machine, of any size, into a folder of the run, `""` for none.
    ///
    /// # Errors
    ///
    /// As [`log_artifact`](crate::log_artifact).
    pub async fn log_artifact(&self, local_path: &Path, artifact_path: &str) -> Result<String> {
        let store: &dyn ArtifactStore = &*self.store;
        crate::log_artifact(store, &self.artifact_uri, local_path, artifact_path).await
    }

    /// Writes what a folder of this machine holds into a folder of the run, `""` for none.
    ///
    /// # Errors
    ///
    /// As [`log_artifacts`](crate::log_artifacts).
    pub async fn log_artifacts(&self, folder: &Path, artifact_path: &str) -> Result<Vec<String>> {
        let store: &dyn ArtifactStore = &*self.store;
        crate::log_artifacts(store, &self.artifact_uri, folder, artifact_path).await
    }

    /// Writes a text.
    ///
    /// # Errors
    ///
    /// As [`ActiveRun::log_bytes`].
    pub async fn log_text(&self, text: impl Into<String>, path: &str) -> Result<()> {
        self.log_bytes(text.into().into_bytes(), path).await
    }

    /// Writes a dictionary as indented JSON, which is YAML too.
    ///
    /// # Errors
    ///
    /// As [`ActiveRun::log_bytes`].
    pub async fn log_dict(&self, dictionary: &Value, path: &str) -> Result<()> {
        self.log_text(format!("{dictionary:#}"), path).await
    }

    /// Writes a picture that is drawn already, under a name that the UI shows as one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] if the name ends otherwise; else as
    /// [`ActiveRun::log_bytes`].
    pub async fn log_figure(&self, bytes: Vec<u8>, path: &str) -> Result<()> {
        if !FIGURES.contains(&ending(path)) {
            let message = format!("a figure ends in .{}", FIGURES.join(", ."));
            return Err(invalid("log figure", path, message));
        }
        self.log_bytes(bytes, path).await
    }

    /// Writes a table as JSON that `mlflow.load_table` reads, after the rows that are there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] if the path does not end in `.json` or the file has other
    /// columns; else as [`ActiveRun::log_bytes`].
    pub async fn log_table(&self, table: &Table, path: &str) -> Result<()> {
        const OP: &str = "log table";
        if ending(path) != "json" {
            return Err(invalid(OP, path, "a table ends in .json"));
        }
        let columns = json!(table.columns);
        let mut rows = match self.store.get_artifact(&self.artifact_uri, path).await {
            Ok(bytes) => rows_of(&bytes, &columns).ok_or_else(|| {
                invalid(OP, path, format!("the file there is no table with columns {columns}"))
            })?,
            Err(error) if error.is_not_found() => vec![],
            Err(error) => return Err(error),
        };
        rows.extend(table.rows.iter().map(|row| json!(row)));
        let text = json!({ "columns": columns, "data": rows }).to_string();
        self.log_text(text, path).await?;
        self.name_table(path).await
    }

    /// Lists the file among the run's tables.
    async fn name_table(&self, path: &str) -> Result<()> {
        let run = self.store.get_run(&self.id).await?;
        let listed = run.tags.get(TABLES_TAG).and_then(|text| serde_json::from_str(text).ok());
        let mut tables: Vec<Value> = listed.unwrap_or_default();
        let table = json!({ "path": path, "type": "table" });
        if tables.contains(&table) {
            return Ok(());
        }
        tables.push(table);
        self.set_tag(TABLES_TAG, &Value::Array(tables).to_string()).await?;
        Ok(())
    }
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Reads the rows of a table that was written before.
fn rows_of(bytes: &[u8], columns: &Value) -> Option<Vec<Value>> {
    let table: Value = serde_json::from_slice(bytes).ok()?;
    if table["columns"] != *columns {
        return None;
    }
    table["data"].as_array().cloned()
}
