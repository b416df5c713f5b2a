//! Artifacts in object stores: `s3:`, `gs:`, `abfss:` and `wasbs:` roots.

#[cfg(feature = "cloud")]
mod bucket;
#[cfg(feature = "cloud")]
mod open;

use std::collections::BTreeMap;
use std::fmt;

#[cfg(feature = "cloud")]
use open::Opened;

use crate::artifact::ArtifactStore;
use crate::error::Result;
#[cfg(not(feature = "cloud"))]
use crate::error::{Error, ErrorKind};
use crate::options::{ClientOptions, Secret};

/// The schemes of roots in object stores.
const SCHEMES: [&str; 6] = ["s3", "gs", "abfss", "abfs", "wasbs", "wasb"];

/// The variables that are kept, of those that Python's clients read.
const VARIABLES: [&str; 17] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "MLFLOW_S3_ENDPOINT_URL",
    "MLFLOW_S3_IGNORE_TLS",
    "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE",
    "MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
];

/// How to reach object stores, by the names of the variables that Python's clients read.
///
/// | root | variables |
/// |---|---|
/// | `s3://bucket/…` | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` (without them the role of the machine), `AWS_REGION` or `AWS_DEFAULT_REGION`, `MLFLOW_S3_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `MLFLOW_S3_IGNORE_TLS`, `MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE` (`virtual` or paths), `MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION` (`unsigned`) |
/// | `gs://bucket/…` | `GOOGLE_APPLICATION_CREDENTIALS`, a file; without it the role of the machine |
/// | `abfss://`, `wasbs://container@account.…` | `AZURE_STORAGE_CONNECTION_STRING`, `AZURE_STORAGE_ACCESS_KEY`, or `AZURE_TENANT_ID`, `_CLIENT_ID` and `_CLIENT_SECRET`; without them the role of the machine |
///
/// Profiles of `~/.aws` and `MLFLOW_S3_UPLOAD_EXTRA_ARGS` are not read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CloudOptions {
    values: BTreeMap<&'static str, Secret>,
}

impl CloudOptions {
    /// Keeps the variables above that `vars` has; an empty one counts as not set.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name| Some((name, Secret::new(vars(name).filter(|text| !text.is_empty())?)));
        Self { values: VARIABLES.into_iter().filter_map(value).collect() }
    }

    #[cfg(feature = "cloud")]
    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(Secret::expose)
    }
}

impl fmt::Debug for CloudOptions {
    /// Names what is set, and shows no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.keys()).finish()
    }
}

/// Whether an artifact URI names a place in an object store.
pub(crate) fn is_cloud(artifact_uri: &str) -> bool {
    artifact_uri.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
}

/// The object stores that a store of ours has opened.
#[derive(Debug, Default)]
pub(crate) struct Cloud {
    #[cfg(feature = "cloud")]
    opened: Opened,
}

impl Cloud {
    #[cfg_attr(not(feature = "cloud"), expect(unused_variables, reason = "nothing is opened"))]
    pub(crate) fn new(options: &ClientOptions) -> Self {
        Self {
            #[cfg(feature = "cloud")]
            opened: Opened::new(options),
        }
    }

    /// Returns who keeps what a URI of an object store names.
    #[cfg(feature = "cloud")]
    pub(crate) fn keeper(
        &self,
        op: &'static str,
        artifact_uri: &str,
    ) -> Result<Box<dyn ArtifactStore>> {
        Ok(Box::new(self.opened.bucket(op, artifact_uri)?))
    }

    /// Refuses what a URI of an object store names.
    #[cfg(not(feature = "cloud"))]
    #[expect(clippy::unused_self, reason = "with the feature it is asked for what it has opened")]
    pub(crate) fn keeper(
        &self,
        op: &'static str,
        artifact_uri: &str,
    ) -> Result<Box<dyn ArtifactStore>> {
        let shown = crate::uri::shown_artifact(artifact_uri);
        let message = "files there are in an object store, which this program was built without";
        Err(Error::new(ErrorKind::UnsupportedUri, op, shown, message).with_hint(
            "build mlflow-client with the feature `cloud`, or start `mlflow server` with \
             `--serve-artifacts`, so that files go through it",
        ))
    }
}

#[cfg(test)]
mod tests;
