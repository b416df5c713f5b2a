//! Logs a run as `mlflow.start_run` does: parameters, a metric step by step, files, a child.
//!
//! `track_a_run [TRACKING_URI]`: without one, `mlflow.db` in the working folder; `mlflow server`
//! there shows the run.

use anyhow::Result;
use examples::mlflow_store;
use mlflow_client::{
    DatasetInput, Error, RunContext, RunStatus, StartRun, Table, start_run, with_run,
};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    let experiment = store.get_or_create_experiment("examples").await?;
    let start = StartRun::new(experiment.clone(), "track_a_run")
        .with_context(RunContext::new("ana", "track_a_run"))
        .with_description("A run of **examples**.");
    let run = start_run(&store, start).await?;
    run.log_param("learning_rate", 0.1).await?;
    let data = DatasetInput::of_bytes("sales", b"ds,y\n2024-12-30,38.5\n").with_context("training");
    run.log_input(data).await?;
    for step in 0..100 {
        // Held back and sent together: a loop of these is one request.
        run.log_metric("loss", 1.0 / (step + 1) as f64, step).await?;
    }
    let mut table = Table::new(["ds", "yhat"]);
    table.push([json!("2024-12-31"), json!(38.7)])?;
    run.log_table(&table, "forecast.json").await?;
    run.start_child("fold 1").await?.end().await?;
    let id = run.end().await?;
    let read = store.get_run(&id).await?;
    println!("{} is {}, loss {:.2}", read.name, read.status, read.metrics["loss"]);

    // The same around a piece of work: its error, and nothing else, makes the run a failed one.
    let start = StartRun::new(experiment, "a run that fails");
    let outcome = with_run(&store, start, |run| async move {
        run.log_metric("loss", f64::NAN, 0).await?;
        run.log_text("never written", "../outside.txt").await
    });
    let error: Error = outcome.await.err().ok_or_else(|| anyhow::anyhow!("it was written"))?;
    println!("refused: {error}");
    let failed = store.search_runs(&[read.experiment_id], &failed()).await?.items;
    println!("{} run is {}", failed.len(), RunStatus::Failed);
    Ok(())
}

fn failed() -> mlflow_client::Search {
    mlflow_client::Search::new("attributes.status = 'FAILED'")
}
