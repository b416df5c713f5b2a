//! A real `mlflow server`, for as long as a test needs it.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::program::{Running, WaitError};
use crate::python;

/// Measured: 7 s on a quiet machine, 43 s on a loaded one with two cores.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// Another process may take the free port before the server does.
const TRIES: usize = 3;

/// Runs `mlflow server`, and ends it with all it started when the test dies, however it dies:
/// a test that is killed cannot clean up after itself.
const SCRIPT: &str = "
import os, signal, sys, threading, time
parent = os.getppid()
def end_with_the_parent():
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=end_with_the_parent, daemon=True).start()
from mlflow.cli import cli
sys.argv[0] = 'mlflow'
cli()
";

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Settings {
    dir: PathBuf,
    release: String,
    port: Option<u16>,
    workers: u32,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

/// A server that is running; dropping it kills it and its workers.
#[derive(Debug)]
pub struct MlflowServer {
    running: Running,
    port: u16,
    settings: Settings,
}

impl Settings {
    /// One worker, no job runner, in `dir`: there it keeps `mlflow.db` and `mlartifacts`.
    #[must_use]
    pub fn new(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref().to_owned();
        let release = python::main_release().to_owned();
        Self { dir, release, port: None, workers: 1, args: vec![], env: vec![] }
    }

    /// Sets the port; one that is free if not set.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the release of MLflow, one of [`python::other_releases`].
    #[must_use]
    pub fn release(mut self, release: impl Into<String>) -> Self {
        self.release = release.into();
        self
    }

    /// Sets the number of worker processes; MLflow's own default is 4.
    #[must_use]
    pub const fn workers(mut self, n_workers: u32) -> Self {
        self.workers = n_workers;
        self
    }

    /// Adds an argument, such as `--allowed-hosts=example.com`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets a variable of the server.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Errors
    ///
    /// If Python is not there, or the server does not start; the message has what it said.
    pub fn start(self) -> io::Result<MlflowServer> {
        let mut last = io::Error::other("no try was made");
        for _ in 0..TRIES {
            let port = self.port.map_or_else(free_port, Ok)?;
            match self.start_on(port) {
                Ok(running) => return Ok(MlflowServer { running, port, settings: self }),
                Err(WaitError::Ended(said)) if said.contains("address already in use") => {
                    last = io::Error::other(said);
                }
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
        }
        Err(last)
    }

    fn start_on(&self, port: u16) -> Result<Running, WaitError> {
        let failed = |error: io::Error| WaitError::Ended(error.to_string());
        let mut program = python::program_of(&self.release)
            .map_err(failed)?
            .current_dir(&self.dir)
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        let mut running = program
            .args(["-W", "ignore", "-c", SCRIPT, "server", "--host", "127.0.0.1"])
            .args(["--port".to_owned(), port.to_string()])
            .args(["-w".to_owned(), self.workers.to_string()])
            .args(self.args.iter().cloned())
            .start()
            .map_err(failed)?;
        running
            .wait_for_line(START_TIMEOUT, |line| line.contains("Application startup complete"))?;
        Ok(running)
    }
}

impl MlflowServer {
    /// Starts a server with one worker in `dir`.
    ///
    /// # Errors
    ///
    /// As [`Settings::start`].
    pub fn start(dir: impl AsRef<Path>) -> io::Result<Self> {
        Settings::new(dir).start()
    }

    /// Returns the address, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops it where it is (SIGSTOP): what it listens on is there, and nothing answers.
    ///
    /// # Errors
    ///
    /// If no signal can be sent.
    pub fn pause(&self) -> io::Result<()> {
        self.running.signal_all("STOP")
    }

    /// Lets it go on after [`Self::pause`].
    ///
    /// # Errors
    ///
    /// If no signal can be sent.
    pub fn resume(&self) -> io::Result<()> {
        self.running.signal_all("CONT")
    }

    /// Kills it and its workers (SIGKILL), and returns how to start it again on its port.
    #[must_use]
    pub fn kill(self) -> Settings {
        let Self { running, port, settings } = self;
        drop(running);
        settings.port(port)
    }

    /// Returns the id of the first process, whose group holds the others.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }
}

/// Returns a port of the loopback interface that nobody listens on.
///
/// # Errors
///
/// If there is none.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
