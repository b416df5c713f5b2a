#![doc = include_str!("../README.md")]

mod clock;
mod id;

mod build;
mod entity;
mod error;
mod logged;
mod status;

mod artifact;
mod cloud;
mod lifecycle;
mod logged_model;
mod registry;
mod search;
mod server;
mod store;
mod tracking;

pub mod env;
mod options;
mod uri;

mod limits;
mod local;
mod names;
mod resolve;
mod rules;
pub mod select;

pub mod embedded;
pub mod memory;
pub mod rest;

mod active_run;
mod context;

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod flavor;
mod webhook;

pub use active_run::{ActiveRun, StartRun, Table, start_run, with_run};
pub use artifact::{
    ARTIFACT_BYTES_MAX, ArtifactStore, ByteStream, download_artifacts, log_artifact, log_artifacts,
};
pub use clock::Clock;
pub use cloud::CloudOptions;
pub use context::RunContext;
pub use embedded::EmbeddedStore;
pub use entity::{
    Batch, DatasetInput, DatasetRef, Experiment, FileInfo, LifecycleStage, LoggedModel,
    LoggedModelMetric, LoggedModelOutput, LoggedModelStatus, Metric, ModelVersion, NewLoggedModel,
    NewModelVersion, NewRun, RegisteredModel, Run, RunInputs, RunOutputs, RunStatus, Stage,
    VersionStatus,
};
pub use error::{Error, ErrorKind, Result};
pub use id::{ExperimentId, LoggedModelId, RunId, Version, WebhookId};
pub use lifecycle::LifecycleStore;
pub use logged::{Logged, Truncated};
pub use logged_model::{LoggedModelOrder, LoggedModelSearch, LoggedModelStore};
pub use memory::MemoryStore;
pub use options::{ClientOptions, Credentials, Secret};
pub use registry::RegistryStore;
pub use resolve::resolve_model_uri;
pub use rest::RestStore;
pub use search::{Page, Search, SearchStore, ViewType};
pub use select::{newest, newest_in_stage};
pub use server::{Capabilities, ServerInfo, StoreKind};
pub use store::{Store, connect};
pub use tracking::TrackingStore;
pub use uri::TrackingUri;
pub use webhook::{
    NewWebhook, Webhook, WebhookDelivery, WebhookEvent, WebhookHeaders, WebhookPayload,
    WebhookStatus, WebhookStore, WebhookTestResult, WebhookUpdate, parse_webhook, verify_webhook,
};
