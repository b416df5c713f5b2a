//! How the program ends when something went wrong.

use std::{fmt, process::ExitCode};

/// Wrong usage or settings: nothing was begun.
const EXIT_USAGE: u8 = 2;

/// Marks an error as one of usage, whatever its cause.
#[derive(Debug)]
struct Usage;

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are not usable")
    }
}

/// Marks an error as one of usage: the program ends with 2 instead of 1.
pub fn usage(error: impl Into<anyhow::Error>) -> anyhow::Error {
    error.into().context(Usage)
}

/// Prints the error with its causes and a hint, and says how the program ends.
#[expect(clippy::print_stderr, reason = "the report of a failure, printed once")]
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprint!("{}", telemetry::report_error(error, hint(error).as_deref()));
    if error.downcast_ref::<Usage>().is_some() {
        ExitCode::from(EXIT_USAGE)
    } else {
        ExitCode::FAILURE
    }
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
