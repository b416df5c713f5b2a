//! Holds what the API forecast against the closes that came.
//!
//! The API leaves a table for each session in the run of its version; a scoring joins the tables
//! with the closes, scores a window for every session since the last time, and writes points, the
//! table of errors, a picture, a note and, last, the report. Everything written is a function of
//! the forecasts and the closes, so a scoring that is cut off, made twice or made late ends the
//! same.

mod alarm;
mod before;
mod errors;
mod market;
mod note;
mod picture;
mod runs;
mod tables;
mod version;
mod windows;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use forecast_monitor::{Alert, Band, Level, Report};
use mlflow_client::{Batch, Store};

pub use alarm::AlertHook;
pub use tables::PassedOver;
pub use version::{State, VersionScore};

use crate::{
    cli::ScoreArgs,
    progress::Progress,
    settings::Settings,
    wire::{AlarmWire, AlertWire},
};
use before::TOLD_TAG;
use market::Markets;
use version::Task;

/// What a scoring found.
#[derive(Debug)]
pub struct Scoring {
    /// The day as of which it was made.
    pub as_of: NaiveDate,
    /// The versions that were served, in order.
    pub versions: Vec<VersionScore>,
    /// Versions that could not be scored, and why.
    pub failures: Vec<(u32, anyhow::Error)>,
}

impl Scoring {
    /// The worst level of a version that is served.
    pub fn level(&self) -> Level {
        let served = self.versions.iter().filter(|found| found.is_served);
        served.map(VersionScore::level).max().unwrap_or(Level::TooFew)
    }

    /// All of it in one line.
    pub fn line(&self, settings: &Settings) -> String {
        let (model, experiment) = (&settings.model_name, &settings.monitor_experiment);
        if self.versions.is_empty() && self.failures.is_empty() {
            return format!(
                "score {}: nothing to score: experiment `{experiment}` has no forecasts of \
                 `{model}` yet, the API keeps them there while it serves a version",
                self.as_of
            );
        }
        let mut parts: Vec<String> = self.versions.iter().map(note::brief).collect();
        parts.extend(self.failures.iter().map(|(version, _)| format!("v{version} failed")));
        let level = if self.failures.is_empty() {
            self.level().as_str().to_uppercase().replace('_', " ")
        } else {
            "FAILED".to_owned()
        };
        format!("score {} {model} {level}: {}", self.as_of, parts.join("; "))
    }
}

/// Scores every version that was served.
///
/// # Errors
///
/// If the store does not answer. What keeps one version from being scored is among the failures.
pub(crate) async fn score(
    store: &dyn Store,
    settings: &Settings,
    args: &ScoreArgs,
    progress: &Progress,
) -> Result<Scoring> {
    let as_of = settings.clock().today();
    let mut scoring = Scoring { as_of, versions: Vec::new(), failures: Vec::new() };
    let stage = progress.begin("runs", &settings.monitor_experiment);
    let experiment = store.experiment_by_name(&settings.monitor_experiment).await;
    let experiment = experiment
        .with_context(|| format!("cannot find experiment `{}`", settings.monitor_experiment))?;
    let Some(experiment) = experiment else { return Ok(scoring) };
    let version = args.version.map(mlflow_client::Version::number);
    let subjects = runs::find(store, &experiment.id, settings, version).await?;
    stage.done(&format!("{} versions", subjects.len()));

    let mut markets = Markets { settings, as_of, fresh: args.fresh, progress, known: Vec::new() };
    let task = Task { store, settings, as_of, is_named: args.version.is_some() };
    for subject in subjects {
        let stage = progress.begin("score", &format!("v{}", subject.version));
        match task.score(&subject, &mut markets).await {
            Ok(mut found) => {
                stage.done(&note::brief(&found));
                tell(store, settings, &mut found).await;
                scoring.versions.push(found);
            }
            Err(error) => scoring.failures.push((subject.version, error)),
        }
    }
    Ok(scoring)
}

/// Says what is wrong: in the log, and to the webhook when it has become worse.
///
/// A webhook that was not reached is told the next time: what was told is kept in the run.
async fn tell(store: &dyn Store, settings: &Settings, found: &mut VersionScore) {
    let (Some(report), State::Scored, true) = (&found.report, found.state, found.is_served) else {
        return;
    };
    for alert in &report.alerts {
        let (version, level) = (found.version, alert.level);
        tracing::warn!(version, %level, sentence = alert.sentence, "forecasts are out of limits");
    }
    let (level, told) = (found.level(), found.told);
    if level.number() == told.number() {
        return;
    }
    if told.number() < level.number()
        && let Some(hook) = &settings.alert_webhook
        && let Err(error) = hook.post(&message(found, report, told)).await
    {
        tracing::warn!(version = found.version, error = format!("{error:#}"), "alert not told");
        return;
    }
    let tags = vec![(TOLD_TAG.to_owned(), level.as_str().to_owned())];
    let batch = Batch { tags, ..Batch::default() };
    match store.log_batch(&found.run.id, &batch).await {
        Ok(_) => found.told = level,
        Err(error) => tracing::warn!(version = found.version, %error, "alert may be told again"),
    }
}

/// What the webhook is sent.
fn message<'a>(found: &'a VersionScore, report: &'a Report, told: Level) -> AlarmWire<'a> {
    let sentences: Vec<&str> = report.alerts.iter().map(|alert| alert.sentence.as_str()).collect();
    let Report { model, version, symbol, .. } = report;
    let level = report.level().as_str();
    AlarmWire {
        text: format!("{model} v{version} for {symbol}: {level}. {}.", sentences.join(". ")),
        model,
        version: *version,
        symbol,
        level,
        was: told.as_str(),
        through: report.through.map(|day| day.to_string()),
        run_id: found.run.id.as_str(),
        alerts: report.alerts.iter().map(AlertWire::of).collect(),
    }
}

impl AlertWire {
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            level: alert.level.as_str(),
            band: alert.band.map(Band::key),
            what: alert.what.as_str(),
            value: alert.value,
            limit: alert.limit,
            sentence: alert.sentence.clone(),
        }
    }
}
