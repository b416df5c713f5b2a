//! What waits to be written, in memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Outcome, RecordError, Stats};
use crate::record::{Forecast, Kind};

/// The most forecasts that wait, in memory: some ten megabytes of a year's rows each.
pub const WAITING_MAX: usize = 512;

/// The most of them of kind `asked`. Anybody can ask for a first date of theirs, so these must
/// not crowd out the others.
pub const WAITING_ASKED_MAX: usize = 256;

/// Where a forecast's outcome is told.
#[derive(Debug)]
pub(super) struct Place {
    outcome: Mutex<Outcome>,
    told: Condvar,
}

/// A forecast that waits.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) forecast: Arc<Forecast>,
    place: Arc<Place>,
}

/// What waits, and what has been done.
#[derive(Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    /// The first one is being written; it stays until that is done.
    waiting: VecDeque<Item>,
    n_asked: usize,
    stats: Stats,
    stopped: bool,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Place {
    fn new(outcome: Outcome) -> Arc<Self> {
        Arc::new(Self { outcome: Mutex::new(outcome), told: Condvar::new() })
    }

    fn tell(&self, outcome: Outcome) {
        *locked(&self.outcome) = outcome;
        self.told.notify_all();
    }

    pub(super) fn wait(&self, timeout: Duration) -> Outcome {
        let guard = locked(&self.outcome);
        let is_late = |outcome: &mut Outcome| *outcome == Outcome::Late;
        let waited = self.told.wait_timeout_while(guard, timeout, is_late);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Queue {
    /// Adds a forecast, unless there is no room or the end has come. One that waits already is
    /// not added again.
    pub(super) fn push(&self, forecast: Forecast) -> Arc<Place> {
        let mut inner = locked(&self.inner);
        if let Some(same) = inner.waiting.iter().find(|item| is_same(&item.forecast, &forecast)) {
            return Arc::clone(&same.place);
        }
        let is_asked = forecast.kind == Kind::Asked;
        let is_full =
            WAITING_MAX <= inner.waiting.len() || (is_asked && WAITING_ASKED_MAX <= inner.n_asked);
        if inner.stopped || is_full {
            inner.stats.lost += 1;
            return Place::new(Outcome::Lost);
        }
        let place = Place::new(Outcome::Late);
        inner.n_asked += usize::from(is_asked);
        let item = Item { forecast: Arc::new(forecast), place: Arc::clone(&place) };
        inner.waiting.push_back(item);
        self.changed.notify_all();
        place
    }

    /// Counts a forecast that is none.
    pub(super) fn refuse(&self) -> Arc<Place> {
        locked(&self.inner).stats.lost += 1;
        Place::new(Outcome::Lost)
    }

    /// The forecast that waits longest; waits for one. None when the end has come and none is
    /// left.
    pub(super) fn first(&self) -> Option<Item> {
        let inner = locked(&self.inner);
        let is_idle = |inner: &mut Inner| inner.waiting.is_empty() && !inner.stopped;
        let inner = self.changed.wait_while(inner, is_idle).unwrap_or_else(PoisonError::into_inner);
        inner.waiting.front().cloned()
    }

    /// Takes the first one out and tells what became of it.
    pub(super) fn finish(&self, item: &Item, outcome: Outcome, is_new: bool) {
        let mut inner = locked(&self.inner);
        inner.waiting.pop_front();
        inner.n_asked -= usize::from(item.forecast.kind == Kind::Asked);
        match outcome {
            Outcome::Lost => inner.stats.lost += 1,
            _ => inner.stats.kept += u64::from(is_new),
        }
        drop(inner);
        item.place.tell(outcome);
    }

    /// Counts all that waits as lost: it is not written any more.
    pub(super) fn lose_all(&self) {
        let mut inner = locked(&self.inner);
        let lost = std::mem::take(&mut inner.waiting);
        inner.n_asked = 0;
        inner.stats.lost += lost.len() as u64;
        drop(inner);
        for item in lost {
            item.place.tell(Outcome::Lost);
        }
    }

    /// Remembers what went wrong.
    pub(super) fn failed(&self, at: DateTime<Utc>, message: String) {
        locked(&self.inner).stats.last_error = Some(RecordError { at, message });
    }

    /// Remembers whether the file can be written.
    pub(super) fn is_failing(&self, since: Option<DateTime<Utc>>) {
        let stats = &mut locked(&self.inner).stats;
        stats.failing_since = since.map(|now| stats.failing_since.unwrap_or(now));
    }

    /// Takes no more.
    pub(super) fn stop(&self) {
        locked(&self.inner).stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        locked(&self.inner).stopped
    }

    /// Waits before the next try; the end cuts it short.
    pub(super) fn pause(&self, pause: Duration) {
        let goes_on = |inner: &mut Inner| !inner.stopped;
        drop(self.changed.wait_timeout_while(locked(&self.inner), pause, goes_on));
    }

    pub(super) fn stats(&self) -> Stats {
        let inner = locked(&self.inner);
        Stats { waiting: inner.waiting.len(), ..inner.stats.clone() }
    }
}

/// Whether both have the same place in a spool.
fn is_same(a: &Forecast, b: &Forecast) -> bool {
    (a.version, a.origin, a.kind) == (b.version, b.origin, b.kind) && a.model == b.model
}

/// A panic elsewhere leaves nothing half done here: each change is a few assignments.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
