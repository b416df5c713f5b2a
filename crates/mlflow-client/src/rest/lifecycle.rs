//! Deleting, restoring and searching over REST.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::tracking::{read_experiment, read_run};
use super::{RestStore, wire};
use crate::entity::{Experiment, Run};
use crate::error::{ErrorKind, Result};
use crate::id::{ExperimentId, RunId};
use crate::lifecycle::LifecycleStore;
use crate::search::{Page, Search, SearchStore, Searchable};
use crate::{limits, rules};

#[async_trait]
impl LifecycleStore for RestStore {
    async fn get_experiment(&self, id: &ExperimentId) -> Result<Experiment> {
        let call = self
            .get("read experiment", id.as_str(), "experiments/get")
            .query("experiment_id", id.as_str());
        let answer: wire::ExperimentAnswer = self.http.json(&call).await?;
        Ok(read_experiment(answer.experiment))
    }

    async fn rename_experiment(&self, id: &ExperimentId, name: &str) -> Result<()> {
        const OP: &str = "rename experiment";
        limits::check_experiment_name(OP, name)?;
        let body = json!({ "experiment_id": id.as_str(), "new_name": name });
        let renamed = self.command(OP, id.as_str(), "experiments/update", &body).await;
        renamed.map_err(|error| match error.kind() {
            // The server hands on what its database says.
            ErrorKind::InvalidArgument if error.to_string().contains("experiments.name") => {
                rules::name_taken(OP, name).with_source(error)
            }
            _ => error,
        })
    }

    async fn delete_experiment(&self, id: &ExperimentId) -> Result<()> {
        let body = json!({ "experiment_id": id.as_str() });
        self.command("delete experiment", id.as_str(), "experiments/delete", &body).await
    }

    async fn restore_experiment(&self, id: &ExperimentId) -> Result<()> {
        let body = json!({ "experiment_id": id.as_str() });
        self.command("restore experiment", id.as_str(), "experiments/restore", &body).await
    }

    async fn delete_experiment_tag(&self, id: &ExperimentId, key: &str) -> Result<()> {
        let body = json!({ "experiment_id": id.as_str(), "key": key });
        let op = "delete a tag of experiment";
        self.command(op, id.as_str(), "experiments/delete-experiment-tag", &body).await
    }

    async fn delete_run(&self, id: &RunId) -> Result<()> {
        let body = json!({ "run_id": id.as_str() });
        self.command("delete run", id.as_str(), "runs/delete", &body).await
    }

    async fn restore_run(&self, id: &RunId) -> Result<()> {
        let body = json!({ "run_id": id.as_str() });
        self.command("restore run", id.as_str(), "runs/restore", &body).await
    }

    async fn delete_tag(&self, id: &RunId, key: &str) -> Result<()> {
        let body = json!({ "run_id": id.as_str(), "key": key });
        self.command("delete a tag of run", id.as_str(), "runs/delete-tag", &body).await
    }
}

#[async_trait]
impl SearchStore for RestStore {
    async fn search_experiments(&self, search: &Search) -> Result<Page<Experiment>> {
        const OP: &str = "search experiments";
        let mut body = search_body::<Experiment>(OP, search)?;
        body["view_type"] = json!(search.view_type.as_str());
        let call = self.post(OP, &search.filter, "experiments/search").json(&body);
        let page: wire::ExperimentPage = self.http.json(&call).await?;
        Ok(Page {
            items: page.experiments.into_iter().map(read_experiment).collect(),
            next_page_token: page.next_page_token.filter(|token| !token.is_empty()),
        })
    }

    async fn search_runs(
        &self,
        experiments: &[ExperimentId],
        search: &Search,
    ) -> Result<Page<Run>> {
        const OP: &str = "search runs";
        let mut body = search_body::<Run>(OP, search)?;
        body["run_view_type"] = json!(search.view_type.as_str());
        body["experiment_ids"] = experiments.iter().map(ExperimentId::as_str).collect();
        let call = self.post(OP, &search.filter, "runs/search").json(&body);
        let page: wire::RunPage = self.http.json(&call).await?;
        let runs = page.runs.into_iter().map(|run| read_run(OP, run));
        Ok(Page {
            items: runs.collect::<Result<_>>()?,
            next_page_token: page.next_page_token.filter(|token| !token.is_empty()),
        })
    }
}

/// The part of a request that all searches share.
fn search_body<T: Searchable>(op: &'static str, search: &Search) -> Result<Value> {
    search.check::<T>(op)?;
    let mut body = json!({
        "filter": search.filter,
        "order_by": search.order_by,
        "max_results": search.max_results,
    });
    if let Some(token) = &search.page_token {
        body["page_token"] = json!(token);
    }
    Ok(body)
}
