//! What MLflow's own client finds in a store.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::python;

/// The script that asks.
const SCRIPT: &str = include_str!("../python/check_store.py");

/// Reads experiment, runs, versions and artifacts through `MlflowClient`. With a `stage`, loads
/// its version with both of MLflow's loaders, and forecasts `dates` (`YYYY-MM-DD`) with it.
///
/// Runs in `dir`, to which a relative URI refers.
///
/// # Errors
///
/// If Python is not there, or the script fails; the message has what it said.
pub fn check_store(
    dir: &Path,
    uri: &str,
    experiment: &str,
    model: &str,
    stage: Option<&str>,
    dates: &[String],
) -> io::Result<Value> {
    let dates = dates.join(",");
    let args = ["--tracking-uri", uri, "--experiment", experiment, "--model", model];
    let load = stage.map(|stage| vec!["--stage", stage, "--dates", &dates]);
    let more = load.unwrap_or_else(|| vec!["--no-load"]);
    let output = python::run_script(dir, SCRIPT, args.into_iter().chain(more))?;
    if output.code == Some(0) {
        return serde_json::from_str(&output.stdout).map_err(io::Error::other);
    }
    Err(io::Error::other(output.report()))
}
