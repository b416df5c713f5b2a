//! The reference implementation, in memory: what the other stores must behave like.

mod artifact;
mod lifecycle;
mod logged_model;
mod registry;
mod tracking;
mod webhook;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::clock::Clock;
use crate::cloud::{Cloud, CloudOptions};
use crate::entity::{
    Experiment, LifecycleStage, LoggedModel, Metric, ModelVersion, RegisteredModel, Run,
};
use crate::error::Result;
use crate::id::{LoggedModelId, RunId, Version};
use crate::options::ClientOptions;
use crate::server::{Capabilities, ServerInfo, StoreKind};
use crate::store::Store;
use crate::webhook::Webhook;

/// An MLflow that lives in memory, for tests and as the reference for the other stores.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Clock,
    cloud: Cloud,
    /// Whether too long values are cut; otherwise they are refused.
    truncates: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    experiments: Vec<Experiment>,
    runs: BTreeMap<RunId, RunRecord>,
    logged_models: BTreeMap<LoggedModelId, ModelRecord>,
    registered: BTreeMap<String, RegisteredRecord>,
    files: BTreeMap<String, Vec<u8>>,
    /// The newest comes last.
    webhooks: Vec<Webhook>,
}

#[derive(Debug)]
struct RunRecord {
    run: Run,
    history: Vec<Metric>,
}

#[derive(Debug)]
struct ModelRecord {
    model: LoggedModel,
    stage: LifecycleStage,
}

#[derive(Debug, Default)]
struct RegisteredRecord {
    description: Option<String>,
    tags: BTreeMap<String, String>,
    aliases: BTreeMap<String, Version>,
    versions: BTreeMap<Version, ModelVersion>,
    /// Where the files of the versions lie.
    storage: BTreeMap<Version, String>,
    creation_time_ms: i64,
    last_updated_time_ms: i64,
    /// The last number given; that of a deleted version is not given again.
    last_number: u32,
}

impl MemoryStore {
    /// An empty store that takes its times from `clock`.
    pub fn new(clock: Clock) -> Self {
        let default = tracking::experiment(0, "Default", clock.now_ms());
        let state = State { experiments: vec![default], ..State::default() };
        Self { clock, cloud: Cloud::default(), truncates: true, state: Mutex::new(state) }
    }

    /// Sets how to reach object stores; used with the feature `cloud`.
    #[must_use]
    pub fn with_cloud(mut self, cloud: CloudOptions) -> Self {
        self.cloud = Cloud::new(&ClientOptions::new().with_cloud(cloud));
        self
    }

    /// Has object stores that a test made stand for buckets.
    #[cfg(all(test, feature = "cloud"))]
    pub(crate) fn with_cloud_of_a_test(mut self, cloud: Cloud) -> Self {
        self.cloud = cloud;
        self
    }

    /// Sets whether too long values are cut; otherwise they are refused.
    #[must_use]
    pub fn with_truncate_long_values(mut self, truncate: bool) -> Self {
        self.truncates = truncate;
        self
    }

    /// The state is plain data, so a thread that panicked while holding it broke nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Clock::system())
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn uri(&self) -> &'static str {
        "memory:"
    }

    async fn server_info(&self) -> Result<ServerInfo> {
        let capabilities = Some(Capabilities::default());
        Ok(ServerInfo { store: StoreKind::Memory, capabilities })
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

impl RegisteredRecord {
    fn view(&self, name: &str) -> RegisteredModel {
        let latest = crate::entity::Stage::ALL.into_iter().filter_map(|stage| {
            let number = self.versions.values().filter(|v| v.stage == stage).map(|v| v.version);
            number.max().map(|number| self.version_view(&self.versions[&number]))
        });
        RegisteredModel {
            name: name.to_owned(),
            description: self.description.clone(),
            tags: self.tags.clone(),
            aliases: self.aliases.clone(),
            latest_versions: latest.collect(),
            creation_time_ms: self.creation_time_ms,
            last_updated_time_ms: self.last_updated_time_ms,
        }
    }

    fn version_view(&self, version: &ModelVersion) -> ModelVersion {
        let named = self.aliases.iter().filter(|(_, number)| **number == version.version);
        ModelVersion { aliases: named.map(|(alias, _)| alias.clone()).collect(), ..version.clone() }
    }
}
