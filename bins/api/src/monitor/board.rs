//! What is known of how the forecasts did, for whoever shows it: a snapshot in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use forecast_monitor::{Report, ServiceChange, SpoolState};
use mlflow_client::{ErrorKind, ExperimentId, Run, Store};

/// The file that `trainer score` leaves in a version's run.
const SCORE: &str = "score.json";

/// The versions that are shown beside the served one: what a person compares with.
pub(super) const VERSIONS_MAX: usize = 8;

/// How the forecasts did, and how it goes with keeping them.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// What `trainer score` found, the newest version first; none of those never scored.
    pub reports: Vec<Arc<Report>>,
    /// Where a person reads more of each version.
    pub run_urls: BTreeMap<u32, String>,
    /// Which version served since when, and why, the newest last; longer than one process.
    pub service: Vec<ServiceChange>,
    /// The spool; none while it cannot be opened.
    pub spool: Option<SpoolState>,
    /// When everything was in MLflow last.
    pub delivered_at: Option<SystemTime>,
    /// Why something is not in MLflow now.
    pub failure: Option<String>,
    /// Whether predictions are kept at all.
    pub is_on: bool,
}

impl Board {
    /// What was found of a version.
    pub fn report(&self, version: u32) -> Option<&Arc<Report>> {
        self.reports.iter().find(|report| report.version == version)
    }
}

/// What a run says of how its version did; none if it was not scored yet, or by a release whose
/// words are not understood here.
pub(super) async fn report(store: &dyn Store, runs: &[Run]) -> anyhow::Result<Option<Report>> {
    for run in runs {
        match store.get_artifact(&run.artifact_uri, SCORE).await {
            Ok(bytes) => match Report::from_json(&String::from_utf8_lossy(&bytes)) {
                Ok(report) => return Ok(Some(report)),
                Err(error) => tracing::warn!(run.id = %run.id, %error, "{SCORE} is not a score"),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Where the run is shown.
pub(super) fn run_url(ui: &str, experiment: &ExperimentId, run: &Run) -> String {
    let ui = ui.trim_end_matches('/');
    format!("{ui}/#/experiments/{experiment}/runs/{}", run.id)
}
