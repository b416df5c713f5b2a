//! Keeps the forecasts of today and tomorrow ready, whatever the registry does.

use std::sync::Arc;
use std::time::Duration;

use crate::state::AppState;

/// How often the date is looked at. Tomorrow's forecasts are there a day early, so this only
/// has to be well below a day; it is short for a machine that wakes from sleep.
const CHECK: Duration = Duration::from_secs(10);

/// Refreshes for ever.
pub async fn run(state: Arc<AppState>) {
    loop {
        step(&state).await;
        tokio::time::sleep(CHECK).await;
    }
}

/// Makes what is missing for every version in memory; returns how many versions that were.
pub async fn step(state: &Arc<AppState>) -> usize {
    let today = state.clock.today();
    let held = state.reader.held();
    let stale = held.into_iter().filter(|served| served.model.is_stale(today));
    let mut n_refreshed = 0;
    for served in stale {
        let version = served.version();
        let model = Arc::clone(&served);
        match tokio::task::spawn_blocking(move || model.model.prepare(today)).await {
            Ok(Ok(tables)) => {
                // On disk before anybody is answered with it.
                state.ledger.keep(&state.occasion(&served), &served.model, &tables).await;
                served.model.publish(tables);
                n_refreshed += 1;
                tracing::info!(model.version = %version, %today, "forecasts made for another day");
            }
            // The version stays: its forecasts are made when they are asked for, or fail there.
            Ok(Err(error)) => {
                tracing::error!(model.version = %version, %today, ?error, "forecasts not made");
            }
            Err(error) => tracing::error!(?error, "the thread of a refresh is gone"),
        }
    }
    n_refreshed
}
