//! Rows of logged models, and what hangs on them.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::failure::Failure;
use super::run::pairs;
use crate::entity::{
    DatasetRef, LoggedModel, LoggedModelMetric, LoggedModelStatus, NewLoggedModel,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, LoggedModelId, RunId, new_logged_model_id};
use crate::limits::metric_from_stored;
use crate::rules;

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
            new.model_type.as_deref().unwrap_or_default(),
            new.source_run_id.as_ref().map_or("", RunId::as_str)
        ],
    )?;
    add_params(tx, experiment, &id, &new.params)?;
    for (key, value) in &new.tags {
        set_tag(tx, experiment, &id, key, value)?;
    }
    read(tx, op, &id)
}

/// Returns the number of the experiment of a logged model, deleted or not.
pub(super) fn experiment_of(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
) -> Result<i64, Failure> {
    let sql = "SELECT experiment_id FROM logged_models WHERE model_id = ?1";
    let found = tx.query_row(sql, [id.as_str()], |row| row.get(0)).optional()?;
    found.ok_or_else(|| missing(op, id).into())
}

/// Adds parameters that a logged model does not have.
fn add_params(
    tx: &Transaction<'_>,
    experiment: i64,
    id: &LoggedModelId,
    params: &[(String, String)],
) -> Result<(), Failure> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) \
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (key, value) in params {
        insert.execute(params![id.as_str(), experiment, key, value])?;
    }
    Ok(())
}

pub(super) fn log_params(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
    params: &[(String, String)],
) -> Result<(), Failure> {
    let experiment = experiment_of(tx, op, id)?;
    let stored = "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?1";
    let stored = pairs(tx, stored, id.as_str())?;
    add_params(tx, experiment, id, &rules::new_model_params(op, id, &stored, params)?)
}

pub(super) fn set_tag(
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

/// The columns of a logged model, in the order in which [`from_row`] reads them.
const SELECT: &str = "SELECT model_id, experiment_id, name, artifact_location, status, \
     status_message, model_type, source_run_id, creation_timestamp_ms, \
     last_updated_timestamp_ms FROM logged_models WHERE lifecycle_stage = 'active'";

fn from_row(row: &Row<'_>) -> rusqlite::Result<LoggedModel> {
    // A server keeps an empty text where there is none, Python a NULL.
    let filled = |column| -> rusqlite::Result<Option<String>> {
        Ok(row.get::<_, Option<String>>(column)?.filter(|text| !text.is_empty()))
    };
    Ok(LoggedModel {
        id: LoggedModelId::new(row.get::<_, String>(0)?),
        experiment_id: ExperimentId::new(row.get::<_, i64>(1)?.to_string()),
        name: row.get(2)?,
        artifact_uri: row.get(3)?,
        status: from_stored(row.get(4)?),
        status_message: filled(5)?,
        model_type: filled(6)?,
        source_run_id: filled(7)?.map(RunId::new),
        params: BTreeMap::new(),
        tags: BTreeMap::new(),
        metrics: vec![],
        creation_time_ms: row.get(8)?,
        last_updated_time_ms: row.get(9)?,
    })
}

/// Reads a logged model that is not deleted.
pub(super) fn read(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
) -> Result<LoggedModel, Failure> {
    let sql = format!("{SELECT} AND model_id = ?1");
    let model = tx.query_row(&sql, [id.as_str()], from_row).optional()?;
    let model = model.ok_or_else(|| missing(op, id))?;
    let mut models = BTreeMap::from([(id.clone(), model)]);
    read_into(tx, &mut models, "model_id", id.as_str())?;
    Ok(models.remove(id).expect("invariant: it was just put there"))
}

/// Reads the logged models of an experiment that are not deleted, whole, in four queries.
pub(super) fn of_experiment(
    tx: &Transaction<'_>,
    experiment: &ExperimentId,
) -> Result<Vec<LoggedModel>, Failure> {
    let mut models = BTreeMap::new();
    let mut query = tx.prepare_cached(&format!("{SELECT} AND experiment_id = ?1"))?;
    for model in query.query_map([experiment.as_str()], from_row)? {
        let model = model?;
        models.insert(model.id.clone(), model);
    }
    read_into(tx, &mut models, "experiment_id", experiment.as_str())?;
    Ok(models.into_values().collect())
}

/// Reads parameters, tags and metrics into the models that they belong to, of those rows that
/// have `key` in `column`.
fn read_into(
    tx: &Transaction<'_>,
    models: &mut BTreeMap<LoggedModelId, LoggedModel>,
    column: &str,
    key: &str,
) -> Result<(), Failure> {
    for (table, what) in [("logged_model_params", "param"), ("logged_model_tags", "tag")] {
        let sql =
            format!("SELECT model_id, {what}_key, {what}_value FROM {table} WHERE {column} = ?1");
        let mut query = tx.prepare_cached(&sql)?;
        let mut rows = query.query([key])?;
        while let Some(row) = rows.next()? {
            let Some(model) = models.get_mut(&LoggedModelId::new(row.get::<_, String>(0)?)) else {
                continue;
            };
            let pairs = if what == "param" { &mut model.params } else { &mut model.tags };
            pairs.insert(row.get(1)?, row.get(2)?);
        }
    }
    // By the model's experiment: a run of another one may have measured it.
    let of_models = match column {
        "model_id" => "= ?1",
        _ => "IN (SELECT model_id FROM logged_models WHERE experiment_id = ?1)",
    };
    let sql = format!(
        "SELECT model_id, metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, \
         dataset_name, dataset_digest FROM logged_model_metrics WHERE model_id {of_models}"
    );
    let mut query = tx.prepare_cached(&sql)?;
    let mut rows = query.query([key])?;
    while let Some(row) = rows.next()? {
        if let Some(model) = models.get_mut(&LoggedModelId::new(row.get::<_, String>(0)?)) {
            model.metrics.push(metric_from_row(row)?);
        }
    }
    models.values_mut().for_each(LoggedModel::sort_metrics);
    Ok(())
}

fn metric_from_row(row: &Row<'_>) -> rusqlite::Result<LoggedModelMetric> {
    let digest: Option<String> = row.get(7)?;
    Ok(LoggedModelMetric {
        key: row.get(1)?,
        value: metric_from_stored(row.get::<_, Option<_>>(2)?.unwrap_or_default()),
        timestamp_ms: row.get(3)?,
        step: row.get(4)?,
        run_id: RunId::new(row.get::<_, String>(5)?),
        dataset: row
            .get::<_, Option<String>>(6)?
            .map(|name| DatasetRef { name, digest: digest.unwrap_or_default() }),
    })
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
         WHERE model_id = ?1",
        params![id.as_str(), to_stored(status), now_ms],
    )?;
    if changed == 0 { Err(missing(op, id).into()) } else { Ok(()) }
}

/// Marks a logged model as deleted, as MLflow does; `mlflow gc` removes it.
pub(super) fn delete(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &LoggedModelId,
    now_ms: i64,
) -> Result<(), Failure> {
    let changed = tx.execute(
        "UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ?2 \
         WHERE model_id = ?1",
        params![id.as_str(), now_ms],
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
    let model = read(tx, op, id)?;
    let text = rules::noted_version(&model, name, version);
    let experiment = model.experiment_id.as_str().parse().unwrap_or_default();
    set_tag(tx, experiment, id, rules::VERSIONS_TAG, &text)
}
