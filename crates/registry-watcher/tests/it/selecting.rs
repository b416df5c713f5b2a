//! Which version each selector means.

use mlflow_client::{RegistryStore as _, Stage};
use registry_watcher::Step;

use crate::world::{NAME, World};

async fn check(selector: &str, expect: Option<u32>) {
    let mut world = World::new(selector.parse().unwrap());
    let registry = std::sync::Arc::clone(&world.store.inner);
    for _ in 0..4 {
        world.register().await;
    }
    for version in [3, 2] {
        // Both stay in Production, and the higher number counts.
        let moved = registry.transition_stage(NAME, version.into(), Stage::Production, false);
        moved.await.unwrap();
    }
    registry.set_alias(NAME, "champion", 1.into()).await.unwrap();
    let step = world.step().await;
    assert_eq!(world.served(), expect, "{selector}: {step:?}");
}

#[tokio::test]
async fn each_selector_means_one_version() {
    check("stage:Production", Some(3)).await;
    check("stage:None", Some(4)).await;
    check("stage:Staging", None).await;
    check("alias:champion", Some(1)).await;
    check("alias:nobody", None).await;
    check("version:2", Some(2)).await;
    check("version:9", None).await;
    check("latest", Some(4)).await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let mut world = World::new("alias:champion".parse().unwrap());
    world.register().await;
    let Step::NothingSelected { why } = world.step().await else { panic!("something selected") };
    assert!(why.contains("`alias:champion`") && why.contains(NAME), "{why}");
}
