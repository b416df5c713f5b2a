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

    /// Returns the names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the rows, each with a value for each column.
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// Reads what [`ActiveRun::log_table`], or Python's `log_table`, wrote.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let table: Value = serde_json::from_slice(bytes).ok()?;
        let strings = table["columns"].as_array()?.iter();
        let columns = strings.map(|name| Some(name.as_str()?.to_owned()));
        let rows = table["data"].as_array()?.iter().map(|row| row.as_array().cloned());
        let table =
            Self { columns: columns.collect::<Option<_>>()?, rows: rows.collect::<Option<_>>()? };
        let width = table.columns.len();
        table.rows.iter().all(|row| row.len() == width).then_some(table)
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
        let mut rows = match self.store.get_artifact(&self.artifact_uri, path).await {
            Ok(bytes) => match Table::parse(&bytes) {
                Some(old) if old.columns == table.columns => old.rows,
                _ => {
                    let columns = table.columns.join(", ");
                    let message = format!("the file there is no table of columns {columns}");
                    return Err(invalid(OP, path, message));
                }
            },
            Err(error) if error.is_not_found() => vec![],
            Err(error) => return Err(error),
        };
        rows.extend(table.rows.iter().cloned());
        let text = json!({ "columns": table.columns, "data": rows }).to_string();
        self.log_text(text, path).await?;
        self.name_table(path).await
    }

    /// Reads a table that this run or another program logged to it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if the file is no table; else as
    /// [`ArtifactStore::get_artifact`](crate::ArtifactStore::get_artifact), as all below.
    pub async fn load_table(&self, path: &str) -> Result<Table> {
        let bytes = self.store.get_artifact(&self.artifact_uri, path).await?;
        Table::parse(&bytes).ok_or_else(|| {
            let message = "the file is no table of columns and rows";
            Error::new(ErrorKind::Protocol, "load table", path, message)
        })
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if it is not in UTF-8; else as [`ActiveRun::load_table`].
    pub async fn load_text(&self, path: &str) -> Result<String> {
        let bytes = self.store.get_artifact(&self.artifact_uri, path).await?;
        String::from_utf8(bytes).map_err(|error| {
            let message = "the file is no text in UTF-8";
            Error::new(ErrorKind::Protocol, "load text", path, message).with_source(error)
        })
    }

    /// Reads a dictionary that was written as JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if it is no JSON; else as [`ActiveRun::load_table`].
    pub async fn load_dict(&self, path: &str) -> Result<Value> {
        serde_json::from_str(&self.load_text(path).await?).map_err(|error| {
            Error::new(ErrorKind::Protocol, "load dictionary", path, "the file is no JSON")
                .with_source(error)
        })
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
