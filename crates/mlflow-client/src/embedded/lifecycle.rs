//! Deleting, restoring and searching in the file.

use async_trait::async_trait;
use rusqlite::params;

use super::run::missing;
use super::{EmbeddedStore, experiment, run};
use crate::entity::{Experiment, LifecycleStage, Run};
use crate::error::Result;
use crate::id::{ExperimentId, RunId};
use crate::lifecycle::LifecycleStore;
use crate::search::{self, Page, Search, SearchStore};
use crate::{limits, rules};

#[async_trait]
impl LifecycleStore for EmbeddedStore {
    async fn get_experiment(&self, id: &ExperimentId) -> Result<Experiment> {
        const OP: &str = "read experiment";
        let wanted = id.clone();
        self.read(OP, id.to_string(), move |tx| experiment::read(tx, OP, &wanted)).await
    }

    async fn rename_experiment(&self, id: &ExperimentId, name: &str) -> Result<()> {
        const OP: &str = "rename experiment";
        limits::check_experiment_name(OP, name)?;
        let (of, name, now_ms) = (id.clone(), name.to_owned(), self.inner.clock.now_ms());
        self.write(OP, id.to_string(), move |tx| {
            experiment::active_root(tx, OP, &of)?;
            let mut others =
                tx.prepare("SELECT 1 FROM experiments WHERE name = ?1 AND experiment_id <> ?2")?;
            if others.exists([&name, of.as_str()])? {
                return Err(rules::name_taken(OP, &name).into());
            }
            tx.execute(
                "UPDATE experiments SET name = ?2, last_update_time = ?3 WHERE experiment_id = ?1",
                params![of.as_str(), name, now_ms],
            )?;
            Ok(())
        })
        .await
    }

    async fn delete_experiment(&self, id: &ExperimentId) -> Result<()> {
        self.move_experiment("delete experiment", id, LifecycleStage::Deleted).await
    }

    async fn restore_experiment(&self, id: &ExperimentId) -> Result<()> {
        self.move_experiment("restore experiment", id, LifecycleStage::Active).await
    }

    async fn delete_experiment_tag(&self, id: &ExperimentId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of experiment";
        let (of, key) = (id.clone(), key.to_owned());
        self.write(OP, id.to_string(), move |tx| {
            let number = experiment::active_root(tx, OP, &of)?.0;
            let gone = tx.execute(
                "DELETE FROM experiment_tags WHERE experiment_id = ?1 AND key = ?2",
                params![number, key],
            )?;
            match gone {
                0 => Err(missing(OP, of.as_str(), &format!("it has no tag `{key}`")).into()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        self.move_run("delete run", id, LifecycleStage::Deleted).await
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        self.move_run("restore run", id, LifecycleStage::Active).await
    }

    async fn delete_tag(&self, id: &RunId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of run";
        let (run, key) = (id.clone(), key.to_owned());
        self.write(OP, id.to_string(), move |tx| {
            run::check_active(tx, OP, &run)?;
            let gone = tx.execute(
                "DELETE FROM tags WHERE run_uuid = ?1 AND key = ?2",
                params![run.as_str(), key],
            )?;
            match gone {
                0 => Err(missing(OP, run.as_str(), &format!("it has no tag `{key}`")).into()),
                _ => Ok(()),
            }
        })
        .await
    }
}

impl EmbeddedStore {
    /// Deletes an active experiment, or restores a deleted one.
    async fn move_experiment(
        &self,
        op: &'static str,
        id: &ExperimentId,
        to: LifecycleStage,
    ) -> Result<()> {
        let (of, now_ms) = (id.clone(), self.inner.clock.now_ms());
        self.write(op, id.to_string(), move |tx| {
            if experiment::read(tx, op, &of)?.lifecycle_stage == to {
                return Err(rules::already_there(op, of.as_str(), "experiment", to).into());
            }
            experiment::set_stage(tx, &of, to, now_ms)
        })
        .await
    }

    async fn move_run(&self, op: &'static str, id: &RunId, to: LifecycleStage) -> Result<()> {
        let (run, now_ms) = (id.clone(), self.inner.clock.now_ms());
        self.write(op, id.to_string(), move |tx| {
            run::check_exists(tx, op, &run)?;
            let deleted_time = (to == LifecycleStage::Deleted).then_some(now_ms);
            tx.execute(
                "UPDATE runs SET lifecycle_stage = ?2, deleted_time = ?3 WHERE run_uuid = ?1",
                params![run.as_str(), to.as_str(), deleted_time],
            )?;
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl SearchStore for EmbeddedStore {
    async fn search_experiments(&self, search: &Search) -> Result<Page<Experiment>> {
        const OP: &str = "search experiments";
        let mut found = self.read(OP, search.filter.clone(), experiment::all).await?;
        found.retain(|experiment| search.view_type.shows(experiment.lifecycle_stage));
        search::page(OP, found, search)
    }

    async fn search_runs(
        &self,
        experiments: &[ExperimentId],
        search: &Search,
    ) -> Result<Page<Run>> {
        const OP: &str = "search runs";
        let mut experiments = experiments.to_vec();
        experiments.sort_unstable();
        experiments.dedup();
        let mut found = self
            .read(OP, search.filter.clone(), move |tx| {
                let found = experiments.iter().map(|id| run::of_experiment(tx, id));
                Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
            })
            .await?;
        found.retain(|run| search.view_type.shows(run.lifecycle_stage));
        search::page(OP, found, search)
    }
}
