//! What runs read and made: rows of datasets, and links between datasets, models and runs.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::failure::Failure;
use crate::entity::{DatasetInput, LoggedModelOutput, Run};
use crate::error::Result;
use crate::id::{LoggedModelId, RunId};

/// The tag that says what a dataset was used for.
const CONTEXT_TAG: &str = "mlflow.data.context";

/// Records that a run read a dataset, unless it has it already.
pub(super) fn log_dataset(
    tx: &Transaction<'_>,
    experiment: i64,
    run: &RunId,
    dataset: &DatasetInput,
) -> Result<(), Failure> {
    let known: Option<String> = tx
        .query_row(
            "SELECT dataset_uuid FROM datasets \
             WHERE experiment_id = ?1 AND name = ?2 AND digest = ?3",
            params![experiment, dataset.name, dataset.digest],
            |row| row.get(0),
        )
        .optional()?;
    let uuid = if let Some(uuid) = known {
        uuid
    } else {
        let uuid = uuid::Uuid::new_v4().simple().to_string();
        tx.execute(
            "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, \
             dataset_source_type, dataset_source, dataset_schema, dataset_profile) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                uuid,
                experiment,
                dataset.name,
                dataset.digest,
                dataset.source_type,
                dataset.source,
                dataset.schema,
                dataset.profile
            ],
        )?;
        uuid
    };
    if let Some(input) = link(tx, ("DATASET", &uuid), ("RUN", run.as_str()), 0)? {
        let context = dataset.context.iter().map(|context| (CONTEXT_TAG, context.as_str()));
        let tags = dataset.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        for (name, value) in tags.chain(context).collect::<BTreeMap<_, _>>() {
            tx.execute(
                "INSERT INTO input_tags (input_uuid, name, value) VALUES (?1, ?2, ?3)",
                params![input, name, value],
            )?;
        }
    }
    Ok(())
}

/// Records that a run read a logged model.
pub(super) fn log_model(
    tx: &Transaction<'_>,
    run: &RunId,
    model: &LoggedModelId,
) -> Result<(), Failure> {
    link(tx, ("RUN_INPUT", run.as_str()), ("MODEL_INPUT", model.as_str()), 0).map(drop)
}

/// Records that a run made a logged model.
pub(super) fn log_output(
    tx: &Transaction<'_>,
    run: &RunId,
    LoggedModelOutput { model_id, step }: &LoggedModelOutput,
) -> Result<(), Failure> {
    link(tx, ("RUN_OUTPUT", run.as_str()), ("MODEL_OUTPUT", model_id.as_str()), *step).map(drop)
}

/// Links two things, unless they are linked; returns the new link's id.
fn link(
    tx: &Transaction<'_>,
    (source_type, source): (&str, &str),
    (destination_type, destination): (&str, &str),
    step: i64,
) -> Result<Option<String>, Failure> {
    let linked = tx
        .prepare_cached(
            "SELECT 1 FROM inputs WHERE source_type = ?1 AND source_id = ?2 \
             AND destination_type = ?3 AND destination_id = ?4",
        )?
        .exists(params![source_type, source, destination_type, destination])?;
    if linked {
        return Ok(None);
    }
    let input = uuid::Uuid::new_v4().simple().to_string();
    tx.execute(
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, \
         destination_id, step) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![input, source_type, source, destination_type, destination, step],
    )?;
    Ok(Some(input))
}

/// Reads what runs read and made into them. `of_runs` is a condition on `run`, an SQL name that
/// stands for the run's id, and takes `key`.
pub(super) fn read_into(
    tx: &Transaction<'_>,
    runs: &mut BTreeMap<RunId, Run>,
    of_runs: &str,
    key: &str,
) -> Result<(), Failure> {
    let sql = format!(
        "SELECT i.destination_id AS run, d.name, d.digest, d.dataset_source_type, \
         d.dataset_source, d.dataset_schema, d.dataset_profile, t.name, t.value FROM inputs i \
         JOIN datasets d ON d.dataset_uuid = i.source_id \
         LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid \
         WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' \
         AND i.destination_id {of_runs} ORDER BY d.name, d.digest"
    );
    let mut query = tx.prepare_cached(&sql)?;
    let mut rows = query.query([key])?;
    while let Some(row) = rows.next()? {
        if let Some(run) = runs.get_mut(&RunId::new(row.get::<_, String>(0)?)) {
            add_dataset(&mut run.inputs.dataset_inputs, row)?;
        }
    }
    let sql = format!(
        "SELECT source_id, source_type, destination_id, step FROM inputs \
         WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') \
         AND destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT') \
         AND source_id {of_runs} ORDER BY step, destination_id"
    );
    let mut query = tx.prepare_cached(&sql)?;
    let mut rows = query.query([key])?;
    while let Some(row) = rows.next()? {
        let Some(run) = runs.get_mut(&RunId::new(row.get::<_, String>(0)?)) else { continue };
        let model_id = LoggedModelId::new(row.get::<_, String>(2)?);
        if row.get::<_, String>(1)? == "RUN_INPUT" {
            run.inputs.model_inputs.push(model_id);
        } else {
            let step = row.get(3)?;
            run.outputs.model_outputs.push(LoggedModelOutput { model_id, step });
        }
    }
    Ok(())
}

/// Adds a dataset, or a further tag of the one that was added last.
fn add_dataset(datasets: &mut Vec<DatasetInput>, row: &Row<'_>) -> rusqlite::Result<()> {
    let (name, digest): (String, String) = (row.get(1)?, row.get(2)?);
    let is_last = datasets.last().is_some_and(|last| last.name == name && last.digest == digest);
    if !is_last {
        datasets.push(DatasetInput {
            name,
            digest,
            source_type: row.get(3)?,
            source: row.get(4)?,
            schema: row.get(5)?,
            profile: row.get(6)?,
            context: None,
            tags: BTreeMap::new(),
        });
    }
    let (tag, value): (Option<String>, Option<String>) = (row.get(7)?, row.get(8)?);
    if let (Some(tag), Some(dataset)) = (tag, datasets.last_mut()) {
        let value = value.unwrap_or_default();
        if tag == CONTEXT_TAG {
            dataset.context = Some(value);
        } else {
            dataset.tags.insert(tag, value);
        }
    }
    Ok(())
}
