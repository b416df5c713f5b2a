//! The request to stop, as a future; and, of a service, to read its settings again.

use std::fmt;
use std::io;

use tokio::signal::unix::{self, SignalKind, signal};

/// Which signal asked the process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// From a supervisor: `kill`, Kubernetes, systemd.
    Terminate,
    /// From a person: Ctrl-C.
    Interrupt,
    /// From a terminal that was closed.
    Hangup,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::Hangup => "SIGHUP",
        })
    }
}

/// Completes when SIGTERM, SIGINT or SIGHUP arrives; a program that was started with SIGHUP
/// ignored, as `nohup` does, goes on ignoring it.
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
    let mut hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
    let mut hung_up = std::future::poll_fn(move |cx| match &mut hangup {
        Some(hangup) => hangup.poll_recv(cx),
        None => std::task::Poll::Pending,
    });
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => Signal::Terminate,
            _ = interrupt.recv() => Signal::Interrupt,
            _ = &mut hung_up => Signal::Hangup,
        }
    })
}

/// What a signal asks of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// To stop.
    Stop(Signal),
    /// To read its settings again.
    Reload,
}

/// The signals that a service heeds: SIGTERM and SIGINT stop it; SIGHUP has it read its settings
/// again, unless it comes because the terminal that it runs in was closed, which stops it.
#[derive(Debug)]
pub struct ServiceSignals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: Option<unix::Signal>,
    had_terminal: bool,
}

impl ServiceSignals {
    /// Installs the handlers: no signal from now on is lost. A program that was started with
    /// SIGHUP ignored, as `nohup` does, goes on ignoring it.
    ///
    /// # Errors
    ///
    /// Returns the system's error if a handler cannot be installed.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime, as `tokio::signal` does.
    pub fn new() -> io::Result<Self> {
        let hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup,
            had_terminal: has_terminal(),
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Request {
        let Self { terminate, interrupt, hangup, had_terminal } = self;
        let mut hung_up = std::future::poll_fn(|cx| match hangup {
            Some(hangup) => hangup.poll_recv(cx),
            None => std::task::Poll::Pending,
        });
        tokio::select! {
            _ = terminate.recv() => Request::Stop(Signal::Terminate),
            _ = interrupt.recv() => Request::Stop(Signal::Interrupt),
            _ = &mut hung_up => {
                let is_closed = *had_terminal && !has_terminal();
                if is_closed { Request::Stop(Signal::Hangup) } else { Request::Reload }
            }
        }
    }
}

/// Whether the process has a terminal that is open: the system takes a closed one from its
/// processes before it tells them.
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// Whether the process was started with SIGHUP ignored. Where the system does not say (it does
/// on Linux), it is taken not to be.
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_ignored(&status, 1))
}

/// Whether the text of a process's status has the signal in its mask of ignored ones.
fn is_ignored(status: &str, number: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

#[cfg(test)]
mod tests;
