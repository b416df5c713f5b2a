//! The table of the README for those who know Python: every name in it is there.

use std::path::Path;
use std::sync::Arc;

use mlflow_client::env::{ExperimentChoice, run_id_from};
use mlflow_client::flavor::{ProphetFlavor, prophet_files};
use mlflow_client::{
    ActiveRun, Batch, ClientOptions, DatasetInput, ExperimentId, Metric, NewModelVersion, NewRun,
    Result, RunId, RunStatus, Search, Stage, StartRun, Store, Table, TrackingUri, Version, connect,
    download_artifacts, newest_in_stage, start_run, with_run,
};

/// Calls what the table says of stores; compiled, never run.
async fn of_stores(id: &RunId, new: &NewRun, version: &NewModelVersion) -> Result<()> {
    let store: Arc<dyn Store> =
        connect(&TrackingUri::parse("http://x")?, &ClientOptions::new()).await?;
    let experiment = store.get_or_create_experiment("x").await?;
    store.create_experiment("x").await?;
    ExperimentChoice::Name("x".to_owned()).open(&*store).await?;
    let start = StartRun::resume(&run_id_from(|_| None).unwrap()).with_parent(id);
    with_run(&store, start.with_description("x"), |_| async { Ok::<_, mlflow_client::Error>(()) })
        .await?;
    store.search_runs(&[experiment], &Search::default()).await?;
    store.search_experiments(&Search::default()).await?;
    store.create_run(new).await?;
    store.get_run(id).await?;
    store.update_run(id, Some(RunStatus::Running), None).await?;
    store.delete_run(id).await?;
    store.restore_run(id).await?;
    store.end_run(id, RunStatus::Killed, 1).await?;
    store.delete_tag(id, "x").await?;
    store.log_batch(id, &Batch::default()).await?;
    store.metric_history(id, "x").await?;
    store.list_artifacts("x", "").await?;
    download_artifacts(&*store, "models:/P/1", "", Path::new("x")).await?;
    store.create_registered_model("P", None).await?;
    store.get_registered_model("P").await?;
    store.create_version(version).await?;
    store.get_version("P", Version::new(1)).await?;
    newest_in_stage(&store.versions("P").await?, Stage::Production);
    store.transition_stage("P", Version::new(1), Stage::Production, true).await?;
    store.set_alias("P", "champion", Version::new(1)).await?;
    store.delete_alias("P", "champion").await
}

/// Calls what the table says of runs; compiled, never run.
async fn of_runs(store: &Arc<dyn Store>) -> Result<()> {
    let run: ActiveRun = start_run(store, StartRun::new(ExperimentId::new("1"), "x")).await?;
    let child = ActiveRun::start_child(&run, "x").await?;
    ActiveRun::end(child).await?;
    ActiveRun::log_param(&run, "x", 1).await?;
    ActiveRun::log_params(&run, vec![]).await?;
    ActiveRun::log_metric(&run, "x", 1.0, 0).await?;
    let dataset = DatasetInput::of_bytes("x", b"");
    let flavor = ProphetFlavor::new("{}", 1);
    let model = ActiveRun::log_model(&run, "x", "prophet", |_| prophet_files(&flavor)).await?;
    let metric = Metric::with_model(Metric::new("x", 1.0, 1), &model.id);
    ActiveRun::log_metrics(&run, vec![Metric::with_dataset(metric, &dataset)]).await?;
    ActiveRun::flush(&run).await?;
    ActiveRun::set_tag(&run, "x", "y").await?;
    ActiveRun::set_tags(&run, vec![]).await?;
    ActiveRun::log_text(&run, "x", "x").await?;
    ActiveRun::log_bytes(&run, vec![], "x").await?;
    ActiveRun::log_dict(&run, &serde_json::json!({}), "x").await?;
    ActiveRun::log_figure(&run, vec![], "x.png").await?;
    ActiveRun::log_table(&run, &Table::new(["x"]), "x.json").await?;
    ActiveRun::log_artifact(&run, Path::new("x"), "").await?;
    ActiveRun::log_artifacts(&run, Path::new("x"), "").await?;
    ActiveRun::load_text(&run, "x").await?;
    ActiveRun::load_dict(&run, "x").await?;
    ActiveRun::load_table(&run, "x.json").await?;
    ActiveRun::log_input(&run, dataset).await?;
    ActiveRun::end_with(run, RunStatus::Killed).await?;
    Ok(())
}

#[test]
fn every_name_of_the_table_is_called_above() {
    // That they compile is the proof; they need not run.
    let _ = (of_stores, of_runs);
    let (readme, calls) = (include_str!("../../README.md"), include_str!("names.rs"));
    let (_, table) = readme.split_once("| Python | here |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut n_names = 0;
    for row in table.lines().skip(2) {
        let ours = row.split('|').nth(2).unwrap();
        for name in ours.split('`').skip(1).step_by(2) {
            let last = name.rsplit("::").next().unwrap();
            let is_called = calls.contains(&format!("{last}("));
            assert!(is_called, "`{name}` of the table is not called");
            if name.starts_with("ActiveRun::") {
                assert!(calls.contains(&format!("{name}(")), "{name}");
            }
            n_names += 1;
        }
    }
    assert!(n_names > 50, "the table was read: {n_names}");
}
