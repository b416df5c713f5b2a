//! A run that ends by itself: finished when it is told so, failed when it is dropped.

mod artifacts;
mod ending;
mod model;
mod scope;

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::context::RunContext;
use crate::entity::{Batch, DatasetInput, LoggedModelOutput, Metric, NewRun, RunStatus};
use crate::error::Result;
use crate::id::{ExperimentId, RunId};
use crate::limits::{self, BATCH_METRICS_MAX};
use crate::logged::Logged;
use crate::store::Store;

pub use artifacts::Table;
pub use scope::with_run;

/// Points that are held back at most this long, in milliseconds, if others follow.
const HELD_MS_MAX: i64 = 5_000;

/// Which run is started.
#[derive(Debug, Clone)]
enum Which {
    /// A new one of that name in an experiment.
    New(ExperimentId, String),
    /// One that is there.
    Old(RunId),
}

/// A run to be started.
#[derive(Debug, Clone)]
pub struct StartRun {
    which: Which,
    parent: Option<RunId>,
    context: RunContext,
    clock: Clock,
}

impl StartRun {
    /// A run of that name in an experiment; an empty name is made up, as in MLflow.
    pub fn new(experiment_id: ExperimentId, name: impl Into<String>) -> Self {
        Self::of(Which::New(experiment_id, name.into()))
    }

    /// A run that is there already, to be gone on with: it is `RUNNING` again, and gets the tags
    /// of the context. `mlflow.start_run(run_id=…)`, and what `MLFLOW_RUN_ID` asks for.
    pub fn resume(id: &RunId) -> Self {
        Self::of(Which::Old(id.clone()))
    }

    fn of(which: Which) -> Self {
        Self { which, parent: None, context: RunContext::default(), clock: Clock::system() }
    }

    /// Sets who runs what, and further tags.
    #[must_use]
    pub fn with_context(mut self, context: RunContext) -> Self {
        self.context = context;
        self
    }

    /// Sets the description, which the UI shows as Markdown.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.context = self.context.with_tag("mlflow.note.content", description);
        self
    }

    /// Makes it a child of another run.
    #[must_use]
    pub fn with_parent(mut self, parent: &RunId) -> Self {
        self.parent = Some(parent.clone());
        self
    }

    /// Sets where times come from.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

/// Starts a run, as `mlflow.start_run` does.
///
/// ```
/// use std::sync::Arc;
///
/// use mlflow_client::{MemoryStore, RunStatus, StartRun, Store, TrackingStore as _, start_run};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), mlflow_client::Error> {
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
/// let experiment = store.get_or_create_experiment("petr4_forecast").await?;
/// let run = start_run(&store, StartRun::new(experiment, "prophet_train")).await?;
/// run.log_param("growth", "linear").await?;
/// run.log_metric("mae", 0.42, 0).await?;
/// run.log_text("ok", "notes.txt").await?;
/// let id = run.end().await?;
/// assert_eq!(store.get_run(&id).await?.status, RunStatus::Finished);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`TrackingStore::create_run`](crate::TrackingStore::create_run); a run to be resumed that
/// is not there is [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), a deleted one is
/// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
pub async fn start_run(store: &Arc<dyn Store>, start: StartRun) -> Result<ActiveRun> {
    let StartRun { which, parent, mut context, clock } = start;
    if let Some(parent) = &parent {
        context = context.with_tag("mlflow.parentRunId", parent.as_str());
    }
    let run = match which {
        Which::New(experiment_id, name) => {
            let user = context.tags().iter().find(|(key, _)| key == "mlflow.user");
            let new = NewRun {
                experiment_id,
                name,
                start_time_ms: clock.now_ms(),
                user: user.map(|(_, user)| user.clone()),
                tags: context.tags().to_vec(),
            };
            store.create_run(&new).await?
        }
        Which::Old(id) => {
            store.update_run(&id, Some(RunStatus::Running), None).await?;
            let batch = Batch { tags: context.tags().to_vec(), ..Batch::default() };
            store.log_batch(&id, &batch).await?;
            store.get_run(&id).await?
        }
    };
    Ok(ActiveRun {
        store: Arc::clone(store),
        id: run.id,
        experiment_id: run.experiment_id,
        artifact_uri: run.artifact_uri,
        context,
        clock,
        held: Mutex::new(vec![]),
        has_ended: AtomicBool::new(false),
        dropped_as: RunStatus::Failed,
    })
}

/// A run in progress.
///
/// Metrics are held back and sent together: a thousand points cost a server little more than
/// one. [`ActiveRun::end`] sends the rest and ends the run as `FINISHED`. A run that is dropped
/// before, by an early return or by a panic, ends as `FAILED`, with the points it held; dropping
/// waits some seconds for that at most.
#[derive(Debug)]
pub struct ActiveRun {
    store: Arc<dyn Store>,
    id: RunId,
    experiment_id: ExperimentId,
    artifact_uri: String,
    context: RunContext,
    clock: Clock,
    held: Mutex<Vec<Metric>>,
    has_ended: AtomicBool,
    /// The status it gets when it is dropped before it ended, but not in a panic.
    dropped_as: RunStatus,
}

impl ActiveRun {
    /// Returns its id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Returns the URI under which its artifacts lie.
    pub fn artifact_uri(&self) -> &str {
        &self.artifact_uri
    }

    /// Starts a run below this one, in the same experiment, with the same context.
    ///
    /// # Errors
    ///
    /// As [`start_run`].
    pub async fn start_child(&self, name: impl Into<String>) -> Result<Self> {
        let start = StartRun::new(self.experiment_id.clone(), name)
            .with_context(self.context.clone())
            .with_parent(&self.id)
            .with_clock(self.clock.clone());
        start_run(&self.store, start).await
    }

    /// Logs one parameter, which must not have had another value.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_batch`](crate::TrackingStore::log_batch).
    pub async fn log_param(&self, key: &str, value: impl Display + Send) -> Result<Logged> {
        self.log_params(vec![(key.to_owned(), value.to_string())]).await
    }

    /// Logs parameters, and returns which were too long and were cut.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_batch`](crate::TrackingStore::log_batch).
    pub async fn log_params(&self, params: Vec<(String, String)>) -> Result<Logged> {
        self.store.log_batch(&self.id, &Batch { params, ..Batch::default() }).await
    }

    /// Sets tags; the last value of each wins. Returns which were too long and were cut.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_batch`](crate::TrackingStore::log_batch).
    pub async fn set_tags(&self, tags: Vec<(String, String)>) -> Result<Logged> {
        self.store.log_batch(&self.id, &Batch { tags, ..Batch::default() }).await
    }

    /// Sets one tag; the last value wins. Returns whether it was cut.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_batch`](crate::TrackingStore::log_batch).
    pub async fn set_tag(&self, key: &str, value: &str) -> Result<Logged> {
        self.store.set_tag(&self.id, key, value).await
    }

    /// Records a dataset that the run read.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_inputs`](crate::TrackingStore::log_inputs).
    pub async fn log_input(&self, dataset: DatasetInput) -> Result<()> {
        self.store.log_inputs(&self.id, &[dataset], &[]).await
    }

    /// Records logged models that the run made, each with its step.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_outputs`](crate::TrackingStore::log_outputs).
    pub async fn log_outputs(&self, models: &[LoggedModelOutput]) -> Result<()> {
        self.store.log_outputs(&self.id, models).await
    }

    /// Logs a point of a metric, now or with those that follow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) at once if the name
    /// cannot be one; otherwise as [`ActiveRun::flush`].
    pub async fn log_metric(&self, key: &str, value: f64, step: i64) -> Result<()> {
        let metric = Metric { step, ..Metric::new(key, value, self.clock.now_ms()) };
        self.log_metrics(vec![metric]).await
    }

    /// Logs points of metrics, now or with those that follow.
    ///
    /// # Errors
    ///
    /// As [`ActiveRun::log_metric`].
    pub async fn log_metrics(&self, metrics: Vec<Metric>) -> Result<()> {
        let batch = Batch { metrics, ..Batch::default() };
        // A bad point is refused here, where it is known whose it is.
        limits::check_batch("log to run", &batch)?;
        let is_due = {
            let mut held = self.held();
            held.extend(batch.metrics);
            let oldest = held.first().map(|metric| metric.timestamp_ms);
            held.len() >= BATCH_METRICS_MAX
                || oldest.is_some_and(|oldest| self.clock.now_ms() - oldest > HELD_MS_MAX)
        };
        if is_due { self.flush().await } else { Ok(()) }
    }

    /// Sends the points that are held.
    ///
    /// # Errors
    ///
    /// As [`TrackingStore::log_batch`](crate::TrackingStore::log_batch); the points are held on
    /// then, and go with the next ones. Sending one twice does no harm.
    pub async fn flush(&self) -> Result<()> {
        let metrics = std::mem::take(&mut *self.held());
        if metrics.is_empty() {
            return Ok(());
        }
        let batch = Batch { metrics, ..Batch::default() };
        let sent = self.store.log_batch(&self.id, &batch).await;
        if sent.is_err() {
            let mut held = self.held();
            let later = std::mem::replace(&mut *held, batch.metrics);
            held.extend(later);
        }
        sent.map(drop)
    }

    /// Sends what is held, ends the run as `FINISHED`, and returns its id.
    ///
    /// # Errors
    ///
    /// What the store says; the run is tried to be ended as `FAILED` then.
    pub async fn end(self) -> Result<RunId> {
        self.end_with(RunStatus::Finished).await
    }

    /// Sends what is held, and ends the run with that status.
    ///
    /// # Errors
    ///
    /// As [`ActiveRun::end`].
    pub async fn end_with(self, status: RunStatus) -> Result<RunId> {
        self.finish(status).await?;
        Ok(self.id.clone())
    }

    /// Sends what is held, and ends the run with that status.
    async fn finish(&self, status: RunStatus) -> Result<()> {
        self.flush().await?;
        self.store.end_run(&self.id, status, self.clock.now_ms()).await?;
        self.has_ended.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Points are plain data, so a thread that panicked while holding them broke nothing.
    fn held(&self) -> MutexGuard<'_, Vec<Metric>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
