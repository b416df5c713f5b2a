//! Experiments, runs and logged models over REST.

use async_trait::async_trait;
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::once::{REQUEST_TAG, request_id};
use super::{RestStore, wire};
use crate::entity::{
    Batch, DatasetInput, Experiment, LifecycleStage, LoggedModel, LoggedModelStatus, Metric,
    NewLoggedModel, NewRun, Run, RunStatus,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, LoggedModelId, RunId};
use crate::limits;
use crate::logged::Logged;
use crate::tracking::TrackingStore;

/// Points in one page of a metric's history; the server takes at most 25,000.
const HISTORY_PAGE: &str = "25000";

/// Pages that are followed: ten million points, and more would not fit the caller either.
const PAGES_MAX: usize = 400;

#[async_trait]
impl TrackingStore for RestStore {
    async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let call = self
            .get("look up experiment", name, "experiments/get-by-name")
            .query("experiment_name", name);
        match self.http.json::<wire::ExperimentAnswer>(&call).await {
            // The server finds deleted ones too.
            Ok(answer) if answer.experiment.lifecycle_stage == "deleted" => Ok(None),
            Ok(answer) => Ok(Some(read_experiment(answer.experiment))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create_experiment(&self, name: &str) -> Result<ExperimentId> {
        const OP: &str = "create experiment";
        limits::check_experiment_name(OP, name)?;
        let call = self.post(OP, name, "experiments/create").json(&json!({ "name": name }));
        let read = |answer: wire::ExperimentId| Ok(ExperimentId::new(answer.experiment_id));
        let find = async || Ok(self.experiment_by_name(name).await?.map(|found| found.id));
        self.make(call, read, find).await
    }

    async fn set_experiment_tag(&self, id: &ExperimentId, key: &str, value: &str) -> Result<()> {
        const OP: &str = "set a tag of experiment";
        limits::check_key(OP, key)?;
        let body = json!({ "experiment_id": id.as_str(), "key": key, "value": value });
        self.command(OP, id.as_str(), "experiments/set-experiment-tag", &body).await
    }

    async fn create_run(&self, run: &NewRun) -> Result<Run> {
        const OP: &str = "create run";
        let mut tags = crate::rules::of_new_run(OP, run, self.http.options().truncate_long_values)?;
        tags.remove("mlflow.runName"); // the server sets it from the name
        let request = request_id();
        tags.insert(REQUEST_TAG.to_owned(), request.clone());
        let tags: Vec<_> = tags.iter().map(|(key, value)| pair(key, value)).collect();
        let mut body = json!({
            "experiment_id": run.experiment_id.as_str(),
            "run_name": run.name,
            "start_time": run.start_time_ms,
            "tags": tags,
        });
        if let Some(user) = &run.user {
            body["user_id"] = json!(user);
        }
        let call = self.post(OP, &run.name, "runs/create").json(&body);
        let read = |answer: wire::RunAnswer| read_run(OP, answer.run);
        self.make(call, read, || self.run_of_request(&run.experiment_id, &request)).await
    }

    async fn get_run(&self, id: &RunId) -> Result<Run> {
        const OP: &str = "read run";
        let call = self.get(OP, id.as_str(), "runs/get").query("run_id", id.as_str());
        let answer: wire::RunAnswer = self.http.json(&call).await?;
        read_run(OP, answer.run)
    }

    async fn update_run(
        &self,
        id: &RunId,
        status: Option<RunStatus>,
        name: Option<&str>,
    ) -> Result<()> {
        let mut body = json!({ "run_id": id.as_str() });
        if let Some(status) = status {
            body["status"] = json!(status.as_str());
        }
        if let Some(name) = name {
            body["run_name"] = json!(name);
        }
        self.command("update run", id.as_str(), "runs/update", &body).await
    }

    async fn end_run(&self, id: &RunId, status: RunStatus, end_time_ms: i64) -> Result<()> {
        let body = json!({
            "run_id": id.as_str(),
            "status": status.as_str(),
            "end_time": end_time_ms,
        });
        self.command("end run", id.as_str(), "runs/update", &body).await
    }

    async fn log_batch(&self, id: &RunId, batch: &Batch) -> Result<Logged> {
        const OP: &str = "log to run";
        let truncates = self.http.options().truncate_long_values;
        let logged = limits::check_whole_batch(OP, batch, truncates)?;
        for chunk in limits::chunks(batch) {
            match self.log_chunk(OP, id, &chunk).await {
                Err(error) if is_repeated_point(&error) => {
                    self.log_point_by_point(OP, id, chunk).await?;
                }
                other => other?,
            }
        }
        Ok(logged)
    }

    async fn log_inputs(&self, id: &RunId, datasets: &[DatasetInput]) -> Result<()> {
        const OP: &str = "log inputs of run";
        datasets.iter().try_for_each(|dataset| limits::check_digest(OP, &dataset.digest))?;
        let datasets: Vec<_> = datasets.iter().map(dataset_body).collect();
        let body = json!({ "run_id": id.as_str(), "datasets": datasets });
        self.command(OP, id.as_str(), "runs/log-inputs", &body).await
    }

    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        const OP: &str = "create logged model";
        limits::check_model_name(OP, &model.name)?;
        let pairs = |pairs: &[(String, String)]| -> Vec<Value> {
            pairs.iter().map(|(key, value)| pair(key, value)).collect()
        };
        let request = request_id();
        let mut tags = model.tags.clone();
        tags.push((REQUEST_TAG.to_owned(), request.clone()));
        let mut body = json!({
            "experiment_id": model.experiment_id.as_str(),
            "name": model.name,
            "params": pairs(&model.params),
            "tags": pairs(&tags),
        });
        if let Some(kind) = &model.model_type {
            body["model_type"] = json!(kind);
        }
        if let Some(run) = &model.source_run_id {
            body["source_run_id"] = json!(run.as_str());
        }
        let call = self.post(OP, &model.name, "logged-models").json(&body);
        let read = |answer: wire::LoggedModelAnswer| Ok(read_logged_model(answer.model));
        let find = || self.logged_model_of_request(&model.experiment_id, &request);
        self.make(call, read, find).await
    }

    async fn get_logged_model(&self, id: &LoggedModelId) -> Result<LoggedModel> {
        let path = format!("logged-models/{id}");
        let call = self.get("read logged model", id.as_str(), &path);
        let answer: wire::LoggedModelAnswer = self.http.json(&call).await?;
        Ok(read_logged_model(answer.model))
    }

    async fn finalize_logged_model(
        &self,
        id: &LoggedModelId,
        status: LoggedModelStatus,
    ) -> Result<()> {
        const OP: &str = "finalize logged model";
        let word = match status {
            LoggedModelStatus::Pending => "LOGGED_MODEL_PENDING",
            LoggedModelStatus::Ready => "LOGGED_MODEL_READY",
            LoggedModelStatus::Failed => "LOGGED_MODEL_UPLOAD_FAILED",
        };
        let path = format!("logged-models/{id}");
        let body = json!({ "model_id": id.as_str(), "status": word });
        let call = self.http.call(Method::PATCH, OP, id.as_str(), &path).json(&body);
        let _answer: IgnoredAny = self.http.json(&call).await?;
        Ok(())
    }

    async fn log_outputs(&self, id: &RunId, models: &[(LoggedModelId, i64)]) -> Result<()> {
        const OP: &str = "log outputs of run";
        // One at a time: the server refuses the whole list if it has one of them already.
        for (model, step) in models {
            let model = json!({ "model_id": model.as_str(), "step": step });
            let body = json!({ "run_id": id.as_str(), "models": [model] });
            match self.command(OP, id.as_str(), "runs/outputs", &body).await {
                Err(error) if error.to_string().contains("UNIQUE constraint failed: inputs") => {}
                other => other?,
            }
        }
        Ok(())
    }

    async fn metric_history(&self, id: &RunId, key: &str) -> Result<Vec<Metric>> {
        const OP: &str = "read metrics of run";
        let mut points = Vec::new();
        let mut token = String::new();
        for _ in 0..PAGES_MAX {
            let mut call = self
                .get(OP, id.as_str(), "metrics/get-history")
                .query("run_id", id.as_str())
                .query("metric_key", key)
                .query("max_results", HISTORY_PAGE);
            if !token.is_empty() {
                call = call.query("page_token", &token);
            }
            let page: wire::MetricPage = self.http.json(&call).await?;
            points.extend(page.metrics.into_iter().map(read_metric));
            token = page.next_page_token;
            if token.is_empty() {
                points.sort_by_key(|point| (point.step, point.timestamp_ms));
                return Ok(points);
            }
        }
        let message = format!("`{key}` has more than {PAGES_MAX} pages of points");
        Err(Error::new(ErrorKind::Protocol, OP, id.as_str(), message))
    }
}

impl RestStore {
    /// Posts a request whose answer says nothing.
    pub(super) async fn command(
        &self,
        op: &'static str,
        subject: &str,
        path: &str,
        body: &Value,
    ) -> Result<()> {
        let _answer: IgnoredAny = self.http.json(&self.post(op, subject, path).json(body)).await?;
        Ok(())
    }

    async fn log_chunk(&self, op: &'static str, id: &RunId, chunk: &Batch) -> Result<()> {
        self.command(op, id.as_str(), "runs/log-batch", &batch_body(id, chunk)).await
    }

    /// Logs a batch that holds a point which the run has, to a server that cannot tell.
    ///
    /// Servers before 3.13 look for points that are there by equality, which NaN has not, and
    /// refuse the whole batch. So each NaN goes alone, and is logged if it is refused.
    async fn log_point_by_point(&self, op: &'static str, id: &RunId, chunk: Batch) -> Result<()> {
        let (nan, others): (Vec<_>, Vec<_>) =
            chunk.metrics.into_iter().partition(|metric| metric.value.is_nan());
        self.log_chunk(op, id, &Batch { metrics: others, ..chunk }).await?;
        for point in nan {
            let alone = Batch { metrics: vec![point], ..Batch::default() };
            match self.log_chunk(op, id, &alone).await {
                Err(error) if is_repeated_point(&error) => {}
                other => other?,
            }
        }
        Ok(())
    }
}

/// Whether a batch was refused because the run has one of its points.
fn is_repeated_point(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidArgument
        && error.to_string().contains("UNIQUE constraint failed: metrics")
}

pub(super) fn pair(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value })
}

fn batch_body(id: &RunId, batch: &Batch) -> Value {
    let metrics = batch.metrics.iter().map(|metric| {
        let mut point = json!({
            "key": metric.key,
            "value": wire::metric_value(metric.value),
            "timestamp": metric.timestamp_ms,
            "step": metric.step,
        });
        if let Some(model) = &metric.model_id {
            point["model_id"] = json!(model.as_str());
        }
        if let Some(dataset) = &metric.dataset {
            point["dataset_name"] = json!(dataset.name);
            point["dataset_digest"] = json!(dataset.digest);
        }
        point
    });
    let params = batch.params.iter().map(|(key, value)| pair(key, limits::param_value(value)));
    let tags = batch.tags.iter().map(|(key, value)| pair(key, limits::tag_value(value)));
    json!({
        "run_id": id.as_str(),
        "metrics": metrics.collect::<Vec<_>>(),
        "params": params.collect::<Vec<_>>(),
        "tags": tags.collect::<Vec<_>>(),
    })
}

fn dataset_body(dataset: &DatasetInput) -> Value {
    let context = dataset.context.as_ref();
    let tags: Vec<_> =
        context.map(|context| pair("mlflow.data.context", context)).into_iter().collect();
    let mut body = json!({
        "name": dataset.name,
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
    });
    if let Some(schema) = &dataset.schema {
        body["schema"] = json!(schema);
    }
    if let Some(profile) = &dataset.profile {
        body["profile"] = json!(profile);
    }
    json!({ "tags": tags, "dataset": body })
}

pub(super) fn read_experiment(found: wire::Experiment) -> Experiment {
    Experiment {
        id: ExperimentId::new(found.id),
        name: found.name,
        artifact_location: found.artifact_location,
        lifecycle_stage: LifecycleStage::parse(&found.lifecycle_stage),
        tags: found.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        creation_time_ms: found.creation_time,
        last_update_time_ms: found.last_update_time,
    }
}

pub(super) fn read_run(op: &'static str, run: wire::Run) -> Result<Run> {
    let wire::Run { info, data } = run;
    let status = RunStatus::parse(&info.status).ok_or_else(|| {
        let message = format!("its status `{}` is not known", info.status);
        Error::new(ErrorKind::Protocol, op, &info.run_id, message)
    })?;
    Ok(Run {
        id: RunId::new(info.run_id),
        experiment_id: ExperimentId::new(info.experiment_id),
        name: info.run_name,
        status,
        lifecycle_stage: LifecycleStage::parse(&info.lifecycle_stage),
        start_time_ms: info.start_time,
        end_time_ms: info.end_time,
        artifact_uri: info.artifact_uri,
        params: data.params.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        metrics: data.metrics.into_iter().map(|metric| (metric.key, metric.value)).collect(),
        tags: data.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
    })
}

fn read_metric(metric: wire::Metric) -> Metric {
    Metric {
        key: metric.key,
        value: metric.value,
        timestamp_ms: metric.timestamp,
        step: metric.step,
        model_id: None,
        dataset: None,
    }
}

pub(super) fn read_logged_model(model: wire::LoggedModel) -> LoggedModel {
    let wire::LoggedModel { info, data } = model;
    LoggedModel {
        id: LoggedModelId::new(info.model_id),
        experiment_id: ExperimentId::new(info.experiment_id),
        name: info.name,
        artifact_uri: info.artifact_uri,
        status: match info.status.as_str() {
            "LOGGED_MODEL_READY" => LoggedModelStatus::Ready,
            "LOGGED_MODEL_UPLOAD_FAILED" => LoggedModelStatus::Failed,
            _ => LoggedModelStatus::Pending,
        },
        model_type: info.model_type.filter(|kind| !kind.is_empty()),
        source_run_id: info.source_run_id.filter(|id| !id.is_empty()).map(RunId::new),
        params: data.params.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        tags: info.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        creation_time_ms: info.creation_timestamp_ms,
    }
}
