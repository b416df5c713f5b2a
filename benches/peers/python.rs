//! Python's implementations, each in a process that lives as long as the race.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use forecast_core::Params;
use serde_json::{Value, json};

use crate::{
    program::{BUDGET, FITS_MAX, Program, Turn, log_posterior},
    workload::Workload,
};

/// The worker's program; `peers.py once` is also a process of its own in the race.
pub(crate) const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/peers.py");

/// A worker that answers orders.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl Worker {
    /// Starts `peers.py stock` or `peers.py batch`.
    pub(crate) fn start(python: &Path, kind: &str) -> Result<Self> {
        let mut child = Command::new(python)
            .args(["-W", "ignore", SCRIPT, kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| python.display().to_string())?;
        let orders = child.stdin.take().context("its input is gone")?;
        let answers = BufReader::new(child.stdout.take().context("its output is gone")?);
        let mut worker = Self { child, orders, answers, version: String::new() };
        let hello = worker.ask(&json!({"op": "hello"}))?;
        hello["version"].as_str().unwrap_or_default().clone_into(&mut worker.version);
        Ok(worker)
    }

    /// The version of what it runs.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, order: &Value) -> Result<Value> {
        writeln!(self.orders, "{order}").context("Python has gone")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line).context("Python gave no answer")?;
        match answer["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => Ok(answer),
        }
    }

    fn order(workload: &Workload, op: &str, many: bool) -> Value {
        let mut order = workload.options();
        order["op"] = json!(op);
        order["series"] = json!(if many { &workload.many } else { &workload.one });
        order["budget_s"] = json!(BUDGET.as_secs_f64());
        order["most"] = json!(FITS_MAX);
        order
    }

    /// Fits one series or the batch.
    pub(crate) fn fit(&mut self, workload: &Workload, many: bool) -> Result<Turn> {
        let answer = self.ask(&Self::order(workload, "fit", many))?;
        let found = &answer["params"];
        let number = |key: &str| found[key].as_f64().with_context(|| format!("no `{key}`"));
        let params = Params {
            k: number("k")?,
            m: number("m")?,
            sigma_obs: number("sigma_obs")?,
            delta: numbers(&found["delta"]),
            beta: numbers(&found["beta"]),
        };
        let seconds = numbers(&answer["seconds"]);
        Ok(Turn { seconds, log_posterior: log_posterior(workload, &params)? })
    }

    /// Cross-validates, and returns the seconds and the rows of the table.
    pub(crate) fn cross_validation(&mut self, workload: &Workload) -> Result<(Vec<f64>, usize)> {
        let mut order = Self::order(workload, "cv", false);
        order["cv"] = json!({"initial": "730 days", "period": "180 days", "horizon": "365 days"});
        let answer = self.ask(&order)?;
        let rows = answer["rows"].as_u64().and_then(|rows| usize::try_from(rows).ok());
        Ok((numbers(&answer["seconds"]), rows.context("no rows")?))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// Python Prophet.
#[derive(Debug)]
pub(crate) struct Stock(pub(crate) Worker);

impl Program for Stock {
    fn name(&self) -> String {
        format!("Python prophet {}", self.0.version())
    }

    fn fit(&mut self, workload: &Workload) -> Result<Turn> {
        self.0.fit(workload, false)
    }
}

/// prophet-batch, one series or the batch together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) worker: Worker,
    pub(crate) many: bool,
}

impl Program for Batch {
    fn name(&self) -> String {
        let batch = if self.many { " (batch)" } else { "" };
        format!("prophet-batch {}{batch}", self.worker.version())
    }

    fn fit(&mut self, workload: &Workload) -> Result<Turn> {
        self.worker.fit(workload, self.many)
    }
}
