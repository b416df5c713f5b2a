//! MLflow's own Python client, in a process that stays warm.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

const SCRIPT: &str = include_str!("training.py");

/// How Python sends the points.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// One by one.
    Each,
    /// In one batch.
    Batch,
}

/// A Python that waits for the next training.
#[derive(Debug)]
pub(crate) struct Python {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where it keeps its files.
    _folder: TempDir,
}

impl Python {
    /// Starts it, and returns how long it took to import MLflow.
    pub(crate) fn start(url: &str) -> Result<(Self, Duration)> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(testkit::python::python()?)
            .args(["-W", "ignore", "-c", SCRIPT])
            .current_dir(folder.path())
            .env("MLFLOW_TRACKING_URI", url)
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .env("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let asks = child.stdin.take().context("Python has no standard input")?;
        let answers = child.stdout.take().context("Python has no standard output")?;
        let answers = BufReader::new(answers);
        let mut python = Self { child, asks, answers, _folder: folder };
        let import = python.answer()?;
        Ok((python, import))
    }

    /// Has it log a training, and returns how long that took.
    pub(crate) fn train(&mut self, style: Style) -> Result<Duration> {
        let word = match style {
            Style::Each => "each",
            Style::Batch => "batch",
        };
        writeln!(self.asks, "{word}")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Duration> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let seconds = line.trim().parse().with_context(|| format!("Python said `{line}`"))?;
        Ok(Duration::from_secs_f64(seconds))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
