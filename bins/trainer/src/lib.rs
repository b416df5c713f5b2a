//! Fetches, cleans, splits, fits, evaluates, tracks and registers.
//!
//! The library behind the program: [`command`] has an entry a subcommand, and
//! [`train`] is the main job, stage by stage.

pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod failure;
mod print;
mod progress;
pub mod score;
pub mod settings;
pub mod train;
mod wire;
