//! Logged models in the file.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};

use super::failure::Failure;
use super::run::pairs;
use crate::entity::{LoggedModel, LoggedModelStatus, NewLoggedModel};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, LoggedModelId, RunId, new_logged_model_id};

/// MLflow's numbers for the statuses.
fn to_stored(status: LoggedModelStatus) -> i64 {
    match status {
        LoggedModelStatus::Pending => 1,
        LoggedModelStatus::Ready => 2,
        LoggedModelStatus::Failed => 3,
    }
}

fn from_stored(number: i64) -> LoggedModelStatus {
    match number {
        2 => LoggedModelStatus::Ready,
        3 => LoggedModelStatus::Failed,
        _ => LoggedModelStatus::Pending,
    }
}

fn missing(op: &'static str, id: &LoggedModelId) -> Error {
    Error::new(ErrorKind::NotFound, op, id.as_str(), "no such logged model")
        .with_error_code("RESOURCE_DOES_NOT_EXIST")
}

pub(super) fn create(
    tx: &Transaction<'_>,
    op: &'static str,
    experiment: i64,
    root: &str,
    new: &NewLoggedModel,
    now_ms: i64,
) -> Result<LoggedModel, Failure> {
    let id = new_logged_model_id();
    tx.execute(
        "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, \
         creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, model_type, \
         source_run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 'active', ?7, ?8)",
        params![
            id.as_str(),
            experiment,
            new.name,
            format!("{root}/models/{id}/artifacts"),
            now_ms,
            to_stored(LoggedModelStatus::Pending),
            new.model_type,
            new.source_run_id.as_ref().map(RunId::as_str)
        ],
    )?;
    let params: BTreeMap<_, _> = new.params.iter().map(|(key, value)| (key, value)).collect();
    for (key, value) in params {
        tx.execute(
            "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) \
             VALUES (?1, ?2, ?3, ?4)",
            params![id.as_str(), experiment, key, value],
        )?;
    }
    for (key, value) in &new.tags {
        set_tag(tx, experiment, &id, key, value)?;
    }
    read(tx, op, &id)
}

fn set_tag(
    tx: &Transaction<'_>,
    experiment: i64,
    id: &LoggedModelId,
    key: &str,
    value: &str,
) -> Result<(), Failure> {
    let changed = tx.execute(
        "UPDATE logged_model_tags SET tag_value = ?3 WHERE model_id = ?1 AND tag_key = ?2",
        params![id.as_str(), key, value],
    )?;
    if changed == 0 {
        tx.execute(
            "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) \
             VALUES (?1, ?2, ?3, ?4)",
            params![id.as_str(), experiment, key, value],
        )?;
    }
    Ok(())
}

pub(super) fn read(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
) -> Result<LoggedModel, Failure> {
    let mut model = tx
        .query_row(
            "SELECT experiment_id, name, artifact_location, status, model_type, source_run_id, \
             creation_timestamp_ms FROM logged_models \
             WHERE model_id = ?1 AND lifecycle_stage = 'active'",
            [id.as_str()],
            |row| {
                Ok(LoggedModel {
                    id: id.clone(),
                    experiment_id: ExperimentId::new(row.get::<_, i64>(0)?.to_string()),
                    name: row.get(1)?,
                    artifact_uri: row.get(2)?,
                    status: from_stored(row.get(3)?),
                    model_type: row.get(4)?,
                    source_run_id: row.get::<_, Option<String>>(5)?.map(RunId::new),
                    params: BTreeMap::new(),
                    tags: BTreeMap::new(),
                    creation_time_ms: row.get(6)?,
                })
            },
        )
        .optional()?
        .ok_or_else(|| missing(op, id))?;
    let params = "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?1";
    model.params = pairs(tx, params, id.as_str())?;
    let tags = "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?1";
    model.tags = pairs(tx, tags, id.as_str())?;
    Ok(model)
}

pub(super) fn set_status(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
    status: LoggedModelStatus,
    now_ms: i64,
) -> Result<(), Failure> {
    let changed = tx.execute(
        "UPDATE logged_models SET status = ?2, last_updated_timestamp_ms = ?3 \
         WHERE model_id = ?1 AND lifecycle_stage = 'active'",
        params![id.as_str(), to_stored(status), now_ms],
    )?;
    if changed == 0 { Err(missing(op, id).into()) } else { Ok(()) }
}

/// Notes on a logged model that a version was registered from it, as MLflow's server does.
pub(super) fn add_version(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
    name: &str,
    version: u32,
) -> Result<(), Failure> {
    const TAG: &str = "mlflow.modelVersions";
    let model = read(tx, op, id)?;
    // A tag that somebody else wrote in another form is replaced rather than kept unreadable.
    let mut versions: Vec<serde_json::Value> =
        model.tags.get(TAG).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    versions.push(serde_json::json!({ "name": name, "version": version }));
    let text = serde_json::Value::Array(versions).to_string();
    let experiment = model.experiment_id.as_str().parse().unwrap_or_default();
    set_tag(tx, experiment, id, TAG, &text)
}
