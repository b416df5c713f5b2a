//! Rows of model versions.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::failure::Failure;
use crate::entity::{ModelVersion, Stage, VersionStatus};
use crate::error::Result;
use crate::id::{RunId, Version};
use crate::rules;

/// The columns of a version, in the order in which [`from_row`] reads them.
///
/// MLflow keeps a deleted version as a row in a stage of its own, so that its number is not
/// given again; such rows are not versions to us.
const SELECT: &str = "SELECT version, current_stage, source, run_id, status, description, \
     creation_time, last_updated_time FROM model_versions \
     WHERE name = ?1 AND current_stage <> 'Deleted_Internal'";

fn from_row(name: &str, row: &Row<'_>) -> rusqlite::Result<ModelVersion> {
    let stage: String = row.get::<_, Option<_>>(1)?.unwrap_or_default();
    let status: String = row.get::<_, Option<_>>(4)?.unwrap_or_default();
    Ok(ModelVersion {
        name: name.to_owned(),
        version: Version::new(row.get(0)?),
        stage: stage.parse().unwrap_or(Stage::None),
        source: row.get::<_, Option<_>>(2)?.unwrap_or_default(),
        run_id: row.get::<_, Option<String>>(3)?.filter(|id| !id.is_empty()).map(RunId::new),
        status: VersionStatus::parse(&status),
        description: row.get::<_, Option<String>>(5)?.filter(|text| !text.is_empty()),
        aliases: vec![],
        tags: BTreeMap::new(),
        creation_time_ms: row.get::<_, Option<_>>(6)?.unwrap_or_default(),
        last_updated_time_ms: row.get::<_, Option<_>>(7)?.unwrap_or_default(),
    })
}

/// Reads one version with its tags and aliases.
pub(super) fn read(
    tx: &Transaction<'_>,
    op: &'static str,
    name: &str,
    version: Version,
) -> Result<ModelVersion, Failure> {
    let mut found = tx
        .prepare_cached(&format!("{SELECT} AND version = ?2"))?
        .query_row(params![name, version.number()], |row| from_row(name, row))
        .optional()?
        .ok_or_else(|| rules::no_version(op, name, version))?;
    let aliases = aliases(tx, name)?;
    complete(tx, &mut found, &aliases)?;
    Ok(found)
}

/// Reads all versions, the highest number first, with their tags and aliases.
pub(super) fn all(tx: &Transaction<'_>, name: &str) -> Result<Vec<ModelVersion>, Failure> {
    let mut versions = rows(tx, name, "ORDER BY version DESC")?;
    let aliases = aliases(tx, name)?;
    versions.iter_mut().try_for_each(|version| complete(tx, version, &aliases))?;
    Ok(versions)
}

/// Reads the highest version of each stage.
pub(super) fn newest_by_stage(
    tx: &Transaction<'_>,
    name: &str,
    aliases: &BTreeMap<String, Version>,
) -> Result<Vec<ModelVersion>, Failure> {
    let newest = "AND version = (SELECT max(version) FROM model_versions AS other \
                  WHERE other.name = ?1 AND other.current_stage = model_versions.current_stage)";
    let mut versions = rows(tx, name, newest)?;
    versions.sort_by_key(|version| version.stage);
    versions.iter_mut().try_for_each(|version| complete(tx, version, aliases))?;
    Ok(versions)
}

fn rows(tx: &Transaction<'_>, name: &str, rest: &str) -> Result<Vec<ModelVersion>, Failure> {
    let mut query = tx.prepare_cached(&format!("{SELECT} {rest}"))?;
    let rows = query.query_map([name], |row| from_row(name, row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads which version each alias names.
pub(super) fn aliases(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<BTreeMap<String, Version>, Failure> {
    let mut query =
        tx.prepare_cached("SELECT alias, version FROM registered_model_aliases WHERE name = ?1")?;
    let rows = query.query_map([name], |row| Ok((row.get(0)?, Version::new(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn complete(
    tx: &Transaction<'_>,
    version: &mut ModelVersion,
    aliases: &BTreeMap<String, Version>,
) -> Result<(), Failure> {
    let mut query = tx.prepare_cached(
        "SELECT key, value FROM model_version_tags WHERE name = ?1 AND version = ?2",
    )?;
    let rows = query.query_map(params![version.name, version.version.number()], |row| {
        Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default()))
    })?;
    version.tags = rows.collect::<Result<_, _>>()?;
    let named = aliases.iter().filter(|(_, number)| **number == version.version);
    version.aliases = named.map(|(alias, _)| alias.clone()).collect();
    Ok(())
}

/// Sets a tag of a registered model. Not an upsert on named columns: newer schemas may widen
/// the primary key.
pub(super) fn set_model_tag(
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

/// Sets a tag of a version.
pub(super) fn set_tag(
    tx: &Transaction<'_>,
    name: &str,
    version: Version,
    key: &str,
    value: &str,
) -> Result<(), Failure> {
    let changed = tx.execute(
        "UPDATE model_version_tags SET value = ?4 WHERE name = ?1 AND version = ?2 AND key = ?3",
        params![name, version.number(), key, value],
    )?;
    if changed == 0 {
        tx.execute(
            "INSERT INTO model_version_tags (name, version, key, value) VALUES (?1, ?2, ?3, ?4)",
            params![name, version.number(), key, value],
        )?;
    }
    Ok(())
}
