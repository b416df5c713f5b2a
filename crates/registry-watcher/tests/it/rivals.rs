//! Several versions in the stage that is followed.

use mlflow_client::{RegistryStore as _, Stage, Version};
use registry_watcher::Step;

use crate::world::{NAME, World};

#[tokio::test]
async fn a_rollback_without_the_archive_box_is_told_within_a_dozen_polls() {
    let mut world = World::following_production();
    let (one, two) = (world.register().await, world.register().await);
    world.promote(two).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert!(world.status.load().rivals.is_empty());
    // Version 2 stays in Production, and its number is the higher one.
    world.store.inner.transition_stage(NAME, one, Stage::Production, false).await.unwrap();
    for _ in 0..12 {
        assert_eq!(world.step().await, Step::Unchanged { version: two });
    }
    assert_eq!(world.status.load().rivals, [Version::new(1)]);
    world.move_to(two, Stage::Archived).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert!(world.status.load().rivals.is_empty());
}
