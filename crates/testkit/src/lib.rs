#![doc = include_str!("../README.md")]

pub mod browser;
pub mod draw;
pub mod mlflow_server;
pub mod program;
pub mod python;
pub mod series;
pub mod store_check;
pub mod tolerance;
pub mod yahoo_fake;
