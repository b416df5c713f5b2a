//! Points of metrics in the file, and the newest point of each.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};

use super::failure::Failure;
use crate::entity::Metric;
use crate::error::Result;
use crate::id::{LoggedModelId, RunId};
use crate::limits::metric_from_stored;
use crate::rules;

/// A value as MLflow keeps it: NaN as 0 with a mark, an infinity as the largest double.
fn to_stored(value: f64) -> (f64, bool) {
    if value.is_nan() { (0.0, true) } else { (value.clamp(f64::MIN, f64::MAX), false) }
}

pub(super) fn from_stored(value: f64, is_nan: bool) -> f64 {
    if is_nan { f64::NAN } else { metric_from_stored(value) }
}

/// Logs points, once each, and moves the newest point of each metric on.
pub(super) fn log(
    tx: &Transaction<'_>,
    op: &'static str,
    experiment: i64,
    run: &RunId,
    metrics: &[Metric],
) -> Result<(), Failure> {
    let run = run.as_str();
    let mut models = OfModels::new(tx, op, experiment, run)?;
    // Without a conflict target: newer schemas may widen the primary key.
    let mut insert = tx.prepare_cached(
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    )?;
    let mut newest = BTreeMap::new();
    for metric in metrics {
        let (value, is_nan) = to_stored(metric.value);
        let Metric { key, timestamp_ms, step, .. } = metric;
        insert.execute(params![key, value, timestamp_ms, run, step, is_nan])?;
        if let Some(model) = &metric.model_id {
            models.log(model, metric, value)?;
        }
        let point = Point { step: *step, timestamp_ms: *timestamp_ms, value, is_nan };
        newest
            .entry(key.as_str())
            .and_modify(|best: &mut Point| {
                if point.is_newer_than(best) {
                    *best = point;
                }
            })
            .or_insert(point);
    }
    newest.iter().try_for_each(|(key, point)| keep_latest(tx, run, key, *point))
}

/// Writes points to the logged models that they were measured on.
struct OfModels<'a> {
    op: &'static str,
    experiment: i64,
    run: &'a str,
    is_there: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    stored: CachedStatement<'a>,
}

impl<'a> OfModels<'a> {
    fn new(
        tx: &'a Transaction<'_>,
        op: &'static str,
        experiment: i64,
        run: &'a str,
    ) -> Result<Self, Failure> {
        let is_there = tx.prepare_cached("SELECT 1 FROM logged_models WHERE model_id = ?1")?;
        // Without a conflict target: newer schemas may widen the primary key.
        let insert = tx.prepare_cached(
            "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, \
             metric_step, metric_value, experiment_id, run_id, dataset_uuid, dataset_name, \
             dataset_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, \
             (SELECT dataset_uuid FROM datasets \
              WHERE experiment_id = ?6 AND name = ?8 AND digest = ?9), ?8, ?9) \
             ON CONFLICT DO NOTHING",
        )?;
        let stored = tx.prepare_cached(
            "SELECT metric_value, dataset_name, dataset_digest FROM logged_model_metrics \
             WHERE model_id = ?1 AND metric_name = ?2 AND metric_timestamp_ms = ?3 \
             AND metric_step = ?4 AND run_id = ?5",
        )?;
        Ok(Self { op, experiment, run, is_there, insert, stored })
    }

    /// Writes a point, `value` as it is stored; the same again changes nothing.
    fn log(&mut self, id: &LoggedModelId, metric: &Metric, value: f64) -> Result<(), Failure> {
        let Metric { key, timestamp_ms, step, dataset, .. } = metric;
        let model = id.as_str();
        if !self.is_there.exists([model])? {
            return Err(rules::no_model_of_metric(self.op, id, key).into());
        }
        let name = dataset.as_ref().map(|dataset| &dataset.name);
        let digest = dataset.as_ref().map(|dataset| &dataset.digest);
        let (experiment, run) = (self.experiment, self.run);
        let inserted = self.insert.execute(params![
            model,
            key,
            timestamp_ms,
            step,
            value,
            experiment,
            run,
            name,
            digest
        ])?;
        if inserted > 0 {
            return Ok(());
        }
        let place = params![model, key, timestamp_ms, step, run];
        let is_same = self.stored.query_row(place, |row| {
            let stored: Option<f64> = row.get(0)?;
            let (of_name, of_digest): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
            Ok(stored.map(f64::to_bits) == Some(value.to_bits())
                && (of_name.as_ref(), of_digest.as_ref()) == (name, digest))
        })?;
        if is_same { Ok(()) } else { Err(rules::changed_point(self.op, id, metric).into()) }
    }
}

#[derive(Debug, Clone, Copy)]
struct Point {
    step: i64,
    timestamp_ms: i64,
    value: f64,
    is_nan: bool,
}

impl Point {
    /// MLflow's order: by step, then by time, then by value.
    fn is_newer_than(&self, other: &Self) -> bool {
        (self.step, self.timestamp_ms)
            .cmp(&(other.step, other.timestamp_ms))
            .then(self.value.total_cmp(&other.value))
            .is_gt()
    }
}

fn keep_latest(tx: &Transaction<'_>, run: &str, key: &str, point: Point) -> Result<(), Failure> {
    let stored = tx
        .prepare_cached(
            "SELECT step, timestamp, value, is_nan FROM latest_metrics \
             WHERE run_uuid = ?1 AND key = ?2",
        )?
        .query_row(params![run, key], |row| {
            Ok(Point {
                step: row.get(0)?,
                timestamp_ms: row.get::<_, Option<_>>(1)?.unwrap_or_default(),
                value: row.get(2)?,
                is_nan: row.get(3)?,
            })
        })
        .optional()?;
    let sql = match stored {
        None => {
            "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        }
        Some(stored) if point.is_newer_than(&stored) => {
            "UPDATE latest_metrics SET value = ?3, timestamp = ?4, step = ?5, is_nan = ?6 \
             WHERE run_uuid = ?1 AND key = ?2"
        }
        Some(_) => return Ok(()),
    };
    tx.prepare_cached(sql)?.execute(params![
        run,
        key,
        point.value,
        point.timestamp_ms,
        point.step,
        point.is_nan
    ])?;
    Ok(())
}

/// Reads the newest value of each metric of a run.
pub(super) fn latest(tx: &Transaction<'_>, run: &RunId) -> Result<BTreeMap<String, f64>, Failure> {
    let mut query =
        tx.prepare_cached("SELECT key, value, is_nan FROM latest_metrics WHERE run_uuid = ?1")?;
    let rows = query.query_map([run.as_str()], |row| {
        Ok((row.get(0)?, from_stored(row.get(1)?, row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads every point of a metric, by step, then by time.
pub(super) fn history(
    tx: &Transaction<'_>,
    run: &RunId,
    key: &str,
) -> Result<Vec<Metric>, Failure> {
    let mut query = tx.prepare_cached(
        "SELECT value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ?1 AND key = ?2 \
         ORDER BY step, timestamp, value",
    )?;
    let rows = query.query_map(params![run.as_str(), key], |row| {
        Ok(Metric {
            key: key.to_owned(),
            value: from_stored(row.get(0)?, row.get(1)?),
            timestamp_ms: row.get(2)?,
            step: row.get(3)?,
            model_id: None,
            dataset: None,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
