//! The watcher: what is served follows what the registry selects, one step at a time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mlflow_client::{ModelVersion, Store, Version};

use crate::load::{Load, LoadError, chain_text};
use crate::select::{Selected, Target, select};
use crate::served::{Reader, Served, Writer, slot};
use crate::status::{
    Cause, Degraded, REFUSED_KEPT_MAX, Refusal, SWAPS_KEPT_MAX, Serving, Status, StatusReader,
    StatusWriter, Swap, SwapReason,
};

/// Bounds the question to the registry. The store bounds each of its calls; this bounds
/// their sum, so that a step always ends.
pub const SELECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Bounds a load: a model of a hundred megabytes over a slow line takes a minute or two.
pub const LOAD_TIMEOUT: Duration = Duration::from_mins(5);

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The selected version is the served one.
    Unchanged {
        /// The version.
        version: Version,
    },
    /// Another version is served from now on.
    Swapped(Swap),
    /// The registry answered that nothing is selected.
    NothingSelected {
        /// What is missing.
        why: String,
    },
    /// The selected version is bad, now found or found before.
    Refused {
        /// The version.
        version: Version,
        /// What is wrong with it.
        reason: String,
        /// Whether it was loaded in this step; otherwise the refusal was remembered.
        tried: bool,
    },
    /// The registry or the artifacts did not answer.
    Unreachable {
        /// What failed.
        why: String,
    },
}

/// Keeps the served model equal to what the registry selects.
pub struct Watcher<M, L> {
    store: Arc<dyn Store>,
    target: Target,
    load: L,
    writer: Writer<M>,
    refused: Vec<(EntryKey, Refusal)>,
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
        let (writer, reader) = slot();
        let (publish, status_reader) = StatusWriter::new();
        let (refused, status) = (Vec::new(), Status::default());
        let watcher = Self { store, target, load, writer, refused, status, publish };
        (watcher, reader, status_reader)
    }

    /// Asks the registry once and acts on the answer. Never sleeps, never retries.
    ///
    /// What is served changes only here, and only to a model that [`Load`] has returned.
    pub async fn step(&mut self, now: SystemTime) -> Step {
        let step = self.decide(now).await;
        self.note(&step, now);
        step
    }

    async fn decide(&mut self, now: SystemTime) -> Step {
        let selected = select(self.store.as_ref(), &self.target);
        let entry = match tokio::time::timeout(SELECT_TIMEOUT, selected).await {
            Ok(Ok(Selected::Entry(entry))) => *entry,
            Ok(Ok(Selected::Nothing(why))) => return Step::NothingSelected { why },
            Ok(Err(error)) => return Step::Unreachable { why: chain_text(&error) },
            Err(_) => return out_of_time("the registry", SELECT_TIMEOUT),
        };
        let version = entry.version;
        if self.serves(&entry) {
            return Step::Unchanged { version };
        }
        let key = EntryKey::of(&entry);
        if let Some((_, known)) = self.refused.iter().find(|(refused, _)| *refused == key) {
            return Step::Refused { version, reason: known.reason.clone(), tried: false };
        }
        let load = self.load.load(self.store.as_ref(), &entry);
        match tokio::time::timeout(LOAD_TIMEOUT, load).await {
            Ok(Ok(model)) => Step::Swapped(self.swap(model, entry, now)),
            Ok(Err(LoadError::Refused { reason })) => {
                self.refuse(key, reason.clone(), now);
                Step::Refused { version, reason, tried: true }
            }
            Ok(Err(error @ LoadError::Unreachable { .. })) => {
                Step::Unreachable { why: format!("version {version}: {}", chain_text(&error)) }
            }
            Err(_) => out_of_time(&format!("loading version {version}"), LOAD_TIMEOUT),
        }
    }

    fn serves(&self, entry: &ModelVersion) -> bool {
        self.writer.current().is_some_and(|served| {
            served.entry.version == entry.version && served.entry.source == entry.source
        })
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

fn out_of_time(what: &str, limit: Duration) -> Step {
    Step::Unreachable { why: format!("{what} took longer than {} s", limit.as_secs()) }
}
