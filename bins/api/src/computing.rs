//! Predictions made for requests: so many at once, and so many in the queue.

use std::sync::Arc;

use actix_web::web;
use tokio::sync::Semaphore;

/// Predictions made for requests at the same time; two, so that pages of forecasts cannot
/// take every core from the answers that are ready.
pub const COMPUTING_MAX: usize = 2;

/// Requests that may wait for a prediction. At some 50 ms each the last waits a second or
/// two; more would only wait longer, so they are told to come back.
pub const QUEUE_MAX: usize = 64;

/// Runs the predictions.
#[derive(Debug)]
pub struct Computing {
    /// Shared with the threads: a prediction cannot be stopped, so it counts until it ends,
    /// whether or not its client still waits.
    running: Arc<Semaphore>,
    queue: Semaphore,
}

/// Why a prediction came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComputingError {
    /// Too many requests wait already.
    #[error("{QUEUE_MAX} predictions are waited for already")]
    Busy,
    /// It panicked, or the service is stopping.
    #[error("the thread of a prediction is gone")]
    Gone,
}

impl Default for Computing {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(COMPUTING_MAX)), queue: Semaphore::new(QUEUE_MAX) }
    }
}

impl Computing {
    /// Runs `work` on a thread of its own, in its turn.
    ///
    /// # Errors
    ///
    /// [`ComputingError::Busy`] if the queue is full.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ComputingError> {
        let _queued = self.queue.try_acquire().map_err(|_| ComputingError::Busy)?;
        let permit = Arc::clone(&self.running).acquire_owned().await;
        let permit = permit.map_err(|_| ComputingError::Gone)?;
        let done = web::block(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| ComputingError::Gone)
    }

    /// How many predictions run now.
    pub fn n_running(&self) -> usize {
        COMPUTING_MAX - self.running.available_permits()
    }
}

#[cfg(test)]
mod tests;
