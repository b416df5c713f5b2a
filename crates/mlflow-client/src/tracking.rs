//! Experiments and runs.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::{
    Batch, DatasetInput, Experiment, LoggedModelOutput, Metric, NewRun, Run, RunStatus,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, LoggedModelId, RunId};
use crate::logged::Logged;

/// Keeps experiments and runs.
///
/// Every method fails with [`ErrorKind::NotFound`] if the id it is given names nothing.
#[async_trait]
pub trait TrackingStore: Debug + Send + Sync {
    /// Returns the experiment of that name, or `None`.
    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>>;

    /// Creates an experiment; [`ErrorKind::AlreadyExists`] if the name is taken.
    async fn create_experiment(&self, name: &str) -> Result<ExperimentId>;

    /// Sets a tag of an experiment; the last value wins.
    async fn set_experiment_tag(&self, id: &ExperimentId, key: &str, value: &str) -> Result<()>;

    /// Returns the experiment of that name, made if it was not there.
    ///
    /// Safe when two processes do it at once: the one that comes second finds the first one's.
    async fn get_or_create_experiment(&self, name: &str) -> Result<ExperimentId> {
        if let Some(found) = self.experiment_by_name(name).await? {
            return Ok(found.id);
        }
        match self.create_experiment(name).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                match self.experiment_by_name(name).await? {
                    Some(found) => Ok(found.id),
                    None => Err(deleted_experiment(name).with_source(error)),
                }
            }
            other => other,
        }
    }

    /// Creates a run in status `RUNNING`. Not safe to repeat: each call makes another run.
    async fn create_run(&self, run: &NewRun) -> Result<Run>;

    /// Returns a run with its parameters, latest metrics, tags, inputs and outputs.
    async fn get_run(&self, id: &RunId) -> Result<Run>;

    /// Sets the status of a run, its name, or both; what is `None` stays.
    ///
    /// An end that was set stays, as in MLflow, also when the run is `RUNNING` again.
    async fn update_run(
        &self,
        id: &RunId,
        _status: Option<RunStatus>,
        _name: Option<&str>,
    ) -> Result<()> {
        Err(Error::unsupported("update run", id.as_str()))
    }

    /// Sets the last status of a run, and when it ended (milliseconds since 1970).
    async fn end_run(&self, id: &RunId, status: RunStatus, end_time_ms: i64) -> Result<()>;

    /// Logs metrics, parameters and tags, in as many requests as MLflow's limits need.
    ///
    /// Safe to repeat. A parameter that was logged with another value is
    /// [`ErrorKind::InvalidArgument`], and so is a metric of a logged model that does not exist
    /// or that has another value at the same time and step. Parameters and tags go with the first
    /// requests. Returns which values were too long and were cut.
    async fn log_batch(&self, id: &RunId, batch: &Batch) -> Result<Logged>;

    /// Sets one tag of a run; the last value wins. Returns whether it was cut.
    async fn set_tag(&self, id: &RunId, key: &str, value: &str) -> Result<Logged> {
        let tags = vec![(key.to_owned(), value.to_owned())];
        self.log_batch(id, &Batch { tags, ..Batch::default() }).await
    }

    /// Records the datasets and the logged models that a run read. Safe to repeat.
    ///
    /// A run reads a dataset once: the same name and digest again change nothing. An experiment
    /// has a dataset once: the source, schema and profile that were logged first stay.
    async fn log_inputs(
        &self,
        id: &RunId,
        datasets: &[DatasetInput],
        models: &[LoggedModelId],
    ) -> Result<()>;

    /// Records the logged models that a run made. Safe to repeat: the first step of each stays.
    async fn log_outputs(&self, id: &RunId, models: &[LoggedModelOutput]) -> Result<()>;

    /// Returns every point of a metric, by step, then by time.
    ///
    /// A metric that was never logged has no points; that is no error.
    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>>;
}

/// The name is taken, but no active experiment has it: MLflow keeps deleted ones.
fn deleted_experiment(name: &str) -> Error {
    Error::new(
        ErrorKind::Conflict,
        "create experiment",
        name,
        "an experiment of that name was deleted and still holds the name",
    )
    .with_hint("restore it in the MLflow UI, remove it with `mlflow gc`, or take another name")
}
