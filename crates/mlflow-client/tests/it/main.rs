//! Tests of the stores, several of them against a real MLflow.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test does")]

mod access;
mod active_run;
mod bad_days;
#[cfg(feature = "cloud")]
mod cloud;
mod copies;
mod embedded;
mod faults;
mod flavor;
mod info;
mod large;
mod limits;
mod lost;
mod memory;
mod names;
mod once;
mod patience;
mod python;
mod relay;
mod releases;
mod replaced;
mod secrets;
mod served;
mod server;
mod tls;
mod transfer;
mod variables;
mod webhooks;
mod with_run;
