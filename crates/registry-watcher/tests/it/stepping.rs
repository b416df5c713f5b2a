//! Every state × every outcome of a step.

use mlflow_client::{RegistryStore as _, Stage, Version};
use registry_watcher::{Cause, Step, Swap, SwapReason};

use crate::world::{NAME, Outcome, World, at};

const V1: Version = Version::new(1);
const V2: Version = Version::new(2);

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing was ever served; version 1 is registered.
    Empty,
    /// Version 1 is in Production and served.
    Serving,
}

#[derive(Debug, Clone, Copy)]
enum Finding {
    Same,
    Promoted(Outcome),
    NothingInStage,
    VersionDeleted,
    ModelUnknown,
    RegistryDown,
}

/// Brings the watcher into a state, lets it find something, and says what came of it.
async fn come_to(state: State, finding: Finding) -> (World, Step) {
    let mut world = World::following_production();
    if !matches!(finding, Finding::ModelUnknown) {
        world.register().await;
    }
    if matches!(state, State::Serving) {
        world.promote(V1).await;
        assert!(matches!(world.step().await, Step::Swapped(_)));
    }
    match finding {
        Finding::Same | Finding::ModelUnknown => {}
        Finding::Promoted(outcome) => {
            world.register().await;
            world.set(V2, outcome);
            world.promote(V2).await;
        }
        Finding::NothingInStage => world.move_to(V1, Stage::Archived).await,
        Finding::VersionDeleted => world.store.inner.delete_version(NAME, V1).await.unwrap(),
        Finding::RegistryDown => world.switch(true),
    }
    let step = world.step().await;
    (world, step)
}

async fn check(state: State, finding: Finding, served: Option<u32>, degraded: Option<Cause>) {
    let (world, step) = come_to(state, finding).await;
    let case = format!("{state:?} × {finding:?} gave {step:?}");
    assert_eq!(world.served(), served, "{case}");
    let status = world.status.load();
    assert_eq!(status.degraded.as_ref().map(|it| it.cause), degraded, "{case}");
    assert_eq!(status.serving.map(|it| it.version.number()), served, "{case}");
    let found = match step {
        Step::Unchanged { .. } | Step::Swapped(_) => None,
        Step::NothingSelected { .. } => Some(Cause::NothingSelected),
        Step::Refused { .. } => Some(Cause::Refused),
        Step::Unreachable { .. } => Some(Cause::Unreachable),
        Step::ArtifactsUnreachable { .. } => Some(Cause::ArtifactsUnreachable),
        _ => panic!("a step of no known kind: {case}"),
    };
    assert_eq!(found, degraded, "{case}");
}

#[tokio::test]
async fn from_empty_only_a_good_version_is_served() {
    use Cause::{ArtifactsUnreachable, NothingSelected, Refused, Unreachable};
    let empty = State::Empty;
    check(empty, Finding::Promoted(Outcome::Good), Some(2), None).await;
    check(empty, Finding::Promoted(Outcome::Corrupt), None, Some(Refused)).await;
    check(empty, Finding::Promoted(Outcome::PredictsNan), None, Some(Refused)).await;
    check(empty, Finding::Promoted(Outcome::Unreachable), None, Some(ArtifactsUnreachable)).await;
    check(empty, Finding::Same, None, Some(NothingSelected)).await;
    check(empty, Finding::NothingInStage, None, Some(NothingSelected)).await;
    check(empty, Finding::VersionDeleted, None, Some(NothingSelected)).await;
    check(empty, Finding::ModelUnknown, None, Some(NothingSelected)).await;
    check(empty, Finding::RegistryDown, None, Some(Unreachable)).await;
}

#[tokio::test]
async fn from_serving_only_a_good_successor_replaces_the_served_version() {
    use Cause::{ArtifactsUnreachable, NothingSelected, Refused, Unreachable};
    let serving = State::Serving;
    check(serving, Finding::Same, Some(1), None).await;
    check(serving, Finding::Promoted(Outcome::Good), Some(2), None).await;
    check(serving, Finding::Promoted(Outcome::Corrupt), Some(1), Some(Refused)).await;
    check(serving, Finding::Promoted(Outcome::PredictsNan), Some(1), Some(Refused)).await;
    check(serving, Finding::Promoted(Outcome::Unreachable), Some(1), Some(ArtifactsUnreachable))
        .await;
    check(serving, Finding::NothingInStage, Some(1), Some(NothingSelected)).await;
    check(serving, Finding::VersionDeleted, Some(1), Some(NothingSelected)).await;
    check(serving, Finding::RegistryDown, Some(1), Some(Unreachable)).await;
}

#[tokio::test]
async fn a_refused_version_is_not_loaded_again_until_its_entry_changes() {
    let mut world = World::following_production();
    let version = world.register().await;
    world.set(version, Outcome::Corrupt);
    world.promote(version).await;
    assert!(matches!(world.step().await, Step::Refused { tried: true, .. }));
    world.set(version, Outcome::Good);
    for _ in 0..3 {
        assert!(matches!(world.step().await, Step::Refused { tried: false, .. }));
    }
    assert_eq!(world.n_loads(), 1);
    assert_eq!(world.status.load().refused.len(), 1);

    world.promote(version).await; // to the stage it is in: touches the entry
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!(world.status.load().refused, []);
}

#[tokio::test]
async fn a_version_whose_files_do_not_come_is_tried_again_after_its_own_back_off() {
    let mut world = World::following_production();
    let version = world.register().await;
    world.set(version, Outcome::Unreachable);
    world.promote(version).await;
    // Steps are a second apart: tried after 1, 2, 4 and 8 s, then every 15 s.
    let mut tried_at = Vec::new();
    for n in 1..=46 {
        let Step::ArtifactsUnreachable { tried, .. } = world.step().await else { panic!("{n}") };
        if tried {
            tried_at.push(n);
        }
    }
    assert_eq!(tried_at, [1, 2, 4, 8, 16, 31, 46]);
    assert_eq!(world.n_loads(), tried_at.len());
    world.set(version, Outcome::Good);
    assert!(matches!(world.step().await, Step::ArtifactsUnreachable { tried: false, .. }));
    world.promote(version).await; // to the stage it is in: touches the entry
    assert!(matches!(world.step().await, Step::Swapped(_)));
}

#[tokio::test]
async fn files_that_do_not_come_hold_no_other_selection_up() {
    let mut world = World::following_production();
    let (bad, good) = (world.register().await, world.register().await);
    world.set(bad, Outcome::Unreachable);
    world.promote(bad).await;
    for _ in 0..5 {
        world.step().await;
    }
    world.promote(good).await;
    assert!(matches!(world.step().await, Step::Swapped(_)), "at the very next poll");
    assert_eq!(world.served(), Some(2));
}

#[tokio::test]
async fn the_entry_in_the_status_follows_the_registry_and_not_the_load() {
    let mut world = World::following_production();
    let (one, two) = (world.register().await, world.register().await);
    world.promote(one).await;
    world.step().await;
    let entry = |world: &World| world.status.load().entry.clone().unwrap();
    assert!(entry(&world).aliases.is_empty());

    world.store.inner.set_alias(NAME, "champion", one).await.unwrap();
    assert!(matches!(world.step().await, Step::Unchanged { .. }));
    assert_eq!(entry(&world).aliases, ["champion"]);

    world.set(two, Outcome::Corrupt);
    world.promote(two).await; // moves version 1 to the archive
    assert!(matches!(world.step().await, Step::Refused { .. }));
    assert_eq!((entry(&world).version, entry(&world).stage), (one, Stage::Archived));
}

#[tokio::test]
async fn an_empty_start_whose_first_load_fails_serves_the_next_version() {
    let mut world = World::following_production();
    let bad = world.register().await;
    world.set(bad, Outcome::PredictsNan);
    world.promote(bad).await;
    world.step().await;
    let good = world.register().await;
    world.promote(good).await;
    assert!(matches!(world.step().await, Step::Swapped(_)));
    assert_eq!(world.served(), Some(2));
}

#[tokio::test]
async fn a_rollback_is_a_swap_to_the_lower_version_and_history_says_so() {
    let mut world = World::following_production();
    let (one, two) = (world.register().await, world.register().await);
    for version in [one, two, one] {
        world.promote(version).await;
        world.step().await;
    }
    let swap = |n, from, to, reason| Swap { at: at(n), from, to, reason };
    let swaps = Vec::from(world.status.load().swaps.clone());
    assert_eq!(
        swaps,
        [
            swap(1, None, one, SwapReason::First),
            swap(2, Some(one), two, SwapReason::Promoted),
            swap(3, Some(two), one, SwapReason::RolledBack),
        ]
    );
}

#[tokio::test]
async fn degradation_keeps_its_beginning_when_its_reason_changes() {
    let (mut world, _) = come_to(State::Serving, Finding::RegistryDown).await;
    world.switch(false);
    world.move_to(V1, Stage::Archived).await;
    world.step().await;
    let degraded = world.status.load().degraded.clone().unwrap();
    assert_eq!((degraded.since, degraded.cause), (at(2), Cause::NothingSelected));
    world.promote(V1).await;
    world.step().await;
    assert_eq!(world.status.load().degraded, None);
}

#[tokio::test]
async fn the_last_versions_stay_in_memory_for_pins() {
    let mut world = World::following_production();
    for _ in 0..5 {
        let version = world.register().await;
        world.promote(version).await;
        world.step().await;
    }
    let held: Vec<_> = world.reader.held().iter().map(|it| it.version().number()).collect();
    assert_eq!(held, [5, 4, 3]);
    assert!(world.reader.version(V2).is_none());
    assert!(world.reader.version(Version::new(4)).is_some());
}

#[tokio::test]
async fn totals_count_what_happened_and_not_what_is_remembered() {
    let mut world = World::following_production();
    world.step().await; // nothing is selected
    world.register().await;
    world.promote(V1).await;
    world.step().await; // the first
    world.step().await; // unchanged
    world.register().await;
    world.set(V2, Outcome::Corrupt);
    world.promote(V2).await;
    world.step().await; // refused
    world.step().await; // refused still, and not loaded again
    world.switch(true);
    world.step().await; // no answer
    world.switch(false);
    world.set(V2, Outcome::Unreachable);
    world.promote(V2).await;
    world.step().await; // its files do not come
    world.set(V2, Outcome::Good);
    world.promote(V2).await;
    world.step().await; // promoted
    world.promote(V1).await;
    world.step().await; // rolled back
    let totals = world.status.load().totals;
    assert_eq!((totals.n_polls, totals.n_poll_failures), (9, 1));
    assert_eq!((totals.n_refused, totals.n_load_failures), (1, 1));
    let swaps = SwapReason::ALL.map(|reason| (reason, totals.n_swaps(reason)));
    let expected = [
        (SwapReason::First, 1),
        (SwapReason::Promoted, 1),
        (SwapReason::RolledBack, 1),
        (SwapReason::Replaced, 0),
        (SwapReason::LastGood, 0),
    ];
    assert_eq!(swaps, expected);
}
