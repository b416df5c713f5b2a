//! Many series on all cores: results in the order of the input, a result each.

use std::{
    borrow::Borrow,
    fmt,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use rayon::{ThreadPoolBuilder, prelude::*};
use thiserror::Error;

use crate::{
    error::{FitError, PredictError},
    fit::fit,
    fitted::Fitted,
    predict::Forecast,
    seed,
    series::{Future, Series},
    spec::Spec,
};

/// Where the work is done; what comes out is the same to the bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Threads {
    /// In the thread that calls.
    One,
    /// In rayon's pool: one thread a core, unless the caller has installed
    /// another pool.
    #[default]
    All,
    /// In so many threads, started for this call. Where the system refuses to
    /// start them, the thread that calls does the work.
    Exactly(NonZeroUsize),
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Items that are done, failed ones too.
    pub done: usize,
    /// Items in all.
    pub total: usize,
}

/// What is told of each item that is done: [`ControlFlow::Break`] leaves those
/// that have not begun undone.
///
/// It is called from the thread that did the item, so `done` may not rise evenly.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync);

/// How a batch is worked off.
#[derive(Clone, Copy, Default)]
pub struct BatchOptions<'a> {
    /// Where the work is done.
    pub threads: Threads,
    /// Told of each item that is done; may end the batch.
    pub on_progress: Option<OnProgress<'a>>,
}

impl fmt::Debug for BatchOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchOptions")
            .field("threads", &self.threads)
            .field("on_progress", &self.on_progress.is_some())
            .finish()
    }
}

/// Why one item of a batch came to nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The series could not be fitted.
    #[error("the series could not be fitted")]
    Fit(#[from] FitError),
    /// The rows could not be predicted.
    #[error("the rows could not be predicted")]
    Predict(#[from] PredictError),
    /// The batch was ended before the item's turn.
    #[error("the batch was cancelled before this item")]
    Cancelled,
}

/// Fits many series, each with its specification.
///
/// Result `i` is of job `i`; a series that fails does not harm the others. One
/// specification serves many series as `(&spec, &series)`.
pub fn fit_many<S, T>(
    jobs: &[(S, T)],
    options: &BatchOptions<'_>,
) -> Vec<Result<Fitted, BatchError>>
where
    S: Borrow<Spec> + Sync,
    T: Borrow<Series> + Sync,
{
    try_map(jobs, options, |_, (spec, series)| Ok(fit(spec.borrow(), series.borrow())?))
}

/// Predicts the rows of many models. Job `i` has the `i`th seed of `seed`.
pub fn predict_many<M, R>(
    jobs: &[(M, R)],
    seed: u64,
    options: &BatchOptions<'_>,
) -> Vec<Result<Forecast, BatchError>>
where
    M: Borrow<Fitted> + Sync,
    R: Borrow<Future> + Sync,
{
    try_map(jobs, options, |i, (fitted, rows)| {
        Ok(fitted.borrow().predict_rows(rows.borrow(), seed::derive(seed, i as u64))?)
    })
}

/// Fits many series and predicts rows of each, and keeps no model: the forecasts
/// are those of [`fit_many`] and [`predict_many`] one after the other.
pub fn forecast_many<S, T, R>(
    jobs: &[(S, T, R)],
    seed: u64,
    options: &BatchOptions<'_>,
) -> Vec<Result<Forecast, BatchError>>
where
    S: Borrow<Spec> + Sync,
    T: Borrow<Series> + Sync,
    R: Borrow<Future> + Sync,
{
    try_map(jobs, options, |i, (spec, series, rows)| {
        let fitted = fit(spec.borrow(), series.borrow())?;
        Ok(fitted.predict_rows(rows.borrow(), seed::derive(seed, i as u64))?)
    })
}

/// Does `each` for every job, until the caller has had enough.
fn try_map<J: Sync, R: Send>(
    jobs: &[J],
    options: &BatchOptions<'_>,
    each: impl Fn(usize, &J) -> Result<R, BatchError> + Sync,
) -> Vec<Result<R, BatchError>> {
    let (done, cancelled) = (AtomicUsize::new(0), AtomicBool::new(false));
    map(jobs, options.threads, |i, job| {
        if cancelled.load(Ordering::Relaxed) {
            return Err(BatchError::Cancelled);
        }
        let result = each(i, job);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        let progress = Progress { done, total: jobs.len() };
        if options.on_progress.is_some_and(|tell| tell(progress).is_break()) {
            cancelled.store(true, Ordering::Relaxed);
        }
        result
    })
}

/// Does `each` for every item; result `i` is of item `i`.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    threads: Threads,
    each: impl Fn(usize, &T) -> R + Sync,
) -> Vec<R> {
    let in_turn = || items.iter().enumerate().map(|(i, item)| each(i, item)).collect();
    let at_once = || items.par_iter().enumerate().map(|(i, item)| each(i, item)).collect();
    match threads {
        Threads::One => in_turn(),
        Threads::All => at_once(),
        Threads::Exactly(count) => {
            match ThreadPoolBuilder::new().num_threads(count.get()).build() {
                Ok(pool) => pool.install(at_once),
                Err(_) => in_turn(),
            }
        }
    }
}
