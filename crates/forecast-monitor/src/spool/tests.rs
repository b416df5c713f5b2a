use std::fs;

use super::*;
use crate::record::tests::{day, example, moment};
use crate::record::{Forecast, Kind};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    (folder, path)
}

/// The example, of a version.
fn of_version(version: u32) -> Forecast {
    Forecast { version, ..example() }
}

fn versions(pending: &[Pending]) -> Vec<u32> {
    pending.iter().map(|pending| pending.forecast.version).collect()
}

const FAR: &str = "9999-12-31";

#[test]
fn a_forecast_is_kept_once_and_the_first_one_stays() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    assert!(spool.keep(&example()).unwrap());
    let mut other = example();
    other.rows[0].yhat = 99.0;
    assert!(!spool.keep(&other).unwrap());
    for (i, change) in [
        Forecast { kind: Kind::Asked, ..example() },
        Forecast { origin: day("2026-11-19"), ..example() },
        Forecast { model: "Another".to_owned(), ..example() },
    ]
    .iter()
    .enumerate()
    {
        assert!(spool.keep(change).unwrap(), "{i}");
    }
    drop(spool);
    let mut spool = Spool::open(&path).unwrap();
    let pending = spool.pending(day(FAR), 100).unwrap();
    assert_eq!(pending.len(), 4);
    assert_eq!(pending[0].forecast, example());
}

#[test]
fn what_was_delivered_is_not_pending_and_still_known() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    for version in [5, 3, 4] {
        let answers_from = day("2026-11-01") + chrono::Days::new(u64::from(version));
        spool.keep(&Forecast { answers_from, ..of_version(version) }).unwrap();
    }
    assert_eq!(versions(&spool.pending(day("2026-11-05"), 100).unwrap()), [3, 4]);
    assert_eq!(versions(&spool.pending(day(FAR), 2).unwrap()), [3, 4]);
    assert!(spool.pending(day("2026-11-03"), 100).unwrap().is_empty());
    let first = spool.pending(day(FAR), 1).unwrap();
    spool.delivered(&[first[0].id, 4711]).unwrap();
    spool.delivered(&[first[0].id]).unwrap();
    spool.delivered(&[]).unwrap();
    assert_eq!(versions(&spool.pending(day(FAR), 100).unwrap()), [4, 5]);
    assert!(!spool.keep(&of_version(3)).unwrap());
    let oldest_pending = Some(example().issued_at);
    let wanted = SpoolState { pending: 2, oldest_pending, kept: 3, corrupt: 0 };
    assert_eq!(spool.state().unwrap(), wanted);
}

#[test]
fn only_what_was_delivered_and_is_old_is_forgotten() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    for version in 1..=3 {
        spool.keep(&of_version(version)).unwrap();
    }
    let ids: Vec<_> = spool.pending(day(FAR), 2).unwrap().iter().map(|found| found.id).collect();
    spool.delivered(&ids).unwrap();
    assert_eq!(spool.forget(example().issued_at).unwrap(), 0);
    assert_eq!(spool.forget(moment("2026-11-22T00:00:00Z")).unwrap(), 2);
    assert_eq!(spool.forget(moment("2026-11-22T00:00:00Z")).unwrap(), 0);
    assert_eq!(spool.state().unwrap().kept, 1);
    // A number is not used again: who holds an old one marks nothing else.
    assert!(spool.keep(&of_version(1)).unwrap());
    spool.delivered(&ids).unwrap();
    assert_eq!(versions(&spool.pending(day(FAR), 9).unwrap()), [3, 1]);
}

#[test]
fn as_many_asked_forecasts_as_may_wait_leave_room_for_the_others() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    // As if so many waited; each costs milliseconds otherwise.
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                INSERT INTO forecasts (model, version, origin, kind, answers_from, issued_at_ms) \
                SELECT 'x', i, '2026-11-20', 'asked', '2026-11-20', 0 FROM n";
    spool.connection.execute(fill, [ASKED_MAX]).unwrap();
    let asked = Forecast { kind: Kind::Asked, ..example() };
    let error = spool.keep(&asked).unwrap_err();
    assert!(matches!(error, SpoolError::TooMany { kind: Kind::Asked, max: ASKED_MAX }));
    assert!(!error.is_passing());
    assert!(spool.keep(&example()).unwrap());
    spool.delivered(&[1]).unwrap();
    assert!(spool.keep(&asked).unwrap());
}

#[test]
fn what_is_no_forecast_is_not_kept() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    let error = spool.keep(&Forecast { rows: vec![], ..example() }).unwrap_err();
    assert!(matches!(error, SpoolError::Invalid(_)) && !error.is_passing());
    let nan =
        Forecast { rows: vec![crate::Row { yhat: f64::NAN, ..example().rows[0] }], ..example() };
    assert!(spool.keep(&nan).unwrap(), "a value that is no number is kept, and left out of scores");
    assert!(spool.pending(day(FAR), 1).unwrap()[0].forecast.rows[0].yhat.is_nan());
}

#[test]
fn labels_are_replaced_as_a_whole() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    let labels = |pairs: &[(&str, &str)]| -> std::collections::BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert!(spool.labels(3).unwrap().is_empty());
    spool.describe(3, &labels(&[("stage", "Staging"), ("run", "a")])).unwrap();
    spool.describe(4, &labels(&[("stage", "None")])).unwrap();
    spool.describe(3, &labels(&[("stage", "Production")])).unwrap();
    assert_eq!(spool.labels(3).unwrap(), labels(&[("stage", "Production")]));
    assert_eq!(spool.labels(4).unwrap(), labels(&[("stage", "None")]));
}

#[test]
fn a_version_that_is_served_already_is_no_change() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    let change = |version, minute: i64, reason: &str| ServiceChange {
        version,
        at: moment("2026-11-20T12:00:00.125Z") + chrono::TimeDelta::minutes(minute),
        reason: reason.to_owned(),
    };
    let all = [change(3, 0, "started"), change(4, 1, "promoted"), change(3, 2, "back")];
    for one in &all {
        spool.serves(one).unwrap();
        spool.serves(&change(one.version, 50, "another process")).unwrap();
    }
    assert_eq!(spool.service().unwrap(), all);
    // As if so many had been noted; each costs milliseconds otherwise.
    let fill = "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n LIMIT ?1) \
                INSERT INTO service (version, at_ms, reason) SELECT i, i, 'again' FROM n";
    spool.connection.execute(fill, [SERVICE_MAX]).unwrap();
    spool.serves(&change(7, 3, "the last one")).unwrap();
    let kept = spool.service().unwrap();
    assert_eq!(kept.len(), SERVICE_MAX as usize);
    assert_eq!((kept[0].version, kept.last().unwrap().version), (101, 7));
}

#[test]
fn requests_add_up_and_a_day_that_got_more_comes_again() {
    let (_folder, path) = folder();
    let (mut one, mut two) = (Spool::open(&path).unwrap(), Spool::open(&path).unwrap());
    let monday = day("2026-11-23");
    one.count(3, monday, 5).unwrap();
    two.count(3, monday, 7).unwrap();
    two.count(4, monday, 0).unwrap();
    assert!(one.counts(monday).unwrap().is_empty(), "the day is not over");
    let tuesday = day("2026-11-24");
    let wanted = [DayCount { version: 3, day: monday, n: 12 }];
    assert_eq!(one.counts(tuesday).unwrap(), wanted);
    one.counts_delivered(&wanted).unwrap();
    assert!(two.counts(tuesday).unwrap().is_empty());
    two.count(3, monday, 1).unwrap();
    assert_eq!(one.counts(tuesday).unwrap()[0].n, 13);
    // A late word of less than was delivered takes nothing back.
    one.counts_delivered(&[DayCount { n: 13, ..wanted[0] }]).unwrap();
    one.counts_delivered(&wanted).unwrap();
    assert!(one.counts(tuesday).unwrap().is_empty());
    for _ in 0..3 {
        one.count(5, monday, u64::MAX).unwrap();
    }
    assert_eq!(one.counts(tuesday).unwrap()[0].n, REQUESTS_MAX);
    assert_eq!(one.forget(moment("2026-11-24T00:00:00Z")).unwrap(), 0);
    assert_eq!(one.counts(tuesday).unwrap().len(), 1, "what was not delivered stays");
}

/// What a full disk looks like to `SQLite`: no page can be added.
fn limit_pages(spool: &Spool, n: u32) {
    let sql = format!("PRAGMA max_page_count = {n}");
    spool.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap();
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_written() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    spool.keep(&of_version(1)).unwrap();
    let long = long(2);
    limit_pages(&spool, 1);
    let error = spool.keep(&long).unwrap_err();
    assert!(matches!(error, SpoolError::DiskFull { .. }) && error.is_passing(), "{error}");
    assert!(error.to_string().contains("spool.db` is full"), "{error}");
    assert_eq!(spool.state().unwrap().kept, 1);
    assert_eq!(versions(&spool.pending(day(FAR), 9).unwrap()), [1]);
    limit_pages(&spool, 1_000_000);
    assert!(spool.keep(&long).unwrap());
    assert_eq!(versions(&spool.pending(day(FAR), 9).unwrap()), [1, 2]);
}

#[test]
fn a_corrupt_row_is_set_aside_and_stands_in_nobodys_way() {
    let (_folder, path) = folder();
    let mut spool = Spool::open(&path).unwrap();
    for version in 1..=6 {
        spool.keep(&of_version(version)).unwrap();
    }
    let change = |sql: &str| assert_eq!(spool.connection.execute(sql, []).unwrap(), 1, "{sql}");
    // A truncated text; a digit that is another one; a row that is gone; a digest of nothing;
    // a payload that is another forecast's.
    change("UPDATE payloads SET json = substr(json, 1, 300) WHERE id = 1");
    change("UPDATE payloads SET json = replace(json, '31.1', '31.7') WHERE id = 2");
    change("DELETE FROM payloads WHERE id = 3");
    change("UPDATE payloads SET digest = x'00' WHERE id = 4");
    change(
        "UPDATE payloads SET (digest, json) = (SELECT digest, json FROM payloads WHERE id = 6) \
         WHERE id = 5",
    );
    assert_eq!(versions(&spool.pending(day(FAR), 1).unwrap()), [6]);
    let state = spool.state().unwrap();
    assert_eq!((state.pending, state.corrupt, state.kept), (1, 5, 6));
    // What is issued again takes the place of what cannot be read.
    assert!(spool.keep(&of_version(2)).unwrap());
    assert_eq!(versions(&spool.pending(day(FAR), 9).unwrap()), [6, 2]);
    assert_eq!(spool.state().unwrap().corrupt, 4);
    assert_eq!(spool.forget(moment("2030-01-01T00:00:00Z")).unwrap(), 4);
}

/// A forecast of many pages.
fn long(version: u32) -> Forecast {
    let row = |n| crate::Row { ds: example().origin + chrono::Days::new(n), ..example().rows[0] };
    Forecast { rows: (1..=150).map(row).collect(), ..of_version(version) }
}

/// A spool of long forecasts of the versions from 1 on, in one file, as bytes.
fn long_spool(path: &Path, n: u32) -> Vec<u8> {
    let mut spool = Spool::open(path).unwrap();
    for version in 1..=n {
        assert!(spool.keep(&long(version)).unwrap());
    }
    spool.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(spool);
    fs::read(path).unwrap()
}

#[test]
fn a_payload_whose_pages_are_lost_is_set_aside_too() {
    const PAGE: usize = 4096;
    let (folder, path) = folder();
    let whole = long_spool(&path, 2);
    let damaged = folder.path().join("damaged.db");
    let (mut n_set_aside, mut n_forgotten) = (0, 0);
    let n_pages = whole.len() / PAGE;
    for page in 1..n_pages {
        let mut bytes = whole.clone();
        // Where a page of a long payload names the next one.
        bytes[page * PAGE..][..4].fill(0x7f);
        fs::write(&damaged, &bytes).unwrap();
        let found = Spool::open(&damaged).and_then(|mut spool| {
            for found in spool.pending(day(FAR), 9)? {
                assert_eq!(found.forecast, long(found.forecast.version), "page {page}");
            }
            if spool.state()?.corrupt == 1 {
                n_set_aside += 1;
                // What is issued again takes its place.
                assert!(spool.keep(&long(1))? || spool.keep(&long(2))?);
                assert_eq!(spool.pending(day(FAR), 9)?.len(), 2, "page {page}");
            }
            Ok(())
        });
        fs::write(&damaged, &bytes).unwrap();
        let forgotten = Spool::open(&damaged).and_then(|mut spool| {
            spool.delivered(&[1, 2])?;
            spool.forget(moment("2030-01-01T00:00:00Z"))
        });
        n_forgotten += usize::from(forgotten.as_ref().is_ok_and(|n| *n == 2));
        for error in [found.err(), forgotten.err()].into_iter().flatten() {
            assert!(matches!(error, SpoolError::Damaged { .. }), "page {page}: {error:?}");
        }
    }
    let counts = format!("{n_set_aside} set aside, {n_forgotten} forgotten of {n_pages} pages");
    assert!(5 <= n_set_aside && n_pages < 2 * n_forgotten, "{counts}");
}

#[test]
fn a_commit_is_synchronised_and_readers_do_not_wait() {
    let (_folder, path) = folder();
    let spool = Spool::open(&path).unwrap();
    let asked = |name: &str| -> String {
        let text = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            row.get::<_, String>(0).or_else(|_| Ok(row.get::<_, i64>(0)?.to_string()))
        };
        spool.connection.query_row(&format!("PRAGMA {name}"), [], text).unwrap()
    };
    assert_eq!((asked("synchronous"), asked("journal_mode")), ("2".to_owned(), "wal".to_owned()));
}

#[test]
fn flipped_bytes_in_the_file_never_give_another_forecast() {
    let (folder, path) = folder();
    let whole = long_spool(&path, 4);
    let mut rng = 0x9E37_79B9_7F4A_7C15_u64;
    let (mut n_set_aside, mut n_damaged) = (0, 0);
    for round in 0..20 {
        let mut bytes = whole.clone();
        // Beyond the first page, which is the file's own description.
        for _ in 0..3 {
            rng =
                rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = 4096 + usize::try_from(rng >> 33).unwrap() % (bytes.len() - 4096);
            bytes[at] ^= u8::try_from(1 + (rng & 0x7f)).unwrap();
        }
        let damaged = folder.path().join(format!("damaged {round}.db"));
        fs::write(&damaged, &bytes).unwrap();
        let pending = Spool::open(&damaged).and_then(|mut spool| {
            let pending = spool.pending(day(FAR), 9)?;
            n_set_aside += spool.state()?.corrupt;
            // The rest goes on.
            spool.keep(&of_version(9))?;
            spool.delivered(&pending.iter().map(|found| found.id).collect::<Vec<_>>())?;
            spool.forget(moment("2030-01-01T00:00:00Z"))?;
            Ok(pending)
        });
        match pending {
            Ok(pending) => {
                for found in pending {
                    assert_eq!(found.forecast, long(found.forecast.version), "round {round}");
                }
            }
            Err(SpoolError::Damaged { .. }) => n_damaged += 1,
            Err(other) => panic!("round {round}: {other:?}"),
        }
        fs::remove_file(&damaged).unwrap();
    }
    assert!(n_damaged * 4 < 20, "{n_damaged} of 20 files could not be used");
    assert!(20 < n_set_aside, "{n_set_aside} forecasts were set aside");
}

#[test]
fn a_file_that_was_moved_away_is_made_anew() {
    // With what lies beside it, and without.
    for removed in [&["spool.db", "spool.db-wal", "spool.db-shm"][..], &["spool.db"]] {
        let (folder, path) = folder();
        let mut spool = Spool::open(&path).unwrap();
        spool.keep(&of_version(1)).unwrap();
        for name in removed {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert!(spool.keep(&of_version(2)).unwrap());
        let mut other = Spool::open(&path).unwrap();
        assert!(other.keep(&of_version(3)).unwrap());
        drop(spool);
        assert_eq!(versions(&other.pending(day(FAR), 9).unwrap()), [2, 3]);
        drop(other);
        let mut again = Spool::open(&path).unwrap();
        assert_eq!(versions(&again.pending(day(FAR), 9).unwrap()), [2, 3], "{removed:?}");
    }
}
