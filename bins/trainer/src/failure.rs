//! How the program ends when something went wrong.

use std::{fmt, process::ExitCode};

/// Wrong usage or settings: nothing was begun.
const EXIT_USAGE: u8 = 2;

/// Marks an error as one of usage, whatever its cause.
#[derive(Debug)]
struct Usage(anyhow::Error);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Usage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Marks an error as one of usage: the program ends with 2 instead of 1.
pub fn usage(error: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow::Error::new(Usage(error.into()))
}

/// Prints the error with its causes and a hint, and says how the program ends.
#[expect(clippy::print_stderr, reason = "the report of a failure, printed once")]
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprint!("{}", telemetry::report_error(error, hint(error).as_deref()));
    if error.chain().any(<dyn std::error::Error>::is::<Usage>) {
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
