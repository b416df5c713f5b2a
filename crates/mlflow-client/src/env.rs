//! The `MLFLOW_*` variables, with MLflow's own precedence.
//!
//! Nothing here reads the environment: the binary passes the function that does.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::options::{ClientOptions, Credentials, Secret};
use crate::uri::TrackingUri;

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
    let get = |name: &str| vars(name).filter(|value| !value.is_empty());
    let credentials = match (
        get("MLFLOW_TRACKING_USERNAME"),
        get("MLFLOW_TRACKING_PASSWORD"),
        get("MLFLOW_TRACKING_TOKEN"),
    ) {
        (Some(username), Some(password), _) => {
            Credentials::Basic { username, password: Secret::new(password) }
        }
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
