//! Turns options into an HTTP client.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Identity, redirect};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::options::{ClientOptions, Credentials, Secret};

const OP: &str = "set up the client of";

/// Follows redirects, for calls that only read: never from `https:` down to `http:`, and to
/// another host only if that host learns nothing of who we are.
///
/// The `Authorization` header is left out there by `reqwest`; a client certificate and the
/// name of a workspace would not be.
pub(super) fn following(options: &ClientOptions) -> redirect::Policy {
    let redirects_max = options.redirects_max as usize;
    let stays_at_home = options.client_certificate.is_some() || options.workspace.is_some();
    redirect::Policy::custom(move |attempt| {
        let Some(from) = attempt.previous().last() else { return attempt.stop() };
        let is_downgrade = from.scheme() == "https" && attempt.url().scheme() != "https";
        let goes_elsewhere = from.host() != attempt.url().host()
            || from.port_or_known_default() != attempt.url().port_or_known_default();
        if is_downgrade || (stays_at_home && goes_elsewhere) || redirects_max == 0 {
            attempt.stop()
        } else if attempt.previous().len() > redirects_max {
            attempt.error("too many redirects")
        } else {
            attempt.follow()
        }
    })
}

/// Follows no redirect.
pub(super) fn staying() -> redirect::Policy {
    redirect::Policy::none()
}

/// Builds the client. Redirects to another host lose the `Authorization` header.
pub(super) fn client(
    url: &Url,
    options: &ClientOptions,
    redirects: redirect::Policy,
) -> Result<Client> {
    let shown = &crate::uri::shown(url);
    let mut builder = Client::builder()
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(shown, options)?)
        .timeout(options.timeout)
        .redirect(redirects);
    if !options.keep_connections.unwrap_or(url.scheme() == "https") {
        builder = builder.pool_max_idle_per_host(0);
    }
    if let Some(path) = &options.ca_bundle {
        let certificates = Certificate::from_pem_bundle(&read(path)?)
            .map_err(|error| unusable(path, "it holds no PEM certificates").with_source(error))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(path) = &options.client_certificate {
        let identity = Identity::from_pem(&read(path)?).map_err(|error| {
            unusable(path, "it holds no PEM certificate with its key").with_source(error)
        })?;
        builder = builder.identity(identity);
    }
    if options.insecure_tls {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    builder.build().map_err(|error| {
        Error::new(ErrorKind::InvalidArgument, OP, shown, "the TLS settings cannot be used")
            .with_source(error)
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| unusable(path, "it cannot be read").with_source(error))
}

fn unusable(path: &Path, message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "use certificate", path.display().to_string(), message)
}

fn headers(shown: &str, options: &ClientOptions) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let secret = match &options.credentials {
        Credentials::None => None,
        Credentials::Basic { username, password } => {
            Some(format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose()))))
        }
        Credentials::Token(token) => Some(format!("Bearer {}", token.expose())),
    };
    if let Some(secret) = secret {
        let mut value = header_value(shown, "the credentials have a line break", &secret)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    if let Some(workspace) = &options.workspace {
        let value = header_value(shown, "the workspace's name is no header value", workspace)?;
        headers.insert(HeaderName::from_static("x-mlflow-workspace"), value);
    }
    Ok(headers)
}

fn header_value(shown: &str, message: &str, value: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(value)
        .map_err(|_| Error::new(ErrorKind::InvalidArgument, OP, shown, message))
}

/// Takes credentials out of the URL; they count only when the options have none.
pub(super) fn split_credentials(url: &Url, options: &ClientOptions) -> (Url, ClientOptions) {
    let mut options = options.clone();
    if options.credentials == Credentials::None && !url.username().is_empty() {
        let decode = |text: &str| {
            let pairs = format!("x={}", text.replace('+', "%2B"));
            url::form_urlencoded::parse(pairs.as_bytes())
                .next()
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        options.credentials = Credentials::Basic {
            username: decode(url.username()),
            password: Secret::new(decode(url.password().unwrap_or_default())),
        };
    }
    (crate::uri::without_credentials(url), options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_the_url_are_decoded_and_taken_out() {
        let url = Url::parse("http://ana%40x:a%2Bb+c@mlflow:5000/").unwrap();
        let (shown, options) = split_credentials(&url, &ClientOptions::new());
        assert_eq!(shown.as_str(), "http://mlflow:5000/");
        let expected =
            Credentials::Basic { username: "ana@x".to_owned(), password: Secret::new("a+b+c") };
        assert_eq!(options.credentials, expected);
    }
}
