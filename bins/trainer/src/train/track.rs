//! Keeps a training in MLflow: the run, its files, the logged model, the version.

use std::{
    pin::pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use forecast_core::prophet_json;
use mlflow_client::{
    Batch, DatasetRef, ErrorKind, ExperimentId, LoggedModel, LoggedModelId, LoggedModelOutput,
    LoggedModelStatus, Metric, ModelVersion, NewLoggedModel, NewModelVersion, NewRun, Run,
    RunStatus, Store,
    flavor::{ProphetFlavor, prophet_files},
};
use telemetry::Hinted;

use super::{Backtest, artifacts::File, record::Record};
use crate::{cli::TrainArgs, progress::Progress};

/// Experiment of trainings, unless `MLFLOW_EXPERIMENT_NAME` says otherwise.
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

/// How long a run that failed may take to be marked, in seconds: a person waits.
const ABANDON_TIMEOUT: Duration = Duration::from_secs(10);

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
/// The run is closed before the version is registered, so what a reader finds in
/// the registry is whole. Whatever stops the writing before, an error or a signal,
/// marks the run as failed or killed, and its model as failed.
pub(super) async fn track(
    store: &dyn Store,
    record: &Record<'_>,
    files: Vec<File>,
    args: &TrainArgs,
    started_ms: i64,
    progress: &Progress,
) -> Result<Tracked> {
    let clock = record.settings.clock();
    let mut stop = pin!(telemetry::shutdown_signal().context("cannot listen for signals")?);
    let stage = progress.begin("track", store.uri());
    let (experiment_id, run) = tokio::select! {
        began = begin(store, record, started_ms) => began?,
        signal = &mut stop => bail!("stopped by {signal}, before a run was begun"),
    };
    let begun = Begun { store, run: &run, model: Mutex::new(None) };
    let outcome = tokio::select! {
        outcome = begun.write(record, files) => outcome.map_err(|error| (RunStatus::Failed, error)),
        signal = &mut stop => Err((RunStatus::Killed, anyhow!("stopped by {signal}"))),
    };
    let (model, count) = match outcome {
        Ok(written) => written,
        Err((status, error)) => {
            drop(stage);
            return Err(begun.abandon(status, error, clock.wall_ms()).await);
        }
    };
    let ended = store.end_run(&run.id, RunStatus::Finished, clock.wall_ms()).await;
    ended.with_context(|| format!("run `{}` is complete, but could not be closed", run.id))?;
    stage.done(&format!("run {} with {count} files and the model", run.id));
    if args.no_register {
        return Ok(Tracked { run, experiment_id, version: None });
    }
    // From here on a signal waits: what is left takes a moment, and is all or nothing.
    let stage = progress.begin("register", &record.settings.model_name);
    let version = match register(store, record, &run, &model).await {
        Ok(version) => promote(store, version, args).await?,
        Err(error) => {
            return Err(begun.abandon(RunStatus::Failed, error, clock.wall_ms()).await);
        }
    };
    stage.done(&format!("{} v{}, stage {}", version.name, version.version, version.stage));
    Ok(Tracked { run, experiment_id, version: Some(version) })
}

/// Opens the experiment and begins a run.
async fn begin(
    store: &dyn Store,
    record: &Record<'_>,
    started_ms: i64,
) -> Result<(ExperimentId, Run)> {
    let experiment = &record.settings.experiment;
    let experiment_id = store
        .get_or_create_experiment(experiment)
        .await
        .with_context(|| format!("cannot open experiment `{experiment}`"))?;
    store
        .set_experiment_tag(&experiment_id, "mlflow.note.content", EXPERIMENT_NOTE)
        .await
        .with_context(|| format!("cannot describe experiment `{experiment}`"))?;
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
    Ok((experiment_id, run))
}

/// A run that is being written.
struct Begun<'a> {
    store: &'a dyn Store,
    run: &'a Run,
    /// The logged model, from when it exists until it is ready.
    model: Mutex<Option<LoggedModelId>>,
}

impl Begun<'_> {
    /// Writes everything but the version; the model and the number of files.
    async fn write(&self, record: &Record<'_>, files: Vec<File>) -> Result<(LoggedModel, usize)> {
        let Self { store, run, .. } = self;
        let failed = || format!("cannot log run `{}`", run.id);
        let batch = Batch { params: record.params(), ..Batch::default() };
        store.log_batch(&run.id, &batch).await.with_context(failed)?;
        store.log_inputs(&run.id, &[record.dataset()], &[]).await.with_context(failed)?;
        let count = files.len();
        for (path, bytes) in files {
            store
                .put_artifact(&run.artifact_uri, path, bytes)
                .await
                .with_context(|| format!("cannot store `{path}` of run `{}`", run.id))?;
        }
        let model = self.log_model(record).await?;
        let batch = Batch { metrics: metrics(record, &model), ..Batch::default() };
        store.log_batch(&run.id, &batch).await.with_context(failed)?;
        Ok((model, count))
    }

    /// Logs the model so that MLflow's Python loads it.
    async fn log_model(&self, record: &Record<'_>) -> Result<LoggedModel> {
        let Self { store, run, .. } = self;
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
        self.pending(Some(model.id.clone()));
        for (path, bytes) in prophet_files(&flavor(record, run, &model)) {
            store
                .put_artifact(&model.artifact_uri, &path, bytes)
                .await
                .with_context(|| format!("cannot store `{path}` of the model"))?;
        }
        let ready = LoggedModelStatus::Ready;
        store.finalize_logged_model(&model.id, ready).await.with_context(failed)?;
        self.pending(None);
        let output = LoggedModelOutput { model_id: model.id.clone(), step: 0 };
        store.log_outputs(&run.id, &[output]).await.with_context(failed)?;
        Ok(model)
    }

    fn pending(&self, model: Option<LoggedModelId>) {
        *self.model.lock().unwrap_or_else(PoisonError::into_inner) = model;
    }

    /// Marks what was begun, and adds to `error` whether that worked.
    ///
    /// A second signal, or a store that takes too long, ends the attempt.
    #[expect(clippy::print_stderr, reason = "whoever pressed Ctrl-C waits for a word")]
    async fn abandon(&self, status: RunStatus, error: anyhow::Error, now_ms: i64) -> anyhow::Error {
        let id = &self.run.id;
        if status == RunStatus::Killed {
            eprintln!("  stopping: marking run {id} as {status} (again to stop at once)");
        }
        let impatient = async {
            match telemetry::shutdown_signal() {
                Ok(again) => drop(again.await),
                Err(_) => std::future::pending().await,
            }
        };
        let marked = tokio::select! {
            marked = tokio::time::timeout(ABANDON_TIMEOUT, self.mark(status, &error, now_ms)) => {
                marked.unwrap_or(false)
            }
            () = impatient => false,
        };
        error.context(if marked {
            format!("run `{id}` is marked as {status}")
        } else {
            format!("run `{id}` could not be marked as {status} and still shows as running")
        })
    }

    /// Whether the run could be marked; what fails besides is only logged, for
    /// the first failure is the one to report.
    async fn mark(&self, status: RunStatus, error: &anyhow::Error, now_ms: i64) -> bool {
        let Self { store, run, .. } = self;
        let marked = store.end_run(&run.id, status, now_ms).await;
        let text: String = format!("{error:#}").chars().take(FAILURE_CHARS_MAX).collect();
        let tagged = store.set_tag(&run.id, "failure", &text).await;
        let model = self.model.lock().unwrap_or_else(PoisonError::into_inner).take();
        let finalized = match &model {
            Some(id) => store.finalize_logged_model(id, LoggedModelStatus::Failed).await,
            None => Ok(()),
        };
        for error in [tagged.err(), finalized.err()].into_iter().flatten() {
            tracing::warn!(run.id = %run.id, %error, "cannot say what failed");
        }
        if let Err(error) = &marked {
            tracing::warn!(run.id = %run.id, %error, "cannot mark the run");
        }
        marked.is_ok()
    }
}

/// The files of the logged model, as MLflow's Prophet flavour has them.
fn flavor(record: &Record<'_>, run: &Run, model: &LoggedModel) -> ProphetFlavor {
    let now_ms = record.settings.clock().wall_ms();
    let mut flavor = ProphetFlavor::new(prophet_json::write(record.fitted), now_ms);
    flavor.model_id = Some(model.id.clone());
    flavor.run_id = Some(run.id.clone());
    flavor.artifact_uri = Some(model.artifact_uri.clone());
    let example = super::next_sessions(record.data);
    flavor.example_ds = example.iter().take(3).map(|date| format!("{date}T00:00:00")).collect();
    flavor
}

/// All metrics, linked to the model and the data.
fn metrics(record: &Record<'_>, model: &LoggedModel) -> Vec<Metric> {
    let now_ms = record.settings.clock().wall_ms();
    let dataset = record.dataset();
    let dataset = DatasetRef { name: dataset.name, digest: dataset.digest };
    let evaluation = record.evaluation;
    let named = evaluation.metrics().into_iter().chain(evaluation.baseline());
    let named = named.map(|(key, value)| (key.to_owned(), value));
    let backtest = record.backtest.map(Backtest::metrics).unwrap_or_default();
    named
        .chain(backtest)
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
    store
        .create_version(&NewModelVersion {
            name: name.to_owned(),
            source: format!("models:/{}", model.id),
            run_id: Some(run.id.clone()),
            model_id: Some(model.id.clone()),
            description: Some(record.note()),
            tags: record.version_tags(),
        })
        .await
        .with_context(failed)
}

/// Moves the new version to the stage that was asked for, if any.
async fn promote(
    store: &dyn Store,
    version: ModelVersion,
    args: &TrainArgs,
) -> Result<ModelVersion> {
    let Some(stage) = args.promote else { return Ok(version) };
    let (name, number) = (&version.name, version.version);
    store.transition_stage(name, number, stage, false).await.map_err(|error| {
        // The version is whole; only its stage is not the one that was asked for.
        let retry = format!(
            "try again: cargo run -p trainer -- promote --version {number} --stage {stage}"
        );
        let failure = format!("version {number} of `{name}` is registered, but is not in {stage}");
        Hinted::new(anyhow::Error::new(error).context(failure), retry).into()
    })
}
