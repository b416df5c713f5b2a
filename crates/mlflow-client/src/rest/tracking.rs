//! Experiments and runs over REST.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::once::{REQUEST_TAG, request_id};
use super::{RestStore, wire};
use crate::entity::{
    Batch, DatasetInput, Experiment, LifecycleStage, LoggedModelOutput, Metric, NewRun, Run,
    RunInputs, RunOutputs, RunStatus,
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
        limits::check_experiment_tag(OP, key, value)?;
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
        let body = json!({
            "experiment_id": run.experiment_id.as_str(),
            "run_name": run.name,
            "user_id": crate::rules::user_of_new_run(run),
            "start_time": run.start_time_ms,
            "tags": tags,
        });
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

    async fn log_inputs(
        &self,
        id: &RunId,
        datasets: &[DatasetInput],
        models: &[LoggedModelId],
    ) -> Result<()> {
        const OP: &str = "log inputs of run";
        datasets.iter().try_for_each(|dataset| limits::check_dataset(OP, dataset))?;
        let datasets: Vec<_> = datasets.iter().map(dataset_body).collect();
        let models: Vec<_> = models.iter().map(|id| json!({ "model_id": id.as_str() })).collect();
        let body = json!({ "run_id": id.as_str(), "datasets": datasets, "models": models });
        self.command(OP, id.as_str(), "runs/log-inputs", &body).await
    }

    async fn log_outputs(&self, id: &RunId, models: &[LoggedModelOutput]) -> Result<()> {
        const OP: &str = "log outputs of run";
        // One at a time: the server refuses the whole list if it has one of them already.
        for LoggedModelOutput { model_id, step } in models {
            let model = json!({ "model_id": model_id.as_str(), "step": step });
            let body = json!({ "run_id": id.as_str(), "models": [model] });
            let Err(refused) = self.command(OP, id.as_str(), "runs/outputs", &body).await else {
                continue;
            };
            let is_repeated = || async {
                let outputs = self.get_run(id).await?.outputs.model_outputs;
                Ok(outputs.iter().any(|output| output.model_id == *model_id))
            };
            if !(is_bad_request(&refused) && is_repeated().await?) {
                return Err(refused);
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

/// Whether the database behind a server refused something: often what it has already.
pub(super) fn is_bad_request(error: &Error) -> bool {
    error.error_code() == Some("BAD_REQUEST")
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

/// The tag that says what a dataset was used for.
const CONTEXT_TAG: &str = "mlflow.data.context";

fn dataset_body(dataset: &DatasetInput) -> Value {
    let context = dataset.context.iter().map(|context| pair(CONTEXT_TAG, context));
    let tags = dataset.tags.iter().map(|(key, value)| pair(key, value));
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
    json!({ "tags": context.chain(tags).collect::<Vec<_>>(), "dataset": body })
}

fn read_dataset(input: wire::DatasetInput) -> DatasetInput {
    let wire::DatasetInput { dataset, tags } = input;
    let mut tags: BTreeMap<_, _> = tags.into_iter().map(|pair| (pair.key, pair.value)).collect();
    DatasetInput {
        name: dataset.name,
        digest: dataset.digest,
        source_type: dataset.source_type,
        source: dataset.source,
        schema: dataset.schema,
        profile: dataset.profile,
        context: tags.remove(CONTEXT_TAG),
        tags,
    }
}

/// Reads inputs and outputs, in an order of their own: a server gives them in none.
fn read_links(inputs: wire::RunInputs, outputs: wire::RunOutputs) -> (RunInputs, RunOutputs) {
    let mut datasets: Vec<_> = inputs.dataset_inputs.into_iter().map(read_dataset).collect();
    datasets.sort_by(|a, b| (&a.name, &a.digest).cmp(&(&b.name, &b.digest)));
    let models = inputs.model_inputs.into_iter().map(|model| LoggedModelId::new(model.model_id));
    let mut model_inputs: Vec<_> = models.collect();
    model_inputs.sort_unstable();
    let output = |model: wire::LinkedModel| LoggedModelOutput {
        model_id: LoggedModelId::new(model.model_id),
        step: model.step,
    };
    let mut model_outputs: Vec<_> = outputs.model_outputs.into_iter().map(output).collect();
    model_outputs.sort_by(|a, b| (a.step, &a.model_id).cmp(&(b.step, &b.model_id)));
    (RunInputs { dataset_inputs: datasets, model_inputs }, RunOutputs { model_outputs })
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
    let wire::Run { info, data, inputs, outputs } = run;
    let (inputs, outputs) = read_links(inputs, outputs);
    let status = RunStatus::parse(&info.status).ok_or_else(|| {
        let message = format!("its status `{}` is not known", info.status);
        Error::new(ErrorKind::Protocol, op, &info.run_id, message)
    })?;
    Ok(Run {
        id: RunId::new(info.run_id),
        experiment_id: ExperimentId::new(info.experiment_id),
        name: info.run_name,
        user: info.user_id,
        status,
        lifecycle_stage: LifecycleStage::parse(&info.lifecycle_stage),
        start_time_ms: info.start_time,
        end_time_ms: info.end_time,
        artifact_uri: info.artifact_uri,
        params: data.params.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        metrics: data.metrics.into_iter().map(|metric| (metric.key, metric.value)).collect(),
        tags: data.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        inputs,
        outputs,
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
