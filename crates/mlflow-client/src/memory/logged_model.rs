//! Logged models in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::tracking::missing;
use super::{MemoryStore, ModelRecord, State};
use crate::entity::{
    LifecycleStage, LoggedModel, LoggedModelMetric, LoggedModelStatus, Metric, NewLoggedModel,
};
use crate::error::Result;
use crate::id::{ExperimentId, LoggedModelId, RunId, new_logged_model_id};
use crate::logged_model::{LoggedModelSearch, LoggedModelStore};
use crate::search::{self, Page};
use crate::{limits, rules};

impl State {
    /// Returns a logged model, deleted or not.
    pub(super) fn logged_model(
        &mut self,
        op: &'static str,
        id: &LoggedModelId,
    ) -> Result<&mut ModelRecord> {
        self.logged_models
            .get_mut(id)
            .ok_or_else(|| missing(op, id.as_str(), "no such logged model"))
    }

    /// Returns the points that metrics add to logged models; a point is there once.
    pub(super) fn new_points(
        &self,
        op: &'static str,
        run: &RunId,
        metrics: &[Metric],
    ) -> Result<Vec<(LoggedModelId, LoggedModelMetric)>> {
        let mut added: Vec<(LoggedModelId, LoggedModelMetric)> = Vec::new();
        for metric in metrics {
            let Some(id) = &metric.model_id else { continue };
            let Some(record) = self.logged_models.get(id) else {
                return Err(rules::no_model_of_metric(op, id, &metric.key));
            };
            let new = point(run, metric);
            let also = added.iter().filter(|(other, _)| other == id).map(|(_, point)| point);
            let mut there = record.model.metrics.iter().chain(also);
            match there.find(|point| is_same_place(point, &new)) {
                None => added.push((id.clone(), new)),
                Some(old) if *old == new => {}
                Some(_) => return Err(rules::changed_point(op, id, metric)),
            }
        }
        Ok(added)
    }
}

fn is_same_place(a: &LoggedModelMetric, b: &LoggedModelMetric) -> bool {
    (&a.key, a.timestamp_ms, a.step, &a.run_id) == (&b.key, b.timestamp_ms, b.step, &b.run_id)
}

/// A point as a logged model keeps it: a NaN becomes 0.
fn point(run: &RunId, metric: &Metric) -> LoggedModelMetric {
    LoggedModelMetric {
        key: metric.key.clone(),
        value: if metric.value.is_nan() { 0.0 } else { metric.value },
        timestamp_ms: metric.timestamp_ms,
        step: metric.step,
        run_id: run.clone(),
        dataset: metric.dataset.clone(),
    }
}

#[async_trait]
impl LoggedModelStore for MemoryStore {
    async fn create_logged_model(&self, new: &NewLoggedModel) -> Result<LoggedModel> {
        const OP: &str = "create logged model";
        limits::check_new_logged_model(OP, new)?;
        let mut state = self.state();
        let root = state.active_experiment(OP, &new.experiment_id)?.artifact_location.clone();
        let id = new_logged_model_id();
        let now_ms = self.clock.now_ms();
        let model = LoggedModel {
            artifact_uri: format!("{root}/models/{id}/artifacts"),
            id: id.clone(),
            experiment_id: new.experiment_id.clone(),
            name: new.name.clone(),
            status: LoggedModelStatus::Pending,
            status_message: None,
            model_type: new.model_type.clone().filter(|kind| !kind.is_empty()),
            source_run_id: new.source_run_id.clone(),
            params: new.params.iter().cloned().collect(),
            tags: new.tags.iter().cloned().collect(),
            metrics: vec![],
            creation_time_ms: now_ms,
            last_updated_time_ms: now_ms,
        };
        let record = ModelRecord { model: model.clone(), stage: LifecycleStage::Active };
        state.logged_models.insert(id, record);
        Ok(model)
    }

    async fn get_logged_model(&self, id: &LoggedModelId) -> Result<LoggedModel> {
        const OP: &str = "read logged model";
        let mut state = self.state();
        let record = state.logged_model(OP, id)?;
        if record.stage == LifecycleStage::Deleted {
            return Err(missing(OP, id.as_str(), "no such logged model"));
        }
        Ok(record.model.clone())
    }

    async fn finalize_logged_model(
        &self,
        id: &LoggedModelId,
        status: LoggedModelStatus,
    ) -> Result<()> {
        let mut state = self.state();
        let model = &mut state.logged_model("finalize logged model", id)?.model;
        model.status = status;
        model.last_updated_time_ms = self.clock.now_ms();
        Ok(())
    }

    async fn log_logged_model_params(
        &self,
        id: &LoggedModelId,
        params: &[(String, String)],
    ) -> Result<()> {
        const OP: &str = "log parameters of logged model";
        limits::check_logged_model_params(OP, params)?;
        let mut state = self.state();
        let stored: &mut BTreeMap<_, _> = &mut state.logged_model(OP, id)?.model.params;
        rules::new_model_params(OP, id, stored, params)?;
        stored.extend(params.iter().cloned());
        Ok(())
    }

    async fn set_logged_model_tags(
        &self,
        id: &LoggedModelId,
        tags: &[(String, String)],
    ) -> Result<()> {
        const OP: &str = "set tags of logged model";
        limits::check_logged_model_tags(OP, tags)?;
        self.state().logged_model(OP, id)?.model.tags.extend(tags.iter().cloned());
        Ok(())
    }

    async fn delete_logged_model_tag(&self, id: &LoggedModelId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of logged model";
        rules::check_tag_to_delete(OP, id, key)?;
        let removed = self.state().logged_model(OP, id)?.model.tags.remove(key);
        removed.map(drop).ok_or_else(|| rules::no_model_tag(OP, id, key))
    }

    async fn delete_logged_model(&self, id: &LoggedModelId) -> Result<()> {
        let mut state = self.state();
        let record = state.logged_model("delete logged model", id)?;
        record.stage = LifecycleStage::Deleted;
        record.model.last_updated_time_ms = self.clock.now_ms();
        Ok(())
    }

    async fn search_logged_models(
        &self,
        experiments: &[ExperimentId],
        search: &LoggedModelSearch,
    ) -> Result<Page<LoggedModel>> {
        let found = {
            let state = self.state();
            let shown = state.logged_models.values().filter(|record| {
                record.stage == LifecycleStage::Active
                    && experiments.contains(&record.model.experiment_id)
            });
            shown.map(|record| record.model.clone()).collect()
        };
        search::page_of_logged_models("search logged models", found, search)
    }
}
