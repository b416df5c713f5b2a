//! Files that are no spool, or not of this version: named, and left as they are.

use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use forecast_monitor::{Spool, SpoolError};
use rusqlite::Connection;

use crate::child::forecast;

/// Opens the file, which must be refused and not be touched.
fn refused(path: &Path) -> SpoolError {
    let before = fs::read(path).unwrap();
    let error = Spool::open(path).unwrap_err();
    assert_eq!(fs::read(path).unwrap(), before, "it was changed");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn a_file_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("short.txt"), "prices").unwrap();
    fs::write(at("long.csv"), "2026-11-20,31.5\n".repeat(1000)).unwrap();
    let other = Connection::open(at("other.db")).unwrap();
    other.execute_batch("CREATE TABLE runs (id TEXT)").unwrap();
    drop(other);
    let other = Connection::open(at("id.db")).unwrap();
    other.execute_batch("CREATE TABLE t (a); PRAGMA application_id = 77").unwrap();
    drop(other);
    for (name, what) in [
        ("short.txt", "it has 6 bytes"),
        ("long.csv", "not a SQLite database"),
        ("other.db", "another application's database, with 1 tables"),
        ("id.db", "application id 77"),
    ] {
        let error = refused(&at(name));
        assert!(matches!(error, SpoolError::NotASpool { .. }), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let error = Spool::open(folder.path()).unwrap_err();
    assert!(matches!(error, SpoolError::Io { tried: "opened", .. }), "{error:?}");
    fs::write(at("empty.db"), "").unwrap();
    assert!(Spool::open(&at("empty.db")).unwrap().keep(&forecast(1)).unwrap());
}

#[test]
fn a_spool_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    drop(Spool::open(&path).unwrap());
    let set = |version: u32| {
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    };
    set(2);
    let error = refused(&path);
    assert!(matches!(error, SpoolError::Newer { found: 2, known: 1, .. }), "{error:?}");
    set(1);
    assert!(Spool::open(&path).unwrap().keep(&forecast(1)).unwrap());
}

#[test]
fn a_file_that_was_cut_off_gives_what_is_whole_or_says_that_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let mut spool = Spool::open(&path).unwrap();
    for version in 0..5 {
        assert!(spool.keep(&forecast(version)).unwrap());
    }
    drop(spool);
    let whole = fs::read(&path).unwrap();
    for length in [1, 99, 511, 512, 4096, 4097, 40_000, whole.len() / 2, whole.len() - 1] {
        let cut = folder.path().join(format!("cut at {length}.db"));
        fs::write(&cut, &whole[..length]).unwrap();
        let pending = Spool::open(&cut).and_then(|mut spool| spool.pending(NaiveDate::MAX, 9));
        match pending {
            Ok(pending) => {
                for found in pending {
                    assert_eq!(found.forecast, forecast(found.forecast.version));
                }
            }
            Err(SpoolError::NotASpool { .. } | SpoolError::Damaged { .. }) => {}
            Err(other) => panic!("{length}: {other:?}"),
        }
    }
}
