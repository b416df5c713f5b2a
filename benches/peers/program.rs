//! What takes part: programs that fit a workload when their turn comes.

use std::time::{Duration, Instant};

use anyhow::Result;
use forecast_core::Params;

use crate::workload::Workload;

/// How long a program may go on within one turn, so that the fast are not judged by one
/// fit and the slow do not keep everyone waiting.
pub(crate) const BUDGET: Duration = Duration::from_millis(300);

/// Fits in one turn.
pub(crate) const FITS_MAX: usize = 300;

/// What a turn gave.
#[derive(Debug)]
pub(crate) struct Turn {
    /// Seconds of each fit, per series.
    pub(crate) seconds: Vec<f64>,
    /// The log posterior that it reached on the first series.
    pub(crate) log_posterior: f64,
}

/// A participant.
pub(crate) trait Program {
    /// Its name and version.
    fn name(&self) -> String;

    /// Fits a workload until the budget is spent, at least once.
    fn fit(&mut self, workload: &Workload) -> Result<Turn>;
}

/// The log posterior of parameters in the order of our columns, which is Python's.
pub(crate) fn log_posterior(workload: &Workload, params: &Params) -> Result<f64> {
    let (data, _) = forecast_core::prepare(&workload.spec, workload.series())?;
    Ok(forecast_core::posterior::log_posterior(&data, params))
}

/// Repeats `work`, and returns the seconds of each with the last result.
pub(crate) fn timed<T>(mut work: impl FnMut() -> Result<T>) -> Result<(Vec<f64>, T)> {
    let (mut seconds, begin) = (Vec::new(), Instant::now());
    loop {
        let start = Instant::now();
        let result = work()?;
        seconds.push(start.elapsed().as_secs_f64());
        if BUDGET <= begin.elapsed() || FITS_MAX <= seconds.len() {
            return Ok((seconds, result));
        }
    }
}
