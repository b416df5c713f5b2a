//! Whole processes: from the command line to the last line printed.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};

use crate::{python::SCRIPT, table::median, workload::Workload};

/// What a process costs.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) name: String,
    pub(crate) seconds: f64,
    /// Largest resident memory, where GNU time is there to tell.
    pub(crate) megabytes: Option<f64>,
}

/// Days that each of them forecasts.
const PERIODS: &str = "30";

/// Our command-line Prophet.
pub(crate) fn prophet(program: &Path, workload: &Workload) -> Result<Cost> {
    ensure!(program.is_file(), "{} is not built", program.display());
    let arguments = |command: &mut Command| {
        command.args(["fit", "--json", "--country-holidays", "BR", "--periods", PERIODS]);
        command.args(["--yearly-seasonality", "true", "--weekly-seasonality", "true"]);
        command.args(["--daily-seasonality", "false", "--csv"]).arg(&workload.one);
    };
    cost("prophet fit", program, arguments, 40)
}

/// A Python program that imports Prophet and does the same.
pub(crate) fn python(python: &Path, workload: &Workload) -> Result<Cost> {
    let options = workload.options().to_string();
    let arguments = |command: &mut Command| {
        command.args(["-W", "ignore", SCRIPT, "once"]).arg(&workload.one).arg(&options);
    };
    cost("Python, import to forecast", python, arguments, 3)
}

fn cost(
    name: &str,
    program: &Path,
    arguments: impl Fn(&mut Command),
    repeats: usize,
) -> Result<Cost> {
    let run = |mut command: Command| {
        arguments(&mut command);
        let start = Instant::now();
        let out = command.stdin(Stdio::null()).output()?;
        let seconds = start.elapsed().as_secs_f64();
        let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
        ensure!(out.status.success(), "{stderr}");
        Ok((seconds, stderr))
    };
    let mut seconds = Vec::with_capacity(repeats);
    for _ in 0..repeats {
        seconds.push(run(Command::new(program)).with_context(|| program.display().to_string())?.0);
    }
    // Its last line on standard error is the peak in kilobytes.
    let mut weighed = Command::new("/usr/bin/time");
    weighed.args(["-f", "%M"]).arg(program);
    let kilobytes = run(weighed).ok().and_then(|(_, stderr)| stderr.lines().last()?.parse().ok());
    let megabytes = kilobytes.map(|kilobytes: f64| kilobytes / 1024.0);
    Ok(Cost { name: name.to_owned(), seconds: median(&mut seconds), megabytes })
}
