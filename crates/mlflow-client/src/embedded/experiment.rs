//! Rows of experiments.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::failure::Failure;
use super::run::{missing, pairs};
use crate::entity::{Experiment, LifecycleStage};
use crate::error::Result;
use crate::id::ExperimentId;
use crate::{limits, rules};

/// The columns of an experiment, in the order in which [`from_row`] reads them.
const SELECT: &str = "SELECT experiment_id, name, artifact_location, lifecycle_stage, \
     creation_time, last_update_time FROM experiments";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Experiment> {
    let stage = row.get::<_, Option<String>>(3)?.unwrap_or_default();
    Ok(Experiment {
        id: ExperimentId::new(row.get::<_, i64>(0)?.to_string()),
        name: row.get(1)?,
        artifact_location: row.get::<_, Option<_>>(2)?.unwrap_or_default(),
        lifecycle_stage: LifecycleStage::parse(&stage),
        tags: BTreeMap::new(),
        creation_time_ms: row.get(4)?,
        last_update_time_ms: row.get(5)?,
    })
}

fn with_tags(tx: &Transaction<'_>, mut found: Experiment) -> Result<Experiment, Failure> {
    let tags = "SELECT key, value FROM experiment_tags WHERE experiment_id = ?1";
    found.tags = pairs(tx, tags, found.id.as_str())?;
    Ok(found)
}

/// Reads the active experiment of that name.
pub(super) fn by_name(tx: &Transaction<'_>, name: &str) -> Result<Option<Experiment>, Failure> {
    let found = tx
        .query_row(
            &format!("{SELECT} WHERE name = ?1 AND lifecycle_stage = 'active'"),
            [name],
            from_row,
        )
        .optional()?;
    found.map(|found| with_tags(tx, found)).transpose()
}

/// Reads an experiment, deleted or not.
pub(super) fn read(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &ExperimentId,
) -> Result<Experiment, Failure> {
    // SQLite compares `01` and 1 as equal; MLflow's ids are spelled one way.
    let sql = format!(
        "{SELECT} WHERE experiment_id = CAST(?1 AS INTEGER) AND CAST(experiment_id AS TEXT) = ?1"
    );
    limits::experiment_number(op, id)?;
    let found = tx.query_row(&sql, [id.as_str()], from_row).optional()?;
    with_tags(tx, found.ok_or_else(|| missing(op, id.as_str(), "no such experiment"))?)
}

/// Reads every experiment.
pub(super) fn all(tx: &Transaction<'_>) -> Result<Vec<Experiment>, Failure> {
    let mut query = tx.prepare_cached(SELECT)?;
    let found = query.query_map([], from_row)?.collect::<Result<Vec<_>, _>>()?;
    found.into_iter().map(|found| with_tags(tx, found)).collect()
}

/// Returns the number of an active experiment and the root of its artifacts.
pub(super) fn active_root(
    tx: &Transaction<'_>,
    op: &'static str,
    id: &ExperimentId,
) -> Result<(i64, String), Failure> {
    let found = read(tx, op, id)?;
    rules::check_active(op, id.as_str(), "experiment", found.lifecycle_stage)?;
    Ok((limits::experiment_number(op, id)?, found.artifact_location))
}

/// Moves an experiment and all its runs to a stage.
pub(super) fn set_stage(
    tx: &Transaction<'_>,
    id: &ExperimentId,
    stage: LifecycleStage,
    now_ms: i64,
) -> Result<(), Failure> {
    tx.execute(
        "UPDATE experiments SET lifecycle_stage = ?2, last_update_time = ?3 \
         WHERE experiment_id = ?1",
        params![id.as_str(), stage.as_str(), now_ms],
    )?;
    let deleted_time = (stage == LifecycleStage::Deleted).then_some(now_ms);
    tx.execute(
        "UPDATE runs SET lifecycle_stage = ?2, deleted_time = ?3 WHERE experiment_id = ?1",
        params![id.as_str(), stage.as_str(), deleted_time],
    )?;
    Ok(())
}
