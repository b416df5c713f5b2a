use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::record::Kind;
use crate::record::tests::{day, example};
use crate::spool::{ASKED_MAX, Spool};

/// Longer than anything takes, also on a loaded machine.
const LONG: Duration = Duration::from_secs(30);

const NOW: Duration = Duration::ZERO;

fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
}

fn of_version(version: u32) -> Forecast {
    Forecast { version, ..example() }
}

fn asked(version: u32) -> Forecast {
    Forecast { kind: Kind::Asked, ..of_version(version) }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("spool.db");
    (folder, path)
}

fn kept(path: &Path) -> Vec<u32> {
    let pending = Spool::open(path).unwrap().pending(day("9999-12-31"), 200).unwrap();
    pending.iter().map(|found| found.forecast.version).collect()
}

#[test]
fn a_forecast_is_on_the_disk_when_its_ticket_says_so() {
    let (_folder, path) = folder();
    let recorder = Recorder::start(&path, clock);
    let handle = recorder.handle();
    for version in [1, 2, 1] {
        let ticket = handle.keep(of_version(version));
        assert_eq!(ticket.wait(LONG), Outcome::Kept);
        assert_eq!(ticket.wait(NOW), Outcome::Kept, "it may be asked again");
    }
    assert_eq!(kept(&path), [1, 2]);
    assert_eq!(recorder.stop(), Stats { kept: 2, ..Stats::default() });
}

#[test]
fn what_waits_is_kept_before_the_end_and_what_comes_after_it_is_lost() {
    let (_folder, path) = folder();
    let recorder = Recorder::start(&path, clock);
    let handle = recorder.handle();
    let tickets: Vec<_> = (0..50).map(|version| handle.keep(of_version(version))).collect();
    assert_eq!(recorder.stop().kept, 50);
    assert!(tickets.iter().all(|ticket| ticket.wait(NOW) == Outcome::Kept));
    assert_eq!(handle.keep(of_version(50)).wait(LONG), Outcome::Lost);
    assert_eq!(handle.stats().lost, 1);
    assert_eq!(kept(&path).len(), 50);
}

#[test]
fn a_file_that_another_process_holds_is_waited_for() {
    let (_folder, path) = folder();
    drop(Spool::open(&path).unwrap());
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let recorder = Recorder::start(&path, clock);
    let ticket = recorder.handle().keep(example());
    assert_eq!(ticket.wait(NOW), Outcome::Late);
    assert_eq!(recorder.handle().stats().waiting, 1);
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(ticket.wait(LONG), Outcome::Kept);
    assert_eq!(kept(&path), [3]);
}

#[test]
fn a_file_that_cannot_be_written_is_tried_until_it_can() {
    let (folder, path) = folder();
    // A file stands where the folder should be.
    fs::write(folder.path().join("deep"), "in the way").unwrap();
    let recorder = Recorder::start(&path, clock);
    let handle = recorder.handle();
    let ticket = handle.keep(example());
    while handle.stats().last_error.is_none() {
        std::thread::yield_now();
    }
    let stats = handle.stats();
    assert_eq!((stats.kept, stats.waiting, stats.lost), (0, 1, 0));
    assert_eq!(stats.failing_since, Some(clock().into()));
    let message = &stats.last_error.as_ref().unwrap().message;
    assert!(message.contains("spool.db` cannot be made") && message.contains("xists"), "{message}");
    assert_eq!(ticket.wait(NOW), Outcome::Late);
    fs::remove_file(folder.path().join("deep")).unwrap();
    assert_eq!(ticket.wait(LONG), Outcome::Kept);
    let after = recorder.stop();
    assert_eq!((after.kept, after.waiting, after.failing_since), (1, 0, None));
    assert_eq!(after.last_error, stats.last_error);
}

#[test]
fn what_falls_out_is_counted_and_asked_forecasts_leave_room_for_the_others() {
    let (folder, path) = folder();
    fs::write(folder.path().join("deep"), "in the way").unwrap();
    let recorder = Recorder::start(&path, clock);
    let handle = recorder.handle();
    let n = |n: usize| u32::try_from(n).unwrap();
    let mut tickets: Vec<_> =
        (0..n(WAITING_ASKED_MAX) + 10).map(|version| handle.keep(asked(version))).collect();
    let stats = handle.stats();
    assert_eq!((stats.waiting, stats.lost), (WAITING_ASKED_MAX, 10));
    tickets.extend((0..n(WAITING_MAX)).map(|version| handle.keep(of_version(version))));
    let lost = 10 + WAITING_ASKED_MAX;
    let stats = handle.stats();
    assert_eq!((stats.waiting, stats.lost), (WAITING_MAX, lost as u64));
    let n_lost = tickets.iter().filter(|ticket| ticket.wait(NOW) == Outcome::Lost).count();
    assert_eq!(n_lost, lost);
    // What waits already takes no place twice.
    assert_eq!(handle.keep(of_version(0)).wait(NOW), Outcome::Late);
    assert_eq!(handle.stats().lost, lost as u64);
    let stats = recorder.stop();
    assert_eq!((stats.kept, stats.waiting, stats.lost), (0, 0, (lost + WAITING_MAX) as u64));
    assert!(tickets.iter().all(|ticket| ticket.wait(NOW) == Outcome::Lost));
}

#[test]
fn what_was_kept_makes_room() {
    let queue = Queue::default();
    for version in 0..u32::try_from(WAITING_MAX + WAITING_ASKED_MAX).unwrap() {
        let place = queue.push(asked(version));
        let item = queue.first().unwrap();
        queue.finish(&item, Outcome::Kept, true);
        assert_eq!(place.wait(NOW), Outcome::Kept);
    }
    assert_eq!((queue.stats().waiting, queue.stats().lost), (0, 0));
}

#[test]
fn a_forecast_that_cannot_be_kept_at_all_is_lost_and_holds_up_nobody() {
    let (_folder, path) = folder();
    drop(Spool::open(&path).unwrap());
    // As if so many waited already.
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                INSERT INTO forecasts (model, version, origin, kind, answers_from, issued_at_ms) \
                SELECT 'x', i, '2026-11-20', 'asked', '2026-11-20', 0 FROM n";
    Connection::open(&path).unwrap().execute(fill, [ASKED_MAX]).unwrap();
    let recorder = Recorder::start(&path, clock);
    let handle = recorder.handle();
    assert_eq!(handle.keep(Forecast { rows: vec![], ..example() }).wait(LONG), Outcome::Lost);
    let message = handle.stats().last_error.unwrap().message;
    assert_eq!(message, "forecast is not kept: it has no rows");
    assert_eq!(handle.keep(asked(1)).wait(LONG), Outcome::Lost);
    assert_eq!(handle.keep(of_version(1)).wait(LONG), Outcome::Kept);
    let stats = recorder.stop();
    assert_eq!((stats.kept, stats.lost, stats.failing_since), (1, 2, None));
    assert!(stats.last_error.unwrap().message.contains("5000 forecasts of kind `asked` wait"));
}

#[test]
fn many_threads_hand_over_the_same_and_each_forecast_is_kept_once() {
    let (_folder, path) = folder();
    let recorder = Recorder::start(&path, clock);
    let second = Recorder::start(&path, clock);
    let handles = [recorder.handle(), second.handle(), recorder.handle(), second.handle()];
    let threads = handles.map(|handle| {
        std::thread::spawn(move || {
            let keep = |version| handle.keep(of_version(version)).wait(LONG);
            (0..20).map(keep).all(|outcome| outcome == Outcome::Kept)
        })
    });
    assert!(threads.map(|thread| thread.join().unwrap()).iter().all(|all| *all));
    assert_eq!(recorder.stop().kept + second.stop().kept, 20);
    let mut found = kept(&path);
    found.sort_unstable();
    assert_eq!(found, (0..20).collect::<Vec<_>>());
}
