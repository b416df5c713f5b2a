//! Counts of requests, one tally a worker.
//!
//! Only its own thread writes to a tally, so that counting is adding: no lock, and no cache line
//! that workers pass to and fro. Whoever reads `/metrics` adds the tallies up.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;

use super::{Asked, CLASSES, METHODS, ROUTES};

/// Upper ends of the latency histogram, in nanoseconds: an answer that is ready takes
/// microseconds, a forecast from another date some 50 ms, 10,000 rows a second or two.
pub(super) const BOUNDS_NS: [u64; 13] = [
    20_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    10_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// What is counted.
#[derive(Debug, Default)]
struct Tally {
    requests: [[[AtomicU64; CLASSES.len()]; METHODS.len()]; ROUTES.len()],
    durations: [Durations; ROUTES.len()],
    n_begun: AtomicU64,
    n_ended: AtomicU64,
}

/// How long requests of one route took; the last bucket has no upper end.
#[derive(Debug, Default)]
struct Durations {
    buckets: [AtomicU64; BOUNDS_NS.len() + 1],
    total_ns: AtomicU64,
}

/// The tallies of all workers.
#[derive(Debug, Default)]
pub(super) struct Tallies(Mutex<Vec<Arc<Tally>>>);

impl Tallies {
    /// A tally of its own for a worker. That of a worker that is gone stays: counters never
    /// go back.
    pub(super) fn add(&self) -> Worker {
        let tally = Arc::default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::clone(&tally));
        Worker { tally, one_thread: PhantomData }
    }

    /// All together.
    pub(super) fn total(&self) -> Total {
        let mut total = Total::default();
        for tally in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            total.add(tally);
        }
        total
    }
}

/// The end of a tally that counts. It stays on one thread.
#[derive(Debug)]
pub(crate) struct Worker {
    tally: Arc<Tally>,
    one_thread: PhantomData<*const ()>,
}

impl Worker {
    /// A request has come. It is in flight until the guard is dropped, answered or not.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        add(&self.tally.n_begun, 1);
        InFlight(&self.tally.n_ended)
    }

    /// A request was answered.
    pub(crate) fn count(&self, asked: Asked, status: StatusCode, took: Duration) {
        let Asked { route_idx, method_idx } = asked;
        let class_idx = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        add(&self.tally.requests[route_idx][method_idx][class_idx], 1);
        let took_ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket_idx = BOUNDS_NS.iter().position(|bound_ns| took_ns <= *bound_ns);
        let durations = &self.tally.durations[route_idx];
        add(&durations.buckets[bucket_idx.unwrap_or(BOUNDS_NS.len())], 1);
        add(&durations.total_ns, took_ns);
    }
}

/// Adds where nobody else writes.
fn add(count: &AtomicU64, n: u64) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        add(self.0, 1);
    }
}

/// What all workers have counted.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub(super) requests: [[[u64; CLASSES.len()]; METHODS.len()]; ROUTES.len()],
    pub(super) durations: [DurationsTotal; ROUTES.len()],
    pub(super) n_in_flight: u64,
}

/// How long the requests of one route took in all.
#[derive(Debug, Default)]
pub(super) struct DurationsTotal {
    pub(super) buckets: [u64; BOUNDS_NS.len() + 1],
    pub(super) total_ns: u64,
}

impl Total {
    fn add(&mut self, tally: &Tally) {
        let requests = self.requests.as_flattened_mut().as_flattened_mut();
        for (sum, n) in requests.iter_mut().zip(tally.requests.as_flattened().as_flattened()) {
            *sum += n.load(Ordering::Relaxed);
        }
        for (sum, durations) in self.durations.iter_mut().zip(&tally.durations) {
            for (sum, n) in sum.buckets.iter_mut().zip(&durations.buckets) {
                *sum += n.load(Ordering::Relaxed);
            }
            sum.total_ns += durations.total_ns.load(Ordering::Relaxed);
        }
        // Read in this order, a request that ends meanwhile is not subtracted uncounted.
        let n_ended = tally.n_ended.load(Ordering::Relaxed);
        let n_begun = tally.n_begun.load(Ordering::Relaxed);
        self.n_in_flight += n_begun.saturating_sub(n_ended);
    }
}

#[cfg(test)]
mod tests;
