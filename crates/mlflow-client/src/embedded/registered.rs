//! Rows of registered models.

use rusqlite::{OptionalExtension, Transaction, params};

use super::failure::Failure;
use super::run::pairs;
use super::version;
use crate::entity::RegisteredModel;
use crate::error::Result;
use crate::rules;

/// Reads a registered model, which must exist.
pub(super) fn read(
    tx: &Transaction<'_>,
    op: &'static str,
    name: &str,
) -> Result<RegisteredModel, Failure> {
    let columns = "SELECT description, creation_time, last_updated_time FROM registered_models \
                   WHERE name = ?1";
    let found: Option<(Option<String>, Option<i64>, Option<i64>)> = tx
        .prepare_cached(columns)?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (description, created, updated) = found.ok_or_else(|| rules::no_model(op, name))?;
    let aliases = version::aliases(tx, name)?;
    let tags = "SELECT key, value FROM registered_model_tags WHERE name = ?1";
    Ok(RegisteredModel {
        name: name.to_owned(),
        description: description.filter(|text| !text.is_empty()),
        tags: pairs(tx, tags, name)?,
        latest_versions: version::newest_by_stage(tx, name, &aliases)?,
        aliases,
        creation_time_ms: created.unwrap_or_default(),
        last_updated_time_ms: updated.unwrap_or_default(),
    })
}

/// Reads all registered models.
pub(super) fn all(tx: &Transaction<'_>, op: &'static str) -> Result<Vec<RegisteredModel>, Failure> {
    let mut query = tx.prepare_cached("SELECT name FROM registered_models")?;
    let names: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    names.iter().map(|name| read(tx, op, name)).collect()
}

/// Whether a model has that name.
pub(super) fn exists(tx: &Transaction<'_>, name: &str) -> Result<bool, Failure> {
    Ok(tx.prepare_cached("SELECT 1 FROM registered_models WHERE name = ?1")?.exists([name])?)
}

/// Fails if no model has that name.
pub(super) fn check(tx: &Transaction<'_>, op: &'static str, name: &str) -> Result<(), Failure> {
    if exists(tx, name)? { Ok(()) } else { Err(rules::no_model(op, name).into()) }
}

/// Notes that a model has changed.
pub(super) fn touch(tx: &Transaction<'_>, name: &str, now_ms: i64) -> Result<(), Failure> {
    tx.execute(
        "UPDATE registered_models SET last_updated_time = ?2 WHERE name = ?1",
        params![name, now_ms],
    )?;
    Ok(())
}

/// Gives a model another name.
pub(super) fn rename(
    tx: &Transaction<'_>,
    op: &'static str,
    name: &str,
    to: &str,
    now_ms: i64,
) -> Result<RegisteredModel, Failure> {
    check(tx, op, name)?;
    if name != to && exists(tx, to)? {
        return Err(rules::name_taken(op, to).into());
    }
    // The other tables follow by `ON UPDATE CASCADE`, as they do for MLflow.
    tx.execute(
        "UPDATE registered_models SET name = ?2, last_updated_time = ?3 WHERE name = ?1",
        params![name, to, now_ms],
    )?;
    tx.execute(
        "UPDATE model_versions SET last_updated_time = ?2 WHERE name = ?1",
        params![to, now_ms],
    )?;
    read(tx, op, to)
}

/// Deletes a model with all that belongs to it.
pub(super) fn delete(tx: &Transaction<'_>, op: &'static str, name: &str) -> Result<(), Failure> {
    check(tx, op, name)?;
    // What refers comes before what it refers to.
    for table in [
        "registered_model_aliases",
        "model_version_tags",
        "model_versions",
        "registered_model_tags",
        "registered_models",
    ] {
        tx.execute(&format!("DELETE FROM {table} WHERE name = ?1"), [name])?;
    }
    Ok(())
}

/// Sets a tag of a registered model. Not an upsert on named columns: newer schemas may widen
/// the primary key.
pub(super) fn set_tag(
    tx: &Transaction<'_>,
    name: &str,
    key: &str,
    value: &str,
) -> Result<(), Failure> {
    let changed = tx.execute(
        "UPDATE registered_model_tags SET value = ?3 WHERE name = ?1 AND key = ?2",
        params![name, key, value],
    )?;
    if changed == 0 {
        tx.execute(
            "INSERT INTO registered_model_tags (name, key, value) VALUES (?1, ?2, ?3)",
            params![name, key, value],
        )?;
    }
    Ok(())
}
