//! Experiments and runs in the file.

use async_trait::async_trait;
use rusqlite::params;

use super::{EmbeddedStore, artifact, experiment, input, metric, run};
use crate::entity::{
    Batch, DatasetInput, Experiment, LoggedModelOutput, Metric, NewRun, Run, RunStatus,
};
use crate::error::Result;
use crate::id::{ExperimentId, LoggedModelId, RunId, new_run_id};
use crate::logged::Logged;
use crate::tracking::TrackingStore;
use crate::{limits, rules};

/// Points of metrics in one transaction, so that other writers get their turn.
///
/// Ten thousand points take some 50 ms.
const METRICS_PER_TRANSACTION: usize = 10_000;

#[async_trait]
impl TrackingStore for EmbeddedStore {
    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let wanted = name.to_owned();
        self.read("look up experiment", name.to_owned(), move |tx| {
            let found = experiment::by_name(tx, &wanted)?;
            Ok(found)
        })
        .await
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        const OP: &str = "create experiment";
        limits::check_experiment_name(OP, name)?;
        let (wanted, path) = (name.to_owned(), self.path().to_owned());
        let now_ms = self.inner.clock.now_ms();
        self.write(OP, name.to_owned(), move |tx| {
            if tx.prepare("SELECT 1 FROM experiments WHERE name = ?1")?.exists([&wanted])? {
                return Err(rules::name_taken(OP, &wanted).into());
            }
            tx.execute(
                "INSERT INTO experiments (name, artifact_location, lifecycle_stage, \
                 creation_time, last_update_time) VALUES (?1, NULL, 'active', ?2, ?2)",
                params![wanted, now_ms],
            )?;
            let id = tx.last_insert_rowid();
            let location = format!("{}/{id}", artifact::default_root(&path)?);
            tx.execute(
                "UPDATE experiments SET artifact_location = ?2 WHERE experiment_id = ?1",
                params![id, location],
            )?;
            Ok(ExperimentId::new(id.to_string()))
        })
        .await
    }

    async fn set_experiment_tag(&self, id: &ExperimentId, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of experiment";
        limits::check_experiment_tag(OP, key, value)?;
        let (key, value, of) = (key.to_owned(), value.to_owned(), id.clone());
        self.write(OP, id.to_string(), move |tx| {
            let id = experiment::active_root(tx, OP, &of)?.0;
            let changed = tx.execute(
                "UPDATE experiment_tags SET value = ?3 WHERE experiment_id = ?1 AND key = ?2",
                params![id, key, value],
            )?;
            if changed == 0 {
                tx.execute(
                    "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?1, ?2, ?3)",
                    params![id, key, value],
                )?;
            }
            Ok(())
        })
        .await
    }

    async fn create_run(&self, run: &NewRun) -> Result<Run> {
        const OP: &str = "create run";
        let run = &rules::named(run);
        let (new, tags) = (run.clone(), rules::of_new_run(OP, run, self.inner.truncates)?);
        self.write(OP, run.name.clone(), move |tx| {
            let (number, root) = experiment::active_root(tx, OP, &new.experiment_id)?;
            let id = new_run_id();
            let artifact_uri = format!("{root}/{id}/artifacts");
            // The columns of the source are empty in MLflow's own rows too: tags replaced them.
            tx.execute(
                "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, \
                 user_id, status, start_time, end_time, source_version, lifecycle_stage, \
                 artifact_uri, experiment_id) VALUES (?1, ?2, 'UNKNOWN', '', '', ?3, 'RUNNING', \
                 ?4, NULL, '', 'active', ?5, ?6)",
                params![
                    id.as_str(),
                    new.name,
                    rules::user_of_new_run(&new),
                    new.start_time_ms,
                    artifact_uri,
                    number
                ],
            )?;
            run::set_tags(tx, &id, tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))?;
            run::read(tx, OP, &id)
        })
        .await
    }

    async fn get_run(&self, id: &RunId) -> Result<Run> {
        const OP: &str = "read run";
        let wanted = id.clone();
        self.read(OP, id.to_string(), move |tx| run::read(tx, OP, &wanted)).await
    }

    async fn update_run(
        &self,
        id: &RunId,
        status: Option<RunStatus>,
        name: Option<&str>,
    ) -> Result<()> {
        const OP: &str = "update run";
        let (run, name) = (id.clone(), name.filter(|name| !name.is_empty()).map(str::to_owned));
        self.write(OP, id.to_string(), move |tx| {
            run::check_active(tx, OP, &run)?;
            if let Some(status) = status {
                tx.execute(
                    "UPDATE runs SET status = ?2 WHERE run_uuid = ?1",
                    params![run.as_str(), status.as_str()],
                )?;
            }
            run::set_tags(tx, &run, name.iter().map(|name| ("mlflow.runName", name.as_str())))
        })
        .await
    }

    async fn end_run(&self, id: &RunId, status: RunStatus, end_time_ms: i64) -> Result<()> {
        const OP: &str = "end run";
        let run = id.clone();
        self.write(OP, id.to_string(), move |tx| {
            run::check_active(tx, OP, &run)?;
            tx.execute(
                "UPDATE runs SET status = ?2, end_time = ?3 WHERE run_uuid = ?1",
                params![run.as_str(), status.as_str(), end_time_ms],
            )?;
            Ok(())
        })
        .await
    }

    async fn log_batch(&self, id: &RunId, batch: &Batch) -> Result<Logged> {
        const OP: &str = "log to run";
        let logged = limits::check_whole_batch(OP, batch, self.inner.truncates)?;
        // Parameters and tags come first, so that a refused one leaves no metric behind.
        let (run, params, tags) = (id.clone(), batch.params.clone(), batch.tags.clone());
        self.write(OP, id.to_string(), move |tx| {
            run::check_active(tx, OP, &run)?;
            run::log_params(tx, OP, &run, &params)?;
            let cut = tags.iter().map(|(key, value)| (key.as_str(), limits::tag_value(value)));
            run::set_tags(tx, &run, cut)
        })
        .await?;
        for metrics in batch.metrics.chunks(METRICS_PER_TRANSACTION) {
            let (run, metrics) = (id.clone(), metrics.to_vec());
            self.write(OP, id.to_string(), move |tx| {
                let experiment = run::check_active(tx, OP, &run)?;
                metric::log(tx, OP, experiment, &run, &metrics)
            })
            .await?;
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
        let (run, datasets, models) = (id.clone(), datasets.to_vec(), models.to_vec());
        self.write(OP, id.to_string(), move |tx| {
            let experiment = run::check_active(tx, OP, &run)?;
            datasets.iter().try_for_each(|new| input::log_dataset(tx, experiment, &run, new))?;
            models.iter().try_for_each(|model| input::log_model(tx, &run, model))
        })
        .await
    }

    async fn log_outputs(&self, id: &RunId, models: &[LoggedModelOutput]) -> Result<()> {
        const OP: &str = "log outputs of run";
        let (run, models) = (id.clone(), models.to_vec());
        self.write(OP, id.to_string(), move |tx| {
            run::check_active(tx, OP, &run)?;
            models.iter().try_for_each(|output| input::log_output(tx, &run, output))
        })
        .await
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        const OP: &str = "read metrics of run";
        let (run, key) = (id.clone(), key.to_owned());
        self.read(OP, id.to_string(), move |tx| {
            run::check_exists(tx, OP, &run)?;
            metric::history(tx, &run, &key)
        })
        .await
    }
}
