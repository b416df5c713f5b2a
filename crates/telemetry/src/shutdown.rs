//! The request to stop, as a future.

use std::fmt;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Which signal asked the process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// From a supervisor: `kill`, Kubernetes, systemd.
    Terminate,
    /// From a person: Ctrl-C.
    Interrupt,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        })
    }
}

/// Completes when SIGTERM or SIGINT arrives.
///
/// The handlers are installed by the call, not by the first poll, so that a signal between
/// the two is not lost.
///
/// # Errors
///
/// Returns the system's error if a handler cannot be installed.
///
/// # Panics
///
/// Panics outside a tokio runtime, as `tokio::signal` does.
pub fn shutdown_signal() -> io::Result<impl Future<Output = Signal> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => Signal::Terminate,
            _ = interrupt.recv() => Signal::Interrupt,
        }
    })
}
