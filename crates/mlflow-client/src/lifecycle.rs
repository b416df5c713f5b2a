//! Deletes, restores and renames what [`TrackingStore`](crate::TrackingStore) keeps.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::Experiment;
use crate::error::{Error, Result};
use crate::id::{ExperimentId, RunId};

/// Deletes and restores experiments and runs, and changes what they are called.
///
/// What is deleted is out of sight and can be restored, until `mlflow gc` removes it for good.
/// Every method fails with [`NotFound`](crate::ErrorKind::NotFound) if what it is given names
/// nothing.
///
/// The methods have a default that refuses, so that a store made for fewer purposes need not
/// repeat that; the stores of this crate have them all.
#[async_trait]
pub trait LifecycleStore: Debug + Send + Sync {
    /// Returns an experiment, deleted or not.
    async fn get_experiment(&self, id: &ExperimentId) -> Result<Experiment> {
        Err(Error::unsupported("read experiment", id.as_str()))
    }

    /// Gives an experiment another name, which must be free.
    async fn rename_experiment(&self, id: &ExperimentId, _name: &str) -> Result<()> {
        Err(Error::unsupported("rename experiment", id.as_str()))
    }

    /// Deletes an experiment with its runs; its name stays taken.
    async fn delete_experiment(&self, id: &ExperimentId) -> Result<()> {
        Err(Error::unsupported("delete experiment", id.as_str()))
    }

    /// Restores a deleted experiment with all its runs.
    async fn restore_experiment(&self, id: &ExperimentId) -> Result<()> {
        Err(Error::unsupported("restore experiment", id.as_str()))
    }

    /// Removes a tag of an experiment, which must have it.
    async fn delete_experiment_tag(&self, id: &ExperimentId, _key: &str) -> Result<()> {
        Err(Error::unsupported("delete a tag of experiment", id.as_str()))
    }

    /// Deletes a run; nothing can be logged to it then. Safe to repeat.
    async fn delete_run(&self, id: &RunId) -> Result<()> {
        Err(Error::unsupported("delete run", id.as_str()))
    }

    /// Restores a deleted run. Safe to repeat.
    async fn restore_run(&self, id: &RunId) -> Result<()> {
        Err(Error::unsupported("restore run", id.as_str()))
    }

    /// Removes a tag of a run, which must have it.
    async fn delete_tag(&self, id: &RunId, _key: &str) -> Result<()> {
        Err(Error::unsupported("delete a tag of run", id.as_str()))
    }
}
