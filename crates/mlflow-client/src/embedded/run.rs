//! Rows of runs, and what hangs on them.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::failure::Failure;
use super::{input, metric};
use crate::entity::{LifecycleStage, Run, RunInputs, RunOutputs, RunStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, RunId};
use crate::{limits, rules};

pub(super) fn missing(op: &'static str, subject: &str, message: &str) -> Error {
    Error::new(ErrorKind::NotFound, op, subject, message).with_error_code("RESOURCE_DOES_NOT_EXIST")
}

/// Returns the experiment of a run that is not deleted.
pub(super) fn check_active(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &RunId,
) -> Result<i64, Failure> {
    let (experiment, stage) = check_exists(tx, op, id)?;
    rules::check_active(op, id.as_str(), "run", stage)?;
    Ok(experiment)
}

pub(super) fn check_exists(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &RunId,
) -> Result<(i64, LifecycleStage), Failure> {
    let found = tx
        .query_row(
            "SELECT experiment_id, lifecycle_stage FROM runs WHERE run_uuid = ?1",
            [id.as_str()],
            |row| Ok((row.get(0)?, stage(row.get(1)?))),
        )
        .optional()?;
    found.ok_or_else(|| missing(op, id.as_str(), "no such run").into())
}

/// The columns of a run, in the order in which [`from_row`] reads them.
const SELECT: &str = "SELECT run_uuid, experiment_id, name, status, start_time, end_time, \
     artifact_uri, lifecycle_stage, user_id FROM runs";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    let status = row.get::<_, Option<String>>(3)?.unwrap_or_default();
    Ok(Run {
        id: RunId::new(row.get::<_, String>(0)?),
        experiment_id: ExperimentId::new(row.get::<_, i64>(1)?.to_string()),
        name: row.get::<_, Option<_>>(2)?.unwrap_or_default(),
        // The column has a CHECK on the five words.
        status: RunStatus::parse(&status).unwrap_or(RunStatus::Running),
        start_time_ms: row.get::<_, Option<_>>(4)?.unwrap_or_default(),
        end_time_ms: row.get(5)?,
        artifact_uri: row.get::<_, Option<_>>(6)?.unwrap_or_default(),
        lifecycle_stage: stage(row.get(7)?),
        user: row.get::<_, Option<_>>(8)?.unwrap_or_default(),
        params: BTreeMap::new(),
        metrics: BTreeMap::new(),
        tags: BTreeMap::new(),
        inputs: RunInputs::default(),
        outputs: RunOutputs::default(),
    })
}

fn stage(stored: Option<String>) -> LifecycleStage {
    LifecycleStage::parse(&stored.unwrap_or_default())
}

pub(super) fn read(tx: &Transaction<'_>, op: &'static str, id: &RunId) -> Result<Run, Failure> {
    let mut run = tx
        .query_row(&format!("{SELECT} WHERE run_uuid = ?1"), [id.as_str()], from_row)
        .optional()?
        .ok_or_else(|| missing(op, id.as_str(), "no such run"))?;
    run.params = pairs(tx, "SELECT key, value FROM params WHERE run_uuid = ?1", id.as_str())?;
    run.tags = pairs(tx, "SELECT key, value FROM tags WHERE run_uuid = ?1", id.as_str())?;
    run.metrics = metric::latest(tx, id)?;
    let mut runs = BTreeMap::from([(id.clone(), run)]);
    input::read_into(tx, &mut runs, "= ?1", id.as_str())?;
    Ok(runs.remove(id).expect("invariant: it was just put there"))
}

/// Reads the runs of an experiment, whole, in six queries.
pub(super) fn of_experiment(
    tx: &Transaction<'_>,
    experiment: &ExperimentId,
) -> Result<Vec<Run>, Failure> {
    let mut runs = BTreeMap::new();
    let mut query = tx.prepare_cached(&format!("{SELECT} WHERE experiment_id = ?1"))?;
    for run in query.query_map([experiment.as_str()], from_row)? {
        let run = run?;
        runs.insert(run.id.clone(), run);
    }
    let of_runs = "run_uuid IN (SELECT run_uuid FROM runs WHERE experiment_id = ?1)";
    for (table, is_param) in [("params", true), ("tags", false)] {
        let sql = format!("SELECT run_uuid, key, value FROM {table} WHERE {of_runs}");
        let mut query = tx.prepare_cached(&sql)?;
        let mut rows = query.query([experiment.as_str()])?;
        while let Some(row) = rows.next()? {
            let Some(run) = runs.get_mut(&RunId::new(row.get::<_, String>(0)?)) else { continue };
            let pairs = if is_param { &mut run.params } else { &mut run.tags };
            pairs.insert(row.get(1)?, row.get::<_, Option<_>>(2)?.unwrap_or_default());
        }
    }
    let sql = format!("SELECT run_uuid, key, value, is_nan FROM latest_metrics WHERE {of_runs}");
    let mut query = tx.prepare_cached(&sql)?;
    let mut rows = query.query([experiment.as_str()])?;
    while let Some(row) = rows.next()? {
        let Some(run) = runs.get_mut(&RunId::new(row.get::<_, String>(0)?)) else { continue };
        run.metrics.insert(row.get(1)?, metric::from_stored(row.get(2)?, row.get(3)?));
    }
    let of_runs = "IN (SELECT run_uuid FROM runs WHERE experiment_id = ?1)";
    input::read_into(tx, &mut runs, of_runs, experiment.as_str())?;
    Ok(runs.into_values().collect())
}

/// Reads two text columns into a map; a NULL value reads as empty.
pub(super) fn pairs(
    tx: &Transaction<'_>,
    sql: &str,
    key: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map([key], |row| {
        Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn log_params(
    tx: &Transaction<'_>,
    op: &'static str,
    run: &RunId,
    entries: &[(String, String)],
) -> Result<(), Failure> {
    let mut old = tx.prepare_cached("SELECT value FROM params WHERE run_uuid = ?1 AND key = ?2")?;
    let mut insert =
        tx.prepare_cached("INSERT INTO params (run_uuid, key, value) VALUES (?1, ?2, ?3)")?;
    for (key, value) in entries {
        let value = limits::param_value(value);
        let stored: Option<String> =
            old.query_row(params![run.as_str(), key], |row| row.get(0)).optional()?;
        match stored {
            None => drop(insert.execute(params![run.as_str(), key, value])?),
            Some(stored) if stored == value => {}
            Some(stored) => return Err(rules::changed_param(op, run, key, &stored, value).into()),
        }
    }
    Ok(())
}

/// Sets tags. Not an upsert on named columns: newer schemas may widen the primary key.
pub(super) fn set_tags<'a>(
    tx: &Transaction<'_>,
    run: &RunId,
    tags: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Failure> {
    let mut update =
        tx.prepare_cached("UPDATE tags SET value = ?3 WHERE run_uuid = ?1 AND key = ?2")?;
    let mut insert =
        tx.prepare_cached("INSERT INTO tags (run_uuid, key, value) VALUES (?1, ?2, ?3)")?;
    for (key, value) in tags {
        if update.execute(params![run.as_str(), key, value])? == 0 {
            insert.execute(params![run.as_str(), key, value])?;
        }
        // The name of a run lives in a tag and in a column.
        if key == "mlflow.runName" {
            tx.execute(
                "UPDATE runs SET name = ?2 WHERE run_uuid = ?1",
                params![run.as_str(), value],
            )?;
        }
    }
    Ok(())
}
