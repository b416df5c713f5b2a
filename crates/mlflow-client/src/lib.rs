#![doc = include_str!("../README.md")]

mod artifact;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod embedded;
mod entity;
pub mod env;
mod error;
pub mod flavor;
mod id;
mod limits;
mod local;
pub mod memory;
mod options;
mod registry;
mod resolve;
pub mod rest;
mod rules;
pub mod select;
mod store;
mod tracking;
mod uri;

pub use artifact::{ARTIFACT_BYTES_MAX, ArtifactStore};
pub use clock::Clock;
pub use embedded::EmbeddedStore;
pub use entity::{
    Batch, DatasetInput, DatasetRef, Experiment, FileInfo, LoggedModel, LoggedModelStatus, Metric,
    ModelVersion, NewLoggedModel, NewModelVersion, NewRun, RegisteredModel, Run, RunStatus, Stage,
    VersionStatus,
};
pub use error::{Error, ErrorKind, Result};
pub use id::{ExperimentId, LoggedModelId, RunId, Version};
pub use memory::MemoryStore;
pub use options::{ClientOptions, Credentials, Secret};
pub use registry::RegistryStore;
pub use rest::RestStore;
pub use select::{newest, newest_in_stage};
pub use store::{Store, connect};
pub use tracking::TrackingStore;
pub use uri::TrackingUri;
