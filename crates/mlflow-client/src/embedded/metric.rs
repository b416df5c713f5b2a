//! Points of metrics in the file, and the newest point of each.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};

use super::failure::Failure;
use crate::entity::Metric;
use crate::error::Result;
use crate::id::RunId;
use crate::limits::metric_from_stored;

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
    experiment: i64,
    run: &RunId,
    metrics: &[Metric],
) -> Result<(), Failure> {
    let run = run.as_str();
    // Without a conflict target: newer schemas may widen the primary key.
    let mut insert = tx.prepare_cached(
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    )?;
    let mut of_model = tx.prepare_cached(
        "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, \
         metric_step, metric_value, experiment_id, run_id, dataset_uuid, dataset_name, \
         dataset_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, \
         (SELECT dataset_uuid FROM datasets \
          WHERE experiment_id = ?6 AND name = ?8 AND digest = ?9), ?8, ?9) \
         ON CONFLICT DO NOTHING",
    )?;
    let mut newest = BTreeMap::new();
    for metric in metrics {
        let (value, is_nan) = to_stored(metric.value);
        let Metric { key, timestamp_ms, step, .. } = metric;
        insert.execute(params![key, value, timestamp_ms, run, step, is_nan])?;
        if let Some(model) = &metric.model_id {
            let dataset = metric.dataset.as_ref();
            of_model.execute(params![
                model.as_str(),
                key,
                timestamp_ms,
                step,
                value,
                experiment,
                run,
                dataset.map(|dataset| &dataset.name),
                dataset.map(|dataset| &dataset.digest)
            ])?;
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
