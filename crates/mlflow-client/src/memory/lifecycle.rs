//! Deleting, restoring and searching in memory.

use async_trait::async_trait;

use super::MemoryStore;
use super::tracking::missing;
use crate::entity::{Experiment, LifecycleStage, Run};
use crate::error::Result;
use crate::id::{ExperimentId, RunId};
use crate::lifecycle::LifecycleStore;
use crate::search::{self, Page, Search, SearchStore};
use crate::{limits, rules};

#[async_trait]
impl LifecycleStore for MemoryStore {
    async fn get_experiment(&self, id: &ExperimentId) -> Result<Experiment> {
        self.state().experiment("read experiment", id).cloned()
    }

    async fn rename_experiment(&self, id: &ExperimentId, name: &str) -> Result<()> {
        const OP: &str = "rename experiment";
        limits::check_experiment_name(OP, name)?;
        let mut state = self.state();
        let is_taken = |other: &Experiment| other.name == name && other.id != *id;
        let taken = state.experiments.iter().any(is_taken);
        let experiment = state.active_experiment(OP, id)?;
        if taken {
            return Err(rules::name_taken(OP, name));
        }
        name.clone_into(&mut experiment.name);
        experiment.last_update_time_ms = Some(self.clock.now_ms());
        Ok(())
    }

    async fn delete_experiment(&self, id: &ExperimentId) -> Result<()> {
        self.move_experiment("delete experiment", id, LifecycleStage::Deleted)
    }

    async fn restore_experiment(&self, id: &ExperimentId) -> Result<()> {
        self.move_experiment("restore experiment", id, LifecycleStage::Active)
    }

    async fn delete_experiment_tag(&self, id: &ExperimentId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of experiment";
        match self.state().active_experiment(OP, id)?.tags.remove(key) {
            Some(_) => Ok(()),
            None => Err(missing(OP, id.as_str(), &format!("it has no tag `{key}`"))),
        }
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        self.state().run("delete run", id)?.run.lifecycle_stage = LifecycleStage::Deleted;
        Ok(())
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        self.state().run("restore run", id)?.run.lifecycle_stage = LifecycleStage::Active;
        Ok(())
    }

    async fn delete_tag(&self, id: &RunId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of run";
        match self.state().active_run(OP, id)?.run.tags.remove(key) {
            Some(_) => Ok(()),
            None => Err(missing(OP, id.as_str(), &format!("it has no tag `{key}`"))),
        }
    }
}

impl MemoryStore {
    fn move_experiment(
        &self,
        op: &'static str,
        id: &ExperimentId,
        to: LifecycleStage,
    ) -> Result<()> {
        let mut state = self.state();
        let experiment = state.experiment(op, id)?;
        if experiment.lifecycle_stage == to {
            return Err(rules::already_there(op, id.as_str(), "experiment", to));
        }
        experiment.lifecycle_stage = to;
        experiment.last_update_time_ms = Some(self.clock.now_ms());
        for record in state.runs.values_mut().filter(|record| record.run.experiment_id == *id) {
            record.run.lifecycle_stage = to;
        }
        Ok(())
    }
}

#[async_trait]
impl SearchStore for MemoryStore {
    async fn search_experiments(&self, search: &Search) -> Result<Page<Experiment>> {
        let mut found = self.state().experiments.clone();
        found.retain(|experiment| search.view_type.shows(experiment.lifecycle_stage));
        search::page("search experiments", found, search)
    }

    async fn search_runs(
        &self,
        experiments: &[ExperimentId],
        search: &Search,
    ) -> Result<Page<Run>> {
        let state = self.state();
        let runs = state.runs.values().map(|record| &record.run).filter(|run| {
            experiments.contains(&run.experiment_id) && search.view_type.shows(run.lifecycle_stage)
        });
        search::page("search runs", runs.cloned().collect(), search)
    }
}
