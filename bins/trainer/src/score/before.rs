//! What the last scoring of a version left in its run.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use forecast_monitor::{Level, Report, ReportError, Revision, realised::REVISIONS_MAX};
use mlflow_client::{Run, Store};

use super::errors::{self, Errors};

/// Where the report lies, which is written last.
pub(super) const REPORT: &str = "score.json";

/// The tag with how often points were corrected: a correction is a later point.
pub(super) const REVISION_TAG: &str = "score.revision";

/// The tag with the level that was told last.
pub(super) const TOLD_TAG: &str = "score.told";

/// The tag of a version that waits for no close any more: how many tables it has.
pub(super) const SETTLED_TAG: &str = "score.settled";

/// The last scoring of a version.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) report: Option<Report>,
    pub(super) errors: Errors,
    /// How often points were corrected.
    pub(super) revision: u32,
    /// The level that was told last.
    pub(super) told: Level,
    /// Whether the table of errors was not there or not readable, though it should have been.
    pub(super) is_lost: bool,
}

impl Before {
    /// Reads it; what cannot be read is said, and made again.
    pub(super) async fn read(store: &dyn Store, run: &Run) -> Result<Self> {
        let report = match artifact(store, run, REPORT).await? {
            None => None,
            Some(bytes) => match Report::from_json(&String::from_utf8_lossy(&bytes)) {
                Ok(report) => Some(report),
                // What a newer program wrote is not for this one to replace.
                Err(error @ ReportError::Newer { .. }) => {
                    return Err(error).with_context(|| format!("`{REPORT}` of run `{}`", run.id));
                }
                Err(error) => {
                    unreadable(run, REPORT, &error.to_string());
                    None
                }
            },
        };
        let table = artifact(store, run, errors::PATH).await?;
        let errors = table.as_deref().map(Errors::from_json);
        if errors == Some(None) {
            unreadable(run, errors::PATH, "it is no table of errors");
        }
        let is_lost = matches!(errors, Some(None)) || (report.is_some() && errors.is_none());
        let errors = errors.flatten().unwrap_or_default();
        let tag = |key: &str| run.tags.get(key);
        let revision = tag(REVISION_TAG).and_then(|text| text.parse().ok()).unwrap_or(0);
        let told = tag(TOLD_TAG)
            .and_then(|text| Level::ALL.into_iter().find(|level| level.as_str() == text))
            .unwrap_or(Level::Ok);
        Ok(Self { revision: errors.revision().max(revision), report, errors, told, is_lost })
    }

    /// The revisions of old with the new ones, the newest that a report holds.
    pub(super) fn revisions(&self, new: &[Revision]) -> Vec<Revision> {
        let old = self.report.iter().flat_map(|report| &report.revisions);
        let mut all: Vec<Revision> = old.chain(new).copied().collect();
        all.drain(..all.len().saturating_sub(REVISIONS_MAX));
        all
    }

    /// The last session that was scored. The table is written before the report, so it may be
    /// ahead of it.
    pub(super) fn through(&self) -> Option<NaiveDate> {
        self.report.as_ref().and_then(|report| report.through).max(self.errors.last_target())
    }
}

async fn artifact(store: &dyn Store, run: &Run, path: &str) -> Result<Option<Vec<u8>>> {
    match store.get_artifact(&run.artifact_uri, path).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("cannot read `{path}` of run `{}`", run.id))
        }
    }
}

fn unreadable(run: &Run, path: &str, why: &str) {
    tracing::warn!(run.id = %run.id, path, why, "what the last scoring left is made again");
}
