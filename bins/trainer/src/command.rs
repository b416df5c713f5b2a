//! The subcommands, a file each.

mod forecast;
mod promote;
mod score;
mod train;
mod versions;

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use mlflow_client::{ErrorKind, ModelVersion, Store, newest};
use telemetry::Hinted;

use crate::{
    cli::{Cli, Command, VersionArg},
    config,
    settings::Settings,
};

/// Runs the command that was asked for, and says how the program ends.
///
/// # Errors
///
/// Whatever made it fail, with a hint where there is one.
pub async fn run(cli: &Cli, settings: &Settings) -> Result<ExitCode> {
    if let Some(today) = settings.today {
        tracing::warn!(%today, "the clock is set: today is taken to be that date");
    }
    match &cli.command {
        None | Some(Command::Train(_)) => train::run(cli, settings, config::train_args(cli)).await,
        Some(Command::Forecast(args)) => forecast::run(cli, settings, args).await,
        Some(Command::Promote(args)) => promote::run(cli, settings, args).await,
        Some(Command::Versions) => versions::run(cli, settings).await,
        Some(Command::Score(args)) => return score::run(cli, settings, args).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Repeats of the first call to a store: a person waits for it, and a store
/// that is there answers at once.
const PROBE_RETRIES: u32 = 1;

/// Whether a command may make the store that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// A training begins a store, in a folder that is there.
    Create,
    /// Whoever only looks finds a store or an error.
    Existing,
}

/// Opens the store of the settings, and makes sure that it answers.
async fn connect(settings: &Settings, access: Access) -> Result<Arc<dyn Store>> {
    if let Some(path) = settings.tracking_uri.sqlite_path() {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if access == Access::Existing && !path.exists() {
            let sentence = format!("there is no store {}", path.display());
            let hint =
                "train first with `cargo run -p trainer`, or name a store with --tracking-uri";
            return Err(Hinted::new(sentence, hint).into());
        }
        if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
            let sentence = format!("there is no folder {} for the store", parent.display());
            return Err(Hinted::new(sentence, "make the folder, or mend --tracking-uri").into());
        }
    }
    let failed = || format!("cannot use the MLflow store {}", settings.tracking_uri);
    let uri = &settings.tracking_uri;
    let impatient = settings.client.clone().with_retries_max(PROBE_RETRIES);
    let probe = mlflow_client::connect(uri, &impatient).await.with_context(failed)?;
    probe.ping().await.with_context(failed)?;
    mlflow_client::connect(uri, &settings.client).await.with_context(failed)
}

/// The version that was asked for.
async fn version_named(store: &dyn Store, model: &str, asked: VersionArg) -> Result<ModelVersion> {
    let VersionArg::Number(number) = asked else {
        let versions = versions_of(store, model).await?;
        return newest(&versions).cloned().ok_or_else(|| none_registered(model).into());
    };
    let found = store.get_version(model, number).await;
    found.map_err(|error| {
        if error.is_not_found() {
            let sentence = format!("model `{model}` has no version {number}");
            Hinted::new(sentence, "see what there is with `cargo run -p trainer -- versions`")
                .into()
        } else {
            error.into()
        }
    })
}

/// All versions of the model; none if the model itself is missing.
async fn versions_of(store: &dyn Store, model: &str) -> Result<Vec<ModelVersion>> {
    match store.versions(model).await {
        Ok(versions) => Ok(versions),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot list the versions of `{model}`")),
    }
}

fn none_registered(model: &str) -> Hinted {
    Hinted::new(
        format!("model `{model}` has no registered version"),
        "train one with `cargo run -p trainer`",
    )
}
