//! A thread that owns a spool: whoever issues a forecast hands it over and never waits for the
//! disk, unless they want to know that it is kept.

mod queue;
mod thread;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::record::Forecast;
use queue::{Place, Queue};

pub use queue::{WAITING_ASKED_MAX, WAITING_MAX};

/// A thread that keeps forecasts in a spool.
///
/// A file that cannot be written, because the disk is full or another process holds it, is
/// tried again until it can; meanwhile forecasts wait in memory, [`WAITING_MAX`] at most. What
/// is not kept in the end is counted in [`Stats::lost`].
#[derive(Debug)]
pub struct Recorder {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Hands forecasts to a [`Recorder`]; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    queue: Arc<Queue>,
    clock: fn() -> SystemTime,
}

/// A forecast that was handed over.
#[derive(Debug)]
pub struct Ticket {
    place: Arc<Place>,
}

/// What became of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the disk, now or since before.
    Kept,
    /// It still waits.
    Late,
    /// It is not kept, and not tried again.
    Lost,
}

/// What a recorder has done since it was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Forecasts that are on the disk and were not there before.
    pub kept: u64,
    /// Forecasts that wait in memory.
    pub waiting: usize,
    /// Forecasts that are not kept.
    pub lost: u64,
    /// Since when the file cannot be written; none while it can.
    pub failing_since: Option<DateTime<Utc>>,
    /// What went wrong last, and when; it stays when all is well again.
    pub last_error: Option<RecordError>,
}

/// What went wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// When.
    pub at: DateTime<Utc>,
    /// What, with its causes.
    pub message: String,
}

impl Recorder {
    /// Starts the thread. It opens the spool at `path`, and tries again if it cannot.
    pub fn start(path: impl Into<PathBuf>, clock: fn() -> SystemTime) -> Self {
        let queue = Arc::new(Queue::default());
        let (path, shared) = (path.into(), Arc::clone(&queue));
        let spawned = std::thread::Builder::new()
            .name("forecast-recorder".to_owned())
            .spawn(move || thread::run(&path, &shared, clock));
        if let Err(error) = &spawned {
            // Nobody will take anything out: what comes is lost, and says why.
            queue.failed(clock().into(), format!("the recorder's thread cannot start: {error}"));
            queue.stop();
            queue.lose_all();
        }
        Self { handle: Handle { queue, clock }, thread: spawned.ok() }
    }

    /// What hands forecasts over.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Takes no more, tries once to keep what waits, and ends the thread. Dropping does the same.
    ///
    /// Blocks on the disk, for as long as a spool waits for another process.
    pub fn stop(mut self) -> Stats {
        self.end();
        self.handle.stats()
    }

    fn end(&mut self) {
        self.handle.queue.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            self.handle.queue.lose_all();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

impl Handle {
    /// Hands a forecast over. Never waits.
    pub fn keep(&self, forecast: Forecast) -> Ticket {
        if let Err(error) = forecast.check() {
            let message = format!("forecast is not kept: {error}");
            self.queue.failed((self.clock)().into(), message);
            return Ticket { place: self.queue.refuse() };
        }
        Ticket { place: self.queue.push(forecast) }
    }

    /// What was done so far.
    pub fn stats(&self) -> Stats {
        self.queue.stats()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Ticket {
    /// Waits until the forecast is on the disk, for at most `timeout`. May be called again.
    pub fn wait(&self, timeout: Duration) -> Outcome {
        self.place.wait(timeout)
    }
}

#[cfg(test)]
mod tests;
