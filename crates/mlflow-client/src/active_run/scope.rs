//! A run around a piece of work.

use std::sync::Arc;

use super::{ActiveRun, StartRun, start_run};
use crate::entity::RunStatus;
use crate::error::{Error, Result};
use crate::store::Store;

/// Starts a run, does `work` in it, and ends it by what comes of that.
///
/// The run is `FINISHED` if `work` returns `Ok`, `FAILED` if it returns an error or panics, and
/// `KILLED` if the future is dropped before it is done, as by `tokio::select!` or a time-out.
/// Only in the last two cases a thread waits for the store, as with any dropped [`ActiveRun`].
///
/// ```
/// use std::sync::Arc;
///
/// use mlflow_client::{Error, MemoryStore, StartRun, Store, TrackingStore as _, with_run};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Error> {
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
/// let experiment = store.get_or_create_experiment("petr4_forecast").await?;
/// let mae = with_run(&store, StartRun::new(experiment, "prophet_train"), |run| async move {
///     run.log_metric("mae", 0.42, 0).await?;
///     Ok::<_, Error>(0.42)
/// })
/// .await?;
/// assert!(mae < 1.0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// What `work` says; otherwise what the store says when the run is started or ended.
pub async fn with_run<T, E, F>(
    store: &Arc<dyn Store>,
    start: StartRun,
    work: impl FnOnce(Arc<ActiveRun>) -> F + Send,
) -> Result<T, E>
where
    T: Send,
    E: From<Error> + Send,
    F: Future<Output = Result<T, E>> + Send,
{
    let mut run = start_run(store, start).await?;
    run.dropped_as = RunStatus::Killed;
    let run = Arc::new(run);
    match work(Arc::clone(&run)).await {
        Ok(value) => {
            run.finish(RunStatus::Finished).await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(error) = run.finish(RunStatus::Failed).await {
                tracing::warn!(run.id = %run.id, %error, "the run could not be ended as failed");
            }
            Err(error)
        }
    }
}
