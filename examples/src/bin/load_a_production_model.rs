//! Logs a Prophet model as Python's MLflow does, and forecasts with what is in Production.
//!
//! `load_a_production_model [TRACKING_URI]`: `mlflow.prophet.load_model` opens the same
//! `models:/Sales/Production`.

use anyhow::{Context as _, Result};
use examples::mlflow_store;
use forecast_core::{Prophet, Series, Spec, prophet_json};
use mlflow_client::flavor::{ProphetFlavor, load_model_json, prophet_files};
use mlflow_client::{NewModelVersion, Stage, StartRun, newest_in_stage, start_run};

const MODEL: &str = "Sales";

/// Days to forecast.
const DAYS: usize = 7;

/// A moment in 2023, in milliseconds.
const CREATED_MS: i64 = 1_700_000_000_000;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what an example is for")]
async fn main() -> Result<()> {
    let store = mlflow_store().await?;
    let history = Series::new(examples::days(365), examples::sales(365, 3))?;
    let fitted = Prophet::new(Spec::default()).fit(&history)?;

    let experiment = store.get_or_create_experiment("examples").await?;
    let run = start_run(&store, StartRun::new(experiment, "fit")).await?;
    let model = run
        .log_model("model", "prophet", |model| {
            let mut flavor = ProphetFlavor::new(prophet_json::write(&fitted), CREATED_MS);
            flavor.model_id = Some(model.id.clone());
            flavor.artifact_uri = Some(model.artifact_uri.clone());
            prophet_files(&flavor)
        })
        .await?;
    store.create_registered_model(MODEL, None).await?;
    let new = NewModelVersion {
        name: MODEL.to_owned(),
        source: format!("models:/{}", model.id),
        run_id: Some(run.id().clone()),
        model_id: None,
        description: None,
        tags: vec![],
    };
    let made = store.create_version(&new).await?;
    store.transition_stage(MODEL, made.version, Stage::Production, true).await?;
    run.end().await?;

    // What a service does: it knows the name and the stage, and nothing of the run.
    let versions = store.versions(MODEL).await?;
    let newest = newest_in_stage(&versions, Stage::Production).context("nothing in Production")?;
    let loaded = prophet_json::read(&load_model_json(&*store, MODEL, newest.version).await?)?;
    let rows = loaded.make_future_dataframe(DAYS, None, false)?;
    let forecast = loaded.predict_rows(&rows, 0)?;
    println!("version {} forecasts {DAYS} days", newest.version);
    println!("the same as before it was logged: {}", forecast == fitted.predict_rows(&rows, 0)?);
    Ok(())
}
