//! One request for a chart, and what its status means.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Proxy, Response, StatusCode, Url, redirect};

use super::retry::parse_retry_after;
use super::wire::{Envelope, Refusal};
use super::{YahooError, YahooOptions};
use crate::error::Error;
use crate::source::Request;

/// How long a connection may take to open: a part of the time of the whole request.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);

/// How many redirects are followed: Yahoo needs none, a consent page needs many.
const REDIRECTS_MAX: usize = 3;

/// How much of an unexpected answer an error shows, in characters.
const EXCERPT_CHARS_MAX: usize = 80;

/// A client for one host, with bounds on time and size.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    host: String,
    timeout: Duration,
    max_body_bytes: usize,
}

impl Http {
    pub(super) fn new(options: &YahooOptions, base_url: &Url) -> Result<Self, Error> {
        let bad = |name, value: &str, reason: &str| Error::BadSetting {
            name,
            value: value.to_owned(),
            reason: reason.to_owned(),
        };
        let agent = HeaderValue::from_str(&options.user_agent).map_err(|_| {
            bad("yahoo.user_agent", &options.user_agent, "cannot be sent as a header")
        })?;
        let mut builder = Client::builder()
            .user_agent(agent)
            .timeout(options.timeout)
            .connect_timeout(options.timeout.min(CONNECT_TIMEOUT_MAX))
            .redirect(redirect::Policy::limited(REDIRECTS_MAX));
        if let Some(proxy) = &options.proxy {
            // Its value may hold a password, so it is not repeated.
            let proxy =
                Proxy::all(proxy).map_err(|_| bad("yahoo.proxy", "…", "is no proxy URL"))?;
            builder = builder.proxy(proxy);
        } else if is_loopback(base_url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            bad("yahoo", base_url.as_str(), &format!("allows no HTTP client: {error}"))
        })?;
        let host = base_url.host_str().unwrap_or_default();
        let host = base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let YahooOptions { timeout, max_body_bytes, .. } = *options;
        Ok(Self { client, host, timeout, max_body_bytes })
    }

    /// The host, with the port if it is unusual.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Gets the body of a chart.
    ///
    /// # Errors
    ///
    /// Returns the [`YahooError`] that the failure, the status or the page stands for.
    pub(super) async fn chart(&self, url: Url, request: &Request) -> Result<String, YahooError> {
        let sent = self.client.get(url).header(ACCEPT, "application/json, */*").send().await;
        let response = sent.map_err(|error| self.network(error))?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| parse_retry_after(text, request.wall));
        let body = self.body(response).await?;
        if status == StatusCode::OK {
            return self.page(body);
        }
        let text = String::from_utf8_lossy(&body);
        Err(self.refusal(status, &text, retry_after, request))
    }

    /// Reads a body chunk by chunk, up to the bound.
    async fn body(&self, mut response: Response) -> Result<Vec<u8>, YahooError> {
        let limit = self.max_body_bytes;
        let too_large = || YahooError::BodyTooLarge { host: self.host.clone(), limit };
        if response
            .content_length()
            .is_some_and(|length| limit < length.try_into().unwrap_or(limit))
        {
            return Err(too_large());
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if limit < body.len() + chunk.len() => return Err(too_large()),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) if error.is_timeout() => return Err(self.timed_out()),
                Err(_) => {
                    let bytes = body.len();
                    return Err(YahooError::Truncated { host: self.host.clone(), bytes });
                }
            }
        }
    }

    /// Tells JSON from the pages that Yahoo, or a proxy, may answer with status 200.
    fn page(&self, body: Vec<u8>) -> Result<String, YahooError> {
        let host = self.host.clone();
        let text = match String::from_utf8(body) {
            Ok(text) => text,
            Err(error) => {
                let start = excerpt(&String::from_utf8_lossy(error.as_bytes()));
                return Err(YahooError::NotJson { host, start });
            }
        };
        let trimmed = text.trim_start();
        if trimmed.is_empty() {
            return Err(YahooError::Truncated { host, bytes: 0 });
        }
        if trimmed.starts_with('{') {
            return Ok(text);
        }
        if is_outage(trimmed) {
            return Err(YahooError::Outage { host });
        }
        Err(YahooError::NotJson { host, start: excerpt(trimmed) })
    }

    fn refusal(
        &self,
        status: StatusCode,
        text: &str,
        retry_after: Option<Duration>,
        request: &Request,
    ) -> YahooError {
        let host = self.host.clone();
        let said = refusal_of(text);
        let description = said.as_ref().map_or_else(|| excerpt(text), describe);
        let symbol = request.symbol.to_string();
        match status {
            StatusCode::NOT_FOUND if said.is_some() => YahooError::NotFound { symbol, description },
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if said.is_some() => {
                YahooError::BadRequest { symbol, description }
            }
            StatusCode::TOO_MANY_REQUESTS => YahooError::RateLimited { host, retry_after },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                YahooError::Unauthorized { host, status: status.as_u16(), description }
            }
            _ if is_outage(text) && retry_after.is_none() => YahooError::Outage { host },
            _ => YahooError::Upstream { host, status: status.as_u16(), description, retry_after },
        }
    }

    fn network(&self, error: reqwest::Error) -> YahooError {
        if error.is_timeout() {
            return self.timed_out();
        }
        YahooError::Network { host: self.host.clone(), source: error.without_url() }
    }

    fn timed_out(&self) -> YahooError {
        YahooError::Timeout { host: self.host.clone(), limit: self.timeout }
    }
}

/// Yahoo's own error in a body, if it is there.
fn refusal_of(text: &str) -> Option<Refusal> {
    let envelope: Envelope = serde_json::from_str(text).ok()?;
    envelope.chart.or(envelope.finance)?.error
}

/// What a refusal says, in one phrase.
pub(super) fn describe(refusal: &Refusal) -> String {
    let said = refusal.description.as_deref().or(refusal.code.as_deref());
    excerpt(said.unwrap_or("no reason given"))
}

fn is_outage(text: &str) -> bool {
    text.to_ascii_lowercase().contains("will be right back")
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || literal.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The beginning of a text on one line, without control characters.
fn excerpt(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = words.chars().filter(|c| !c.is_control()).take(EXCERPT_CHARS_MAX).collect();
    if shown.is_empty() {
        "an empty body".to_owned()
    } else if shown.len() < words.len() {
        format!("{shown}…")
    } else {
        shown
    }
}
