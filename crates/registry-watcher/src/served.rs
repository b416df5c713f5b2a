//! The served model: one [`Writer`], many lock-free [`Reader`]s.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use mlflow_client::{ModelVersion, Version};
use tokio::sync::watch;

use crate::select::Selector;

/// The versions that stay in memory, the current one included.
///
/// Two before the current one let clients that page or retry pin the version they began
/// with through a promotion and its rollback. More would only hold memory.
pub const VERSIONS_KEPT_MAX: usize = 3;

/// A model together with the registry entry it was loaded from.
pub struct Served<M> {
    /// The model itself.
    pub model: M,
    /// The registry entry, as it was when the model was loaded.
    pub entry: ModelVersion,
    /// What selected the entry.
    pub selector: Selector,
    /// When it began to be served.
    pub since: SystemTime,
}

impl<M> Served<M> {
    /// The version number in the registry.
    pub fn version(&self) -> Version {
        self.entry.version
    }

    /// The name of the registered model.
    pub fn name(&self) -> &str {
        &self.entry.name
    }
}

impl<M> fmt::Debug for Served<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("name", &self.name())
            .field("version", &self.version())
            .field("selector", &self.selector)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// Newest first; the head is what is served.
struct Shelf<M>(Vec<Arc<Served<M>>>);

/// How often the slot was written; a channel, so that waiting for it costs nothing.
type Generation = u64;

/// Makes an empty slot.
///
/// There is no other way to a [`Writer`], and it is not `Clone`: whoever holds it is the
/// only one that can change what is served.
pub fn slot<M>() -> (Writer<M>, Reader<M>) {
    let shelf = Arc::new(ArcSwap::from_pointee(Shelf(Vec::new())));
    let (written, seen) = watch::channel(0);
    (Writer { shelf: Arc::clone(&shelf), written }, Reader { shelf, seen })
}

/// Changes what is served.
pub struct Writer<M> {
    shelf: Arc<ArcSwap<Shelf<M>>>,
    written: watch::Sender<Generation>,
}

impl<M> Writer<M> {
    /// Serves a model from now on.
    ///
    /// Requests that hold the old one finish on it. The oldest beyond
    /// [`VERSIONS_KEPT_MAX`] is dropped with its last reader, and so is an earlier load of
    /// the same version, whose number must stay unambiguous.
    pub fn serve(&mut self, served: Served<M>) {
        let version = served.version();
        let old = self.shelf.load();
        let kept = old.0.iter().filter(|held| held.version() != version).cloned();
        let shelf = std::iter::once(Arc::new(served)).chain(kept).take(VERSIONS_KEPT_MAX);
        self.shelf.store(Arc::new(Shelf(shelf.collect())));
        self.written.send_modify(|generation| *generation += 1);
    }

    /// What is served now.
    pub fn current(&self) -> Option<Arc<Served<M>>> {
        self.shelf.load().0.first().cloned()
    }
}

impl<M> fmt::Debug for Writer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("current", &self.current()).finish()
    }
}

/// Sees what is served. Cheap to clone; reading takes no lock.
///
/// A reading may be one swap old, as any reading is by the time it is used.
pub struct Reader<M> {
    shelf: Arc<ArcSwap<Shelf<M>>>,
    seen: watch::Receiver<Generation>,
}

impl<M> Reader<M> {
    /// What is served now; none until the first load succeeds.
    pub fn current(&self) -> Option<Arc<Served<M>>> {
        self.shelf.load().0.first().cloned()
    }

    /// A version that is still in memory.
    pub fn version(&self, version: Version) -> Option<Arc<Served<M>>> {
        self.shelf.load().0.iter().find(|held| held.version() == version).cloned()
    }

    /// All versions in memory, the current one first.
    pub fn held(&self) -> Vec<Arc<Served<M>>> {
        self.shelf.load().0.clone()
    }

    /// What is served, and then every change of it.
    pub fn changes(&self) -> Changes<M> {
        let mut reader = self.clone();
        // What is served already comes first.
        reader.seen.mark_changed();
        Changes { reader }
    }
}

impl<M> Clone for Reader<M> {
    fn clone(&self) -> Self {
        Self { shelf: Arc::clone(&self.shelf), seen: self.seen.clone() }
    }
}

impl<M> fmt::Debug for Reader<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("held", &self.held()).finish()
    }
}

/// The changes of what is served, from [`Reader::changes`].
pub struct Changes<M> {
    reader: Reader<M>,
}

impl<M: Send + Sync> Changes<M> {
    /// Waits for the next change: what is served since then, or none once nobody can change
    /// it any more.
    ///
    /// Of several changes since the last call only the newest is told. The future may be
    /// dropped at any await; nothing is lost then.
    pub async fn next(&mut self) -> Option<Arc<Served<M>>> {
        loop {
            self.reader.seen.changed().await.ok()?;
            // Nothing is served before the first load.
            if let Some(served) = self.reader.current() {
                return Some(served);
            }
        }
    }
}

impl<M> fmt::Debug for Changes<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("reader", &self.reader).finish()
    }
}
