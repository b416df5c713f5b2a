//! The states that runs, logged models and versions go through.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// The stage of a model version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// In no stage, as a version is registered.
    None,
    /// Being tried.
    Staging,
    /// Being served.
    Production,
    /// Kept, not used.
    Archived,
}

impl Stage {
    /// Every stage, in MLflow's order.
    pub const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// Returns the stage as MLflow spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|stage| stage.as_str().eq_ignore_ascii_case(text)).ok_or_else(
            || {
                Error::new(
                    ErrorKind::InvalidArgument,
                    "read stage",
                    text,
                    "stages are None, Staging, Production and Archived",
                )
            },
        )
    }
}

/// Whether an experiment or a run is in use or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LifecycleStage {
    /// In use.
    Active,
    /// Deleted, and still there to be restored.
    Deleted,
}

impl LifecycleStage {
    /// Returns the stage as MLflow spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deleted => "deleted",
        }
    }

    /// Reads MLflow's spelling; servers leave it out where all are active.
    pub(crate) fn parse(text: &str) -> Self {
        if text == Self::Deleted.as_str() { Self::Deleted } else { Self::Active }
    }
}

/// The status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunStatus {
    /// In progress.
    Running,
    /// Waiting to start.
    Scheduled,
    /// Ended well.
    Finished,
    /// Ended by an error.
    Failed,
    /// Ended by somebody.
    Killed,
}

impl RunStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Running, Self::Scheduled, Self::Finished, Self::Failed, Self::Killed];

    /// Returns the status as MLflow spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }

    /// Reads MLflow's spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether the files of a logged model are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedModelStatus {
    /// Its files are being written.
    Pending,
    /// Its files are complete.
    Ready,
    /// Writing its files failed.
    Failed,
}

impl LoggedModelStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Ready, Self::Failed];

    /// Returns the status as MLflow's REST API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "LOGGED_MODEL_PENDING",
            Self::Ready => "LOGGED_MODEL_READY",
            Self::Failed => "LOGGED_MODEL_UPLOAD_FAILED",
        }
    }

    /// Returns the number under which MLflow keeps the status, as text.
    pub(crate) const fn number_text(self) -> &'static str {
        match self {
            Self::Pending => "1",
            Self::Ready => "2",
            Self::Failed => "3",
        }
    }
}

impl fmt::Display for LoggedModelStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a model version can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionStatus {
    /// Being registered.
    Pending,
    /// Registering it failed.
    Failed,
    /// Usable.
    Ready,
}

impl VersionStatus {
    /// Reads MLflow's spelling; a word that is not known counts as not ready.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "READY" => Self::Ready,
            "FAILED_REGISTRATION" => Self::Failed,
            _ => Self::Pending,
        }
    }
}
