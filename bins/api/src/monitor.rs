//! What the service forecast, kept so that it can be held against what came.
//!
//! A forecast is a pure function of the version and the last session before it, so there is one
//! record of each and requests only add to a count. [`ledger`] hands a forecast to a thread that
//! writes it to a file before anybody is answered with it; [`drain`] brings the file to MLflow,
//! whenever MLflow is there; [`board`] fetches what `trainer score` made of it, for the dashboard.
//! No request waits for any of them.

pub mod board;
mod drain;
pub mod ledger;
mod runs;
mod spool;
mod tables;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use forecast_monitor::Recorder;
use mlflow_client::Store;

use crate::clock::now;
use crate::monitor::ledger::Ledger;
use crate::opener::Opener;
use crate::state::AppState;

/// How predictions are kept.
#[derive(Debug, Clone)]
pub struct MonitorSettings {
    /// The file that keeps them until MLflow has them.
    pub spool: PathBuf,
    /// How often the file is brought to MLflow.
    pub drain: Duration,
    /// The experiment they go to.
    pub experiment: String,
    /// The name of this replica in `live/requests`; empty where there is one.
    pub instance: String,
    /// Where people open MLflow, for links.
    pub ui: String,
}

/// The store that predictions go to, or the way to it.
#[derive(Debug)]
pub(crate) enum Target {
    Open(Arc<dyn Store>),
    Closed(Box<Opener>),
}

/// The two ends of monitoring: one for those who forecast, one that brings it to MLflow.
#[derive(Debug)]
pub(crate) struct Monitor {
    settings: MonitorSettings,
    target: Target,
    // Writes until it is dropped.
    _recorder: Recorder,
}

impl Monitor {
    /// Begins to record. The file is opened by the thread that writes it, and tried again: a
    /// service that cannot keep its forecasts still gives them, and says so.
    pub(crate) fn start(settings: MonitorSettings, target: Target) -> (Self, Ledger) {
        let recorder = Recorder::start(settings.spool.clone(), now);
        let ledger = Ledger::over(recorder.handle());
        (Self { settings, target, _recorder: recorder }, ledger)
    }

    /// Brings predictions to MLflow for ever.
    pub(crate) async fn run(self, state: Arc<AppState>) {
        drain::run(self.settings, self.target, state).await;
    }
}
