//! The watcher: what is served follows what the registry selects, one step at a time.

mod loaded;
mod note;
mod restore;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mlflow_client::{ModelVersion, Store, Version};

use crate::connect::{Connect, Link};
use crate::last_good::LastGood;
use crate::load::{Load, chain_text};
use crate::reload::Reload;
use crate::select::{Selected, Target, rivals, select};
use crate::serve_after;
use crate::served::{Reader, Writer, slot};
use crate::status::{Refusal, Status, StatusReader, StatusWriter};
use crate::step::Step;
use loaded::Loaded;

/// Bounds the question to the registry. The store bounds each of its calls; this bounds
/// their sum, so that a step always ends.
pub const SELECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Bounds a load: what takes longer is taken for files that do not come.
pub const LOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// How often the registry is asked, while a version's files come, whether it is still wanted: this
/// is the longest that a version that does not come can hold up one that would.
pub const RECHECK_EVERY: Duration = Duration::from_secs(5);

/// Bounds the question whether a loaded version is still wanted. Without an answer it is
/// served, so a registry that hangs must not hold it up for long.
pub const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// Bounds the wait for the registry and for a version's files while nothing is served and a copy
/// on disk could be. Above what a slow answer takes; below what a service that starts can go
/// without answers.
pub const RESTORE_PATIENCE: Duration = Duration::from_secs(5);

/// How many steps in a row may find the served version selected before all versions are
/// listed, to see whether others are in its stage: a minute at the default poll interval.
const RIVALS_EVERY: u32 = 12;

/// Keeps the served model equal to what the registry selects.
pub struct Watcher<M, L> {
    link: Link,
    target: Target,
    load: L,
    writer: Writer<M>,
    copies: Option<LastGood>,
    /// Whether the copy on disk was looked at; once is enough.
    has_restored: bool,
    refused: Vec<(EntryKey, Refusal)>,
    reload: Option<Reload<EntryKey>>,
    /// Loaded, and waiting for its moment.
    staged: Option<Loaded<M>>,
    n_unchanged: u32,
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
    /// Setting a tag does not change the time of the last update.
    serve_after: Option<String>,
}

impl EntryKey {
    fn of(entry: &ModelVersion) -> Self {
        Self {
            version: entry.version,
            source: entry.source.clone(),
            last_updated_time_ms: entry.last_updated_time_ms,
            serve_after: entry.tags.get(serve_after::TAG).cloned(),
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
        let watcher = Self {
            link,
            target,
            load,
            writer,
            copies: None,
            has_restored: false,
            refused: Vec::new(),
            reload: None,
            staged: None,
            n_unchanged: 0,
            status: Status::default(),
            publish,
        };
        (watcher, reader, status_reader)
    }

    /// Keeps a copy of what is served on disk, and serves it from there while nothing else can
    /// be: when the registry is away at the start, or what it selects does not load.
    #[must_use]
    pub fn with_last_good(mut self, copies: LastGood) -> Self {
        self.copies = Some(copies);
        self
    }

    /// Asks the registry which version is wanted and acts on the answer; asks once more before
    /// a version that it loaded is served. Never sleeps, never retries.
    ///
    /// What is served changes only here, and only to a model that [`Load`] has returned.
    pub async fn step(&mut self, now: SystemTime) -> Step {
        let step = self.decide(now).await;
        if self.writer.current().is_none() {
            self.restore(now).await;
        }
        self.note(&step, now);
        step
    }

    async fn decide(&mut self, now: SystemTime) -> Step {
        let patience = self.patience(SELECT_TIMEOUT).await;
        let target = &self.target;
        let link = &mut self.link;
        let asked = async {
            let store = link.store().await?;
            let selected = select(store.as_ref(), target).await?;
            Ok::<_, mlflow_client::Error>((store, selected))
        };
        let (store, selected) = match tokio::time::timeout(patience, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return self.unreachable(chain_text(&error), now).await,
            Err(_) => return self.unreachable(out_of_time("the registry", patience), now).await,
        };
        let step = match selected {
            Selected::Nothing(why) => Step::NothingSelected { why },
            Selected::Entry(entry) if self.serves(&entry) => self.unchanged(*entry),
            Selected::Entry(entry) => self.replace(store.as_ref(), *entry, now).await,
        };
        if !matches!(step, Step::Staged { .. }) {
            self.staged = None;
        }
        self.look_around(store.as_ref(), &step).await;
        step
    }

    /// How long to wait for what others keep: not as long as `usual` where the copy on disk could
    /// be served in its place.
    async fn patience(&self, usual: Duration) -> Duration {
        let Some(copies) = self.copies.as_ref().filter(|_| !self.has_restored) else {
            return usual;
        };
        let is_there = tokio::fs::try_exists(copies.path(&self.target)).await;
        let has_copy = self.writer.current().is_none() && is_there.is_ok_and(|it| it);
        if has_copy { usual.min(RESTORE_PATIENCE) } else { usual }
    }

    /// Without an answer the last one holds, and with it the moment that it named.
    async fn unreachable(&mut self, why: String, now: SystemTime) -> Step {
        self.status.totals.n_poll_failures += 1;
        let is_due = self.staged.as_ref().is_some_and(|staged| staged.is_due(now));
        match self.staged.take_if(|_| is_due) {
            Some(loaded) => Step::Swapped(self.swap(loaded, now).await),
            None => Step::Unreachable { why },
        }
    }

    fn serves(&self, entry: &ModelVersion) -> bool {
        self.writer.current().is_some_and(|served| names_same(&served.entry, entry))
    }

    fn unchanged(&mut self, entry: ModelVersion) -> Step {
        let version = entry.version;
        self.status.entry = Some(Arc::new(entry));
        Step::Unchanged { version }
    }

    /// Keeps what the status says of the registry true, beyond the answer of this step.
    async fn look_around(&mut self, store: &dyn Store, step: &Step) {
        match step {
            Step::Swapped(_) => self.n_unchanged = 0,
            Step::Unchanged { .. } => self.n_unchanged += 1,
            // Whoever looks at the status finds a reason there already.
            _ => return self.look_at_served(store).await,
        }
        if !self.n_unchanged.is_multiple_of(RIVALS_EVERY) {
            return;
        }
        let Some(served) = self.writer.current() else { return };
        let asked = rivals(store, &self.target, served.version());
        // Without an answer, what was known stays.
        if let Ok(Ok(found)) = tokio::time::timeout(CONFIRM_TIMEOUT, asked).await {
            if !found.is_empty() && self.status.rivals != found {
                let others = found.iter().map(Version::to_string).collect::<Vec<_>>().join(", ");
                let serving = served.version();
                tracing::warn!(%serving, others, "several versions are in the stage; the highest number is served");
            }
            self.status.rivals = found;
        }
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

    /// A number that changes when the registry does, if its store has one to ask cheaply.
    pub(crate) async fn change_counter(&self) -> Option<i64> {
        self.link.opened()?.change_counter().await.ok().flatten()
    }

    /// Waits until the counter is another one; for ever if there is none.
    pub(crate) async fn changed_since(&self, seen: Option<i64>, look_every: Duration) {
        if seen.is_none() {
            return std::future::pending().await;
        }
        while {
            tokio::time::sleep(look_every).await;
            self.change_counter().await == seen
        } {}
    }
}

/// Whether two entries are of one version: of the same number and the same files.
fn names_same(one: &ModelVersion, other: &ModelVersion) -> bool {
    one.version == other.version && one.source == other.source
}

fn out_of_time(what: &str, limit: Duration) -> String {
    format!("{what} took longer than {} s", limit.as_secs())
}
