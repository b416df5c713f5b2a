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
//! | `MLFLOW_HTTP_REQUEST_TIMEOUT`, `_MAX_RETRIES`, `_BACKOFF_FACTOR` | seconds, at most 10 tries, seconds |
//! | `MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER` | true unless set |
//! | `MLFLOW_WORKSPACE` | sent as a header, only when set |
//! | `MLFLOW_EXPERIMENT_NAME`, `_ID` | [`experiment_from`]; the name before the id |
//! | `MLFLOW_RUN_CONTEXT` | [`run_context_from`]: further tags of a run |
//!
//! Left out, and without effect: `MLFLOW_REGISTRY_URI` (one store is one address),
//! `MLFLOW_RUN_ID`, `MLFLOW_TRACKING_AUTH` and `_AWS_SIGV4` (Python plug-ins),
//! `MLFLOW_HTTP_REQUEST_BACKOFF_JITTER` (there is always some), `MLFLOW_ALLOW_HTTP_REDIRECTS`
//! (only reads follow one), the `MLFLOW_HTTP_POOL_*` and `_TCP_KEEPALIVE*`, the
//! `MLFLOW_*MULTIPART*` and `MLFLOW_S3_*` (files go through the server),
//! `MLFLOW_TRUNCATE_LONG_VALUES` (they are cut), `MLFLOW_ENABLE_ASYNC_LOGGING`,
//! `MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING` and `MLFLOW_ALLOW_FILE_STORE`.

mod credentials;

use std::time::Duration;

use crate::context::RunContext;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ExperimentId;
use crate::options::{ClientOptions, Credentials, Secret};
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
    let mut options = ClientOptions::default().with_credentials(credentials);
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
