//! From a registry entry to a model that may be served.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use mlflow_client::{ErrorKind, ModelVersion, Store};

use crate::files::Files;

/// Makes a model of a registry entry, in two steps: its files, and the model of them.
///
/// This is all that the watcher knows of models, and where everything that it must not know
/// belongs: files, formats, warm-up. The steps are apart so that a model can also be made of
/// the copy on disk ([`LastGood`](crate::LastGood)) when there is no registry to fetch from.
/// Both futures may be dropped at any await.
#[async_trait]
pub trait Load<M>: Send + Sync {
    /// Fetches the files that the model is made of.
    ///
    /// # Errors
    ///
    /// Returns [`LoadError::Unreachable`] if the files did not come, so that trying again may
    /// help, and [`LoadError::Refused`] if what came shows that the version is none of ours.
    async fn fetch(&self, store: &dyn Store, entry: &ModelVersion) -> Result<Files, LoadError>;

    /// Makes the model and lets it predict, without the registry.
    ///
    /// A model that is returned has predicted at least one whole horizon of finite values:
    /// it may be served the moment this returns.
    ///
    /// # Errors
    ///
    /// Returns [`LoadError::Refused`] if the version itself is bad, so that trying again is
    /// useless until someone changes its registry entry.
    async fn make(&self, entry: &ModelVersion, files: Arc<Files>) -> Result<M, LoadError>;
}

/// Why a version is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The version is bad: not a model, or one that predicts nonsense.
    #[error("version is refused: {reason}")]
    Refused {
        /// What is wrong with it.
        reason: String,
    },
    /// The version could not be fetched.
    #[error("version cannot be fetched")]
    Unreachable {
        /// What the store says.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl LoadError {
    /// Refuses the version for a reason that people will read.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    /// Refuses the version for an error and its causes.
    pub fn refused_because(error: &(dyn Error + 'static)) -> Self {
        Self::Refused { reason: chain_text(error) }
    }

    /// Asks for another try.
    pub fn unreachable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable { source: source.into() }
    }
}

impl From<mlflow_client::Error> for LoadError {
    /// Refuses a version whose files no store here can ever fetch; any other failure is the
    /// world's and may pass. That includes missing files: a volume that is not mounted yet
    /// must not brand every version.
    fn from(error: mlflow_client::Error) -> Self {
        match error.kind() {
            ErrorKind::UnsupportedUri | ErrorKind::InvalidArgument => Self::refused_because(&error),
            _ => Self::unreachable(error),
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain_text(error: &(dyn Error + 'static)) -> String {
    /// Against a chain that never ends.
    const CAUSES_MAX: usize = 16;
    let chain = std::iter::successors(Some(error), |error| (*error).source()).take(CAUSES_MAX);
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
