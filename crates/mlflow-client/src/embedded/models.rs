//! Logged models in the file.

use async_trait::async_trait;

use super::failure::Failure;
use super::{EmbeddedStore, experiment, logged_model};
use crate::entity::{LoggedModel, LoggedModelStatus, NewLoggedModel};
use crate::error::Result;
use crate::id::{ExperimentId, LoggedModelId};
use crate::logged_model::{LoggedModelSearch, LoggedModelStore};
use crate::search::{self, Page};
use crate::{limits, rules};

#[async_trait]
impl LoggedModelStore for EmbeddedStore {
    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        const OP: &str = "create logged model";
        limits::check_new_logged_model(OP, model)?;
        let (new, now_ms) = (model.clone(), self.inner.clock.now_ms());
        self.write(OP, model.name.clone(), move |tx| {
            let (number, root) = experiment::active_root(tx, OP, &new.experiment_id)?;
            logged_model::create(tx, OP, number, &root, &new, now_ms)
        })
        .await
    }

    async fn get_logged_model(&self, id: &LoggedModelId) -> Result<LoggedModel> {
        const OP: &str = "read logged model";
        let wanted = id.clone();
        self.read(OP, id.to_string(), move |tx| logged_model::read(tx, OP, &wanted)).await
    }

    async fn finalize_logged_model(
        &self,
        id: &LoggedModelId,
        status: LoggedModelStatus,
    ) -> Result<()> {
        const OP: &str = "finalize logged model";
        let (wanted, now_ms) = (id.clone(), self.inner.clock.now_ms());
        self.write(OP, id.to_string(), move |tx| {
            logged_model::set_status(tx, OP, &wanted, status, now_ms)
        })
        .await
    }

    async fn log_logged_model_params(
        &self,
        id: &LoggedModelId,
        params: &[(String, String)],
    ) -> Result<()> {
        const OP: &str = "log parameters of logged model";
        limits::check_logged_model_params(OP, params)?;
        let (of, params) = (id.clone(), params.to_vec());
        self.write(OP, id.to_string(), move |tx| logged_model::log_params(tx, OP, &of, &params))
            .await
    }

    async fn set_logged_model_tags(
        &self,
        id: &LoggedModelId,
        tags: &[(String, String)],
    ) -> Result<()> {
        const OP: &str = "set tags of logged model";
        limits::check_logged_model_tags(OP, tags)?;
        let (of, tags) = (id.clone(), tags.to_vec());
        self.write(OP, id.to_string(), move |tx| {
            let experiment = logged_model::experiment_of(tx, OP, &of)?;
            tags.iter()
                .try_for_each(|(key, value)| logged_model::set_tag(tx, experiment, &of, key, value))
        })
        .await
    }

    async fn delete_logged_model_tag(&self, id: &LoggedModelId, key: &str) -> Result<()> {
        const OP: &str = "delete a tag of logged model";
        rules::check_tag_to_delete(OP, id, key)?;
        let (of, key) = (id.clone(), key.to_owned());
        self.write(OP, id.to_string(), move |tx| {
            logged_model::experiment_of(tx, OP, &of)?;
            let gone = tx.execute(
                "DELETE FROM logged_model_tags WHERE model_id = ?1 AND tag_key = ?2",
                [of.as_str(), &key],
            )?;
            if gone == 0 { Err(rules::no_model_tag(OP, &of, &key).into()) } else { Ok(()) }
        })
        .await
    }

    async fn delete_logged_model(&self, id: &LoggedModelId) -> Result<()> {
        const OP: &str = "delete logged model";
        let (of, now_ms) = (id.clone(), self.inner.clock.now_ms());
        self.write(OP, id.to_string(), move |tx| logged_model::delete(tx, OP, &of, now_ms)).await
    }

    async fn search_logged_models(
        &self,
        experiments: &[ExperimentId],
        search: &LoggedModelSearch,
    ) -> Result<Page<LoggedModel>> {
        const OP: &str = "search logged models";
        search::check_logged_models(OP, search)?;
        let mut experiments = experiments.to_vec();
        experiments.sort_unstable();
        experiments.dedup();
        let found = self
            .read(OP, search.filter.clone(), move |tx| {
                let found = experiments.iter().map(|id| logged_model::of_experiment(tx, id));
                Ok(found.collect::<Result<Vec<_>, Failure>>()?.concat())
            })
            .await?;
        search::page_of_logged_models(OP, found, search)
    }
}
