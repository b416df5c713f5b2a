//! Logged models of a run, in one call.

use super::ActiveRun;
use crate::entity::{LoggedModel, LoggedModelOutput, LoggedModelStatus, NewLoggedModel};
use crate::error::Result;

impl ActiveRun {
    /// Logs a model that the run made: its folder, and that it is an output of the run.
    ///
    /// `files` is told the logged model, whose id and address a flavour writes into its files,
    /// and returns their paths and contents: see [`prophet_files`](crate::flavor::prophet_files).
    ///
    /// # Errors
    ///
    /// What the store says; a model whose files did not get there counts as failed.
    pub async fn log_model(
        &self,
        name: &str,
        model_type: &str,
        files: impl FnOnce(&LoggedModel) -> Vec<(String, Vec<u8>)> + Send,
    ) -> Result<LoggedModel> {
        let new = NewLoggedModel {
            experiment_id: self.experiment_id.clone(),
            name: name.to_owned(),
            model_type: Some(model_type.to_owned()),
            source_run_id: Some(self.id.clone()),
            params: vec![],
            tags: self.context.model_tags(),
        };
        let model = self.store.create_logged_model(&new).await?;
        let files = files(&model);
        if let Err(error) = self.put_all(&model, files).await {
            let failed = LoggedModelStatus::Failed;
            if let Err(error) = self.store.finalize_logged_model(&model.id, failed).await {
                tracing::warn!(model.id = %model.id, %error, "the model stays as pending");
            }
            return Err(error);
        }
        self.store.finalize_logged_model(&model.id, LoggedModelStatus::Ready).await?;
        let output = LoggedModelOutput { model_id: model.id.clone(), step: 0 };
        self.log_outputs(&[output]).await?;
        self.store.get_logged_model(&model.id).await
    }

    async fn put_all(&self, model: &LoggedModel, files: Vec<(String, Vec<u8>)>) -> Result<()> {
        for (path, bytes) in files {
            self.store.put_artifact(&model.artifact_uri, &path, bytes).await?;
        }
        Ok(())
    }
}
