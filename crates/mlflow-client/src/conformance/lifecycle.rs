//! Deleting and restoring.

use super::{NOW_MS, assert_kind, pairs, run};
use crate::entity::{Batch, LifecycleStage, NewRun, RunStatus};
use crate::error::ErrorKind;
use crate::id::{ExperimentId, RunId};
use crate::store::Store;

/// A deleted run is still there to be read, takes nothing, and can be restored; tags can go.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn deleted_runs_can_be_restored(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    assert_eq!(run.lifecycle_stage, LifecycleStage::Active);
    for _ in 0..2 {
        store.delete_run(&run.id).await.expect("a run is deleted, and again");
    }
    let deleted = store.get_run(&run.id).await.expect("a deleted run is read");
    assert_eq!(deleted.lifecycle_stage, LifecycleStage::Deleted);
    let batch = Batch { params: pairs("p", 1), ..Batch::default() };
    let rule = "a deleted run is not changed";
    assert_kind(store.log_batch(&run.id, &batch).await, ErrorKind::InvalidArgument, rule);
    let ended = store.end_run(&run.id, RunStatus::Finished, NOW_MS).await;
    assert_kind(ended, ErrorKind::InvalidArgument, rule);
    for _ in 0..2 {
        store.restore_run(&run.id).await.expect("a run is restored, and again");
    }
    store.log_batch(&run.id, &batch).await.expect("a restored run takes parameters");

    store.delete_tag(&run.id, "mlflow.source.name").await.expect("a tag is deleted");
    let read = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(read.lifecycle_stage, LifecycleStage::Active);
    assert!(!read.tags.contains_key("mlflow.source.name"), "a deleted tag is gone");
    let again = store.delete_tag(&run.id, "mlflow.source.name").await;
    assert_kind(again, ErrorKind::NotFound, "a tag that is not there");
    let nobody = RunId::new("f".repeat(32));
    assert_kind(store.delete_run(&nobody).await, ErrorKind::NotFound, "an unknown run");
    assert_kind(store.restore_run(&nobody).await, ErrorKind::NotFound, "an unknown run");
}

/// An experiment is deleted and restored with its runs, and keeps its name meanwhile.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn deleted_experiments_take_their_runs_along(store: &dyn Store, prefix: &str) {
    let name = format!("{prefix} to be deleted");
    let id = store.create_experiment(&name).await.expect("an experiment is made");
    store.set_experiment_tag(&id, "team", "quant").await.expect("a tag is set");
    let new = NewRun {
        experiment_id: id.clone(),
        name: "x".to_owned(),
        start_time_ms: NOW_MS,
        user: None,
        tags: vec![],
    };
    let run = store.create_run(&new).await.expect("a run is made");
    let rule = "only a deleted experiment is restored";
    assert_kind(store.restore_experiment(&id).await, ErrorKind::NotFound, rule);

    store.delete_experiment(&id).await.expect("an experiment is deleted");
    let deleted = store.get_experiment(&id).await.expect("a deleted experiment is read");
    assert_eq!(deleted.lifecycle_stage, LifecycleStage::Deleted);
    assert_eq!((deleted.name.as_str(), deleted.tags["team"].as_str()), (name.as_str(), "quant"));
    assert!(deleted.creation_time_ms <= deleted.last_update_time_ms);
    let none = store.experiment_by_name(&name).await.expect("a look-up");
    assert!(none.is_none(), "a deleted experiment is not found by name");
    let gone = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(gone.lifecycle_stage, LifecycleStage::Deleted, "its runs are deleted too");
    let rule = "a deleted experiment is not changed";
    assert_kind(store.create_run(&new).await, ErrorKind::InvalidArgument, rule);
    let tagged = store.set_experiment_tag(&id, "team", "x").await;
    assert_kind(tagged, ErrorKind::InvalidArgument, rule);
    let rule = "the name stays taken";
    assert_kind(store.create_experiment(&name).await, ErrorKind::AlreadyExists, rule);
    assert_kind(store.get_or_create_experiment(&name).await, ErrorKind::Conflict, rule);
    assert_kind(store.delete_experiment(&id).await, ErrorKind::NotFound, "deleted once");

    store.restore_experiment(&id).await.expect("an experiment is restored");
    let back = store.get_run(&run.id).await.expect("the run is read");
    assert_eq!(back.lifecycle_stage, LifecycleStage::Active, "its runs are restored too");
    let renamed = format!("{prefix} restored");
    store.rename_experiment(&id, &renamed).await.expect("an experiment is renamed");
    let found = store.experiment_by_name(&renamed).await.expect("a look-up");
    assert_eq!(found.map(|found| found.id), Some(id));
    let nothing = ExperimentId::new("999999");
    assert_kind(store.get_experiment(&nothing).await, ErrorKind::NotFound, "an unknown one");
}
