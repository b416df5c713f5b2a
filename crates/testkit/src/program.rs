//! Runs built binaries as a user would: arguments and environment in, text and exit code out.

mod running;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt as _;

pub(crate) use running::kill_group;
pub use running::{Running, WaitError};

/// A program that has not ended by then hangs: a debug build trains in well under a minute.
pub const TIMEOUT: Duration = Duration::from_mins(2);

/// Variables of the caller that would change what a program under test does.
const CLEARED_PREFIXES: [&str; 4] = ["MLFLOW_", "PETR4__", "RUST_LOG", "HTTP_PROXY"];

/// An empty folder to run a program in, removed when it is dropped.
///
/// # Errors
///
/// If it cannot be made.
pub fn workdir() -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("petr4-test-").tempdir()
}

/// What a program said, and how it ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
    /// Whether it was killed because its time was up.
    pub timed_out: bool,
    /// From start to end.
    pub elapsed: Duration,
}

impl Output {
    /// The JSON object that a program run with `--json` prints.
    ///
    /// # Panics
    ///
    /// If standard output is not JSON; the message shows both streams.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.stdout.trim()).unwrap_or_else(|e| {
            panic!(
                "standard output is not JSON: {e}\n--- stdout\n{}\n--- stderr\n{}",
                self.stdout, self.stderr
            )
        })
    }

    /// Both streams and the exit code, for the message of an assertion.
    #[must_use]
    pub fn report(&self) -> String {
        let ended = if self.timed_out { " (killed: time was up)" } else { "" };
        format!(
            "exit {:?}{ended} after {:.1} s\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.elapsed.as_secs_f64(),
            self.stdout,
            self.stderr
        )
    }
}

/// A program to run, built up argument by argument.
///
/// It does not inherit the settings of the caller: variables that begin with
/// `MLFLOW_` or `PETR4__` are removed first.
#[derive(Debug)]
pub struct Program {
    command: Command,
    timeout: Duration,
}

impl Program {
    /// Names the executable.
    #[must_use]
    pub fn new(path: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(path);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if CLEARED_PREFIXES.iter().any(|p| name.to_uppercase().starts_with(p)) {
                command.env_remove(name);
            }
        }
        // A group of its own, so that stopping it also stops what it started.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        Self { command, timeout: TIMEOUT }
    }

    /// Names a binary of the workspace that was built beside the running test.
    ///
    /// # Errors
    ///
    /// If it has not been built; the message says how to build it.
    pub fn sibling(name: &str) -> io::Result<Self> {
        let test = std::env::current_exe()?;
        // target/debug/deps/it-0123 → target/debug/NAME; doctests run from elsewhere.
        let folder = test.parent().and_then(Path::parent).unwrap_or(&test);
        let path = folder.join(name);
        if path.is_file() {
            return Ok(Self::new(path));
        }
        let message =
            format!("`{}` is not there: run `cargo build -p {name}` first", path.display());
        Err(io::Error::new(io::ErrorKind::NotFound, message))
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.command.current_dir(dir.into());
        self
    }

    /// Sets how long [`Self::run`] waits before it kills.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs to the end, or until the time is up.
    ///
    /// # Errors
    ///
    /// If the program cannot be started or waited for.
    pub fn run(self) -> io::Result<Output> {
        let timeout = self.timeout;
        self.start()?.finish(timeout)
    }

    /// Starts and returns at once.
    ///
    /// # Errors
    ///
    /// If the program cannot be started.
    pub fn start(mut self) -> io::Result<Running> {
        let started = Instant::now();
        let child = self.command.spawn().map_err(|e| {
            let program = self.command.get_program().to_string_lossy().into_owned();
            io::Error::new(e.kind(), format!("cannot start `{program}`: {e}"))
        })?;
        Ok(Running::new(child, started))
    }
}

#[cfg(test)]
mod tests;
