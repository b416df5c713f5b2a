//! Tests of the stores, most of them against a real MLflow.

mod embedded;
mod memory;
