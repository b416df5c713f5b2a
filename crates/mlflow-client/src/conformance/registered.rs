//! Registered models as a whole: renamed, described, copied, deleted.

use super::{assert_kind, run, versions};
use crate::entity::{NewModelVersion, Stage};
use crate::error::ErrorKind;
use crate::id::Version;
use crate::resolve::resolve_model_uri;
use crate::store::Store;

/// A model keeps its versions, tags and aliases under another name, and loses all when deleted.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn registered_models_are_renamed_and_deleted(store: &dyn Store, prefix: &str) {
    let (old, new) = (format!("{prefix} de'scr \"ação\""), format!("{prefix} renamed %, ção"));
    let (one, two) = (Version::new(1), Version::new(2));
    versions(store, &old, prefix, 3).await;
    store.delete_version(&old, Version::new(3)).await.expect("a version is deleted");
    store.set_alias(&old, "champion", one).await.expect("an alias is set");
    store.set_model_tag(&old, "desk", "energy").await.expect("a tag is set");
    let promoted = store.transition_stage(&old, two, Stage::Production, false).await;
    promoted.expect("a version is promoted");
    let before = store.get_registered_model(&old).await.expect("the model is read");

    let renamed = store.rename_registered_model(&old, &new).await.expect("it is renamed");
    let read = store.get_registered_model(&new).await.expect("the model is read");
    assert_eq!(renamed, read, "the answer is the model");
    assert_eq!((&read.tags, &read.aliases), (&before.tags, &before.aliases));
    assert_eq!(read.creation_time_ms, before.creation_time_ms);
    assert!(read.last_updated_time_ms >= before.last_updated_time_ms);
    let all = store.versions(&new).await.expect("the versions are listed");
    let stages: Vec<_> = all.iter().map(|v| (v.version, v.stage, v.aliases.len())).collect();
    assert_eq!(stages, [(two, Stage::Production, 0), (one, Stage::None, 1)]);
    assert!(all.iter().all(|v| v.name == new && v.tags.len() == 1), "tags of versions go along");
    assert_kind(store.get_registered_model(&old).await, ErrorKind::NotFound, "the old name");
    let same = store.rename_registered_model(&new, &new).await;
    assert_eq!(same.expect("a model keeps its name").name, new);

    let taken = format!("{prefix} taken");
    store.create_registered_model(&taken, None).await.expect("a model is registered");
    let rule = "a name that is taken, wrong or unknown";
    let refused = store.rename_registered_model(&new, &taken).await;
    assert_kind(refused, ErrorKind::AlreadyExists, rule);
    for wrong in ["a/b", " ", "..", "a:b"] {
        let refused = store.rename_registered_model(&new, wrong).await;
        assert_kind(refused, ErrorKind::InvalidArgument, rule);
        let refused = store.create_registered_model(wrong, None).await;
        assert_kind(refused, ErrorKind::InvalidArgument, rule);
    }
    let unknown = store.rename_registered_model(&old, &format!("{prefix} x")).await;
    assert_kind(unknown, ErrorKind::NotFound, rule);

    store.delete_registered_model(&new).await.expect("it is deleted");
    let again = store.delete_registered_model(&new).await;
    assert_kind(again, ErrorKind::NotFound, "a model that is deleted");
    assert_kind(store.get_version(&new, one).await, ErrorKind::NotFound, "its versions");
    versions(store, &new, prefix, 1).await;
    let anew = store.get_registered_model(&new).await.expect("the model is read");
    assert!(anew.aliases.is_empty() && anew.tags.is_empty(), "{anew:?}");
    let numbers: Vec<_> = anew.latest_versions.iter().map(|v| v.version).collect();
    assert_eq!(numbers, [one], "a name that is free again counts from 1");
}

/// Descriptions of models and versions are set, replaced and removed.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn models_and_versions_are_described(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} described");
    let one = Version::new(1);
    versions(store, &name, prefix, 2).await;
    store.set_alias(&name, "champion", one).await.expect("an alias is set");
    store.delete_version(&name, Version::new(2)).await.expect("a version is deleted");
    for (text, expected) in [("previsão, **h = 5**", Some("previsão, **h = 5**")), ("", None)] {
        let model = store.update_registered_model(&name, text).await.expect("it is described");
        assert_eq!(model.description.as_deref(), expected);
        let read = store.get_registered_model(&name).await.expect("the model is read");
        assert_eq!(model, read, "the answer is the model");
        let version = store.update_model_version(&name, one, text).await.expect("so is a version");
        assert_eq!(version.description.as_deref(), expected);
        let read = store.get_version(&name, one).await.expect("the version is read");
        assert_eq!(version, read, "the answer is the version");
        assert_eq!(version.aliases, ["champion"]);
        assert!(version.last_updated_time_ms >= version.creation_time_ms);
    }
    let nope = format!("{prefix} nope");
    let rule = "a description of something unknown";
    assert_kind(store.update_registered_model(&nope, "x").await, ErrorKind::NotFound, rule);
    assert_kind(store.update_model_version(&nope, one, "x").await, ErrorKind::NotFound, rule);
    let deleted = store.update_model_version(&name, Version::new(2), "x").await;
    assert_kind(deleted, ErrorKind::NotFound, rule);
}

/// The newest of some stages, and what an alias names, are whole versions.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn versions_are_read_by_stage_and_alias(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} by stage and alias");
    versions(store, &name, prefix, 4).await;
    for (number, stage) in [(1, Stage::Production), (2, Stage::Production), (3, Stage::Archived)] {
        let moved = store.transition_stage(&name, Version::new(number), stage, false).await;
        moved.expect("a version is moved");
    }
    store.set_alias(&name, "champion", Version::new(2)).await.expect("an alias is set");
    let two = store.get_version(&name, Version::new(2)).await.expect("a version is read");
    let found = store.get_model_version_by_alias(&name, "champion").await;
    assert_eq!(found.expect("the alias names a version"), two);
    for latest in ["latest", "LATEST"] {
        let found = store.get_model_version_by_alias(&name, latest).await.expect("there is one");
        assert_eq!(found.version, Version::new(4), "{latest}");
    }
    let cases: [(&[Stage], &[u32]); 5] = [
        (&[], &[2, 3, 4]),
        (&[Stage::Production], &[2]),
        (&[Stage::Staging], &[]),
        (&[Stage::Archived, Stage::Production, Stage::Staging], &[2, 3]),
        (&[Stage::None], &[4]),
    ];
    for (stages, expected) in cases {
        let latest = store.get_latest_versions(&name, stages).await.expect("they are read");
        let mut numbers: Vec<_> = latest.iter().map(|v| v.version.number()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, expected, "{stages:?}");
        let in_production = latest.into_iter().find(|v| v.stage == Stage::Production);
        assert!(in_production.is_none_or(|found| found == two), "with its alias");
    }
    let rule = "an alias that names nothing";
    for (model, alias, kind) in [
        (name.as_str(), "nobody", ErrorKind::NotFound),
        (&name, "Champion", ErrorKind::NotFound),
        (&name, "v1", ErrorKind::NotFound),
        (&name, "a b", ErrorKind::InvalidArgument),
        (&name, "", ErrorKind::InvalidArgument),
        (&format!("{prefix} nope"), "champion", ErrorKind::NotFound),
        (&format!("{prefix} nope"), "latest", ErrorKind::NotFound),
    ] {
        assert_kind(store.get_model_version_by_alias(model, alias).await, kind, rule);
    }
    assert_kind(
        store.get_latest_versions(&format!("{prefix} nope"), &[]).await,
        ErrorKind::NotFound,
        rule,
    );
    let empty = format!("{prefix} empty");
    store.create_registered_model(&empty, None).await.expect("a model is registered");
    let none = store.get_model_version_by_alias(&empty, "latest").await;
    assert_kind(none, ErrorKind::NotFound, "the latest of none");
}

/// A copy has the files of its original, also when that is a copy, renamed or deleted.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn copies_keep_their_files(store: &dyn Store, prefix: &str) {
    let [dev, staging, live] = ["dev", "staging", "live"].map(|of| format!("{prefix} copied {of}"));
    let one = Version::new(1);
    let run = run(store, prefix).await;
    let files = format!("{}/model", run.artifact_uri);
    store.create_registered_model(&dev, None).await.expect("a model is registered");
    let mut new = NewModelVersion {
        name: dev.clone(),
        source: format!("runs:/{}/model", run.id),
        run_id: Some(run.id.clone()),
        model_id: None,
        description: Some("primeira".to_owned()),
        tags: vec![("a b".to_owned(), "c".to_owned())],
    };
    let original = store.create_version(&new).await.expect("a version is registered");
    store.set_alias(&dev, "champion", one).await.expect("an alias is set");

    let copy = store.copy_model_version(&dev, one, &staging).await.expect("a version is copied");
    assert_eq!((copy.name.as_str(), copy.version, copy.stage), (&*staging, one, Stage::None));
    assert_eq!(copy.source, format!("models:/{dev}/1"));
    assert_eq!((&copy.run_id, &copy.tags), (&original.run_id, &original.tags));
    assert_eq!(copy.description, original.description);
    assert!(copy.aliases.is_empty(), "an alias stays where it is");
    let again = store.copy_model_version(&dev, one, &staging).await.expect("and once more");
    assert_eq!(again.version, Version::new(2), "a model that is there takes another version");
    let third = store.copy_model_version(&staging, one, &live).await.expect("a copy of a copy");

    // A source that names a stage or an alias is settled when the version is registered.
    new.run_id = None;
    for source in [format!("models:/{dev}@champion"), format!("models:/{dev}/latest")] {
        let made = store.create_version(&NewModelVersion { source, ..new.clone() }).await;
        let made = made.expect("a version is registered");
        assert_eq!(made.run_id, original.run_id, "the run of the original");
        assert!(made.source.starts_with(&format!("models:/{dev}/")), "{}", made.source);
        assert!(made.source.ends_with(|c: char| c.is_ascii_digit()), "{}", made.source);
    }
    let strange = crate::id::RunId::new("f".repeat(32));
    let source = format!("models:/{dev}/1");
    let other = NewModelVersion { source, run_id: Some(strange), ..new };
    let refused = store.create_version(&other).await;
    assert_kind(refused, ErrorKind::InvalidArgument, "the run of another version");

    let is_found = async |name: &str| {
        let uri = format!("models:/{name}/1");
        let found = resolve_model_uri(store, &uri).await.expect(&uri);
        assert_eq!(found.trim_end_matches('/'), files, "{uri}");
    };
    is_found(&staging).await;
    is_found(&live).await;
    let renamed = format!("{prefix} copied renamed");
    store.rename_registered_model(&dev, &renamed).await.expect("the original is renamed");
    is_found(&live).await;
    store.delete_registered_model(&renamed).await.expect("the original is deleted");
    store.delete_registered_model(&staging).await.expect("and the copy between");
    is_found(&live).await;
    let read = store.get_version(&live, third.version).await.expect("the version is read");
    assert_eq!(read.source, format!("models:/{staging}/1"), "the source says what it was");

    let unknown = store.copy_model_version(&dev, one, &live).await;
    assert_kind(unknown, ErrorKind::NotFound, "a copy of nothing");
    let wrong = store.copy_model_version(&live, one, "a/b").await;
    assert_kind(wrong, ErrorKind::InvalidArgument, "a copy to a wrong name");
}
