//! The program `trainer`: reads its settings, runs a command, reports how it ended.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use trainer::{cli::Cli, command, config, failure};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match config::load(&cli, &config::variables()) {
        Ok(settings) => settings,
        Err(error) => return failure::report(&error),
    };
    if let Err(error) = telemetry::init(&settings.logs) {
        return failure::report(&failure::usage(error));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime");
    match runtime.and_then(|runtime| runtime.block_on(command::run(&cli, &settings))) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
