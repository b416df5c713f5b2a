//! Forecasts in the file: in, out, and away.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};
use sha2::{Digest as _, Sha256};

use super::error::{Failure, is_damage};
use super::{Spool, SpoolError, SpoolState, day_text, from_ms, to_ms};
use crate::record::{Forecast, Kind};
use crate::table;

/// How many forecasts of kind `ready` may wait: fifty versions for a year of days, about a
/// gigabyte.
pub const READY_MAX: u32 = 20_000;

/// How many forecasts of kind `asked` may wait. Anybody can ask for a first date of theirs, so
/// these must not fill a disk; they never take the place of the others.
pub const ASKED_MAX: u32 = 5_000;

/// The most forecasts that one call gives, a few dozen megabytes.
pub const PENDING_MAX: usize = 200;

/// The most forecasts that one call removes, so that it holds up others for milliseconds only.
pub const FORGOTTEN_MAX: u32 = 500;

const WAITS: i64 = 0;
const DELIVERED: i64 = 1;
const SET_ASIDE: i64 = 2;

/// A forecast that waits to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Its number, for [`Spool::delivered`].
    pub id: i64,
    /// What was kept.
    pub forecast: Forecast,
}

impl Spool {
    /// Keeps a forecast, and says whether it is new: the first of a model version, an origin and
    /// a kind stays, later ones change nothing.
    ///
    /// # Errors
    ///
    /// [`SpoolError::Invalid`] and [`SpoolError::TooMany`] for a forecast that is not kept;
    /// others if the file cannot be written.
    pub fn keep(&mut self, forecast: &Forecast) -> Result<bool, SpoolError> {
        forecast.check()?;
        // A known forecast, by far the usual case, takes no lock.
        match self.read(|tx| find(tx, forecast))? {
            // What cannot be read is no forecast: this one takes its place.
            Some((id, SET_ASIDE)) => self.remove(&[id])?,
            Some(_) => return Ok(false),
            None => {}
        }
        let json = table::to_json(forecast);
        self.write(|tx| keep(tx, forecast, &json))
    }

    /// Forecasts that wait and answer on `answers_from_max` or before: at most `limit` and
    /// [`PENDING_MAX`], by the day from which they answer.
    ///
    /// One that cannot be read is set aside and counted, and the others come.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn pending(
        &mut self,
        answers_from_max: NaiveDate,
        limit: usize,
    ) -> Result<Vec<Pending>, SpoolError> {
        let limit = limit.min(PENDING_MAX);
        let (good, bad) = self.read(|tx| waiting(tx, answers_from_max, limit))?;
        if !bad.is_empty() {
            // Where this cannot be written now, the next call looks at them again.
            self.write(|tx| set_state(tx, &bad, SET_ASIDE)).ok();
        }
        Ok(good)
    }

    /// Notes that these were delivered. Safe to repeat; unknown numbers are ignored.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; then they will be pending again.
    pub fn delivered(&mut self, ids: &[i64]) -> Result<(), SpoolError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.write(|tx| set_state(tx, ids, DELIVERED))
    }

    /// What the file holds.
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub fn state(&mut self) -> Result<SpoolState, SpoolError> {
        self.read(|tx| {
            let in_state = |state: i64| {
                tx.query_row(
                    "SELECT count(*), min(issued_at_ms) FROM forecasts WHERE state = ?1",
                    [state],
                    |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Option<i64>>(1)?)),
                )
            };
            let (pending, oldest) = in_state(WAITS)?;
            let (corrupt, _) = in_state(SET_ASIDE)?;
            let (delivered, _) = in_state(DELIVERED)?;
            let [pending, corrupt, delivered] = [pending, corrupt, delivered].map(u64::from);
            let (oldest_pending, kept) = (oldest.map(from_ms), pending + corrupt + delivered);
            Ok(SpoolState { pending, oldest_pending, kept, corrupt })
        })
    }

    /// Removes forecasts that were issued before `before` and delivered, or set aside, and
    /// requests counted before it and delivered; at most [`FORGOTTEN_MAX`] forecasts a call,
    /// whose number it returns.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn forget(&mut self, before: DateTime<Utc>) -> Result<usize, SpoolError> {
        let ids = self.read(|tx| old(tx, before))?;
        self.remove(&ids)?;
        self.write(|tx| {
            tx.execute(
                "DELETE FROM counts WHERE n_delivered = n AND day < ?1",
                [day_text(before.date_naive())],
            )?;
            Ok(ids.len())
        })
    }

    /// Removes forecasts with what they forecast, all at once; or one by one, where a damaged
    /// page spoils the whole, and that one without its payload: its pages are lost, and its
    /// number is never used again, so nobody meets it.
    fn remove(&mut self, ids: &[i64]) -> Result<(), SpoolError> {
        match (self.write(|tx| remove(tx, ids, &REMOVE)), ids) {
            (Err(SpoolError::Damaged { .. }), [_]) => {
                self.write(|tx| remove(tx, ids, &REMOVE[..1]))
            }
            (Err(SpoolError::Damaged { .. }), _) => {
                ids.iter().try_for_each(|id| self.remove(&[*id]))
            }
            (done, _) => done,
        }
    }
}

/// What a forecast is in the file.
const REMOVE: [&str; 2] =
    ["DELETE FROM forecasts WHERE id = ?1", "DELETE FROM payloads WHERE id = ?1"];

/// The number and the state of the forecast that has this one's place.
fn find(tx: &Transaction<'_>, forecast: &Forecast) -> Result<Option<(i64, i64)>, Failure> {
    let mut query = tx.prepare_cached(
        "SELECT id, state FROM forecasts \
         WHERE model = ?1 AND version = ?2 AND origin = ?3 AND kind = ?4",
    )?;
    let Forecast { model, version, origin, kind, .. } = forecast;
    let key = params![model, version, origin.to_string(), kind.as_str()];
    Ok(query.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn keep(tx: &Transaction<'_>, forecast: &Forecast, json: &str) -> Result<bool, Failure> {
    // Another process may have been faster.
    if find(tx, forecast)?.is_some() {
        return Ok(false);
    }
    let kind = forecast.kind;
    let max = match kind {
        Kind::Ready => READY_MAX,
        Kind::Asked => ASKED_MAX,
    };
    let mut query =
        tx.prepare_cached("SELECT count(*) FROM forecasts WHERE state = ?1 AND kind = ?2")?;
    let waiting: u32 = query.query_row(params![WAITS, kind.as_str()], |row| row.get(0))?;
    if max <= waiting {
        return Err(SpoolError::TooMany { kind, max }.into());
    }
    tx.execute(
        "INSERT INTO forecasts (model, version, origin, kind, answers_from, issued_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            forecast.model,
            forecast.version,
            forecast.origin.to_string(),
            kind.as_str(),
            forecast.answers_from.to_string(),
            to_ms(forecast.issued_at),
        ],
    )?;
    let id = tx.last_insert_rowid();
    tx.execute(
        "INSERT INTO payloads (id, digest, json) VALUES (?1, ?2, ?3)",
        params![id, digest(json.as_bytes()), json],
    )?;
    Ok(true)
}

/// The first `limit` forecasts that wait and can be read, and the numbers of those that cannot.
fn waiting(
    tx: &Transaction<'_>,
    answers_from_max: NaiveDate,
    limit: usize,
) -> Result<(Vec<Pending>, Vec<i64>), Failure> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM forecasts WHERE state = 0 AND answers_from <= ?1 \
         ORDER BY answers_from, id",
    )?;
    let mut ids = query.query([day_text(answers_from_max)])?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while good.len() < limit
        && let Some(row) = ids.next()?
    {
        let id = row.get(0)?;
        match read(tx, id)? {
            Some(forecast) => good.push(Pending { id, forecast }),
            None => bad.push(id),
        }
    }
    Ok((good, bad))
}

/// Reads a forecast; none if it is not what was written.
fn read(tx: &Transaction<'_>, id: i64) -> Result<Option<Forecast>, Failure> {
    let mut query = tx.prepare_cached(
        "SELECT digest, json, model, version, origin, kind, answers_from \
         FROM forecasts JOIN payloads USING (id) WHERE id = ?1",
    )?;
    let found = query.query_row([id], |row| {
        // Bytes: what is damaged need not be text.
        let (told, json) = (row.get_ref(0)?.as_bytes()?, row.get_ref(1)?.as_bytes()?);
        if told != digest(json) {
            return Ok(None);
        }
        let Ok(forecast) = table::from_json(std::str::from_utf8(json).unwrap_or_default()) else {
            return Ok(None);
        };
        let is_its_own = row.get_ref(2)?.as_bytes()? == forecast.model.as_bytes()
            && row.get_ref(3)?.as_i64()? == i64::from(forecast.version)
            && row.get_ref(4)?.as_bytes()? == forecast.origin.to_string().as_bytes()
            && row.get_ref(5)?.as_bytes()? == forecast.kind.as_str().as_bytes()
            && row.get_ref(6)?.as_bytes()? == forecast.answers_from.to_string().as_bytes();
        Ok(is_its_own.then_some(forecast))
    });
    match found {
        // The row itself is gone or damaged, or holds something of another type.
        Err(
            rusqlite::Error::QueryReturnedNoRows | rusqlite::Error::FromSqlConversionFailure(..),
        ) => Ok(None),
        Err(error) if is_damage(&error) => Ok(None),
        found => Ok(found?),
    }
}

fn set_state(tx: &Transaction<'_>, ids: &[i64], state: i64) -> Result<(), Failure> {
    let mut update = tx.prepare_cached("UPDATE forecasts SET state = ?1 WHERE id = ?2")?;
    for id in ids {
        update.execute([state, *id])?;
    }
    Ok(())
}

/// The forecasts that may be forgotten, so many as are forgotten at once.
fn old(tx: &Transaction<'_>, before: DateTime<Utc>) -> Result<Vec<i64>, Failure> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM forecasts WHERE state IN (?1, ?2) AND issued_at_ms < ?3 LIMIT ?4",
    )?;
    let bounds = params![DELIVERED, SET_ASIDE, to_ms(before), FORGOTTEN_MAX];
    let found = query.query_map(bounds, |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn remove(tx: &Transaction<'_>, ids: &[i64], statements: &[&str]) -> Result<(), Failure> {
    for sql in statements {
        let mut delete = tx.prepare_cached(sql)?;
        for id in ids {
            delete.execute([id])?;
        }
    }
    Ok(())
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
