//! Hands forecasts to the thread that writes them down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use forecast_monitor::{Forecast, Kind, Outcome, recorder};
use mlflow_client::Version;

use crate::clock::Clock;
use crate::slot::ServedForecast;
use crate::table::{Counting, Table};

/// How long a new version, or a new day, waits for its forecasts to be on disk. A write takes
/// milliseconds; a disk that takes longer must not keep a version from being served.
const KEEP_TIMEOUT: Duration = Duration::from_secs(1);

/// The rows of a model's history that are kept with its forecasts, by which a later reader
/// notices that the prices were rescaled since. One could be an outlier that was mended.
const ANCHORS: usize = 5;

/// The forecasts from other dates that one process keeps: strangers choose dates, and each takes
/// some 40 kB in MLflow for ever. The rest is answered all the same, and counted.
const ASKED_KEPT_MAX: u64 = 1000;

/// What a forecast was made for, besides its rows.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    /// The registered model.
    pub(crate) model: String,
    /// Its version.
    pub(crate) version: Version,
    /// Whose prices.
    pub(crate) symbol: String,
    /// What day it is, and the time.
    pub(crate) clock: Clock,
}

/// Where forecasts are written down. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    recorder: Option<recorder::Handle>,
    n_asked: Arc<AtomicU64>,
}

impl Ledger {
    pub(crate) fn over(recorder: recorder::Handle) -> Self {
        Self { recorder: Some(recorder), n_asked: Arc::default() }
    }

    /// Whether anything is written down.
    pub fn is_on(&self) -> bool {
        self.recorder.is_some()
    }

    /// How it goes; none if nothing is recorded.
    pub fn stats(&self) -> Option<recorder::Stats> {
        self.recorder.as_ref().map(recorder::Handle::stats)
    }

    /// Forecasts from other dates that were answered and not kept.
    pub fn n_asked_left(&self) -> u64 {
        self.n_asked.load(Ordering::Relaxed).saturating_sub(ASKED_KEPT_MAX)
    }

    /// Writes down what requests without `from` will be answered with, and waits until it is on
    /// disk, though not for long. What was written before stays as it was.
    pub(crate) async fn keep(
        &self,
        occasion: &Occasion,
        served: &ServedForecast,
        tables: &[(NaiveDate, Arc<Table>)],
    ) {
        let Some(recorder) = &self.recorder else { return };
        for (day, table) in tables {
            if table.key().counting != Counting::Sessions {
                continue;
            }
            let forecast = forecast(occasion, served, table, *day, Kind::Ready);
            let ticket = recorder.keep(forecast);
            let waited = tokio::task::spawn_blocking(move || ticket.wait(KEEP_TIMEOUT)).await;
            if !matches!(waited, Ok(Outcome::Kept)) {
                let version = occasion.version;
                tracing::warn!(model.version = %version, %day, ?waited, "forecast not on disk yet");
            }
        }
    }

    /// Writes down what somebody asked for from another date, when there is time for it. The
    /// answer says which it is; it is never scored.
    pub(crate) fn offer(&self, occasion: &Occasion, served: &ServedForecast, table: &Table) {
        if table.key().counting != Counting::Sessions {
            return;
        }
        let Some(recorder) = &self.recorder else { return };
        if self.n_asked.fetch_add(1, Ordering::Relaxed) < ASKED_KEPT_MAX {
            let day = occasion.clock.today();
            drop(recorder.keep(forecast(occasion, served, table, day, Kind::Asked)));
        }
    }
}

fn forecast(
    occasion: &Occasion,
    served: &ServedForecast,
    table: &Table,
    answers_from: NaiveDate,
    kind: Kind,
) -> Forecast {
    let first = table.key().first;
    let fitted = served.fitted();
    let (ds, y) = fitted.history();
    let anchors = ds.iter().zip(y).skip(ds.len().saturating_sub(ANCHORS));
    Forecast {
        model: occasion.model.clone(),
        version: occasion.version.number(),
        symbol: occasion.symbol.clone(),
        kind,
        // At the beginning of time there is no session before.
        origin: served.calendar().previous_session(first).unwrap_or(first),
        answers_from,
        issued_at: DateTime::<Utc>::from(occasion.clock.issued_at()),
        trained_through: served.trained_through(),
        interval_width: fitted.spec().interval_width,
        anchors: anchors.map(|(ds, y)| (ds.date(), *y)).collect(),
        rows: table.values().to_vec(),
    }
}
