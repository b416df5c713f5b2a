//! The watcher: what is served follows what the registry selects, one step at a time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mlflow_client::{ModelVersion, Store, Version};

use crate::connect::{Connect, Link};
use crate::load::{Load, LoadError, chain_text};
use crate::reload::Reload;
use crate::select::{Selected, Target, select};
use crate::served::{Reader, Served, Writer, slot};
use crate::status::{
    Cause, Degraded, Loading, REFUSED_KEPT_MAX, Refusal, SWAPS_KEPT_MAX, Serving, Status,
    StatusReader, StatusWriter, Swap, SwapReason,
};
use crate::step::Step;

/// Bounds the question to the registry. The store bounds each of its calls; this bounds
/// their sum, so that a step always ends.
pub const SELECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Bounds a load. No other promotion is seen meanwhile, so this is the longest that a version
/// that does not come can hold up one that would.
pub const LOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// Bounds the question whether a loaded version is still wanted. Without an answer it is
/// served, so a registry that hangs must not hold it up for long.
pub const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// Keeps the served model equal to what the registry selects.
pub struct Watcher<M, L> {
    link: Link,
    target: Target,
    load: L,
    writer: Writer<M>,
    refused: Vec<(EntryKey, Refusal)>,
    reload: Option<Reload<EntryKey>>,
    status: Status,
    publish: StatusWriter,
}

/// Names one state of a registry entry. A version number alone does not: a version can be
/// deleted and made anew, and touching its entry is how a person asks for another try.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EntryKey {
    version: Version,
    source: String,
    last_updated_time_ms: i64,
}

impl EntryKey {
    fn of(entry: &ModelVersion) -> Self {
        Self {
            version: entry.version,
            source: entry.source.clone(),
            last_updated_time_ms: entry.last_updated_time_ms,
        }
    }
}

impl<M, L> std::fmt::Debug for Watcher<M, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher")
            .field("target", &self.target)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl<M, L> Watcher<M, L>
where
    M: Send + Sync + 'static,
    L: Load<M>,
{
    /// Makes a watcher that serves nothing yet, and the two ends for those who serve.
    pub fn new(store: Arc<dyn Store>, target: Target, load: L) -> (Self, Reader<M>, StatusReader) {
        Self::over(Link::Open(store), target, load)
    }

    /// Makes a watcher whose store is not open yet: each step tries until one succeeds.
    pub fn connecting(
        connect: impl Connect + 'static,
        target: Target,
        load: L,
    ) -> (Self, Reader<M>, StatusReader) {
        Self::over(Link::Closed(Box::new(connect)), target, load)
    }

    fn over(link: Link, target: Target, load: L) -> (Self, Reader<M>, StatusReader) {
        let (writer, reader) = slot();
        let (publish, status_reader) = StatusWriter::new();
        let (refused, reload, status) = (Vec::new(), None, Status::default());
        let watcher = Self { link, target, load, writer, refused, reload, status, publish };
        (watcher, reader, status_reader)
    }

    /// Asks the registry which version is wanted and acts on the answer; asks once more before
    /// a version that it loaded is served. Never sleeps, never retries.
    ///
    /// What is served changes only here, and only to a model that [`Load`] has returned.
    pub async fn step(&mut self, now: SystemTime) -> Step {
        let step = self.decide(now).await;
        self.note(&step, now);
        step
    }

    async fn decide(&mut self, now: SystemTime) -> Step {
        let target = &self.target;
        let link = &mut self.link;
        let asked = async {
            let store = link.store().await?;
            let selected = select(store.as_ref(), target).await?;
            Ok::<_, mlflow_client::Error>((store, selected))
        };
        let (store, selected) = match tokio::time::timeout(SELECT_TIMEOUT, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Step::Unreachable { why: chain_text(&error) },
            Err(_) => {
                return Step::Unreachable { why: out_of_time("the registry", SELECT_TIMEOUT) };
            }
        };
        let step = match selected {
            Selected::Nothing(why) => Step::NothingSelected { why },
            Selected::Entry(entry) if self.serves(&entry) => self.unchanged(*entry),
            Selected::Entry(entry) => self.replace(store.as_ref(), *entry, now).await,
        };
        if !matches!(step, Step::Unchanged { .. } | Step::Swapped(_)) {
            self.look_at_served(store.as_ref()).await;
        }
        step
    }

    /// Loads the entry, and serves it if it is still wanted then.
    async fn replace(&mut self, store: &dyn Store, entry: ModelVersion, now: SystemTime) -> Step {
        let (version, key) = (entry.version, EntryKey::of(&entry));
        if let Some((_, known)) = self.refused.iter().find(|(refused, _)| *refused == key) {
            return Step::Refused { version, reason: known.reason.clone(), tried: false };
        }
        if let Some(why) = self.reload.as_ref().and_then(|reload| reload.too_soon(&key, now)) {
            return Step::ArtifactsUnreachable { version, why: why.to_owned(), tried: false };
        }
        self.status.loading = Some(Loading { version, since: now });
        self.publish.publish(self.status.clone());
        let load = self.load.load(store, &entry);
        let why = match tokio::time::timeout(LOAD_TIMEOUT, load).await {
            Ok(Ok(model)) => return self.confirm(store, model, entry, now).await,
            Ok(Err(LoadError::Refused { reason })) => {
                self.refuse(key, reason.clone(), now);
                return Step::Refused { version, reason, tried: true };
            }
            Ok(Err(error @ LoadError::Unreachable { .. })) => chain_text(&error),
            Err(_) => out_of_time("loading it", LOAD_TIMEOUT),
        };
        self.reload = Some(Reload::failed(self.reload.take(), key, why.clone(), now));
        Step::ArtifactsUnreachable { version, why, tried: true }
    }

    /// Serves a loaded model unless the choice changed while it was loaded.
    async fn confirm(
        &mut self,
        store: &dyn Store,
        model: M,
        entry: ModelVersion,
        now: SystemTime,
    ) -> Step {
        let version = entry.version;
        let selected = tokio::time::timeout(CONFIRM_TIMEOUT, select(store, &self.target)).await;
        let step = match selected {
            Ok(Ok(Selected::Entry(wanted))) if names_same(&wanted, &entry) => {
                return Step::Swapped(self.swap(model, *wanted, now));
            }
            Ok(Ok(Selected::Entry(wanted))) if self.serves(&wanted) => self.unchanged(*wanted),
            Ok(Ok(Selected::Entry(wanted))) => Step::Superseded { version, by: wanted.version },
            Ok(Ok(Selected::Nothing(why))) => Step::NothingSelected { why },
            // The last answer holds until there is another one.
            Ok(Err(_)) | Err(_) => return Step::Swapped(self.swap(model, entry, now)),
        };
        tracing::info!(model.version = %version, "loaded, and not wanted any more");
        step
    }

    fn serves(&self, entry: &ModelVersion) -> bool {
        self.writer.current().is_some_and(|served| names_same(&served.entry, entry))
    }

    fn unchanged(&mut self, entry: ModelVersion) -> Step {
        let version = entry.version;
        self.status.entry = Some(Arc::new(entry));
        Step::Unchanged { version }
    }

    /// Keeps the entry of a version true that is served though it is not selected. What cannot
    /// be asked, or is gone, stays as it was last seen.
    async fn look_at_served(&mut self, store: &dyn Store) {
        let Some(served) = self.writer.current() else { return };
        let asked = store.get_version(served.name(), served.version());
        if let Ok(Ok(entry)) = tokio::time::timeout(CONFIRM_TIMEOUT, asked).await
            && self.serves(&entry)
        {
            self.status.entry = Some(Arc::new(entry));
        }
    }

    fn swap(&mut self, model: M, entry: ModelVersion, now: SystemTime) -> Swap {
        let to = entry.version;
        let from = self.writer.current().map(|served| served.version());
        let reason = match from {
            None => SwapReason::First,
            Some(from) if from < to => SwapReason::Promoted,
            Some(from) if to < from => SwapReason::RolledBack,
            Some(_) => SwapReason::Replaced,
        };
        self.refused.retain(|(key, _)| key.version != to);
        self.reload = None;
        self.status.entry = Some(Arc::new(entry.clone()));
        let selector = self.target.selector.clone();
        self.writer.serve(Served { model, entry, selector, since: now });
        Swap { at: now, from, to, reason }
    }

    fn refuse(&mut self, key: EntryKey, reason: String, now: SystemTime) {
        self.refused.retain(|(known, _)| known.version != key.version);
        let refusal = Refusal { version: key.version, at: now, reason };
        self.refused.push((key, refusal));
        if REFUSED_KEPT_MAX < self.refused.len() {
            self.refused.remove(0);
        }
    }

    /// Publishes the state after a step, and logs what changed in it.
    fn note(&mut self, step: &Step, now: SystemTime) {
        let degraded = match step {
            Step::Unchanged { .. } | Step::Swapped(_) => None,
            Step::NothingSelected { why } => Some((Cause::NothingSelected, why.clone())),
            Step::Unreachable { why } => Some((Cause::Unreachable, why.clone())),
            Step::ArtifactsUnreachable { version, why, .. } => {
                Some((Cause::ArtifactsUnreachable, format!("version {version}: {why}")))
            }
            Step::Superseded { version, by } => Some((
                Cause::Superseded,
                format!("version {by} was selected while version {version} was loaded"),
            )),
            Step::Refused { version, reason, .. } => {
                Some((Cause::Refused, format!("version {version}: {reason}")))
            }
        };
        if let Step::Swapped(swap) = step {
            let reason = swap.reason;
            tracing::info!(model.version = %swap.to, %reason, "serving another version");
            self.status.serving = Some(Serving { version: swap.to, since: swap.at });
            self.status.swaps.push_back(swap.clone());
            if SWAPS_KEPT_MAX < self.status.swaps.len() {
                self.status.swaps.pop_front();
            }
        }
        self.note_degraded(degraded, now);
        self.status.refused = self.refused.iter().map(|(_, refusal)| refusal.clone()).collect();
        self.status.loading = None;
        self.status.stepped_at = Some(now);
        self.publish.publish(self.status.clone());
    }

    fn note_degraded(&mut self, degraded: Option<(Cause, String)>, now: SystemTime) {
        let before = self.status.degraded.take();
        self.status.degraded = degraded.map(|(cause, why)| {
            // Logged when it begins and when its kind changes, not at every poll.
            if before.as_ref().is_none_or(|before| before.cause != cause) {
                let serving = self.status.serving.map(|serving| serving.version.to_string());
                tracing::warn!(%cause, why, serving, "the registry's choice is not served");
            }
            Degraded { since: before.as_ref().map_or(now, |before| before.since), why, cause }
        });
        if before.is_some() && self.status.degraded.is_none() {
            tracing::info!("the registry's choice is served again");
        }
    }
}

/// Whether two entries are of one version: of the same number and the same files.
fn names_same(one: &ModelVersion, other: &ModelVersion) -> bool {
    one.version == other.version && one.source == other.source
}

fn out_of_time(what: &str, limit: Duration) -> String {
    format!("{what} took longer than {} s", limit.as_secs())
}
