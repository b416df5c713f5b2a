//! What every store must do, as tests that anyone can run over their own.
//!
//! Each case panics with a sentence when the store does otherwise. Names start with a prefix
//! that the caller chooses, so that the suite can run twice over a store that keeps its data.

mod artifacts;
mod files;
mod lifecycle;
mod logged_models;
mod models;
mod registered;
mod registry;
mod registry_search;
mod runs;
mod search;
mod webhooks;

use crate::entity::{NewLoggedModel, NewModelVersion, NewRun, Run};
use crate::error::{ErrorKind, Result};
use crate::id::ExperimentId;
use crate::store::Store;

pub use artifacts::{
    accents_are_read_and_folders_are_not, artifact_bytes_are_exact, artifact_paths_stay_inside,
};
pub use files::{
    artifacts_are_deleted, artifacts_go_out_and_in_as_files, folders_go_out_and_in,
    ranges_are_cut_to_what_there_is,
};
pub use lifecycle::{deleted_experiments_take_their_runs_along, deleted_runs_can_be_restored};
pub use logged_models::{
    logged_models_are_found_by_filters, logged_models_are_ordered_and_paged,
    logged_models_gather_params_tags_and_metrics, logged_models_live_from_pending_to_ready,
};
pub use models::{every_form_of_a_models_address_resolves, versions_resolve_to_their_files};
pub use registered::{
    copies_keep_their_files, models_and_versions_are_described,
    registered_models_are_renamed_and_deleted, versions_are_read_by_stage_and_alias,
};
pub use registry::{
    aliases_move_and_go, models_and_versions_have_tags, newest_in_stage_is_the_highest_number,
    unknown_names_are_not_found, versions_are_counted_and_never_reused,
};
pub use registry_search::{
    model_versions_are_ordered_and_paged, model_versions_are_searched,
    registered_models_are_searched,
};
pub use runs::{
    batches_beyond_the_limits_are_split, experiments_are_found_by_name, inputs_may_be_repeated,
    metrics_keep_what_no_number_can_say, params_are_set_once, runs_start_and_end,
    tags_of_experiments_can_go, the_latest_metric_is_the_last_step,
};

pub use search::{
    experiments_are_searched, filters_that_mean_nothing_are_refused,
    nan_is_unequal_to_every_number, runs_are_found_by_dataset_and_user, runs_are_found_by_filters,
    runs_are_ordered_and_paged,
};

pub use webhooks::{a_store_says_what_it_is, webhooks_are_managed};

/// A moment in 2023, in milliseconds: the suite needs no clock.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// Runs every case.
///
/// # Panics
///
/// If the store breaks a rule.
pub async fn all(store: &dyn Store, prefix: &str) {
    Box::pin(of_older_servers(store, prefix)).await;
    Box::pin(runs_are_found_by_filters(store, prefix)).await;
    Box::pin(runs_are_found_by_dataset_and_user(store, prefix)).await;
    Box::pin(nan_is_unequal_to_every_number(store, prefix)).await;
    Box::pin(experiments_are_searched(store, prefix)).await;
    Box::pin(versions_are_read_by_stage_and_alias(store, prefix)).await;
    Box::pin(copies_keep_their_files(store, prefix)).await;
    Box::pin(registered_models_are_searched(store, prefix)).await;
    Box::pin(model_versions_are_searched(store, prefix)).await;
    Box::pin(model_versions_are_ordered_and_paged(store, prefix)).await;
    Box::pin(webhooks_are_managed(store, prefix)).await;
    Box::pin(accents_are_read_and_folders_are_not(store, prefix)).await;
}

/// Runs the cases that servers from 3.4 on keep; the others are of later releases.
///
/// # Panics
///
/// If the store breaks a rule.
pub async fn of_older_servers(store: &dyn Store, prefix: &str) {
    store.ping().await.expect("the store answers");
    Box::pin(experiments_are_found_by_name(store, prefix)).await;
    Box::pin(tags_of_experiments_can_go(store, prefix)).await;
    Box::pin(runs_start_and_end(store, prefix)).await;
    Box::pin(params_are_set_once(store, prefix)).await;
    Box::pin(metrics_keep_what_no_number_can_say(store, prefix)).await;
    Box::pin(the_latest_metric_is_the_last_step(store, prefix)).await;
    Box::pin(batches_beyond_the_limits_are_split(store, prefix)).await;
    Box::pin(inputs_may_be_repeated(store, prefix)).await;
    Box::pin(logged_models_live_from_pending_to_ready(store, prefix)).await;
    Box::pin(logged_models_gather_params_tags_and_metrics(store, prefix)).await;
    Box::pin(logged_models_are_found_by_filters(store, prefix)).await;
    Box::pin(logged_models_are_ordered_and_paged(store, prefix)).await;
    Box::pin(versions_resolve_to_their_files(store, prefix)).await;
    Box::pin(every_form_of_a_models_address_resolves(store, prefix)).await;
    Box::pin(models_and_versions_have_tags(store, prefix)).await;
    Box::pin(unknown_names_are_not_found(store, prefix)).await;
    Box::pin(versions_are_counted_and_never_reused(store, prefix)).await;
    Box::pin(newest_in_stage_is_the_highest_number(store, prefix)).await;
    Box::pin(aliases_move_and_go(store, prefix)).await;
    Box::pin(registered_models_are_renamed_and_deleted(store, prefix)).await;
    Box::pin(models_and_versions_are_described(store, prefix)).await;
    Box::pin(a_store_says_what_it_is(store, prefix)).await;
    Box::pin(deleted_runs_can_be_restored(store, prefix)).await;
    Box::pin(deleted_experiments_take_their_runs_along(store, prefix)).await;
    Box::pin(runs_are_ordered_and_paged(store, prefix)).await;
    Box::pin(filters_that_mean_nothing_are_refused(store, prefix)).await;
    Box::pin(artifact_bytes_are_exact(store, prefix)).await;
    Box::pin(artifact_paths_stay_inside(store, prefix)).await;
    Box::pin(artifacts_go_out_and_in_as_files(store, prefix)).await;
    Box::pin(ranges_are_cut_to_what_there_is(store, prefix)).await;
    Box::pin(folders_go_out_and_in(store, prefix)).await;
    Box::pin(artifacts_are_deleted(store, prefix)).await;
}

/// Runs the cases of files below a root of the caller's, such as one in an object store.
///
/// # Panics
///
/// If the store breaks a rule.
pub async fn artifacts_at(store: &dyn Store, artifact_uri: &str) {
    let root = |case: &str| format!("{artifact_uri}/{case}");
    Box::pin(artifacts::bytes_are_exact(store, &root("bytes"))).await;
    Box::pin(artifacts::paths_stay_inside(store, &root("paths"))).await;
    Box::pin(files::files_go_out_and_in(store, &root("files"))).await;
    Box::pin(files::ranges_are_cut(store, &root("ranges"))).await;
    Box::pin(files::files_are_deleted(store, &root("deleted"))).await;
}

async fn experiment(store: &dyn Store, prefix: &str) -> ExperimentId {
    let name = format!("{prefix} conformance/ação");
    store.get_or_create_experiment(&name).await.expect("an experiment is made")
}

async fn run(store: &dyn Store, prefix: &str) -> Run {
    let new = NewRun {
        experiment_id: experiment(store, prefix).await,
        name: "a run".to_owned(),
        start_time_ms: NOW_MS,
        user: Some("ana".to_owned()),
        tags: vec![("mlflow.source.name".to_owned(), "trainer".to_owned())],
    };
    store.create_run(&new).await.expect("a run is made")
}

/// A logged model of a run, to be created.
fn new_model(run: &Run) -> NewLoggedModel {
    NewLoggedModel {
        experiment_id: run.experiment_id.clone(),
        name: "model".to_owned(),
        model_type: Some("prophet".to_owned()),
        source_run_id: Some(run.id.clone()),
        params: vec![("growth".to_owned(), "linear".to_owned())],
        tags: vec![("mlflow.user".to_owned(), "ana".to_owned())],
    }
}

/// Makes a registered model with `n` versions that point into a run.
async fn versions(store: &dyn Store, name: &str, prefix: &str, n: u32) {
    store.create_registered_model(name, Some("ações")).await.expect("a model is registered");
    let run = run(store, prefix).await;
    for _ in 0..n {
        let new = NewModelVersion {
            name: name.to_owned(),
            source: format!("runs:/{}/model", run.id),
            run_id: Some(run.id.clone()),
            model_id: None,
            description: None,
            tags: vec![("trained through".to_owned(), "2024-12-30".to_owned())],
        };
        store.create_version(&new).await.expect("a version is registered");
    }
}

fn assert_kind<T>(outcome: Result<T>, kind: ErrorKind, rule: &str) {
    match outcome {
        Ok(_) => panic!("{rule}: nothing was refused"),
        Err(error) => assert_eq!(error.kind(), kind, "{rule}: {error}"),
    }
}

fn pairs(prefix: &str, n: usize) -> Vec<(String, String)> {
    (0..n).map(|i| (format!("{prefix}{i}"), i.to_string())).collect()
}
