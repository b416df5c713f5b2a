//! The program `api`: reads its settings, starts the service, reports how it ended.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::cli::Cli;
use api::settings::Settings;
use api::startup::Application;
use api::traces;
use api::{config, files};
use clap::Parser as _;

/// How long what still runs on other threads may take once the service has ended. Nobody waits
/// for it any more: a read of a locked database, or a model that was being loaded.
const LEFTOVERS_TIMEOUT: Duration = Duration::from_secs(1);

/// The settings or the usage were wrong.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let read = || config::load(&cli, &config::variables());
    let settings = match read() {
        Ok(settings) => settings,
        Err(error) => return report(&error, ExitCode::from(EXIT_USAGE)),
    };
    // What sends traces does so until the end.
    let (logs, _exporting) = match traces::init(&settings) {
        Ok(installed) => installed,
        Err(error) => return report(&error.into(), ExitCode::from(EXIT_USAGE)),
    };
    files::raise_limit();
    match serve(settings, read, &logs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, ExitCode::FAILURE),
    }
}

fn serve(
    settings: Settings,
    read: impl Fn() -> Result<Settings>,
    logs: &telemetry::Filtered,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let ended = runtime.block_on(async {
        let application = Application::build(settings).await?;
        Box::pin(application.run_until_stopped(announce, read, |to| logs.filter_by(to))).await
    });
    // Dropping the runtime would wait for them without a bound.
    runtime.shutdown_timeout(LEFTOVERS_TIMEOUT);
    ended
}

/// Whoever starts the program waits for this line, and reads the port from it.
#[expect(clippy::print_stdout, reason = "the one line of output; tests and scripts parse it")]
fn announce(application: &Application) {
    println!("listening on http://{}", application.address());
}

#[expect(clippy::print_stderr, reason = "the report of a failure, printed once")]
fn report(error: &anyhow::Error, code: ExitCode) -> ExitCode {
    eprint!("{}", telemetry::report_error(error, hint(error).as_deref()));
    code
}

/// The hint of an error of the crates below.
fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<mlflow_client::Error>() {
            return error.hint().map(str::to_owned);
        }
        cause.downcast_ref::<market_data::Error>()?.hint()
    })
}
