//! Several processes with one spool, sudden ends, full disks, forbidden folders.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDate;
use forecast_monitor::{Spool, SpoolError};
use rusqlite::Connection;

use crate::child::{Child, FORECASTS, forecast};

/// The versions in the spool, each checked to be the forecast that was kept.
fn kept(path: &Path) -> Vec<u32> {
    let pending = Spool::open(path).unwrap().pending(NaiveDate::MAX, 200).unwrap();
    let versions = pending.into_iter().map(|found| {
        assert_eq!(found.forecast, forecast(found.forecast.version));
        found.forecast.version
    });
    versions.collect()
}

/// What `SQLite` itself finds wrong.
fn assert_whole(path: &Path) {
    let connection = Connection::open(path).unwrap();
    let said: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
}

#[test]
fn processes_that_write_at_once_keep_each_forecast_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new folder").join("spool.db");
    // They also make the file at once.
    let children = [0, 1, 2].map(|_| Child::new("keep", &path).start());
    for child in children {
        child.ends_well();
    }
    let found = kept(&path);
    assert_eq!(found.len(), FORECASTS as usize);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), (0..FORECASTS).collect());
    assert_whole(&path);
}

#[test]
fn a_killed_writer_loses_nothing_that_it_said_was_kept_and_nothing_is_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let mut acknowledged = BTreeSet::new();
    for round in 0..6 {
        let mut child = Child::new("keep and stay", &path).start();
        // Another one writes the same meanwhile.
        let other = Child::new("keep and stay", &path).start();
        child.says(&format!("kept {}", 5 * round));
        for said in [child.kill(), other.kill()] {
            let kept =
                said.lines().filter_map(|line| line.split_once("kept ")?.1.parse::<u32>().ok());
            acknowledged.extend(kept);
        }
        let found = kept(&path);
        let distinct: BTreeSet<u32> = found.iter().copied().collect();
        assert_eq!(found.len(), distinct.len(), "a forecast is there twice");
        assert!(acknowledged.is_subset(&distinct), "{acknowledged:?} were said, {distinct:?} are");
        assert_whole(&path);
    }
    assert!(acknowledged.contains(&25));
}

#[test]
fn a_process_that_hangs_is_waited_for_and_a_killed_one_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    drop(Spool::open(&path).unwrap());
    let mut child = Child::new("hold", &path).start();
    child.says("held");
    let mut hasty = Spool::open_within(&path, Duration::from_millis(50)).unwrap();
    let error = hasty.keep(&forecast(1)).unwrap_err();
    assert!(matches!(error, SpoolError::Locked { .. }) && error.is_passing(), "{error:?}");
    assert!(error.to_string().contains("has held it for 0.05 s"), "{error}");
    // Reading waits for nobody.
    assert_eq!(hasty.state().unwrap().kept, 0);
    child.kill();
    assert!(hasty.keep(&forecast(1)).unwrap());
}

#[test]
fn no_room_on_the_disk_is_said_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    assert!(Spool::open(&path).unwrap().keep(&forecast(1)).unwrap());
    let size = fs::metadata(&path).unwrap().len();
    let said = Child::new("use", &path).with_files_below(size + 500_000).start().ends_well();
    assert!(said.contains("state: 1"), "{said}");
    assert!(said.contains("keep: DiskFull"), "{said}");
    assert!(said.contains("is full, or the file may not become larger: make room"), "{said}");
    let found = kept(&path);
    assert!(found.contains(&1) && 1 < found.len(), "{found:?}");
    assert_whole(&path);
    let mut spool = Spool::open(&path).unwrap();
    assert!(spool.keep(&forecast(199)).unwrap(), "there is room again");
}

#[test]
fn a_folder_or_a_file_that_may_not_be_written_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    assert!(Spool::open(&path).unwrap().keep(&forecast(1)).unwrap());
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(folder.path(), 0o555);
    let ask = |name: &str| {
        let path = folder.path().join(name);
        Child::new("use", &path).without_privileges().start().ends_well()
    };
    let (new, in_folder) = (ask("new.db"), ask("spool.db"));
    allow(&path, 0o444);
    let file_in_folder = ask("spool.db");
    allow(folder.path(), 0o755);
    let in_file = ask("spool.db");
    allow(&path, 0o644);
    for said in [new, in_folder, file_in_folder, in_file] {
        assert!(said.contains("open: ReadOnly") || said.contains("open: Io"), "{said}");
        assert!(said.contains("the permissions"), "{said}");
    }
    assert_eq!(kept(&path), [1]);
    assert!(Spool::open(&path).unwrap().keep(&forecast(2)).unwrap(), "it may be written again");
}
