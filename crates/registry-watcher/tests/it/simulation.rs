//! Random schedules of promotions and failures, with the invariants checked after each step.

use std::sync::Arc;

use mlflow_client::{ModelVersion, RegistryStore as _, Stage, Version, newest_in_stage};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use registry_watcher::Step;

use crate::world::{NAME, Outcome, World};

const SCHEDULES: u64 = 10_000;
const EVENTS_PER_SCHEDULE: usize = 20;

async fn versions(world: &World) -> Vec<ModelVersion> {
    world.store.inner.versions(NAME).await.unwrap_or_default()
}

async fn any_version(world: &World, rng: &mut SmallRng) -> Option<Version> {
    let versions = versions(world).await;
    let n = versions.len();
    (0 < n).then(|| versions[rng.random_range(0..n)].version)
}

/// Something happens in the world.
async fn event(world: &World, rng: &mut SmallRng) {
    match rng.random_range(0..10) {
        0 => drop(world.register().await),
        1 => world.switch(rng.random_bool(0.5)),
        kind => {
            let Some(version) = any_version(world, rng).await else { return };
            match kind {
                2..=5 => world.promote(version).await,
                6 => world.move_to(version, Stage::Archived).await,
                7 => world.store.inner.delete_version(NAME, version).await.unwrap(),
                _ => {
                    let outcomes = [
                        Outcome::Good,
                        Outcome::Corrupt,
                        Outcome::PredictsNan,
                        Outcome::Unreachable,
                    ];
                    world.set(version, outcomes[rng.random_range(0..outcomes.len())]);
                }
            }
        }
    }
}

async fn run_schedule(seed: u64) {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut world = World::following_production();
    for _ in 0..EVENTS_PER_SCHEDULE {
        event(&world, &mut rng).await;
        let before = world.reader.current();
        let step = world.step().await;
        let after = world.reader.current();
        let case = format!("seed {seed}: {step:?}");
        // S2: nothing is served that has not predicted, or under another entry's name.
        if let Some(served) = &after {
            assert!(served.model.has_predicted, "{case}");
            assert_eq!(served.model.source, served.entry.source, "{case}");
        }
        // S3: only a swap changes what is served, and nothing takes it away.
        if let Step::Swapped(swap) = &step {
            let to = after.as_ref().map(|served| served.version());
            assert_eq!(to, Some(swap.to), "{case}");
        } else {
            let same = match (&before, &after) {
                (None, None) => true,
                (Some(before), Some(after)) => Arc::ptr_eq(before, after),
                _ => false,
            };
            assert!(same, "{case}");
        }
        // The status says what the slot holds, and owns up to any difference.
        let status = world.status.load();
        let told = status.serving.map(|serving| serving.version);
        assert_eq!(told, after.as_ref().map(|served| served.version()), "{case}");
        let is_as_wished = matches!(step, Step::Swapped(_) | Step::Unchanged { .. });
        assert_eq!(status.degraded.is_none(), is_as_wished, "{case}");
    }
    heals(&mut world, seed).await;
}

/// Once everything is well and the wanted version's entry is touched, it is served.
async fn heals(world: &mut World, seed: u64) {
    world.switch(false);
    let all = versions(world).await;
    let Some(wanted) = newest_in_stage(&all, Stage::Production).map(|entry| entry.version) else {
        return;
    };
    world.set(wanted, Outcome::Good);
    world.promote(wanted).await;
    let step = world.step().await;
    assert_eq!(world.served(), Some(wanted.number()), "seed {seed}: {step:?}");
}

#[tokio::test]
async fn the_invariants_hold_under_random_schedules() {
    for seed in 0..SCHEDULES {
        run_schedule(seed).await;
    }
}
