//! Logged models over REST.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::RestStore;
use super::http::Call;
use super::once::{REQUEST_TAG, request_id};
use super::tracking::{is_bad_request, pair};
use super::wire::{Pair, float, int};
use crate::entity::{
    DatasetRef, LoggedModel, LoggedModelMetric, LoggedModelStatus, NewLoggedModel,
};
use crate::error::Result;
use crate::id::{ExperimentId, LoggedModelId, RunId};
use crate::logged_model::{LoggedModelSearch, LoggedModelStore};
use crate::search::{self, Page};
use crate::{limits, rules};

/// A logged model, alone in an answer.
#[derive(Debug, Deserialize)]
struct WireAnswer {
    model: WireModel,
}

#[derive(Debug, Deserialize)]
struct WirePage {
    #[serde(default)]
    models: Vec<WireModel>,
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireModel {
    info: WireInfo,
    #[serde(default)]
    data: WireData,
}

#[derive(Debug, Deserialize)]
struct WireInfo {
    model_id: String,
    #[serde(default)]
    experiment_id: String,
    #[serde(default)]
    name: String,
    #[serde(default, deserialize_with = "int")]
    creation_timestamp_ms: i64,
    #[serde(default, deserialize_with = "int")]
    last_updated_timestamp_ms: i64,
    #[serde(default)]
    artifact_uri: String,
    #[serde(default)]
    status: String,
    status_message: Option<String>,
    model_type: Option<String>,
    source_run_id: Option<String>,
    #[serde(default)]
    tags: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
struct WireData {
    #[serde(default)]
    params: Vec<Pair>,
    #[serde(default)]
    metrics: Vec<WireMetric>,
}

#[derive(Debug, Deserialize)]
struct WireMetric {
    key: String,
    #[serde(default, deserialize_with = "float")]
    value: f64,
    #[serde(default, deserialize_with = "int")]
    timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    step: i64,
    #[serde(default)]
    run_id: String,
    dataset_name: Option<String>,
    #[serde(default)]
    dataset_digest: String,
}

impl From<WireMetric> for LoggedModelMetric {
    fn from(metric: WireMetric) -> Self {
        let digest = metric.dataset_digest;
        Self {
            key: metric.key,
            value: metric.value,
            timestamp_ms: metric.timestamp,
            step: metric.step,
            run_id: RunId::new(metric.run_id),
            dataset: metric.dataset_name.map(|name| DatasetRef { name, digest }),
        }
    }
}

impl From<WireModel> for LoggedModel {
    fn from(WireModel { info, data }: WireModel) -> Self {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let status = LoggedModelStatus::ALL.into_iter().find(|s| s.as_str() == info.status);
        let mut model = Self {
            id: LoggedModelId::new(info.model_id),
            experiment_id: ExperimentId::new(info.experiment_id),
            name: info.name,
            artifact_uri: info.artifact_uri,
            status: status.unwrap_or(LoggedModelStatus::Pending),
            status_message: filled(info.status_message),
            model_type: filled(info.model_type),
            source_run_id: filled(info.source_run_id).map(RunId::new),
            params: data.params.into_iter().map(|pair| (pair.key, pair.value)).collect(),
            tags: info.tags.into_iter().map(|pair| (pair.key, pair.value)).collect(),
            metrics: data.metrics.into_iter().map(Into::into).collect(),
            creation_time_ms: info.creation_timestamp_ms,
            last_updated_time_ms: info.last_updated_timestamp_ms,
        };
        model.sort_metrics();
        model
    }
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| pair(key, value)).collect()
}

#[async_trait]
impl LoggedModelStore for RestStore {
    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        const OP: &str = "create logged model";
        limits::check_new_logged_model(OP, model)?;
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
        let read = |answer: WireAnswer| Ok(answer.model.into());
        let find = || self.logged_model_of_request(&model.experiment_id, &request);
        self.make(call, read, find).await
    }

    async fn get_logged_model(&self, id: &LoggedModelId) -> Result<LoggedModel> {
        let call = self.of_model(Method::GET, "read logged model", id, &[])?;
        let answer: WireAnswer = self.http.json(&call).await?;
        Ok(answer.model.into())
    }

    async fn finalize_logged_model(
        &self,
        id: &LoggedModelId,
        status: LoggedModelStatus,
    ) -> Result<()> {
        let body = json!({ "model_id": id.as_str(), "status": status.as_str() });
        let call = self.of_model(Method::PATCH, "finalize logged model", id, &[])?.json(&body);
        self.done(&call).await
    }

    async fn log_logged_model_params(
        &self,
        id: &LoggedModelId,
        params: &[(String, String)],
    ) -> Result<()> {
        const OP: &str = "log parameters of logged model";
        limits::check_logged_model_params(OP, params)?;
        let log = async |params: &[(String, String)]| {
            let body = json!({ "model_id": id.as_str(), "params": pairs(params) });
            let call = self.of_model(Method::POST, OP, id, &["params"])?.json(&body);
            self.done(&call).await
        };
        match log(params).await {
            // The server refuses the whole list if the model has one of them, of any value.
            Err(refused) if is_bad_request(&refused) => {
                let stored = self.get_logged_model(id).await?.params;
                let new = rules::new_model_params(OP, id, &stored, params)?;
                match new.len() {
                    0 => Ok(()),
                    n if n == params.len() => Err(refused),
                    _ => log(&new).await,
                }
            }
            other => other,
        }
    }

    async fn set_logged_model_tags(
        &self,
        id: &LoggedModelId,
        tags: &[(String, String)],
    ) -> Result<()> {
        const OP: &str = "set tags of logged model";
        limits::check_logged_model_tags(OP, tags)?;
        let body = json!({ "model_id": id.as_str(), "tags": pairs(tags) });
        self.done(&self.of_model(Method::PATCH, OP, id, &["tags"])?.json(&body)).await
    }

    async fn delete_logged_model_tag(&self, id: &LoggedModelId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of logged model";
        rules::check_tag_to_delete(OP, id, key)?;
        self.done(&self.of_model(Method::DELETE, OP, id, &["tags", key])?).await
    }

    async fn delete_logged_model(&self, id: &LoggedModelId) -> Result<()> {
        self.done(&self.of_model(Method::DELETE, "delete logged model", id, &[])?).await
    }

    async fn search_logged_models(
        &self,
        experiments: &[ExperimentId],
        search: &LoggedModelSearch,
    ) -> Result<Page<LoggedModel>> {
        const OP: &str = "search logged models";
        search::check_logged_models(OP, search)?;
        let body = search_body(experiments, search);
        let call = self.post(OP, &search.filter, "logged-models/search").json(&body);
        let page: WirePage = self.http.json(&call).await?;
        Ok(Page {
            items: page.models.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token.filter(|token| !token.is_empty()),
        })
    }
}

impl RestStore {
    /// A call of what is below a logged model.
    fn of_model(
        &self,
        method: Method,
        op: &'static str,
        id: &LoggedModelId,
        below: &[&str],
    ) -> Result<Call> {
        rules::check_model_id(op, id)?;
        let segments = ["api", "2.0", "mlflow", "logged-models", id.as_str()];
        let segments = segments.into_iter().chain(below.iter().copied());
        Ok(self.http.call_at(method, op, id.as_str(), segments))
    }

    /// Sends a call whose answer is of no interest.
    async fn done(&self, call: &Call) -> Result<()> {
        let _answer: IgnoredAny = self.http.json(call).await?;
        Ok(())
    }
}

fn search_body(experiments: &[ExperimentId], search: &LoggedModelSearch) -> Value {
    let dataset = |dataset: &DatasetRef| json!({ "dataset_name": dataset.name, "dataset_digest": dataset.digest });
    let order = search.order_by.iter().map(|order| {
        let mut body = order.dataset.as_ref().map_or_else(|| json!({}), dataset);
        body["field_name"] = json!(order.field_name);
        body["ascending"] = json!(order.ascending);
        body
    });
    let mut body = json!({
        "experiment_ids": experiments.iter().map(ExperimentId::as_str).collect::<Vec<_>>(),
        "filter": search.filter,
        "datasets": search.datasets.iter().map(dataset).collect::<Vec<_>>(),
        "order_by": order.collect::<Vec<_>>(),
        "max_results": search.max_results,
    });
    if let Some(token) = &search.page_token {
        body["page_token"] = json!(token);
    }
    body
}
