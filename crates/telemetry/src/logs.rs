//! The subscriber of a program: lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, reload};

/// The crates whose records follow [`Verbosity`]; all others stay one level quieter.
///
/// At `info` an HTTP or database library speaks of itself, which is noise to whoever asked
/// what the program does.
const TARGETS_OURS: [&str; 7] = [
    "api",
    "trainer",
    "registry_watcher",
    "mlflow_client",
    "market_data",
    "forecast_core",
    "telemetry",
];

/// How much a program says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verbosity {
    /// Only what someone should look at.
    Errors,
    /// Also what went wrong and was mended.
    Warnings,
    /// Also what the program does: the habit of a server.
    Info,
    /// Also why.
    Debug,
    /// Everything.
    Trace,
}

impl Verbosity {
    /// Combines a program's own level with the counts of its `-v` and `-q` flags.
    ///
    /// Each `-v` is one step louder and each `-q` one step quieter, within the ends.
    #[must_use]
    pub fn from_flags(base: Self, n_verbose: u8, n_quiet: u8) -> Self {
        const LEVELS: [Verbosity; 5] = [
            Verbosity::Errors,
            Verbosity::Warnings,
            Verbosity::Info,
            Verbosity::Debug,
            Verbosity::Trace,
        ];
        let idx = (base as usize + usize::from(n_verbose)).saturating_sub(usize::from(n_quiet));
        LEVELS[idx.min(LEVELS.len() - 1)]
    }

    fn directive(self) -> &'static str {
        match self {
            Self::Errors => "error",
            Self::Warnings => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The shape of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A line for people; coloured when standard error is a terminal.
    Text,
    /// A JSON object a line, for a collector.
    Json,
}

/// What [`init`] installs.
#[derive(Debug, Clone)]
pub struct Logs {
    /// How much is said where `filter` is silent.
    pub verbosity: Verbosity,
    /// The shape of a record.
    pub format: Format,
    /// Directives in the grammar of `RUST_LOG` (`info,registry_watcher=debug`).
    ///
    /// When given they replace `verbosity`. The binary reads the variable; this crate does not.
    pub filter: Option<String>,
}

/// The subscriber could not be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The filter does not parse.
    #[error("log filter `{filter}` is not of the form `info` or `crate=debug,other=warn`")]
    Filter {
        /// The text given.
        filter: String,
        /// What the parser says.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The address of a collector of spans is none.
    #[error("the collector `{endpoint}` cannot be used")]
    Collector {
        /// The text given.
        endpoint: String,
        /// What the exporter says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another subscriber was installed before.
    #[error("logs are set up twice")]
    Twice,
}

/// Installs the subscriber of the whole process, which writes to standard error; what it says
/// can be changed with what is returned.
///
/// # Errors
///
/// Returns [`InitError::Filter`] if the filter does not parse and [`InitError::Twice`] if a
/// subscriber is there already.
pub fn init(logs: &Logs) -> Result<Filtered, InitError> {
    install(logs, None)
}

/// What listens beside the logs.
pub(crate) type Listener = Box<dyn Layer<Registry> + Send + Sync>;

pub(crate) fn install(logs: &Logs, beside: Option<Listener>) -> Result<Filtered, InitError> {
    let (filter, handle) = reload::Layer::new(filter(logs)?);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines: Listener = match logs.format {
        Format::Text => lines.with_filter(filter).boxed(),
        Format::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let listeners: Vec<Listener> = std::iter::once(lines).chain(beside).collect();
    tracing_subscriber::registry().with(listeners).try_init().map_err(|_| InitError::Twice)?;
    Ok(Filtered(handle))
}

/// The logs of a process, whose filter can be changed.
#[derive(Debug)]
pub struct Filtered(reload::Handle<EnvFilter, Registry>);

impl Filtered {
    /// Says from now on what these settings ask for; the shape of a record stays.
    ///
    /// # Errors
    ///
    /// Returns [`InitError::Filter`] if the filter does not parse; then nothing changes.
    pub fn filter_by(&self, logs: &Logs) -> Result<(), InitError> {
        let filter = filter(logs)?;
        // It fails where the subscriber is gone, and nothing is logged any more.
        self.0.reload(filter).unwrap_or_default();
        Ok(())
    }
}

fn filter(logs: &Logs) -> Result<EnvFilter, InitError> {
    let directives = logs.filter.clone().unwrap_or_else(|| directives(logs.verbosity));
    EnvFilter::builder()
        .parse(&directives)
        .map_err(|source| InitError::Filter { filter: directives, source })
}

fn directives(verbosity: Verbosity) -> String {
    let others = Verbosity::from_flags(verbosity, 0, 1).directive();
    TARGETS_OURS.iter().fold(others.to_owned(), |list, target| {
        format!("{list},{target}={}", verbosity.directive())
    })
}

#[cfg(test)]
mod tests;
