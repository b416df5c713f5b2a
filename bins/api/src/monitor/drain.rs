//! Brings the spool to MLflow: every forecast once, whatever happens in between.
//!
//! A table is a file named after its origin, written once; a run is found before it is made; a
//! count is a point that can be sent again. So a pass that is cut off anywhere is simply made
//! again, by this process, the next one, or another replica.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use forecast_monitor::{Pending, ServiceChange, Spool, table};
use mlflow_client::{Batch, ExperimentId, LoggedModelId, Metric, Run, Store};
use registry_watcher::{Connect as _, Served, Swap};

use super::board::{self, Board, VERSIONS_MAX};
use super::runs::{self, MODEL_TAG, Subject, VERSION_TAG};
use super::spool::SpoolFile;
use super::tables::{Listing, list_tables, path};
use super::{MonitorSettings, Target};
use crate::clock::now;
use crate::slot::ServedForecast;
use crate::state::AppState;

/// Forecasts that are sent in one go.
const BATCH_MAX: usize = 32;

/// When to look again for why the served version changed.
const SOON: Duration = Duration::from_millis(50);

/// The longest pause while MLflow does not take anything.
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// How long what is in MLflow stays in the spool as well: a year of it for whoever asks SQL.
const DELIVERED_DAYS_KEPT: i64 = 400;

/// The tag with the origin of a version's first forecast: sessions of service count from it.
const FIRST_ORIGIN_TAG: &str = "first_origin";

/// What the experiment is, for its page.
const EXPERIMENT_NOTE: &str = "What the API forecast, one run a served version, and what the \
    market then did. The numbers `live/…` come from `trainer score`.";

/// Drains for ever.
pub(super) async fn run(settings: MonitorSettings, target: Target, state: Arc<AppState>) {
    let mut changes = state.reader.changes();
    let every = settings.drain;
    let mut drain = Drain {
        spool: SpoolFile::at(settings.spool.clone()),
        settings,
        target,
        state,
        experiment: None,
        shown: None,
        noted: None,
    };
    let mut pause = every;
    let mut failure: Option<String> = None;
    loop {
        let found = drain.pass().await.err().map(|error| format!("{error:#}"));
        // Said when it changes: an outage of a week is two lines.
        match (&failure, &found) {
            (_, Some(why)) if failure != found => tracing::warn!(why, "predictions wait"),
            (Some(_), None) => tracing::info!("predictions are in MLflow again"),
            _ => {}
        }
        pause = if found.is_some() { (pause * 2).min(PAUSE_MAX.max(every)) } else { every };
        drain.say(found.clone()).await;
        failure = found;
        let pause = if drain.is_behind() { SOON } else { pause };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = changes.next() => if changed.is_none() { return },
        }
    }
}

struct Drain {
    settings: MonitorSettings,
    spool: SpoolFile,
    target: Target,
    state: Arc<AppState>,
    experiment: Option<ExperimentId>,
    /// The version whose run says that it is served.
    shown: Option<u32>,
    /// The last change of service that is in the spool.
    noted: Option<SystemTime>,
}

impl Drain {
    /// Writes down what happened since the last pass, then sends what is not in MLflow yet.
    async fn pass(&mut self) -> Result<()> {
        self.note_service().await?;
        self.note_counts().await?;
        let sent = self.send().await;
        if sent.is_err() {
            // The experiment may have been deleted, the server replaced.
            self.experiment = None;
        }
        sent
    }

    /// Which version serves, and what it came from.
    async fn note_service(&mut self) -> Result<()> {
        let status = self.state.status.load();
        let is_new = |swap: &&Swap| self.noted.is_none_or(|noted| noted < swap.at);
        let changes = status.swaps.iter().filter(is_new).map(|swap| ServiceChange {
            version: swap.to.number(),
            at: swap.at.into(),
            reason: swap.reason.to_string(),
        });
        let changes: Vec<_> = changes.collect();
        let held = self.state.reader.held();
        let labels = held.iter().map(|served| (served.version().number(), self.labels(served)));
        let labels: Vec<_> = labels.collect();
        self.spool
            .with(move |spool| {
                changes.iter().try_for_each(|change| spool.serves(change))?;
                labels.iter().try_for_each(|(version, labels)| spool.describe(*version, labels))
            })
            .await?;
        self.noted = status.swaps.back().map(|swap| swap.at).or(self.noted);
        Ok(())
    }

    /// What a run says of the version beside its number.
    fn labels(&self, served: &Served<ServedForecast>) -> BTreeMap<String, String> {
        let entry = &served.entry;
        let model_id = entry.source.strip_prefix("models:/").filter(|id| id.starts_with("m-"));
        let trained_through = served.model.trained_through().map(|date| date.to_string());
        let labels = [
            (MODEL_TAG, Some(entry.name.clone())),
            ("symbol", Some(self.state.symbol.to_string())),
            ("source_run_id", entry.run_id.as_ref().map(ToString::to_string)),
            ("model_id", model_id.map(str::to_owned)),
            ("trained_through", trained_through),
        ];
        labels.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// Whether the last change of service is not noted: the slot changes a moment before the
    /// status, which knows why.
    fn is_behind(&self) -> bool {
        let status = self.state.status.load();
        let last = status.swaps.back();
        let served = self.state.reader.current().map(|served| served.version());
        served != last.map(|swap| swap.to) || self.noted < last.map(|swap| swap.at)
    }

    /// How often each version was asked since the last time.
    async fn note_counts(&self) -> Result<()> {
        let today = self.state.clock.today();
        for served in self.state.reader.held() {
            let (version, asked) = (served.version().number(), served.model.take_asked());
            if asked == 0 {
                continue;
            }
            let counted = self.spool.with(move |spool| spool.count(version, today, asked)).await;
            if counted.is_err() {
                served.model.add_asked(asked);
                return counted;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<()> {
        let store = self.store().await?;
        let experiment = self.experiment(&*store).await?;
        let today = self.state.clock.today();
        loop {
            let pending = self.spool.with(move |spool| spool.pending(today, BATCH_MAX)).await?;
            if pending.is_empty() {
                break;
            }
            for ((model, version), pending) in by_version(pending) {
                self.send_forecasts(&*store, &experiment, model, version, pending).await?;
            }
        }
        self.send_counts(&*store, &experiment, today).await?;
        self.show_service(&*store, &experiment).await?;
        let before = DateTime::<Utc>::from(now()) - TimeDelta::days(DELIVERED_DAYS_KEPT);
        self.spool.with(move |spool| spool.forget(before)).await?;
        self.read_scores(&*store, &experiment).await
    }

    async fn store(&mut self) -> Result<Arc<dyn Store>> {
        let opener = match &self.target {
            Target::Open(store) => return Ok(Arc::clone(store)),
            Target::Closed(opener) => opener,
        };
        let store = opener.connect().await.context("the store cannot be opened")?;
        self.target = Target::Open(Arc::clone(&store));
        Ok(store)
    }

    async fn experiment(&mut self, store: &dyn Store) -> Result<ExperimentId> {
        if let Some(id) = &self.experiment {
            return Ok(id.clone());
        }
        let name = &self.settings.experiment;
        let failed = || format!("experiment `{name}` cannot be opened");
        let id = store.get_or_create_experiment(name).await.with_context(failed)?;
        store
            .set_experiment_tag(&id, "mlflow.note.content", EXPERIMENT_NOTE)
            .await
            .with_context(failed)?;
        self.experiment = Some(id.clone());
        Ok(id)
    }

    /// What was noted of a version, besides what its run is found by.
    async fn labels_of(&self, model: &str, version: u32) -> Result<BTreeMap<String, String>> {
        let mut labels = self.spool.with(move |spool| spool.labels(version)).await?;
        if labels.get(MODEL_TAG).is_none_or(|name| name != model) {
            // Another model had that number when the labels were written.
            labels.clear();
        }
        labels.retain(|key, _| key != MODEL_TAG && key != VERSION_TAG);
        Ok(labels)
    }

    /// The runs of a version, the first to write to.
    async fn runs(
        &self,
        store: &dyn Store,
        experiment: &ExperimentId,
        model: &str,
        version: u32,
        first_origin: Option<NaiveDate>,
    ) -> Result<Vec<Run>> {
        let mut labels = self.labels_of(model, version).await?;
        labels.extend(first_origin.map(|date| (FIRST_ORIGIN_TAG.to_owned(), date.to_string())));
        let subject = Subject { model: model.to_owned(), version, labels };
        runs::find_or_create(store, experiment, &subject, wall_ms()).await
    }

    async fn send_forecasts(
        &self,
        store: &dyn Store,
        experiment: &ExperimentId,
        model: String,
        version: u32,
        pending: Vec<Pending>,
    ) -> Result<()> {
        let first_origin = pending.iter().map(|it| it.forecast.origin).min();
        let runs = self.runs(store, experiment, &model, version, first_origin).await?;
        let Some(run) = runs.first() else { return Ok(()) };
        let mut there = Listing::default();
        let mut sent = Vec::new();
        for Pending { id, forecast } in pending {
            let path = path(&forecast);
            // The first issue stands, whoever brought it.
            if !there.has(store, &runs, &path).await? {
                let bytes = table::to_json(&forecast).into_bytes();
                let put = store.put_artifact(&run.artifact_uri, &path, bytes).await;
                put.with_context(|| format!("`{path}` cannot be stored in run `{}`", run.id))?;
            }
            sent.push((id, path));
        }
        let paths: Vec<String> = sent.iter().map(|(_, path)| path.clone()).collect();
        list_tables(store, run, paths).await?;
        let ids: Vec<i64> = sent.into_iter().map(|(id, _)| id).collect();
        tracing::debug!(run.id = %run.id, n_forecasts = ids.len(), "forecasts are in MLflow");
        self.spool.with(move |spool| spool.delivered(&ids)).await
    }

    /// Requests of days that are over: a count that still grows would leave a trail of points.
    async fn send_counts(
        &self,
        store: &dyn Store,
        experiment: &ExperimentId,
        today: NaiveDate,
    ) -> Result<()> {
        let counts = self.spool.with(move |spool| spool.counts(today)).await?;
        for count in counts {
            let model = self.state.target.name.clone();
            let runs = self.runs(store, experiment, &model, count.version, None).await?;
            let Some(run) = runs.first() else { continue };
            let first_origin = run.tags.get(FIRST_ORIGIN_TAG).and_then(|date| date.parse().ok());
            let step =
                first_origin.map_or(0, |first| runs::step(&self.state.calendar, first, count.day));
            let metric = Metric {
                key: self.requests_key(),
                value: count.n as f64,
                timestamp_ms: count.day.and_time(NaiveTime::MIN).and_utc().timestamp_millis(),
                step,
                model_id: run.tags.get("model_id").map(LoggedModelId::new),
                dataset: None,
            };
            let batch = Batch { metrics: vec![metric], ..Batch::default() };
            store.log_batch(&run.id, &batch).await.context("requests cannot be logged")?;
            self.spool.with(move |spool| spool.counts_delivered(&[count])).await?;
        }
        Ok(())
    }

    fn requests_key(&self) -> String {
        match self.settings.instance.as_str() {
            "" => "live/requests".to_owned(),
            instance => format!("live/requests_{instance}"),
        }
    }

    /// The run of the served version is running; those of all others have ended, also of one
    /// that was served between two passes only.
    async fn show_service(&mut self, store: &dyn Store, experiment: &ExperimentId) -> Result<()> {
        let Some(served) = self.state.reader.current() else { return Ok(()) };
        let version = served.version().number();
        if self.shown == Some(version) {
            return Ok(());
        }
        let model = &self.state.target.name;
        for run in runs::running(store, experiment, model).await? {
            if run.tags.get(VERSION_TAG).is_none_or(|tag| *tag != version.to_string()) {
                runs::set_served(store, &run.id, false, wall_ms()).await?;
            }
        }
        for held in self.state.reader.held() {
            let held = held.version().number();
            let labels = self.labels_of(model, held).await?;
            if labels.is_empty() {
                // It came during this pass: the next one knows it.
                return Ok(());
            }
            for run in runs::find(store, experiment, model, held).await? {
                runs::complete(store, &run, &labels).await?;
                if held == version {
                    runs::set_served(store, &run.id, true, wall_ms()).await?;
                }
            }
        }
        self.shown = Some(version);
        Ok(())
    }

    /// What `trainer score` made of the forecasts.
    async fn read_scores(&self, store: &dyn Store, experiment: &ExperimentId) -> Result<()> {
        let model = self.state.target.name.clone();
        let service = self.spool.with(Spool::service).await?;
        let held = self.state.reader.held();
        let held = held.iter().map(|served| served.version().number());
        let mut versions: Vec<u32> = Vec::new();
        for version in held.chain(service.iter().rev().map(|it| it.version)) {
            if !versions.contains(&version) && versions.len() < VERSIONS_MAX {
                versions.push(version);
            }
        }
        let (mut reports, mut run_urls) = (Vec::new(), BTreeMap::new());
        for version in versions {
            let runs = runs::find(store, experiment, &model, version).await?;
            if let Some(run) = runs.first() {
                run_urls.insert(version, board::run_url(&self.settings.ui, experiment, run));
            }
            reports.extend(board::report(store, &runs).await?.map(Arc::new));
        }
        let old = self.state.board();
        self.state.show(Board { reports, run_urls, ..Board::clone(&old) });
        Ok(())
    }

    /// Shows how the pass ended, and what the spool holds.
    async fn say(&self, failure: Option<String>) {
        let held = self.spool.with(|spool| Ok((spool.state()?, spool.service()?))).await.ok();
        let old = self.state.board();
        let delivered_at = if failure.is_none() { Some(now()) } else { old.delivered_at };
        let (spool, service) = match held {
            Some((spool, service)) => (Some(spool), service),
            None => (None, old.service.clone()),
        };
        self.state.show(Board { service, spool, delivered_at, failure, ..Board::clone(&old) });
    }
}

fn by_version(pending: Vec<Pending>) -> BTreeMap<(String, u32), Vec<Pending>> {
    let mut by_version: BTreeMap<_, Vec<Pending>> = BTreeMap::new();
    for one in pending {
        let key = (one.forecast.model.clone(), one.forecast.version);
        by_version.entry(key).or_default().push(one);
    }
    by_version
}

fn wall_ms() -> i64 {
    let since = now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
