//! What the watcher knows about itself, for whoever asks: a snapshot, read without a lock.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use mlflow_client::{ModelVersion, Version};

/// Swaps that are remembered: weeks of promotions for a person to look back on, a few
/// kilobytes for the process.
pub const SWAPS_KEPT_MAX: usize = 64;

/// Refused versions that are remembered. A registry in which more versions than this are bad
/// at once costs at most a load of each oldest one again.
pub const REFUSED_KEPT_MAX: usize = 32;

/// The state of the watcher after its last step, and what it is loading since.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// The version that is served and since when; none while nothing is.
    pub serving: Option<Serving>,
    /// The registry entry of the served version, as the registry last showed it: stages and
    /// aliases move while a version is served.
    pub entry: Option<Arc<ModelVersion>>,
    /// The version that is being loaded; none between steps.
    pub loading: Option<Loading>,
    /// The version that is loaded and waits for its moment.
    pub staged: Option<Staged>,
    /// Other versions in the stage that is followed, the highest first. A person who promotes
    /// an older version without archiving the newer one sees here why nothing changed. Looked
    /// for at each swap and then about once a minute.
    pub rivals: Vec<Version>,
    /// Why there is no copy on disk of what is served, or why it could not be used.
    pub copy_failure: Option<String>,
    /// Why what is served is not what the registry asks for; none while it is.
    pub degraded: Option<Degraded>,
    /// The versions that will not be loaded until their registry entry changes, oldest first.
    pub refused: Vec<Refusal>,
    /// The last swaps, oldest first.
    pub swaps: VecDeque<Swap>,
    /// When the last step ended; none before the first.
    pub stepped_at: Option<SystemTime>,
    /// What happened since the process began; the lists above forget, these do not.
    pub totals: Totals,
}

/// Counts of what happened, for a monitor that looks now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Steps; each asks the registry.
    pub n_polls: u64,
    /// Steps in which the registry did not answer.
    pub n_poll_failures: u64,
    /// Loads that ended since the files did not come.
    pub n_load_failures: u64,
    /// Versions that were loaded and found wanting.
    pub n_refused: u64,
    n_swaps: [u64; SwapReason::ALL.len()],
}

impl Totals {
    /// Swaps for that reason.
    pub fn n_swaps(&self, reason: SwapReason) -> u64 {
        self.n_swaps[reason as usize]
    }

    pub(crate) fn count_swap(&mut self, reason: SwapReason) {
        self.n_swaps[reason as usize] += 1;
    }
}

/// The version that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serving {
    /// Its number.
    pub version: Version,
    /// When it began to be served.
    pub since: SystemTime,
}

/// A load under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loading {
    /// The version.
    pub version: Version,
    /// When the load began.
    pub since: SystemTime,
}

/// A version that is loaded and not served before its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staged {
    /// The version.
    pub version: Version,
    /// Its moment.
    pub until: SystemTime,
}

/// Something stands between the registry's wish and what is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Degraded {
    /// When this began, whatever the reason was then.
    pub since: SystemTime,
    /// The reason now, for people.
    pub why: String,
    /// The reason now, for programs.
    pub cause: Cause,
}

/// The kind of a degradation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The registry names no version: none in the stage, no such alias or model.
    NothingSelected,
    /// The registry did not answer.
    Unreachable,
    /// The registry answers, the files of the selected version do not come.
    ArtifactsUnreachable,
    /// The choice changed during a load; the new one is next.
    Superseded,
    /// The selected version is refused.
    Refused,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingSelected => "nothing_selected",
            Self::Unreachable => "unreachable",
            Self::ArtifactsUnreachable => "artifacts_unreachable",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        })
    }
}

/// A version that was loaded and found wanting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its number.
    pub version: Version,
    /// When it was refused.
    pub at: SystemTime,
    /// Why.
    pub reason: String,
}

/// A change of the served version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// When.
    pub at: SystemTime,
    /// The version before; none for the first.
    pub from: Option<Version>,
    /// The version since.
    pub to: Version,
    /// Why.
    pub reason: SwapReason,
}

/// Why the served version changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SwapReason {
    /// The first version since the process began.
    First,
    /// The registry selects a higher version.
    Promoted,
    /// The registry selects a lower version.
    RolledBack,
    /// The same version number has another source: it was deleted and made anew.
    Replaced,
    /// The copy on disk, while the registry's choice cannot be served.
    LastGood,
}

impl SwapReason {
    /// Every reason, in the order of their declaration.
    pub const ALL: [Self; 5] =
        [Self::First, Self::Promoted, Self::RolledBack, Self::Replaced, Self::LastGood];
}

impl fmt::Display for SwapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "first",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled_back",
            Self::Replaced => "replaced",
            Self::LastGood => "last_good",
        })
    }
}

/// Reads the [`Status`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StatusReader {
    cell: Arc<ArcSwap<Status>>,
}

impl StatusReader {
    /// The status after the last step.
    pub fn load(&self) -> Arc<Status> {
        self.cell.load_full()
    }
}

/// The watcher's end: one writer publishes whole snapshots.
#[derive(Debug)]
pub(crate) struct StatusWriter {
    cell: Arc<ArcSwap<Status>>,
}

impl StatusWriter {
    pub(crate) fn new() -> (Self, StatusReader) {
        let cell = Arc::new(ArcSwap::from_pointee(Status::default()));
        (Self { cell: Arc::clone(&cell) }, StatusReader { cell })
    }

    pub(crate) fn publish(&mut self, status: Status) {
        self.cell.store(Arc::new(status));
    }
}
