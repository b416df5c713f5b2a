//! A moment at which many replicas switch.

use std::time::SystemTime;

use mlflow_client::{RegistryStore as _, Stage, Version};
use registry_watcher::{Step, serve_after};

use crate::world::{NAME, World, at};

/// Registers and promotes a version that is to be served after `moment`.
async fn promote_for(world: &World, moment: &str) -> Version {
    let version = world.register().await;
    let registry = &world.store.inner;
    registry.set_version_tag(NAME, version, serve_after::TAG, moment).await.unwrap();
    world.promote(version).await;
    version
}

async fn serving_one() -> World {
    let mut world = World::following_production();
    let one = world.register().await;
    world.promote(one).await;
    world.step().await;
    world
}

fn moment(n: u64) -> (SystemTime, String) {
    (at(n), format!("1970-01-01T00:00:{n:02}Z"))
}

#[tokio::test]
async fn a_version_is_loaded_at_once_and_served_at_its_moment() {
    let mut world = serving_one().await;
    let (until, text) = moment(5);
    let two = promote_for(&world, &text).await;
    for _ in 2..5 {
        assert_eq!(world.step().await, Step::Staged { version: two, until });
        let status = world.status.load();
        assert_eq!(status.staged.map(|it| (it.version, it.until)), Some((two, until)));
        assert_eq!((world.served(), status.degraded.is_none()), (Some(1), true));
    }
    assert_eq!(world.n_loads(), 2, "loaded once, at once");
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!((world.served(), world.n_loads()), (Some(2), 2));
    assert_eq!(world.status.load().staged, None);
}

#[tokio::test]
async fn the_moment_comes_also_while_the_registry_is_away() {
    let mut world = serving_one().await;
    promote_for(&world, &moment(4).1).await;
    world.step().await;
    world.switch(true);
    assert!(matches!(world.step().await, Step::Unreachable { .. }));
    assert_eq!(world.served(), Some(1));
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!(world.served(), Some(2));
}

#[tokio::test]
async fn what_is_not_selected_any_more_is_not_served_at_its_moment() {
    let mut world = serving_one().await;
    let two = promote_for(&world, &moment(4).1).await;
    world.step().await;
    world.move_to(two, Stage::Archived).await;
    for _ in 0..4 {
        world.step().await;
    }
    assert_eq!((world.served(), world.status.load().staged), (Some(1), None));
}

#[tokio::test]
async fn the_moment_can_be_moved_without_another_load() {
    let mut world = serving_one().await;
    let two = promote_for(&world, &moment(50).1).await;
    world.step().await;
    let registry = std::sync::Arc::clone(&world.store.inner);
    let (until, text) = moment(40);
    registry.set_version_tag(NAME, two, serve_after::TAG, &text).await.unwrap();
    assert_eq!(world.step().await, Step::Staged { version: two, until });
    registry.delete_version_tag(NAME, two, serve_after::TAG).await.unwrap();
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!(world.n_loads(), 2);
}

#[tokio::test]
async fn who_serves_nothing_does_not_wait() {
    let mut world = World::following_production();
    promote_for(&world, &moment(50).1).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
}

#[tokio::test]
async fn a_moment_that_is_no_time_is_refused_until_the_tag_changes() {
    let mut world = serving_one().await;
    let two = promote_for(&world, "tomorrow").await;
    let Step::Refused { reason, .. } = world.step().await else { panic!("it was taken") };
    assert!(reason.contains("`tomorrow`") && reason.contains(serve_after::TAG), "{reason}");
    assert!(matches!(world.step().await, Step::Refused { tried: false, .. }));
    let registry = &world.store.inner;
    registry.set_version_tag(NAME, two, serve_after::TAG, &moment(1).1).await.unwrap();
    assert!(matches!(world.step().await, Step::Swapped(_)));
}
