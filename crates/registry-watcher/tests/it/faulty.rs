//! A store in front of the memory store that can be switched off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use mlflow_client::{
    ArtifactStore, Batch, DatasetInput, Error, ErrorKind, Experiment, ExperimentId, FileInfo,
    LifecycleStore, Logged, LoggedModelId, LoggedModelOutput, LoggedModelStore, MemoryStore,
    Metric, ModelVersion, NewModelVersion, NewRun, RegisteredModel, RegistryStore, Result, Run,
    RunId, RunStatus, SearchStore, Stage, Store, TrackingStore, Version, WebhookStore,
};

/// While `down`, the registry and the artifacts fail; while `hung`, they do not answer. Tracking always fails: the watcher has
/// no business there.
#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) down: AtomicBool,
    pub(crate) hung: AtomicBool,
}

impl FaultyStore {
    async fn up(&self) -> Result<&MemoryStore> {
        if self.hung.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if self.down.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Unavailable, "reach", "fake", "switched off"));
        }
        Ok(&self.inner)
    }
}

fn no_tracking<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Internal, "track", "fake", "the watcher never tracks"))
}

#[async_trait]
impl Store for FaultyStore {
    fn uri(&self) -> &'static str {
        "faulty:"
    }
    async fn ping(&self) -> Result<()> {
        self.up().await?.ping().await
    }
}

#[async_trait]
impl RegistryStore for FaultyStore {
    async fn get_registered_model(&self, name: &str) -> Result<RegisteredModel> {
        self.up().await?.get_registered_model(name).await
    }
    async fn create_registered_model(&self, name: &str, description: Option<&str>) -> Result<()> {
        self.up().await?.create_registered_model(name, description).await
    }
    async fn create_version(&self, version: &NewModelVersion) -> Result<ModelVersion> {
        self.up().await?.create_version(version).await
    }
    async fn get_version(&self, name: &str, version: Version) -> Result<ModelVersion> {
        self.up().await?.get_version(name, version).await
    }
    async fn versions(&self, name: &str) -> Result<Vec<ModelVersion>> {
        self.up().await?.versions(name).await
    }
    async fn transition_stage(
        &self,
        name: &str,
        version: Version,
        stage: Stage,
        archive_existing: bool,
    ) -> Result<ModelVersion> {
        self.up().await?.transition_stage(name, version, stage, archive_existing).await
    }
    async fn set_alias(&self, name: &str, alias: &str, version: Version) -> Result<()> {
        self.up().await?.set_alias(name, alias, version).await
    }
    async fn delete_alias(&self, name: &str, alias: &str) -> Result<()> {
        self.up().await?.delete_alias(name, alias).await
    }
    async fn delete_version(&self, name: &str, version: Version) -> Result<()> {
        self.up().await?.delete_version(name, version).await
    }
    async fn download_uri(&self, name: &str, version: Version) -> Result<String> {
        self.up().await?.download_uri(name, version).await
    }
}

#[async_trait]
impl ArtifactStore for FaultyStore {
    async fn put_artifact(&self, uri: &str, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.up().await?.put_artifact(uri, path, bytes).await
    }
    async fn get_artifact(&self, uri: &str, path: &str) -> Result<Vec<u8>> {
        self.up().await?.get_artifact(uri, path).await
    }
    async fn list_artifacts(&self, uri: &str, path: &str) -> Result<Vec<FileInfo>> {
        self.up().await?.list_artifacts(uri, path).await
    }
}

impl LifecycleStore for FaultyStore {}
impl SearchStore for FaultyStore {}
impl LoggedModelStore for FaultyStore {}

impl WebhookStore for FaultyStore {}

#[async_trait]
impl TrackingStore for FaultyStore {
    async fn experiment_by_name(&self, _: &str) -> Result<Option<Experiment>> {
        no_tracking()
    }
    async fn create_experiment(&self, _: &str) -> Result<ExperimentId> {
        no_tracking()
    }
    async fn set_experiment_tag(&self, _: &ExperimentId, _: &str, _: &str) -> Result<()> {
        no_tracking()
    }
    async fn create_run(&self, _: &NewRun) -> Result<Run> {
        no_tracking()
    }
    async fn get_run(&self, _: &RunId) -> Result<Run> {
        no_tracking()
    }
    async fn end_run(&self, _: &RunId, _: RunStatus, _: i64) -> Result<()> {
        no_tracking()
    }
    async fn log_batch(&self, _: &RunId, _: &Batch) -> Result<Logged> {
        no_tracking()
    }
    async fn log_inputs(&self, _: &RunId, _: &[DatasetInput], _: &[LoggedModelId]) -> Result<()> {
        no_tracking()
    }
    async fn log_outputs(&self, _: &RunId, _: &[LoggedModelOutput]) -> Result<()> {
        no_tracking()
    }
    async fn metric_history(&self, _: &RunId, _: &str) -> Result<Vec<Metric>> {
        no_tracking()
    }
}
