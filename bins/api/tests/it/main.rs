//! The service from outside: real requests over loopback, a registry in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene up panics")]

mod access; // who may ask, how often, from which pages
mod app; // a service, its registry, and a client
mod bad_input; // every request that cannot be meant
mod browser; // the dashboard, seen and pressed
mod copies; // the last good version on disk, cut short
mod dashboard; // the page for people
mod embedded; // over MLflow's SQLite file, promoted by another process's connection
mod headers; // what every answer carries
mod health_ready; // liveness apart from readiness
mod invocations; // rows in, all of Prophet's columns out
mod metrics; // what a monitor counts
mod midnight; // the forecasts that are ready, and the day that changes
mod model; // what is served, and what stands in the way
mod monitor; // what was forecast is kept, once, whatever happens
mod monitoring; // the dashboard and the alerts over the metrics
mod openapi; // what the service says of itself, and whether it is true
#[cfg(feature = "otel")]
mod otel; // spans for a collector
mod predict; // the forecast
mod program; // the executable: usage, exit codes, signals
mod proof; // the real program beside real servers, on bad days
mod prophet; // small Prophet models, made by hand
mod scoring; // the same questions to MLflow's own scoring server
mod starting; // without a model, without a registry
mod swap; // promotions under load, and bad versions
mod webhook; // who may wake the watcher
