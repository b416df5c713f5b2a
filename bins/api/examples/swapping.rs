//! The service over a registry in memory whose stage moves between two versions without a pause:
//! what `benches/serving/race.py` measures answers with while versions swap.
//!
//! `swapping PORT MODEL.json [PAUSE_MS]`

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use api::cli::Cli;
use api::config::{self, Variables};
use api::startup::Application;
use mlflow_client::{MemoryStore, NewModelVersion, NewRun, Stage, Store, Version};
use registry_watcher::Changes;

/// Short horizons are quick to make ready: swaps are what is wanted here.
const DAYS_MAX: &str = "30";

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let port = args.next().context("which port?")?;
    let file = args.next().context("which model?")?;
    let pause = args.next().map_or(Ok(1), |text| text.parse()).map(Duration::from_millis)?;
    let model = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let variables = [
        ("PETR4__API__PORT", port.as_str()),
        ("PETR4__API__WORKERS", "1"),
        ("PETR4__API__DAYS_MAX", DAYS_MAX),
        ("PETR4__REGISTRY__CACHE_DIR", ""),
        ("PETR4__MONITOR__ENABLED", "false"),
    ];
    let variables: Variables =
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let settings = config::load(&Cli::default(), &variables)?;
    let name = settings.target.name.clone();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let versions =
        [register(&*store, &name, &model).await?, register(&*store, &name, &model).await?];
    promote(&*store, &name, versions[0]).await?;
    let application = Application::over(settings, Arc::clone(&store))?;
    let state = application.state();
    let mut changes = state.reader.changes();
    let swapping = async {
        until_served(&mut changes, versions[0]).await?;
        for version in versions.into_iter().cycle().skip(1) {
            let began = Instant::now();
            promote(&*store, &name, version).await?;
            state.wake.now();
            until_served(&mut changes, version).await?;
            tokio::time::sleep(pause.saturating_sub(began.elapsed())).await;
        }
        Ok(())
    };
    tokio::select! {
        ended = application.run_until(std::future::pending()) => ended,
        ended = swapping => ended,
    }
}

async fn promote(store: &dyn Store, name: &str, version: Version) -> Result<()> {
    store.transition_stage(name, version, Stage::Production, true).await?;
    Ok(())
}

async fn until_served<M: Send + Sync>(changes: &mut Changes<M>, version: Version) -> Result<()> {
    loop {
        let served = changes.next().await.context("the watcher is gone")?;
        if served.version() == version {
            return Ok(());
        }
    }
}

/// Registers a model as a further version, with the files that MLflow's flavor has.
async fn register(store: &dyn Store, name: &str, model: &str) -> Result<Version> {
    if store.get_registered_model(name).await.is_err() {
        store.create_registered_model(name, None).await?;
    }
    let experiment_id = store.get_or_create_experiment("swapping").await?;
    let run = NewRun {
        experiment_id,
        name: "trained".to_owned(),
        start_time_ms: 1,
        user: None,
        tags: Vec::new(),
    };
    let run = store.create_run(&run).await?;
    let mlmodel = "flavors:\n  prophet:\n    data: model.pr\n    model_type: Prophet\n";
    let root = &run.artifact_uri;
    // As the flavor has it: the JSON once more in a JSON string.
    store.put_artifact(root, "model/model.pr", serde_json::to_vec(model)?).await?;
    store.put_artifact(root, "model/MLmodel", mlmodel.into()).await?;
    let version = NewModelVersion {
        name: name.to_owned(),
        source: format!("runs:/{}/model", run.id),
        run_id: Some(run.id),
        model_id: None,
        description: None,
        tags: Vec::new(),
    };
    Ok(store.create_version(&version).await?.version)
}
