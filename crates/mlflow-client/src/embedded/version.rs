//! Rows of model versions.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::failure::Failure;
use super::{logged_model, registered};
use crate::entity::{ModelVersion, NewModelVersion, Stage, VersionStatus};
use crate::error::Result;
use crate::id::{RunId, Version};
use crate::resolve::Lineage;
use crate::{limits, rules};

/// The columns of a version, in the order in which [`from_row`] reads them.
///
/// MLflow keeps a deleted version as a row in a stage of its own, so that its number is not
/// given again; such rows are not versions to us.
const SELECT: &str = "SELECT version, current_stage, source, run_id, status, description, \
     creation_time, last_updated_time, name FROM model_versions \
     WHERE current_stage <> 'Deleted_Internal'";

fn from_row(row: &Row<'_>) -> rusqlite::Result<ModelVersion> {
    let stage: String = row.get::<_, Option<_>>(1)?.unwrap_or_default();
    let status: String = row.get::<_, Option<_>>(4)?.unwrap_or_default();
    Ok(ModelVersion {
        name: row.get(8)?,
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
        .prepare_cached(&format!("{SELECT} AND name = ?1 AND version = ?2"))?
        .query_row(params![name, version.number()], from_row)
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

/// Reads the versions of all models, with their tags.
pub(super) fn of_all_models(tx: &Transaction<'_>) -> Result<Vec<ModelVersion>, Failure> {
    let mut query = tx.prepare_cached(SELECT)?;
    let mut versions: Vec<_> = query.query_map([], from_row)?.collect::<Result<_, _>>()?;
    let no_aliases = BTreeMap::new();
    versions.iter_mut().try_for_each(|version| complete(tx, version, &no_aliases))?;
    Ok(versions)
}

/// Reads where the files of a version lie, as it was noted when it was registered.
pub(super) fn storage(
    tx: &Transaction<'_>,
    op: &'static str,
    name: &str,
    version: Version,
) -> Result<String, Failure> {
    let found = read(tx, op, name, version)?;
    let noted: Option<String> = tx.query_row(
        "SELECT storage_location FROM model_versions WHERE name = ?1 AND version = ?2",
        params![name, version.number()],
        |row| row.get(0),
    )?;
    Ok(noted.filter(|uri| !uri.is_empty()).unwrap_or(found.source))
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
    let mut query = tx.prepare_cached(&format!("{SELECT} AND name = ?1 {rest}"))?;
    let rows = query.query_map([name], from_row)?;
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

/// Registers the next version.
pub(super) fn insert(
    tx: &Transaction<'_>,
    op: &'static str,
    new: &NewModelVersion,
    lineage: &Lineage,
    now_ms: i64,
) -> Result<ModelVersion, Failure> {
    registered::check(tx, op, &new.name)?;
    // Deleted versions count: their numbers stay taken.
    let number: u32 = tx.query_row(
        "SELECT coalesce(max(version), 0) + 1 FROM model_versions WHERE name = ?1",
        [&new.name],
        |row| row.get(0),
    )?;
    tx.execute(
        "INSERT INTO model_versions (name, version, creation_time, last_updated_time, \
         description, current_stage, source, run_id, status, storage_location) \
         VALUES (?1, ?2, ?3, ?3, ?4, 'None', ?5, ?6, 'READY', ?7)",
        params![
            new.name,
            number,
            now_ms,
            new.description,
            lineage.source,
            lineage.run_id.as_ref().map(RunId::as_str),
            lineage.storage
        ],
    )?;
    let mut tag = tx.prepare(
        "INSERT INTO model_version_tags (name, version, key, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let tags: BTreeMap<_, _> = new.tags.iter().map(|(k, v)| (k, v)).collect();
    for (key, value) in tags {
        limits::check_key(op, key)?;
        tag.execute(params![new.name, number, key, value])?;
    }
    if let Some(model) = rules::logged_model_of(new) {
        logged_model::add_version(tx, op, &model, &new.name, number)?;
    }
    registered::touch(tx, &new.name, now_ms)?;
    read(tx, op, &new.name, Version::new(number))
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
