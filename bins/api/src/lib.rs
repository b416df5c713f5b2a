//! The forecast service: `POST /predict` answers with the version that the registry has in
//! production, and a promotion in MLflow changes the answer within a poll interval.
//!
//! [`startup::Application`] is the whole service; `main.rs` only wires it.
//! Three loops run beside the handlers and never in their way: the watcher asks the registry
//! and swaps the model in [`slot`], the refresher makes tomorrow's forecasts ready, and the
//! server stops them all.
//! A request reads memory: rows were computed when the version was loaded.

pub mod cli;
pub mod config;
pub mod settings;

pub mod files;
mod opener;
pub mod startup;

pub mod loader;
pub mod refresh;
pub mod rows;
pub mod slot;
pub mod table;

pub mod clock;
pub mod computing;
pub mod sending;
pub mod state;

pub mod access;
mod body;
pub mod client;
pub mod connections;
pub mod cors;
mod dashboard;
pub mod days;
mod guard;
pub mod metrics;
pub mod monitor;
mod observe;
pub mod openapi;
pub mod problem;
pub mod query;
pub mod rate_limit;
mod reload;
pub mod request_id;
mod routes;
pub mod scoring;
pub mod traces;
mod wire;
