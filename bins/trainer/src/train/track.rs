//! Keeps a training in MLflow: the run, its files, the logged model, the version.

use anyhow::{Context as _, Result};
use forecast_core::prophet_json;
use mlflow_client::{
    Batch, DatasetRef, ErrorKind, ExperimentId, LoggedModel, LoggedModelStatus, Metric,
    ModelVersion, NewLoggedModel, NewModelVersion, NewRun, Run, RunId, RunStatus, Store,
    flavor::{ProphetFlavor, prophet_files},
};
use telemetry::Hinted;

use super::{artifacts::File, record::Record};
use crate::{cli::TrainArgs, progress::Progress};

/// Experiment of trainings.
pub const EXPERIMENT: &str = "petr4_forecast";

/// What the experiment is, for its page.
const EXPERIMENT_NOTE: &str = "Trainings of Prophet on daily prices, scored on the sessions after \
    their cutoff beside the last price repeated and the drift.";

/// Name of a run.
const RUN_NAME: &str = "prophet_train";

/// Name of the logged model within its run.
const MODEL_NAME: &str = "model";

/// Longest text of a failure that is kept in a tag, in characters.
const FAILURE_CHARS_MAX: usize = 2_000;

/// Where a training is kept.
#[derive(Debug)]
pub struct Tracked {
    /// The run.
    pub run: Run,
    /// Its experiment.
    pub experiment_id: ExperimentId,
    /// The registered version, unless none was wanted.
    pub version: Option<ModelVersion>,
}

/// Writes a training to the store.
///
/// Whatever stops it half way, an error or a signal, the run is marked as failed or
/// killed and no version is left behind: registering is the last step.
pub(super) async fn track(
    store: &dyn Store,
    record: &Record<'_>,
    files: Vec<File>,
    args: &TrainArgs,
    started_ms: i64,
    progress: &Progress,
) -> Result<Tracked> {
    let clock = record.settings.clock();
    let stop = telemetry::shutdown_signal().context("cannot listen for signals")?;
    let stage = progress.begin("track", store.uri());
    let experiment_id = store
        .get_or_create_experiment(EXPERIMENT)
        .await
        .with_context(|| format!("cannot open experiment `{EXPERIMENT}`"))?;
    store
        .set_experiment_tag(&experiment_id, "mlflow.note.content", EXPERIMENT_NOTE)
        .await
        .with_context(|| format!("cannot describe experiment `{EXPERIMENT}`"))?;
    let run = store
        .create_run(&NewRun {
            experiment_id: experiment_id.clone(),
            name: RUN_NAME.to_owned(),
            start_time_ms: started_ms,
            user: record.settings.user.clone(),
            tags: record.run_tags(),
        })
        .await
        .with_context(|| format!("cannot create run `{RUN_NAME}`"))?;
    let writing = write(store, record, &run, files, args, progress, stage);
    let outcome = tokio::select! {
        outcome = writing => outcome.map_err(|error| (RunStatus::Failed, error)),
        signal = stop => Err((RunStatus::Killed, anyhow::anyhow!("stopped by {signal}"))),
    };
    match outcome {
        Ok(version) => {
            let ended = store.end_run(&run.id, RunStatus::Finished, clock.wall_ms()).await;
            ended.with_context(|| format!("cannot end run `{}`", run.id))?;
            Ok(Tracked { run, experiment_id, version })
        }
        Err((status, error)) => {
            abandon(store, &run.id, status, &error, clock.wall_ms()).await;
            Err(error.context(format!("run `{}` is marked as {status}", run.id)))
        }
    }
}

/// Marks a run that could not be finished; what fails here is only logged, for
/// the first failure is the one to report.
async fn abandon(
    store: &dyn Store,
    run: &RunId,
    status: RunStatus,
    error: &anyhow::Error,
    now_ms: i64,
) {
    let text: String = format!("{error:#}").chars().take(FAILURE_CHARS_MAX).collect();
    if let Err(error) = store.set_tag(run, "failure", &text).await {
        tracing::warn!(run.id = %run, %error, "cannot say why the run failed");
    }
    if let Err(error) = store.end_run(run, status, now_ms).await {
        tracing::warn!(run.id = %run, %error, "cannot mark the run as {status}");
    }
}

async fn write(
    store: &dyn Store,
    record: &Record<'_>,
    run: &Run,
    files: Vec<File>,
    args: &TrainArgs,
    progress: &Progress,
    stage: crate::progress::Stage,
) -> Result<Option<ModelVersion>> {
    let failed = || format!("cannot log run `{}`", run.id);
    let batch = Batch { params: record.params(), ..Batch::default() };
    store.log_batch(&run.id, &batch).await.with_context(failed)?;
    store.log_inputs(&run.id, &[record.dataset()]).await.with_context(failed)?;
    let count = files.len();
    for (path, bytes) in files {
        store
            .put_artifact(&run.artifact_uri, path, bytes)
            .await
            .with_context(|| format!("cannot store `{path}` of run `{}`", run.id))?;
    }
    let model = log_model(store, record, run).await?;
    let batch = Batch { metrics: metrics(record, &model), ..Batch::default() };
    store.log_batch(&run.id, &batch).await.with_context(failed)?;
    stage.done(&format!("run {} with {count} files and the model", run.id));
    if args.no_register {
        return Ok(None);
    }
    let stage = progress.begin("register", &record.settings.model_name);
    let version = register(store, record, run, &model, args).await?;
    stage.done(&format!("{} v{}, stage {}", version.name, version.version, version.stage));
    Ok(Some(version))
}

/// Logs the model so that MLflow's Python loads it; a model whose files could not
/// all be stored is marked as failed.
async fn log_model(store: &dyn Store, record: &Record<'_>, run: &Run) -> Result<LoggedModel> {
    let failed = || format!("cannot log the model of run `{}`", run.id);
    let model = store
        .create_logged_model(&NewLoggedModel {
            experiment_id: run.experiment_id.clone(),
            name: MODEL_NAME.to_owned(),
            model_type: Some("prophet".to_owned()),
            source_run_id: Some(run.id.clone()),
            params: record.params(),
            tags: record.model_tags(),
        })
        .await
        .with_context(failed)?;
    let mut flavor =
        ProphetFlavor::new(prophet_json::write(record.fitted), record.settings.clock().wall_ms());
    flavor.model_id = Some(model.id.clone());
    flavor.run_id = Some(run.id.clone());
    flavor.artifact_uri = Some(model.artifact_uri.clone());
    flavor.example_ds = super::next_sessions(record.data)
        .iter()
        .take(3)
        .map(|date| format!("{date}T00:00:00"))
        .collect();
    for (path, bytes) in prophet_files(&flavor) {
        let stored = store.put_artifact(&model.artifact_uri, &path, bytes).await;
        if let Err(error) = stored {
            let marked = store.finalize_logged_model(&model.id, LoggedModelStatus::Failed).await;
            if let Err(error) = marked {
                tracing::warn!(model.id = %model.id, %error, "cannot mark the model as failed");
            }
            return Err(error).with_context(|| format!("cannot store `{path}` of the model"));
        }
    }
    store.finalize_logged_model(&model.id, LoggedModelStatus::Ready).await.with_context(failed)?;
    store.log_outputs(&run.id, &[(model.id.clone(), 0)]).await.with_context(failed)?;
    Ok(model)
}

/// All metrics, linked to the model and the data.
fn metrics(record: &Record<'_>, model: &LoggedModel) -> Vec<Metric> {
    let now_ms = record.settings.clock().wall_ms();
    let dataset = record.dataset();
    let dataset = DatasetRef { name: dataset.name, digest: dataset.digest };
    let named = record.evaluation.metrics().into_iter().chain(record.evaluation.baseline());
    named
        .map(|(key, value)| Metric {
            model_id: Some(model.id.clone()),
            dataset: Some(dataset.clone()),
            ..Metric::new(key, value, now_ms)
        })
        .collect()
}

async fn register(
    store: &dyn Store,
    record: &Record<'_>,
    run: &Run,
    model: &LoggedModel,
    args: &TrainArgs,
) -> Result<ModelVersion> {
    let name = record.settings.model_name.as_str();
    let failed = || format!("cannot register a version of `{name}`");
    let description = "Prophet on daily prices; a version is the fit on all its rows.";
    match store.create_registered_model(name, Some(description)).await {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(error).with_context(failed);
        }
        _ => {}
    }
    let version = store
        .create_version(&NewModelVersion {
            name: name.to_owned(),
            source: format!("models:/{}", model.id),
            run_id: Some(run.id.clone()),
            model_id: Some(model.id.clone()),
            description: Some(record.note()),
            tags: record.version_tags(),
        })
        .await
        .with_context(failed)?;
    let Some(stage) = args.promote else { return Ok(version) };
    store.transition_stage(name, version.version, stage, false).await.map_err(|error| {
        // The version is whole; only its stage is not the one that was asked for.
        let retry = format!(
            "cargo run -p trainer -- promote --version {} --stage {stage}",
            version.version
        );
        let failure =
            format!("version {} of `{name}` is registered, but is not in {stage}", version.version);
        Hinted::new(anyhow::Error::new(error).context(failure), format!("try again: {retry}"))
            .into()
    })
}
