//! One training, logged by each: a run with parameters, points, tags, files and a version.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use mlflow_client::{
    ClientOptions, Error, ErrorKind, NewModelVersion, RunContext, StartRun, Store, TrackingUri,
    connect, start_run,
};

use crate::python::{Python, Style};

/// Points of the metric.
const N_POINTS: i64 = 1_000;

/// Parameters.
const N_PARAMS: usize = 20;

/// Bytes of each of the three files: a model of eight years of sessions.
const FILE_BYTES: usize = 100_000;

/// How long each round took, of each.
#[derive(Debug, Default)]
pub(crate) struct Race {
    /// `import mlflow`, once.
    pub(crate) import: Duration,
    /// `mlflow.log_metric` for every point, as people write it.
    pub(crate) python_each: Vec<Duration>,
    /// `MlflowClient.log_batch` of all points.
    pub(crate) python_batch: Vec<Duration>,
    /// `ActiveRun::log_metric` for every point.
    pub(crate) ours: Vec<Duration>,
}

pub(crate) async fn race(url: &str, n_rounds: usize) -> Result<Race> {
    let uri = TrackingUri::parse(url)?;
    let store = connect(&uri, &ClientOptions::new()).await?;
    let (mut python, import) = Python::start(url)?;
    let mut race = Race { import, ..Race::default() };
    // The first trainings make the experiment and the model, and warm everyone up.
    log(&store).await?;
    python.train(Style::Batch)?;
    for round in 0..n_rounds {
        race.python_each.push(python.train(Style::Each)?);
        race.python_batch.push(python.train(Style::Batch)?);
        let started = Instant::now();
        log(&store).await?;
        race.ours.push(started.elapsed());
        crate::report::progress(round, n_rounds);
    }
    Ok(race)
}

async fn log(store: &Arc<dyn Store>) -> Result<()> {
    let experiment = store.get_or_create_experiment("race").await?;
    let start = StartRun::new(experiment, "training").with_context(RunContext::new("ana", "race"));
    let run = start_run(store, start).await?;
    let params = (0..N_PARAMS).map(|i| (format!("param_{i}"), i.to_string()));
    run.log_params(params.collect()).await?;
    for step in 0..N_POINTS {
        run.log_metric("loss", 1.0 / (step + 1) as f64, step).await?;
    }
    run.set_tags(vec![("team".to_owned(), "quant".to_owned())]).await?;
    for path in ["model/model.pr", "plots/forecast.svg", "forecast.csv"] {
        run.log_bytes(vec![b'x'; FILE_BYTES], path).await?;
    }
    match store.create_registered_model("Ours", None).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => other?,
    }
    let version = NewModelVersion {
        name: "Ours".to_owned(),
        source: format!("{}/model", run.artifact_uri()),
        run_id: Some(run.id().clone()),
        model_id: None,
        description: None,
        tags: vec![],
    };
    store.create_version(&version).await?;
    let ended: Result<_, Error> = run.end().await;
    ended.context("the run does not end")?;
    Ok(())
}
