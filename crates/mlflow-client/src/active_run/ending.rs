//! Ends a run that nobody ended.

use std::time::Duration;

use super::ActiveRun;
use crate::entity::RunStatus;

/// How long dropping a run may hold up its thread.
///
/// Long enough for a busy database; short beside the patience of who waits for the error.
const WAIT: Duration = Duration::from_secs(5);

impl Drop for ActiveRun {
    fn drop(&mut self) {
        if *self.has_ended.get_mut() {
            return;
        }
        let panics = std::thread::panicking();
        let status = if panics { RunStatus::Failed } else { self.dropped_as };
        tracing::warn!(run.id = %self.id, %status, "the run was not ended; it ends now");
        // A thread and a runtime of its own: the caller's may be the one that is unwinding.
        std::thread::scope(|scope| {
            let ended = scope.spawn(|| self.fail(status)).join();
            if !matches!(ended, Ok(true)) {
                tracing::warn!(run.id = %self.id, "the run could not be ended; it stays as running");
            }
        });
    }
}

impl ActiveRun {
    /// Sends what is held and ends the run with that status; whether that worked.
    fn fail(&self, status: RunStatus) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return false };
        let ended = runtime.block_on(async {
            let ending = async {
                // A status is worth more than the last points: it is set in any case.
                if let Err(error) = self.flush().await {
                    tracing::warn!(run.id = %self.id, %error, "the last points are lost");
                }
                let now_ms = self.clock.now_ms();
                self.store.end_run(&self.id, status, now_ms).await.is_ok()
            };
            tokio::time::timeout(WAIT, ending).await
        });
        // Not waited for: a lock that is held longer would hold us up too.
        runtime.shutdown_background();
        ended.unwrap_or(false)
    }
}
