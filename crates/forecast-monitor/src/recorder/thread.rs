//! What the thread does: takes forecasts out of the queue, one by one, and keeps them.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Outcome;
use super::queue::{Item, Queue};
use crate::spool::{Spool, SpoolError};

/// The pause after the first failure; doubled after each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(100);

/// The longest pause: an operator who made room sees within it that all is well again.
const PAUSE_MAX: Duration = Duration::from_secs(5);

pub(super) fn run(path: &Path, queue: &Queue, clock: fn() -> SystemTime) {
    let mut spool = None;
    let mut pause = PAUSE_FIRST;
    while let Some(item) = queue.first() {
        // One try after the end has come is the last one.
        let is_last_try = queue.is_stopped();
        match keep(&mut spool, path, &item) {
            Ok(is_new) => {
                queue.is_failing(None);
                queue.finish(&item, Outcome::Kept, is_new);
                pause = PAUSE_FIRST;
            }
            Err(error) if error.is_passing() => {
                // Opened anew next time: the file may have been moved away or repaired.
                spool = None;
                let now = clock().into();
                queue.failed(now, with_causes(&error));
                queue.is_failing(Some(now));
                if is_last_try {
                    queue.lose_all();
                }
                queue.pause(pause);
                pause = (2 * pause).min(PAUSE_MAX);
            }
            Err(error) => {
                queue.failed(clock().into(), with_causes(&error));
                queue.finish(&item, Outcome::Lost, false);
            }
        }
    }
}

fn keep(spool: &mut Option<Spool>, path: &Path, item: &Item) -> Result<bool, SpoolError> {
    let spool = match spool {
        Some(spool) => spool,
        none => none.insert(Spool::open(path)?),
    };
    spool.keep(&item.forecast)
}

fn with_causes(error: &SpoolError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
