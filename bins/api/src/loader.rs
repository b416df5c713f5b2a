//! From a registered version to a forecast that may be served.

use std::sync::Arc;

use async_trait::async_trait;
use forecast_core::Fitted;
use market_data::{Calendar, Symbol};
use mlflow_client::flavor::{prophet_data_path, read_model_json};
use mlflow_client::{ModelVersion, Store, Version};
use registry_watcher::{Files, Load, LoadError};

use crate::clock::Clock;
use crate::monitor::ledger::{Ledger, Occasion};
use crate::slot::ServedForecast;

/// The file that says what a logged model is and where it lies.
const MLMODEL: &str = "MLmodel";

/// What a version is kept as, in memory and in the copy on disk: Prophet's JSON.
const MODEL_JSON: &str = "model.json";

/// The longest `MLmodel` that is fetched, in bytes: as much as is read of one.
const MLMODEL_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The longest model that is fetched, in bytes. Eight years of sessions have 0.3 MB; reading one
/// takes several times its length in memory, which is what this bounds.
pub const MODEL_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Loads Prophet models, whoever wrote them.
#[derive(Debug)]
pub struct ProphetLoader {
    /// The sessions to forecast.
    pub calendar: Calendar,
    /// From which day on.
    pub clock: Clock,
    /// How many rows.
    pub days_max: u16,
    /// Whose prices.
    pub symbol: Symbol,
    /// Where forecasts are written down before they are given.
    pub ledger: Ledger,
}

#[async_trait]
impl Load<ServedForecast> for ProphetLoader {
    /// Prophet's own JSON, from a version's files.
    ///
    /// Step by step, since a store that does not answer and files that are no model part ways
    /// here: the one is tried again, the other refused.
    async fn fetch(&self, store: &dyn Store, entry: &ModelVersion) -> Result<Files, LoadError> {
        let uri = store.download_uri(&entry.name, entry.version).await?;
        let mlmodel = get_at_most(MLMODEL_BYTES_MAX, store, &uri, MLMODEL).await?;
        let mlmodel = String::from_utf8_lossy(&mlmodel);
        let path = prophet_data_path(&mlmodel).map_err(|e| refused(&e))?;
        let bytes = get_at_most(MODEL_BYTES_MAX, store, &uri, &path).await?;
        let json = read_model_json(&bytes).map_err(|e| refused(&e))?;
        Ok(Files::new().with(MODEL_JSON, json.into_bytes()))
    }

    async fn make(
        &self,
        entry: &ModelVersion,
        files: Arc<Files>,
    ) -> Result<ServedForecast, LoadError> {
        let (calendar, days_max) = (self.calendar.clone(), self.days_max);
        let (version, today) = (entry.version, self.clock.today());
        // Parsing and predicting take a good part of a second in a debug build: not here,
        // where the loops of the service run.
        let work = move || prepare(&files, version, calendar, days_max, today);
        let served = match tokio::task::spawn_blocking(work).await {
            Ok(served) => served?,
            Err(error) => return Err(LoadError::refused(format!("loading it panicked: {error}"))),
        };
        let occasion = Occasion {
            model: entry.name.clone(),
            version,
            symbol: self.symbol.to_string(),
            clock: self.clock.clone(),
        };
        self.ledger.keep(&occasion, &served, &served.upcoming()).await;
        Ok(served)
    }
}

/// Fetches a file, and of one that is too long no more than shows it.
async fn get_at_most(
    bytes_max: u64,
    store: &dyn Store,
    uri: &str,
    path: &str,
) -> Result<Vec<u8>, LoadError> {
    let bytes = store.get_artifact_range(uri, path, 0..bytes_max + 1).await?;
    if bytes_max < bytes.len() as u64 {
        let reason = format!("`{path}` has more than {bytes_max} bytes, the most that is loaded");
        return Err(LoadError::refused(reason));
    }
    Ok(bytes)
}

fn prepare(
    files: &Files,
    version: Version,
    calendar: Calendar,
    days_max: u16,
    today: chrono::NaiveDate,
) -> Result<ServedForecast, LoadError> {
    let json = files.get(MODEL_JSON).unwrap_or_default();
    let json = std::str::from_utf8(json).map_err(|e| refused(&e))?;
    let fitted: Fitted = forecast_core::prophet_json::read(json).map_err(|e| refused(&e))?;
    ServedForecast::new(fitted, version, calendar, days_max, today).map_err(|e| refused(&e))
}

fn refused(error: &(dyn std::error::Error + 'static)) -> LoadError {
    LoadError::refused_because(error)
}
