//! What one step of the watcher came to.

use std::time::SystemTime;

use mlflow_client::Version;

use crate::status::Swap;

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
    /// The selected version is loaded and waits for its moment
    /// ([`serve_after`](crate::serve_after)).
    Staged {
        /// The version.
        version: Version,
        /// Its moment.
        until: SystemTime,
    },
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
    /// The version was loaded, but the registry selects another one by now; it was dropped.
    Superseded {
        /// The version that was dropped.
        version: Version,
        /// The version that is selected now.
        by: Version,
    },
    /// The registry answers, the files of the selected version do not come.
    ArtifactsUnreachable {
        /// The version.
        version: Version,
        /// What failed.
        why: String,
        /// Whether they were asked for in this step; otherwise it is too soon to ask again.
        tried: bool,
    },
    /// The registry did not answer.
    Unreachable {
        /// What failed.
        why: String,
    },
}
