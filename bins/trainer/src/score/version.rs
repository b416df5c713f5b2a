//! The scoring of one version: read, join, compare with the last time, write.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use forecast_monitor::{
    About, Forecast, Level, Report, Revision, WINDOW_SESSIONS, join,
    realised::{closes_from, revisions},
    report::DAYS_MAX,
};
use market_data::zone::earliest_close;
use mlflow_client::{Batch, ErrorKind, LoggedModelId, Metric, Run, Store};

use super::{
    before::{Before, REPORT, REVISION_TAG, SETTLED_TAG},
    errors::{self, Changes, Errors},
    market::{Market, Markets},
    note, picture,
    runs::{self, Origin, Subject},
    tables::{self, PassedOver},
    windows::{Service, Session},
};
use crate::settings::{Settings, trades_in_brazil};

/// Sessions after the last forecast that was scored could still be open: when they are over and
/// ten more, nothing of a version that is not served is waited for.
const SETTLED_AFTER: usize = 10;

/// The tag by which the UI knows which files are tables.
const TABLES_TAG: &str = "mlflow.loggedArtifacts";

/// The tag with the text that the UI shows above a run.
const NOTE_TAG: &str = "mlflow.note.content";

/// How a version was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Scored, and what came of it is written.
    Scored,
    /// Scored as of a day before the last scoring, so nothing is written.
    LookedBack,
    /// Nothing was forecast, or nothing that can be read.
    NoForecasts,
    /// Every forecast was scored before, and it is not served any more.
    Settled,
}

/// What a scoring found of a version.
#[derive(Debug)]
pub struct VersionScore {
    /// The version.
    pub version: u32,
    /// Its run.
    pub run: Run,
    /// Whether it is served: only then do its alerts count.
    pub is_served: bool,
    /// How it was found.
    pub state: State,
    /// What is written of it; none where there is nothing to say.
    pub report: Option<Report>,
    /// Sessions that were scored for the first time.
    pub n_new: usize,
    /// Sessions that were scored before and had to be corrected.
    pub n_corrected: usize,
    /// Closes that were revised since the last scoring.
    pub revised: Vec<Revision>,
    /// What all closes were multiplied by since the last scoring.
    pub split: Option<f64>,
    /// Why its errors have no limits, where they have none.
    pub no_limits: Option<String>,
    /// Files that were passed over.
    pub passed_over: PassedOver,
    /// The level that was told last.
    pub told: Level,
}

/// What is common to the versions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) settings: &'a Settings,
    pub(super) as_of: NaiveDate,
    /// Whether this version was asked for by name.
    pub(super) is_named: bool,
}

impl Task<'_> {
    /// Scores a version.
    pub(super) async fn score(
        &self,
        subject: &Subject,
        markets: &mut Markets<'_>,
    ) -> Result<VersionScore> {
        let (places, passed_over) = tables::list(self.store, subject).await?;
        let mut found = VersionScore::nothing(subject, passed_over.clone());
        let settled = subject.tag(SETTLED_TAG).and_then(|text| text.parse().ok());
        if !self.is_named && !found.is_served && settled == Some(places.len()) {
            found.state = State::Settled;
            return Ok(found);
        }
        let n_tables = places.len();
        let origin = runs::origin(self.store, subject, self.settings).await?;
        let of = tables::Of {
            model: &self.settings.model_name,
            version: subject.version,
            symbol: origin.symbol.as_str(),
        };
        let tables = tables::read(self.store, places, passed_over, of).await?;
        found.passed_over = tables.passed_over;
        found.no_limits.clone_from(&origin.no_limits);
        let Some(first_day) = closes_from(&tables.forecasts) else { return Ok(found) };
        let market = markets.of(&origin.symbol, origin.price, first_day).await?;
        let before = Before::read(self.store, subject.run()).await?;
        let scoring = Scoring { task: self, subject, origin: &origin, market, before, n_tables };
        scoring.run(&tables.forecasts, found).await
    }
}

impl VersionScore {
    fn nothing(subject: &Subject, passed_over: PassedOver) -> Self {
        Self {
            version: subject.version,
            run: subject.run().clone(),
            is_served: subject.is_served(),
            state: State::NoForecasts,
            report: None,
            n_new: 0,
            n_corrected: 0,
            revised: Vec::new(),
            split: None,
            no_limits: None,
            passed_over,
            told: Level::Ok,
        }
    }

    /// How it stands.
    pub fn level(&self) -> Level {
        self.report.as_ref().map_or(Level::TooFew, Report::level)
    }

    /// Whether an alert stands that somebody has to look at.
    pub fn is_alert(&self) -> bool {
        self.is_served && self.level() == Level::Alert
    }
}

/// A version that is being scored.
struct Scoring<'a> {
    task: &'a Task<'a>,
    subject: &'a Subject,
    origin: &'a Origin,
    market: &'a Market,
    before: Before,
    n_tables: usize,
}

impl Scoring<'_> {
    async fn run(&self, forecasts: &[Forecast], mut found: VersionScore) -> Result<VersionScore> {
        let Self { task, subject, market, before, .. } = self;
        let now = task.settings.clock().now();
        let closes_at = |date| earliest_close(&market.symbol, date);
        let mut joined = join(forecasts, &market.closes, &closes_at);
        joined.pairs.sort_by_key(|pair| (pair.ds, pair.origin));
        let errors = Errors::of(&joined.pairs);
        let changes = errors.changes_since(&before.errors, before.through());
        let is_corrected = before.is_lost || !changes.targets.is_empty();
        let revision = before.revision + u32::from(is_corrected);
        let errors = errors.revised(&before.errors, &changes, revision);
        found.split = changes.split;
        if changes.split.is_none() {
            found.revised = revisions(&before.errors.closes(), &market.closes, now);
        }
        found.told = before.told;

        let first_origin = forecasts.iter().map(|forecast| forecast.origin).min();
        let first_origin = subject.first_origin().or(first_origin).unwrap_or(task.as_of);
        // All forecasts of a version were made in one unit, and so was its backtest.
        let ratio = joined.rescaled.last().map_or(1.0, |rescaled| rescaled.ratio);
        let limits = self.origin.limits_times(ratio);
        let limits = limits.as_slice();
        let service = Service { pairs: &joined.pairs, market, limits, first_origin };
        let corrected = self.corrected(&changes);
        let is_open = |i: usize, ds: NaiveDate| before.through() < Some(ds) || corrected(i);
        let shown = market.closes.len().saturating_sub(DAYS_MAX);
        let sessions = service.sessions(|i, ds| shown <= i || is_open(i, ds));

        let about = About {
            model: task.settings.model_name.clone(),
            version: subject.version,
            symbol: market.symbol.to_string(),
            scored_at: now,
        };
        let mut report = Report::of(about, &joined, &market.closes, limits, market.n_missing);
        report.revisions = before.revisions(&found.revised);
        report.requests = runs::requests(task.store, subject.run()).await?;
        report.experiment_run_id = Some(subject.run().id.to_string());
        found.state = State::Scored;
        if Some(task.as_of) < before.report.as_ref().and_then(|report| report.through) {
            found.state = State::LookedBack;
            found.report = Some(report);
            return Ok(found);
        }
        let index = |ds: NaiveDate| market.n_through(ds).saturating_sub(1);
        let open: Vec<&Session> =
            sessions.iter().filter(|session| is_open(index(session.ds), session.ds)).collect();
        let is_new = |session: &&&Session| before.through() < Some(session.ds);
        found.n_new = open.iter().filter(is_new).count();
        found.n_corrected = open.len() - found.n_new;
        self.say(&found);

        self.log(&service, &open, revision, first_origin).await?;
        let is_changed = !open.is_empty() || is_corrected || before.report.is_none();
        let headline = note::headline(&report);
        if is_changed {
            self.put(errors::PATH, errors.to_json().into_bytes()).await?;
            let mut known =
                forecasts.iter().filter(|forecast| Some(forecast.origin) <= report.through);
            let newest = known.next_back().filter(|_| found.is_served);
            let unit = if trades_in_brazil(&market.symbol) { "BRL per share" } else { "price" };
            let svg = picture::draw(&report, newest, &sessions, (&headline, unit))?;
            self.put(picture::PATH, svg).await?;
        }
        let tags = self.tags(&report, &found, self.is_settled(forecasts));
        let batch = Batch { tags, ..Batch::default() };
        let failed = || format!("cannot describe run `{}`", subject.run().id);
        task.store.log_batch(&subject.run().id, &batch).await.with_context(failed)?;
        // Last of all: what is written so far is written again if this is not.
        self.put(REPORT, report.to_json().into_bytes()).await?;
        found.report = Some(report);
        Ok(found)
    }

    /// Whether the window of the session at a position holds something that was corrected.
    fn corrected(&self, changes: &Changes) -> impl Fn(usize) -> bool {
        let is_lost = self.before.is_lost;
        let positions: Vec<usize> = changes
            .targets
            .iter()
            .map(|target| self.market.closes.partition_point(|close| close.ds < *target))
            .collect();
        move |i| is_lost || positions.iter().any(|at| (*at..*at + WINDOW_SESSIONS).contains(&i))
    }

    fn say(&self, found: &VersionScore) {
        let version = self.subject.version;
        for Revision { ds, was, is, .. } in &found.revised {
            tracing::warn!(version, %ds, was, is, "close was revised, its errors are corrected");
        }
        if let Some(ratio) = found.split {
            tracing::warn!(version, ratio, "all closes have another unit, errors are corrected");
        }
        if let Some(why) = &found.no_limits {
            tracing::warn!(version, why, "errors have no limits");
        }
    }

    /// Logs the points of the sessions, beside the logged model where it is still there.
    ///
    /// A server takes one value for a model's metric at a step and a time. If a scoring was cut
    /// off after its points and a close was revised before the next, they come as a correction.
    async fn log(
        &self,
        service: &Service<'_>,
        sessions: &[&Session],
        revision: u32,
        first_origin: NaiveDate,
    ) -> Result<()> {
        let run = self.subject.run();
        let points = |new: u32, old: u32, model: Option<&LoggedModelId>| -> Vec<Metric> {
            let through = self.before.through();
            let of = |session: &&Session| {
                let revision = if through < Some(session.ds) { new } else { old };
                service.points(session, revision, model)
            };
            sessions.iter().flat_map(of).collect()
        };
        let send = async |metrics: Vec<Metric>, revision: u32| {
            let tags = vec![
                ("first_origin".to_owned(), first_origin.to_string()),
                (REVISION_TAG.to_owned(), revision.to_string()),
            ];
            let batch = Batch { metrics, tags, ..Batch::default() };
            self.task.store.log_batch(&run.id, &batch).await
        };
        let failed = || format!("cannot log the scores to run `{}`", run.id);
        let model = self.subject.model_id();
        let refused = match send(points(0, revision, model.as_ref()), revision).await {
            Ok(_) => return Ok(()),
            Err(error) if model.is_some() && is_refusal(error.kind()) => error,
            Err(error) => return Err(error).with_context(failed),
        };
        let is_there = match &model {
            Some(id) => match self.task.store.get_logged_model(id).await {
                Ok(_) => true,
                Err(error) if error.is_not_found() => false,
                Err(error) => return Err(error).with_context(failed),
            },
            None => false,
        };
        if is_there {
            tracing::warn!(error = %refused, "points are there with other values: corrected");
            let later = revision + 1;
            let sent = send(points(later, later, model.as_ref()), later).await;
            return sent.map(drop).with_context(failed);
        }
        let version = self.subject.version;
        tracing::warn!(version, "the logged model is gone, scores stand in the run alone");
        send(points(0, revision, None), revision).await.map(drop).with_context(failed)
    }

    async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        let run = self.subject.run();
        let put = self.task.store.put_artifact(&run.artifact_uri, path, bytes).await;
        put.with_context(|| format!("cannot store `{path}` of run `{}`", run.id))
    }

    /// Whether nothing is waited for any more.
    fn is_settled(&self, forecasts: &[Forecast]) -> bool {
        let Some(newest) = forecasts.iter().map(|forecast| forecast.origin).max() else {
            return false;
        };
        let sessions = self.market.closes.len() - self.market.n_through(newest);
        !self.subject.is_served() && tables::horizon_max() + SETTLED_AFTER <= sessions
    }

    fn tags(&self, report: &Report, found: &VersionScore, settled: bool) -> Vec<(String, String)> {
        let mut tags = vec![(NOTE_TAG.to_owned(), note::markdown(report, self.subject, found))];
        if settled || self.subject.tag(SETTLED_TAG).is_some() {
            let settled = if settled { self.n_tables.to_string() } else { String::new() };
            tags.push((SETTLED_TAG.to_owned(), settled));
        }
        tags.extend(self.tables().map(|text| (TABLES_TAG.to_owned(), text)));
        tags
    }

    /// The list of tables with that of errors, unless it is there.
    fn tables(&self) -> Option<String> {
        let listed = self.subject.run().tags.get(TABLES_TAG);
        let listed = listed.and_then(|text| serde_json::from_str(text).ok());
        let mut tables: Vec<serde_json::Value> = listed.unwrap_or_default();
        let table = serde_json::json!({ "path": errors::PATH, "type": "table" });
        if tables.contains(&table) {
            return None;
        }
        tables.insert(0, table);
        Some(serde_json::Value::Array(tables).to_string())
    }
}

/// Whether a store refused what it was given, and would again.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidArgument | ErrorKind::NotFound)
}
