//! What happens in the world while a version is loaded.

use std::sync::atomic::Ordering;

use mlflow_client::{RegistryStore as _, Stage};
use registry_watcher::watch::{LOAD_TIMEOUT, RECHECK_EVERY};
use registry_watcher::{Cause, Loading, Schedule, Step, run};
use tokio::time::{Duration, Instant, sleep};

use crate::world::{NAME, Outcome, SLOW, World, at};

#[tokio::test]
async fn a_load_under_way_is_told_in_the_status_and_not_after_it() {
    let mut world = World::following_production();
    let one = world.register().await;
    world.promote(one).await;
    let step = world
        .step_and_while_it_loads(async |_, status| {
            assert_eq!(status.load().loading, Some(Loading { version: one, since: at(1) }));
        })
        .await;
    assert!(matches!(step, Step::Swapped(_)), "{step:?}");
    assert_eq!(world.status.load().loading, None);
}

#[tokio::test]
async fn a_version_archived_while_it_was_loaded_is_not_served() {
    let mut world = World::following_production();
    let one = world.register().await;
    world.promote(one).await;
    let step = world
        .step_and_while_it_loads(async |store, _| {
            store.inner.transition_stage(NAME, one, Stage::Archived, false).await.unwrap();
        })
        .await;
    assert!(matches!(step, Step::NothingSelected { .. }), "{step:?}");
    assert_eq!(world.served(), None);
}

#[tokio::test]
async fn a_rollback_during_a_load_leaves_the_served_version_alone() {
    let mut world = World::following_production();
    let (one, two) = (world.register().await, world.register().await);
    world.promote(one).await;
    world.step().await;
    world.promote(two).await;
    let step = world
        .step_and_while_it_loads(async |store, _| {
            store.inner.transition_stage(NAME, one, Stage::Production, true).await.unwrap();
        })
        .await;
    assert_eq!(step, Step::Unchanged { version: one });
    assert_eq!((world.served(), world.status.load().swaps.len()), (Some(1), 1));
    assert_eq!(world.status.load().degraded, None);
}

#[tokio::test]
async fn a_version_promoted_during_the_load_of_another_is_served_in_its_place() {
    let mut world = World::following_production();
    let (one, two) = (world.register().await, world.register().await);
    world.promote(one).await;
    let step = world
        .step_and_while_it_loads(async |store, _| {
            store.inner.transition_stage(NAME, two, Stage::Production, true).await.unwrap();
        })
        .await;
    assert_eq!(step, Step::Superseded { version: one, by: two });
    assert_eq!(world.served(), None);
    assert_eq!(world.status.load().degraded.as_ref().unwrap().cause, Cause::Superseded);
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!(world.served(), Some(2));
}

#[tokio::test]
async fn a_loaded_version_is_served_if_the_registry_is_gone_by_then() {
    let mut world = World::following_production();
    let one = world.register().await;
    world.promote(one).await;
    let step = world
        .step_and_while_it_loads(async |store, _| store.down.store(true, Ordering::Relaxed))
        .await;
    assert!(matches!(step, Step::Swapped(_)), "{step:?}");
    assert_eq!(world.served(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_hangs_is_given_up_and_another_promotion_served() {
    let mut world = World::following_production();
    let (one, two) = (world.register().await, world.register().await);
    world.promote(one).await;
    world.set(one, Outcome::Hangs);
    let began = Instant::now();
    let step = world.step().await;
    assert!(matches!(step, Step::ArtifactsUnreachable { tried: true, .. }), "{step:?}");
    assert!(began.elapsed() <= LOAD_TIMEOUT + Duration::from_secs(1));
    world.promote(two).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
}

/// What is served, in order and after how many seconds, if version 2 is promoted over version 1
/// and takes a long time, and `later` happens twelve seconds into that.
async fn while_it_loads(of_two: Outcome, later: Option<Finding>) -> Vec<(u32, u64)> {
    let mut world = World::following_production();
    let [one, two, three] =
        [world.register().await, world.register().await, world.register().await];
    world.promote(one).await;
    world.step().await;
    world.set(two, of_two);
    world.promote(two).await;
    let World { store, script: _script, watcher, reader, status, .. } = world;
    let began = Instant::now();
    let mut changes = reader.changes();
    let looped = run(watcher, Schedule::every(Duration::from_secs(5), 1), || at(2), async {
        sleep(Duration::from_mins(3)).await;
    });
    let acting = async {
        sleep(Duration::from_secs(12)).await;
        let Some(later) = later else { return };
        let registry = &store.inner;
        match later {
            Finding::Promoted => {
                registry.transition_stage(NAME, three, Stage::Production, true).await.unwrap();
            }
            Finding::RolledBack => {
                registry.transition_stage(NAME, one, Stage::Production, true).await.unwrap();
            }
            Finding::RegistryAway => store.down.store(true, Ordering::Relaxed),
        }
        sleep(RECHECK_EVERY).await;
        let is_loading = status.load().loading.is_some();
        assert_eq!(is_loading, later == Finding::RegistryAway, "{later:?}");
    };
    let mut seen = Vec::new();
    let seeing = async {
        loop {
            changes.next().await;
            let served = reader.current().unwrap();
            seen.push((served.version().number(), began.elapsed().as_secs()));
        }
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(looped, acting) } => {}
        () = seeing => {}
    }
    seen
}

/// What a load under way meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Promoted,
    RolledBack,
    RegistryAway,
}

#[tokio::test(start_paused = true)]
async fn a_promotion_while_files_are_slow_or_hang_is_served_within_seconds_and_they_are_let_go() {
    for of_two in [Outcome::Slow, Outcome::Hangs] {
        let seen = while_it_loads(of_two, Some(Finding::Promoted)).await;
        assert_eq!(seen, [(1, 0), (3, 15)], "{of_two:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollback_while_files_are_slow_or_hang_lets_them_go() {
    for of_two in [Outcome::Slow, Outcome::Hangs] {
        let seen = while_it_loads(of_two, Some(Finding::RolledBack)).await;
        assert_eq!(seen, [(1, 0)], "{of_two:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_files_that_stay_wanted_are_served_in_the_end_also_if_the_registry_goes_away() {
    for later in [None, Some(Finding::RegistryAway)] {
        let seen = while_it_loads(Outcome::Slow, later).await;
        assert_eq!(seen, [(1, 0), (2, SLOW.as_secs())], "{later:?}");
    }
}
