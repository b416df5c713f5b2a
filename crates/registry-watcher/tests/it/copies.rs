//! The last good version on disk.

use std::sync::atomic::Ordering;

use mlflow_client::{RegistryStore as _, Stage};
use registry_watcher::watch::{LOAD_TIMEOUT, RESTORE_PATIENCE, SELECT_TIMEOUT};
use registry_watcher::{Cause, LastGood, Step, SwapReason, Target};
use tokio::time::{Duration, Instant};

use crate::world::{NAME, Outcome, World};

fn target() -> Target {
    Target { name: NAME.to_owned(), selector: "stage:Production".parse().unwrap() }
}

/// A registry with version 1 in Production, served once with a copy kept.
async fn served_once() -> (tempfile::TempDir, LastGood, World) {
    let folder = tempfile::tempdir().unwrap();
    let copies = LastGood::in_folder(folder.path());
    let mut world = World::following_production().restarted(&copies);
    let one = world.register().await;
    world.promote(one).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!(world.status.load().copy_failure, None);
    (folder, copies, world)
}

#[tokio::test]
async fn a_start_without_the_registry_serves_the_copy_until_it_is_back() {
    let (_folder, copies, world) = served_once().await;
    world.switch(true);
    let mut again = world.restarted(&copies);
    assert!(matches!(again.step().await, Step::Unreachable { .. }));
    assert_eq!(again.served(), Some(1));
    let status = again.status.load();
    assert_eq!(status.degraded.as_ref().unwrap().cause, Cause::Unreachable);
    assert_eq!(status.swaps.back().unwrap().reason, SwapReason::LastGood);
    assert_eq!(again.reader.current().unwrap().model.source, "memory:/files/0");

    again.switch(false);
    assert!(matches!(again.step().await, Step::Unchanged { .. }), "the same version: no load");
    assert_eq!(again.status.load().degraded, None);
    let two = again.register().await;
    again.promote(two).await;
    assert!(matches!(again.step().await, Step::Swapped(_)));
    // And the copy follows.
    again.switch(true);
    let mut third = again.restarted(&copies);
    third.step().await;
    assert_eq!(third.served(), Some(2));
}

#[tokio::test]
async fn the_copy_is_served_while_what_is_selected_is_bad_or_does_not_come_or_is_nothing() {
    for outcome in [Some(Outcome::Corrupt), Some(Outcome::Unreachable), None] {
        let (_folder, copies, world) = served_once().await;
        match outcome {
            Some(outcome) => {
                let two = world.register().await;
                world.set(two, outcome);
                world.promote(two).await;
            }
            None => world.move_to(1.into(), Stage::Archived).await,
        }
        let mut again = world.restarted(&copies);
        let step = again.step().await;
        assert_eq!(again.served(), Some(1), "{outcome:?}: {step:?}");
        assert!(again.status.load().degraded.is_some(), "{outcome:?}: {step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_hangs_holds_the_copy_up_for_seconds_and_the_second_step_has_all_its_time()
{
    let (_folder, copies, world) = served_once().await;
    world.store.hung.store(true, Ordering::Relaxed);
    let mut again = world.restarted(&copies);
    for patience in [RESTORE_PATIENCE, SELECT_TIMEOUT] {
        let began = Instant::now();
        assert!(matches!(again.step().await, Step::Unreachable { .. }));
        assert_eq!(began.elapsed().as_secs(), patience.as_secs());
        assert_eq!(again.served(), Some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_hang_hold_the_copy_up_for_seconds_and_without_one_have_all_their_time() {
    let (_folder, copies, world) = served_once().await;
    let two = world.register().await;
    world.promote(two).await;
    world.set(two, Outcome::Hangs);
    for (copies, served, patience) in [
        (copies, Some(1), RESTORE_PATIENCE),
        (LastGood::in_folder("not/there"), None, LOAD_TIMEOUT),
    ] {
        let mut again = world.restarted(&copies);
        let began = Instant::now();
        assert!(matches!(again.step().await, Step::ArtifactsUnreachable { tried: true, .. }));
        assert!(began.elapsed() < patience + Duration::from_secs(1), "{:?}", began.elapsed());
        assert!(patience <= began.elapsed(), "{:?}", began.elapsed());
        assert_eq!(again.served(), served);
    }
}

#[tokio::test]
async fn a_copy_cut_short_anywhere_is_never_served_and_is_replaced() {
    let (_folder, copies, world) = served_once().await;
    let path = copies.path(&target());
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        world.switch(true);
        let mut again = world.restarted(&copies);
        again.step().await;
        assert_eq!(again.served(), None, "{length} bytes");
        let failure = again.status.load().copy_failure.clone().unwrap();
        assert!(failure.contains("damaged"), "{failure}");
        again.switch(false);
        assert!(matches!(again.step().await, Step::Swapped(_)));
        assert_eq!(again.status.load().copy_failure, None);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}

#[tokio::test]
async fn a_copy_that_does_not_load_any_more_is_told_and_not_served() {
    let (_folder, copies, world) = served_once().await;
    world.switch(true);
    world.set(1.into(), Outcome::PredictsNan);
    let mut again = world.restarted(&copies);
    again.step().await;
    again.step().await;
    assert_eq!(again.served(), None);
    assert!(again.status.load().copy_failure.as_ref().unwrap().contains("predicts NaN"));
}

#[tokio::test]
async fn a_copy_that_cannot_be_written_holds_no_swap_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, b"").unwrap();
    let mut world = World::following_production().restarted(&LastGood::in_folder(&file));
    let one = world.register().await;
    world.promote(one).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert!(world.status.load().copy_failure.as_ref().unwrap().contains("a file"));
    world.store.inner.delete_version(NAME, one).await.unwrap();
    world.step().await;
    assert_eq!(world.served(), Some(1));
}
