//! From a selected entry to a served model.

use std::sync::Arc;
use std::time::SystemTime;

use mlflow_client::{ModelVersion, Store, Version};
use tracing::Instrument as _;

use super::{
    CONFIRM_TIMEOUT, EntryKey, LOAD_TIMEOUT, RECHECK_EVERY, Watcher, names_same, out_of_time,
};
use crate::files::Files;
use crate::last_good;
use crate::load::{Load, LoadError, chain_text};
use crate::reload::Reload;
use crate::select::{Selected, select};
use crate::serve_after::serve_after;
use crate::served::Served;
use crate::status::{Loading, REFUSED_KEPT_MAX, Refusal, Swap, SwapReason};
use crate::step::Step;

/// A model that has predicted, and what it was made of.
pub(super) struct Loaded<M> {
    pub(super) model: M,
    pub(super) entry: ModelVersion,
    pub(super) files: Arc<Files>,
    /// The moment before which it is not served.
    pub(super) until: Option<SystemTime>,
}

impl<M> Loaded<M> {
    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        self.until.is_none_or(|until| until <= now)
    }
}

impl<M, L> Watcher<M, L>
where
    M: Send + Sync + 'static,
    L: Load<M>,
{
    /// Loads the entry, and serves it if it is still wanted then and its moment has come.
    pub(super) async fn replace(
        &mut self,
        store: &dyn Store,
        entry: ModelVersion,
        now: SystemTime,
    ) -> Step {
        let (version, key) = (entry.version, EntryKey::of(&entry));
        if let Some((_, known)) = self.refused.iter().find(|(refused, _)| *refused == key) {
            return Step::Refused { version, reason: known.reason.clone(), tried: false };
        }
        if let Some(why) = self.reload.as_ref().and_then(|reload| reload.too_soon(&key, now)) {
            return Step::ArtifactsUnreachable { version, why: why.to_owned(), tried: false };
        }
        let until = match serve_after(&entry) {
            Ok(until) => until,
            Err(reason) => return self.refuse(key, reason, now),
        };
        let staged = self.staged.take().filter(|staged| names_same(&staged.entry, &entry));
        let loaded = match staged {
            Some(staged) => Loaded { entry, until, ..staged },
            None => match self.fetch_and_make(store, entry, key, now).await {
                Ok(loaded) => Loaded { until, ..loaded },
                Err(step) => return step,
            },
        };
        // Who serves nothing has nothing to switch from: better early than not at all.
        if let Some(until) = until.filter(|_| !loaded.is_due(now))
            && self.writer.current().is_some()
        {
            self.staged = Some(loaded);
            return Step::Staged { version, until };
        }
        self.confirm(store, loaded, now).await
    }

    /// Brings the entry's model into memory, or says why not.
    async fn fetch_and_make(
        &mut self,
        store: &dyn Store,
        entry: ModelVersion,
        key: EntryKey,
        now: SystemTime,
    ) -> Result<Loaded<M>, Step> {
        let version = entry.version;
        self.status.loading = Some(Loading { version, since: now });
        self.publish.publish(self.status.clone());
        let patience = self.patience(LOAD_TIMEOUT).await;
        let load = async {
            let fetched = tokio::select! {
                fetched = tokio::time::timeout(patience, self.load.fetch(store, &entry)) => fetched,
                selected = self.unwanted(store, &entry) => return Ok(Err(selected)),
            };
            let too_slow = |_| LoadError::unreachable(out_of_time("fetching it", patience));
            let files = Arc::new(fetched.map_err(too_slow)??);
            let model = self.load.make(&entry, Arc::clone(&files)).await?;
            Ok(Ok((model, files)))
        };
        let span = tracing::info_span!("load", model.version = %version);
        let why = match tokio::time::timeout(LOAD_TIMEOUT, load.instrument(span)).await {
            Ok(Ok(Ok((model, files)))) => return Ok(Loaded { model, entry, files, until: None }),
            Ok(Ok(Err(selected))) => return Err(self.instead_of(version, selected)),
            Ok(Err(LoadError::Refused { reason })) => return Err(self.refuse(key, reason, now)),
            Ok(Err(error @ LoadError::Unreachable { .. })) => chain_text(&error),
            Err(_) => out_of_time("loading it", LOAD_TIMEOUT),
        };
        self.reload = Some(Reload::failed(self.reload.take(), key, why.clone(), now));
        Err(Step::ArtifactsUnreachable { version, why, tried: true })
    }

    /// Completes once the registry wants something else than what is being fetched, and says
    /// what; never while it does not answer.
    async fn unwanted(&self, store: &dyn Store, entry: &ModelVersion) -> Selected {
        loop {
            tokio::time::sleep(RECHECK_EVERY).await;
            let asked = select(store, &self.target);
            match tokio::time::timeout(CONFIRM_TIMEOUT, asked).await {
                Ok(Ok(Selected::Entry(wanted))) if names_same(&wanted, entry) => {}
                Ok(Ok(selected)) => return selected,
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    /// What a step comes to that leaves `version` for what is selected by now.
    fn instead_of(&mut self, version: Version, selected: Selected) -> Step {
        tracing::info!(model.version = %version, "not wanted any more");
        match selected {
            Selected::Entry(wanted) if self.serves(&wanted) => self.unchanged(*wanted),
            Selected::Entry(wanted) => Step::Superseded { version, by: wanted.version },
            Selected::Nothing(why) => Step::NothingSelected { why },
        }
    }

    /// Serves a loaded model unless the choice changed while it was loaded.
    async fn confirm(&mut self, store: &dyn Store, loaded: Loaded<M>, now: SystemTime) -> Step {
        let version = loaded.entry.version;
        let selected = tokio::time::timeout(CONFIRM_TIMEOUT, select(store, &self.target)).await;
        match selected {
            Ok(Ok(Selected::Entry(wanted))) if names_same(&wanted, &loaded.entry) => {
                let loaded = Loaded { entry: *wanted, ..loaded };
                Step::Swapped(self.swap(loaded, now).await)
            }
            Ok(Ok(selected)) => self.instead_of(version, selected),
            // The last answer holds until there is another one.
            Ok(Err(_)) | Err(_) => Step::Swapped(self.swap(loaded, now).await),
        }
    }

    /// Serves the model from now on, and then keeps a copy of it.
    pub(super) async fn swap(&mut self, loaded: Loaded<M>, now: SystemTime) -> Swap {
        let Loaded { model, entry, files, .. } = loaded;
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
        let span = tracing::info_span!("swap", model.version = %to, %reason);
        span.in_scope(|| self.serve(model, entry.clone(), now));
        self.keep(entry, files).instrument(span).await;
        Swap { at: now, from, to, reason }
    }

    pub(super) fn serve(&mut self, model: M, entry: ModelVersion, now: SystemTime) {
        self.status.entry = Some(Arc::new(entry.clone()));
        let selector = self.target.selector.clone();
        self.writer.serve(Served { model, entry, selector, since: now });
    }

    /// Writes the copy. Without one the version is served all the same.
    async fn keep(&mut self, entry: ModelVersion, files: Arc<Files>) {
        let Some(copies) = self.copies.clone() else { return };
        // It is needed only where nothing is served, and something is now.
        self.has_restored = true;
        let version = entry.version;
        let saved = last_good::save(copies, self.target.clone(), entry, files);
        let why = match tokio::time::timeout(LOAD_TIMEOUT, saved).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(chain_text(&error)),
            Err(_) => Some(out_of_time("writing it", LOAD_TIMEOUT)),
        };
        if let Some(why) = &why {
            tracing::warn!(model.version = %version, why, "no copy of the served version is kept");
        }
        self.status.copy_failure = why;
    }

    pub(super) fn refuse(&mut self, key: EntryKey, reason: String, now: SystemTime) -> Step {
        let version = key.version;
        self.refused.retain(|(known, _)| known.version != version);
        let refusal = Refusal { version, at: now, reason: reason.clone() };
        self.refused.push((key, refusal));
        if REFUSED_KEPT_MAX < self.refused.len() {
            self.refused.remove(0);
        }
        Step::Refused { version, reason, tried: true }
    }
}
