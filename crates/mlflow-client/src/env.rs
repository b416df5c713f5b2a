//! The `MLFLOW_*` variables, with MLflow's own precedence.
//!
//! Nothing here reads the environment or a file: the binary passes the function that reads the
//! one, and the text of the other.
//!
//! | variable | here |
//! |---|---|
//! | `MLFLOW_TRACKING_URI` | [`tracking_uri_from`] |
//! | `MLFLOW_TRACKING_USERNAME`, `_PASSWORD`, and `~/.mlflow/credentials` | [`options_from`], [`options_with`]: each of the two by itself, the variable before the file; both together win over the token |
//! | `MLFLOW_TRACKING_TOKEN` | a bearer token |
//! | `MLFLOW_TRACKING_INSECURE_TLS`, `_SERVER_CERT_PATH`, `_CLIENT_CERT_PATH` | the first two exclude each other |
//! | `MLFLOW_HTTP_REQUEST_TIMEOUT`, `_MAX_RETRIES` | seconds, at most 10 tries |
//! | `MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR`, `_JITTER` | seconds: pauses of none, twice the factor, four times …, each up to the jitter longer |
//! | `MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER` | true unless set |
//! | `MLFLOW_ALLOW_HTTP_REDIRECTS` | true unless set; only reads follow one in any case |
//! | `MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT` | seconds, of sending and fetching files |
//! | `MLFLOW_TRUNCATE_LONG_VALUES` | true unless set: long values are cut; otherwise refused |
//! | `MLFLOW_WORKSPACE` | sent as a header, only when set |
//! | `MLFLOW_REGISTRY_URI` | [`check_registry_uri`]: refused if it is another than the tracking URI |
//! | `MLFLOW_EXPERIMENT_NAME`, `_ID` | [`experiment_from`]; the name before the id |
//! | `MLFLOW_S3_ENDPOINT_URL`, `MLFLOW_S3_IGNORE_TLS`, `AWS_…`, `GOOGLE_…`, `AZURE_…` | [`CloudOptions`], with the feature `cloud` |
//! | `MLFLOW_RUN_ID` | [`run_id_from`]: for [`StartRun::resume`](crate::StartRun::resume) |
//! | `MLFLOW_RUN_CONTEXT` | [`run_context_from`]: further tags of a run |
//!
//! Left out, and without effect: `MLFLOW_TRACKING_AUTH` and `_AWS_SIGV4` (Python plug-ins), the
//! `MLFLOW_HTTP_POOL_*` and `_TCP_KEEPALIVE*`
//! ([`keep_connections`](crate::ClientOptions::keep_connections) says what is done instead), the
//! `MLFLOW_*MULTIPART*` (the server says where files go), `MLFLOW_S3_UPLOAD_EXTRA_ARGS`,
//! `MLFLOW_ENABLE_ASYNC_LOGGING` (an [`ActiveRun`](crate::ActiveRun) holds points back anyway),
//! `MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING`, `MLFLOW_ALLOW_FILE_STORE`, and all that only a server
//! reads. `reqwest` reads the usual `HTTPS_PROXY` and `NO_PROXY` itself.

mod credentials;

use std::time::Duration;

use crate::cloud::CloudOptions;
use crate::context::RunContext;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ExperimentId, RunId};
use crate::options::{ClientOptions, Credentials, Secret};
use crate::store::Store;
use crate::uri::TrackingUri;

pub use credentials::CredentialsFile;

const OP: &str = "use variable";

/// MLflow's own client refuses a higher `MLFLOW_HTTP_REQUEST_MAX_RETRIES`.
const RETRIES_MAX: u32 = 10;

/// Returns the store that `MLFLOW_TRACKING_URI` names, or the default.
///
/// # Errors
///
/// [`ErrorKind::UnsupportedUri`], with a hint that says what to use instead.
pub fn tracking_uri_from(vars: impl Fn(&str) -> Option<String>) -> Result<TrackingUri> {
    TrackingUri::parse(&vars("MLFLOW_TRACKING_URI").unwrap_or_default())
}

/// Returns the options that the `MLFLOW_*` variables ask for, and the defaults for the rest.
///
/// A user name and a password win over a token, as in MLflow. An empty variable counts as
/// not set.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] naming the variable whose value cannot be understood.
pub fn options_from(vars: impl Fn(&str) -> Option<String>) -> Result<ClientOptions> {
    options_with(vars, CredentialsFile::default())
}

/// Returns the options that the `MLFLOW_*` variables and the credentials file ask for.
///
/// # Errors
///
/// As [`options_from`].
pub fn options_with(
    vars: impl Fn(&str) -> Option<String>,
    file: CredentialsFile,
) -> Result<ClientOptions> {
    let get = |name: &str| vars(name).filter(|value| !value.is_empty());
    let credentials = match (
        get("MLFLOW_TRACKING_USERNAME").or(file.username),
        get("MLFLOW_TRACKING_PASSWORD").map(Secret::new).or(file.password),
        get("MLFLOW_TRACKING_TOKEN"),
    ) {
        (Some(username), Some(password), _) => Credentials::Basic { username, password },
        (_, _, Some(token)) => Credentials::Token(Secret::new(token)),
        _ => Credentials::None,
    };
    let mut options = ClientOptions::default()
        .with_credentials(credentials)
        .with_cloud(CloudOptions::from_vars(&vars));
    if let Some(seconds) = number(&get, "MLFLOW_HTTP_REQUEST_TIMEOUT")? {
        options.timeout = Duration::from_secs(seconds);
    }
    if let Some(retries) = number(&get, "MLFLOW_HTTP_REQUEST_MAX_RETRIES")? {
        options.retries_max =
            u32::try_from(retries).ok().filter(|&n| n <= RETRIES_MAX).ok_or_else(|| {
                invalid(
                    "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
                    format!("{retries} is more than {RETRIES_MAX}"),
                )
            })?;
    }
    if let Some(seconds) = number(&get, "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR")? {
        options.backoff = Duration::from_secs(seconds);
    }
    if let Some(jitter) = seconds(&get, "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER")? {
        options.jitter = jitter;
    }
    if let Some(seconds) = number(&get, "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT")? {
        options.transfer_timeout = Some(Duration::from_secs(seconds));
    }
    if flag(&get, "MLFLOW_ALLOW_HTTP_REDIRECTS")? == Some(false) {
        options.redirects_max = 0;
    }
    if let Some(truncate) = flag(&get, "MLFLOW_TRUNCATE_LONG_VALUES")? {
        options.truncate_long_values = truncate;
    }
    if let Some(respect) = flag(&get, "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER")? {
        options.respect_retry_after = respect;
    }
    options.insecure_tls = flag(&get, "MLFLOW_TRACKING_INSECURE_TLS")?.unwrap_or(false);
    options.ca_bundle = get("MLFLOW_TRACKING_SERVER_CERT_PATH").map(Into::into);
    options.client_certificate = get("MLFLOW_TRACKING_CLIENT_CERT_PATH").map(Into::into);
    options.workspace = get("MLFLOW_WORKSPACE");
    if options.insecure_tls && options.ca_bundle.is_some() {
        return Err(invalid(
            "MLFLOW_TRACKING_INSECURE_TLS",
            "MLFLOW_TRACKING_SERVER_CERT_PATH is set too".to_owned(),
        )
        .with_hint("set one of the two"));
    }
    Ok(options)
}

/// The experiment that the variables name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExperimentChoice {
    /// By name; made if it is not there.
    Name(String),
    /// By id.
    Id(ExperimentId),
}

/// Returns the experiment that `MLFLOW_EXPERIMENT_NAME` or else `MLFLOW_EXPERIMENT_ID` names.
pub fn experiment_from(vars: impl Fn(&str) -> Option<String>) -> Option<ExperimentChoice> {
    let get = |name: &str| vars(name).filter(|value| !value.is_empty());
    let id = || get("MLFLOW_EXPERIMENT_ID").map(ExperimentId::new).map(ExperimentChoice::Id);
    get("MLFLOW_EXPERIMENT_NAME").map(ExperimentChoice::Name).or_else(id)
}

impl ExperimentChoice {
    /// Returns the id of the experiment, which is made if a name is chosen that is not there.
    ///
    /// # Errors
    ///
    /// What the store says; an id that names nothing is [`ErrorKind::NotFound`].
    pub async fn open(&self, store: &dyn Store) -> Result<ExperimentId> {
        match self {
            Self::Name(name) => store.get_or_create_experiment(name).await,
            Self::Id(id) => Ok(store.get_experiment(id).await?.id),
        }
    }
}

/// Returns the run that `MLFLOW_RUN_ID` names: the one to go on with.
pub fn run_id_from(vars: impl Fn(&str) -> Option<String>) -> Option<RunId> {
    vars("MLFLOW_RUN_ID").filter(|id| !id.is_empty()).map(RunId::new)
}

/// Checks that `MLFLOW_REGISTRY_URI` names no other store than `tracking`.
///
/// One store keeps runs and models here. Passing the variable over would register a model where
/// nobody looks for it.
///
/// # Errors
///
/// [`ErrorKind::UnsupportedUri`] if it names another store, or one that is not supported.
pub fn check_registry_uri(
    vars: impl Fn(&str) -> Option<String>,
    tracking: &TrackingUri,
) -> Result<()> {
    const NAME: &str = "MLFLOW_REGISTRY_URI";
    let Some(text) = vars(NAME).filter(|text| !text.is_empty()) else { return Ok(()) };
    if TrackingUri::parse(&text)? == *tracking {
        return Ok(());
    }
    let message = "it names another store than the tracking URI, and models are kept with runs";
    Err(Error::new(ErrorKind::UnsupportedUri, OP, NAME, message)
        .with_hint("unset MLFLOW_REGISTRY_URI, or set it to the tracking URI"))
}

/// Adds the tags of `MLFLOW_RUN_CONTEXT`, a JSON object, to a context.
///
/// # Errors
///
/// [`ErrorKind::InvalidArgument`] if it is no JSON object.
pub fn run_context_from(
    vars: impl Fn(&str) -> Option<String>,
    context: RunContext,
) -> Result<RunContext> {
    const NAME: &str = "MLFLOW_RUN_CONTEXT";
    let Some(text) = vars(NAME).filter(|text| !text.is_empty()) else { return Ok(context) };
    let tags: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|error| {
            invalid(NAME, "it is no JSON object, such as {\"team\": \"quant\"}".to_owned())
                .with_source(error)
        })?;
    Ok(tags.into_iter().fold(context, |context, (key, value)| match value {
        serde_json::Value::String(text) => context.with_tag(key, text),
        other => context.with_tag(key, other.to_string()),
    }))
}

fn number(get: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<u64>> {
    let Some(text) = get(name) else { return Ok(None) };
    let number = text.trim().parse::<u64>().map_err(|error| {
        invalid(name, format!("`{text}` is not a whole number")).with_source(error)
    })?;
    Ok(Some(number))
}

/// The longest time in seconds that is understood: a year.
const SECONDS_MAX: f64 = 366.0 * 86_400.0;

fn seconds(get: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<Duration>> {
    let Some(text) = get(name) else { return Ok(None) };
    let seconds = text.trim().parse().ok().filter(|seconds| (0.0..=SECONDS_MAX).contains(seconds));
    let seconds =
        seconds.ok_or_else(|| invalid(name, format!("`{text}` is no time in seconds")))?;
    Ok(Some(Duration::from_secs_f64(seconds)))
}

fn flag(get: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<bool>> {
    let Some(text) = get(name) else { return Ok(None) };
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        _ => Err(invalid(name, format!("`{text}` is neither true nor false"))),
    }
}

fn invalid(name: &str, message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, OP, name, message)
}

#[cfg(test)]
mod tests;
