//! Experiments and runs in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryStore, RunRecord, State};
use crate::entity::{
    Batch, DatasetInput, Experiment, LifecycleStage, LoggedModelOutput, Metric, NewRun, Run,
    RunInputs, RunOutputs, RunStatus,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, LoggedModelId, RunId, new_run_id};
use crate::limits;
use crate::logged::Logged;
use crate::rules;
use crate::tracking::TrackingStore;

pub(super) fn experiment(number: usize, name: &str, now_ms: i64) -> Experiment {
    Experiment {
        id: ExperimentId::new(number.to_string()),
        name: name.to_owned(),
        artifact_location: format!("memory:/{number}"),
        lifecycle_stage: LifecycleStage::Active,
        tags: BTreeMap::new(),
        creation_time_ms: Some(now_ms),
        last_update_time_ms: Some(now_ms),
    }
}

impl State {
    pub(super) fn experiment(
        &mut self,
        op: &'static str,
        id: &ExperimentId,
    ) -> Result<&mut Experiment> {
        limits::experiment_number(op, id)?;
        self.experiments
            .iter_mut()
            .find(|experiment| experiment.id == *id)
            .ok_or_else(|| missing(op, id.as_str(), "no such experiment"))
    }

    pub(super) fn active_experiment(
        &mut self,
        op: &'static str,
        id: &ExperimentId,
    ) -> Result<&mut Experiment> {
        let experiment = self.experiment(op, id)?;
        rules::check_active(op, id.as_str(), "experiment", experiment.lifecycle_stage)?;
        Ok(experiment)
    }

    /// Returns a run that can be changed.
    pub(super) fn active_run(&mut self, op: &'static str, id: &RunId) -> Result<&mut RunRecord> {
        let record = self.run(op, id)?;
        rules::check_active(op, id.as_str(), "run", record.run.lifecycle_stage)?;
        Ok(record)
    }

    /// Returns a dataset with the source, schema and profile that the experiment first had of it.
    fn as_known(&self, experiment: &ExperimentId, new: &DatasetInput) -> DatasetInput {
        let runs = self.runs.values().map(|record| &record.run);
        let known = runs
            .filter(|run| run.experiment_id == *experiment)
            .flat_map(|run| &run.inputs.dataset_inputs)
            .find(|known| is_same_dataset(known, new));
        let (context, tags) = (new.context.clone(), new.tags.clone());
        DatasetInput { context, tags, ..known.unwrap_or(new).clone() }
    }

    pub(super) fn run(&mut self, op: &'static str, id: &RunId) -> Result<&mut RunRecord> {
        self.runs.get_mut(id).ok_or_else(|| missing(op, id.as_str(), "no such run"))
    }
}

/// Within an experiment, that is the same dataset.
fn is_same_dataset(a: &DatasetInput, b: &DatasetInput) -> bool {
    (&a.name, &a.digest) == (&b.name, &b.digest)
}

pub(super) fn missing(op: &'static str, subject: &str, message: &str) -> Error {
    Error::new(ErrorKind::NotFound, op, subject, message)
}

#[async_trait]
impl TrackingStore for MemoryStore {
    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let active = |experiment: &&Experiment| {
            experiment.name == name && experiment.lifecycle_stage == LifecycleStage::Active
        };
        Ok(self.state().experiments.iter().find(active).cloned())
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        const OP: &str = "create experiment";
        limits::check_experiment_name(OP, name)?;
        let mut state = self.state();
        if state.experiments.iter().any(|experiment| experiment.name == name) {
            return Err(rules::name_taken(OP, name));
        }
        let made = experiment(state.experiments.len(), name, self.clock.now_ms());
        state.experiments.push(made.clone());
        Ok(made.id)
    }

    async fn set_experiment_tag(&self, id: &ExperimentId, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of experiment";
        limits::check_experiment_tag(OP, key, value)?;
        let mut state = self.state();
        let tags = &mut state.active_experiment(OP, id)?.tags;
        tags.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn create_run(&self, new: &NewRun) -> Result<Run> {
        const OP: &str = "create run";
        let new = &rules::named(new);
        let mut state = self.state();
        let root = state.active_experiment(OP, &new.experiment_id)?.artifact_location.clone();
        let id = new_run_id();
        let run = Run {
            artifact_uri: format!("{root}/{id}/artifacts"),
            id: id.clone(),
            experiment_id: new.experiment_id.clone(),
            name: new.name.clone(),
            user: rules::user_of_new_run(new).to_owned(),
            status: RunStatus::Running,
            lifecycle_stage: LifecycleStage::Active,
            start_time_ms: new.start_time_ms,
            end_time_ms: None,
            params: BTreeMap::new(),
            metrics: BTreeMap::new(),
            tags: rules::of_new_run(OP, new, self.truncates)?,
            inputs: RunInputs::default(),
            outputs: RunOutputs::default(),
        };
        state.runs.insert(id, RunRecord { run: run.clone(), history: vec![] });
        Ok(run)
    }

    async fn get_run(&self, id: &RunId) -> Result<Run> {
        Ok(self.state().run("read run", id)?.run.clone())
    }

    async fn update_run(
        &self,
        id: &RunId,
        status: Option<RunStatus>,
        name: Option<&str>,
    ) -> Result<()> {
        let mut state = self.state();
        let run = &mut state.active_run("update run", id)?.run;
        run.status = status.unwrap_or(run.status);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            name.clone_into(&mut run.name);
            run.tags.insert("mlflow.runName".to_owned(), name.to_owned());
        }
        Ok(())
    }

    async fn end_run(&self, id: &RunId, status: RunStatus, end_time_ms: i64) -> Result<()> {
        let mut state = self.state();
        let run = &mut state.active_run("end run", id)?.run;
        run.status = status;
        run.end_time_ms = Some(end_time_ms);
        Ok(())
    }

    async fn log_batch(&self, id: &RunId, batch: &Batch) -> Result<Logged> {
        const OP: &str = "log to run";
        let logged = limits::check_whole_batch(OP, batch, self.truncates)?;
        let mut state = self.state();
        let points = state.new_points(OP, id, &batch.metrics);
        let record = state.active_run(OP, id)?;
        let points = points?;
        for (key, value) in &batch.params {
            let value = limits::param_value(value);
            if let Some(old) = record.run.params.get(key).filter(|old| *old != value) {
                return Err(rules::changed_param(OP, id, key, old, value));
            }
        }
        for (key, value) in &batch.params {
            record.run.params.insert(key.clone(), limits::param_value(value).to_owned());
        }
        for (key, value) in &batch.tags {
            record.run.tags.insert(key.clone(), limits::tag_value(value).to_owned());
        }
        for metric in &batch.metrics {
            record.add(metric);
        }
        for (model, point) in points {
            let model = &mut state.logged_model(OP, &model)?.model;
            model.metrics.push(point);
            model.sort_metrics();
        }
        Ok(logged)
    }

    async fn log_inputs(
        &self,
        id: &RunId,
        datasets: &[DatasetInput],
        models: &[LoggedModelId],
    ) -> Result<()> {
        const OP: &str = "log inputs of run";
        datasets.iter().try_for_each(|dataset| limits::check_dataset(OP, dataset))?;
        let mut state = self.state();
        let experiment = state.active_run(OP, id)?.run.experiment_id.clone();
        for dataset in datasets {
            let dataset = state.as_known(&experiment, dataset);
            let inputs = &mut state.run(OP, id)?.run.inputs.dataset_inputs;
            if !inputs.iter().any(|other| is_same_dataset(other, &dataset)) {
                inputs.push(dataset);
                inputs.sort_by(|a, b| (&a.name, &a.digest).cmp(&(&b.name, &b.digest)));
            }
        }
        let inputs = &mut state.run(OP, id)?.run.inputs.model_inputs;
        inputs.extend_from_slice(models);
        inputs.sort_unstable();
        inputs.dedup();
        Ok(())
    }

    async fn log_outputs(&self, id: &RunId, models: &[LoggedModelOutput]) -> Result<()> {
        let mut state = self.state();
        let outputs = &mut state.active_run("log outputs of run", id)?.run.outputs.model_outputs;
        for new in models {
            if !outputs.iter().any(|output| output.model_id == new.model_id) {
                outputs.push(new.clone());
            }
        }
        outputs.sort_by(|a, b| (a.step, &a.model_id).cmp(&(b.step, &b.model_id)));
        Ok(())
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        let mut state = self.state();
        let history = &state.run("read metrics of run", id)?.history;
        let mut points: Vec<_> = history.iter().filter(|point| point.key == key).cloned().collect();
        points.sort_by_key(|point| (point.step, point.timestamp_ms));
        Ok(points)
    }
}

impl RunRecord {
    /// Adds a point once, and makes it the latest if no other is newer.
    fn add(&mut self, metric: &Metric) {
        let order = |point: &Metric| (point.step, point.timestamp_ms);
        let same = |point: &&Metric| {
            point.key == metric.key
                && order(point) == order(metric)
                && point.value.to_bits() == metric.value.to_bits()
        };
        if self.history.iter().find(same).is_some() {
            return;
        }
        // MLflow compares step, then time, then value, and keeps NaN as 0.
        let rank = |value: f64| if value.is_nan() { 0.0 } else { value };
        let newer = |point: &Metric| {
            order(point).cmp(&order(metric)).then(rank(point.value).total_cmp(&rank(metric.value)))
        };
        let is_latest =
            self.history.iter().filter(|p| p.key == metric.key).all(|p| newer(p).is_lt());
        if is_latest {
            self.run.metrics.insert(metric.key.clone(), metric.value);
        }
        self.history.push(Metric { model_id: None, dataset: None, ..metric.clone() });
    }
}
