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
    fit::fit_together,
    fitted::Fitted,
    predict::Forecast,
    seed,
    series::{Future, Series},
    spec::Spec,
};

/// Series of the same dates that share a pass over their rows at most: as many as
/// leave its block of columns close to the core.
const TOGETHER_MAX: usize = 8;

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
/// specification serves many series as `(&spec, &series)`. Neighbours with the same
/// specification and dates share what does not depend on their values.
pub fn fit_many<S, T>(
    jobs: &[(S, T)],
    options: &BatchOptions<'_>,
) -> Vec<Result<Fitted, BatchError>>
where
    S: Borrow<Spec> + Sync,
    T: Borrow<Series> + Sync,
{
    let alike = |a: &(S, T), b: &(S, T)| {
        a.1.borrow().ds() == b.1.borrow().ds() && a.0.borrow() == b.0.borrow()
    };
    try_map(jobs, options, alike, |_, jobs| {
        let series: Vec<&Series> = jobs.iter().map(|(_, series)| series.borrow()).collect();
        let fits = fit_together(jobs[0].0.borrow(), &series);
        fits.into_iter().map(|fit| Ok(fit?)).collect()
    })
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
    try_map(
        jobs,
        options,
        |_, _| false,
        |i, jobs| {
            let predict = |(fitted, rows): &(M, R)| {
                Ok(fitted.borrow().predict_rows(rows.borrow(), seed::derive(seed, i as u64))?)
            };
            jobs.iter().map(predict).collect()
        },
    )
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
    let alike = |a: &(S, T, R), b: &(S, T, R)| {
        a.1.borrow().ds() == b.1.borrow().ds() && a.0.borrow() == b.0.borrow()
    };
    try_map(jobs, options, alike, |first, jobs| {
        let series: Vec<&Series> = jobs.iter().map(|(_, series, _)| series.borrow()).collect();
        let fits = fit_together(jobs[0].0.borrow(), &series);
        let mut forecasts = Vec::with_capacity(jobs.len());
        for (i, (fit, (_, _, rows))) in fits.into_iter().zip(jobs).enumerate() {
            let seed = seed::derive(seed, (first + i) as u64);
            let predict = |fitted: Fitted| Ok(fitted.predict_rows(rows.borrow(), seed)?);
            forecasts.push(fit.map_err(BatchError::from).and_then(predict));
        }
        forecasts
    })
}

/// Does `each` for every job, until the caller has had enough; neighbours that are
/// alike go together. `each` is told the place of the first of them.
fn try_map<J: Sync, R: Send>(
    jobs: &[J],
    options: &BatchOptions<'_>,
    alike: impl Fn(&J, &J) -> bool,
    each: impl Fn(usize, &[J]) -> Vec<Result<R, BatchError>> + Sync,
) -> Vec<Result<R, BatchError>> {
    let threads = match options.threads {
        Threads::One => 1,
        Threads::All => rayon::current_num_threads(),
        Threads::Exactly(count) => count.get(),
    };
    // One thread is not to have all while others have nothing.
    let most = TOGETHER_MAX.min(jobs.len().div_ceil(threads));
    let mut groups: Vec<(usize, &[J])> = Vec::new();
    let mut first = 0;
    while let Some((lead, rest)) = jobs[first..].split_first() {
        let more = rest.iter().take(most - 1).take_while(|job| alike(lead, job)).count();
        groups.push((first, &jobs[first..=first + more]));
        first += 1 + more;
    }
    let total = jobs.len();
    let (done, cancelled) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = map(&groups, options.threads, |_, (first, group)| {
        if cancelled.load(Ordering::Relaxed) {
            return group.iter().map(|_| Err(BatchError::Cancelled)).collect();
        }
        let results = each(*first, group);
        for _ in *group {
            let progress = Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total };
            if options.on_progress.is_some_and(|tell| tell(progress).is_break()) {
                cancelled.store(true, Ordering::Relaxed);
            }
        }
        results
    });
    results.into_iter().flatten().collect()
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
