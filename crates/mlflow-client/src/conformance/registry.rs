//! Registered models, stages and aliases.

use super::{assert_kind, versions};
use crate::entity::{ModelVersion, NewModelVersion, Stage, VersionStatus};
use crate::error::ErrorKind;
use crate::id::Version;
use crate::select::newest_in_stage;
use crate::store::Store;

/// What does not exist is not found, by that kind of error.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn unknown_names_are_not_found(store: &dyn Store, prefix: &str) {
    let nope = format!("{prefix} nope");
    let one = Version::new(1);
    let rule = "an unknown model";
    assert_kind(store.get_registered_model(&nope).await, ErrorKind::NotFound, rule);
    assert_kind(store.versions(&nope).await, ErrorKind::NotFound, rule);
    assert_kind(store.get_version(&nope, one).await, ErrorKind::NotFound, rule);
    assert_kind(store.download_uri(&nope, one).await, ErrorKind::NotFound, rule);
    assert_kind(store.set_alias(&nope, "champion", one).await, ErrorKind::NotFound, rule);
    let moved = store.transition_stage(&nope, one, Stage::Production, false).await;
    assert_kind(moved, ErrorKind::NotFound, rule);
    let new = NewModelVersion {
        name: nope,
        source: "s3://bucket/key".to_owned(),
        run_id: None,
        model_id: None,
        description: None,
        tags: vec![],
    };
    assert_kind(store.create_version(&new).await, ErrorKind::NotFound, rule);
    let slash = store.create_registered_model("a/b", None).await;
    assert_kind(slash, ErrorKind::InvalidArgument, "a name with a slash");
}

/// Versions count from 1; a deleted one leaves a gap.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn versions_are_counted_and_never_reused(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} counted ação");
    versions(store, &name, prefix, 3).await;
    let taken = store.create_registered_model(&name, None).await;
    assert_kind(taken, ErrorKind::AlreadyExists, "a name once");
    let model = store.get_registered_model(&name).await.expect("the model is read");
    assert_eq!((model.name.as_str(), model.description.as_deref()), (name.as_str(), Some("ações")));
    let one = store.get_version(&name, Version::new(1)).await.expect("a version is read");
    assert_eq!((one.stage, one.status), (Stage::None, VersionStatus::Ready));
    assert_eq!(one.tags["trained through"], "2024-12-30");
    assert!(one.run_id.is_some() && one.source.starts_with("runs:/"));

    store.delete_version(&name, Version::new(3)).await.expect("a version is deleted");
    let gone = store.get_version(&name, Version::new(3)).await;
    assert_kind(gone, ErrorKind::NotFound, "a deleted version");
    let new = NewModelVersion {
        name: name.clone(),
        source: one.source.clone(),
        run_id: one.run_id.clone(),
        model_id: None,
        description: Some("quarta".to_owned()),
        tags: vec![],
    };
    let next = store.create_version(&new).await.expect("a version is registered");
    assert_eq!(next.version, Version::new(4), "a number is not given again");
    assert_eq!(next.description.as_deref(), Some("quarta"));
    let all = store.versions(&name).await.expect("the versions are listed");
    assert_eq!(numbers(&all), [4, 2, 1], "the highest number comes first");
}

fn numbers(versions: &[ModelVersion]) -> Vec<u32> {
    versions.iter().map(|version| version.version.number()).collect()
}

/// With v3 and then v2 in Production, v3 is meant; archiving moves the others out.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn newest_in_stage_is_the_highest_number(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} staged");
    versions(store, &name, prefix, 3).await;
    let newest = || async {
        let model = store.get_registered_model(&name).await.expect("the model is read");
        let newest = newest_in_stage(&model.latest_versions, Stage::Production);
        newest.map(|version| version.version.number())
    };
    assert_eq!(newest().await, None);
    for number in [3, 2] {
        let moved = store
            .transition_stage(&name, Version::new(number), Stage::Production, false)
            .await
            .expect("a version is promoted");
        assert_eq!((moved.version.number(), moved.stage), (number, Stage::Production));
    }
    assert_eq!(newest().await, Some(3), "the highest number is meant, not the last promoted");
    store
        .transition_stage(&name, Version::new(2), Stage::Production, true)
        .await
        .expect("a version is promoted alone");
    assert_eq!(newest().await, Some(2));
    let three = store.get_version(&name, Version::new(3)).await.expect("a version is read");
    assert_eq!(three.stage, Stage::Archived);
    let wrong = store.transition_stage(&name, Version::new(1), Stage::Archived, true).await;
    assert_kind(wrong, ErrorKind::InvalidArgument, "archiving on the way into Archived");
    let model = store.get_registered_model(&name).await.expect("the model is read");
    let stages: Vec<_> = model.latest_versions.iter().map(|version| version.stage).collect();
    assert_eq!(stages.len(), 3, "one version for each stage in use: {stages:?}");
}

/// An alias names one version, moves, and goes with its version.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn aliases_move_and_go(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} aliased");
    versions(store, &name, prefix, 2).await;
    let (one, two) = (Version::new(1), Version::new(2));
    let champion = || async {
        let model = store.get_registered_model(&name).await.expect("the model is read");
        model.aliases.get("champion").copied()
    };
    assert_eq!(champion().await, None, "an alias that was never set");
    for version in [one, two, two] {
        store.set_alias(&name, "champion", version).await.expect("the alias is set");
        assert_eq!(champion().await, Some(version));
    }
    let named = store.get_version(&name, two).await.expect("a version is read");
    assert_eq!(named.aliases, ["champion"]);
    assert!(store.get_version(&name, one).await.expect("a version is read").aliases.is_empty());
    for bad in ["latest", "v7", "a b"] {
        let bad = store.set_alias(&name, bad, one).await;
        assert_kind(bad, ErrorKind::InvalidArgument, "a reserved alias");
    }
    let none = store.set_alias(&name, "challenger", Version::new(9)).await;
    assert_kind(none, ErrorKind::NotFound, "an alias of an unknown version");
    store.set_alias(&name, "challenger", one).await.expect("the alias is set");
    store.delete_alias(&name, "challenger").await.expect("the alias is removed");
    store.delete_alias(&name, "challenger").await.expect("removing it again is no error");
    store.delete_version(&name, two).await.expect("a version is deleted");
    assert_eq!(champion().await, None, "an alias goes with its version");
}

/// Tags of models and versions are set, replaced and removed.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn models_and_versions_have_tags(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} tagged");
    versions(store, &name, prefix, 1).await;
    let one = Version::new(1);
    for value in ["ação", "renda"] {
        store.set_model_tag(&name, "desk", value).await.expect("a tag is set");
        store.set_version_tag(&name, one, "checked by", value).await.expect("a tag is set");
    }
    let model = store.get_registered_model(&name).await.expect("the model is read");
    assert_eq!(model.tags["desk"], "renda");
    let version = store.get_version(&name, one).await.expect("the version is read");
    assert_eq!(version.tags["checked by"], "renda");
    assert_eq!(version.tags["trained through"], "2024-12-30", "other tags stay");
    for _ in 0..2 {
        store.delete_model_tag(&name, "desk").await.expect("a tag is removed, and again");
        let gone = store.delete_version_tag(&name, one, "checked by").await;
        gone.expect("a tag is removed, and again");
    }
    let model = store.get_registered_model(&name).await.expect("the model is read");
    assert!(model.tags.is_empty());
    let version = store.get_version(&name, one).await.expect("the version is read");
    assert_eq!(version.tags.len(), 1);

    let (nope, two) = (format!("{prefix} nope"), Version::new(2));
    let rule = "a tag of something unknown";
    assert_kind(store.set_model_tag(&nope, "a", "b").await, ErrorKind::NotFound, rule);
    assert_kind(store.delete_model_tag(&nope, "a").await, ErrorKind::NotFound, rule);
    assert_kind(store.set_version_tag(&name, two, "a", "b").await, ErrorKind::NotFound, rule);
    assert_kind(store.delete_version_tag(&name, two, "a").await, ErrorKind::NotFound, rule);
    let long = "x".repeat(100_001);
    let rule = "a value of more than 100,000 characters, or a name with a percent sign";
    assert_kind(store.set_model_tag(&name, "a", &long).await, ErrorKind::InvalidArgument, rule);
    let bad = store.set_version_tag(&name, one, "a%", "b").await;
    assert_kind(bad, ErrorKind::InvalidArgument, rule);
}
