//! Sends one call: its tries, its pauses, its bounds.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::Retryable as _;
use reqwest::header::{CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::answer::Failure;
use super::pace::{self, PAUSE_MAX, Pauses};
use super::setup;
use super::tls::Handshake;
use crate::error::{Error, ErrorKind, Result};
use crate::options::ClientOptions;

/// The largest JSON answer that is read: a page of 25,000 metric points is some 3 MB.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What to do about an answer that is not MLflow's.
pub(super) const NOT_MLFLOW_HINT: &str = "check that the address is an MLflow server's, not another program's; if a proxy in front of it \
     wants a login, set MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME and _PASSWORD";

/// How much of an answer that reports a failure is read; the rest would not be shown.
const FAILURE_BYTES_MAX: u64 = 64 * 1024;

/// The HTTP client and its settings.
pub(super) struct Http {
    /// For calls that only read.
    client: Client,
    /// For the others: a redirected `POST` becomes a `GET` on the way, and its 200 would count
    /// as done.
    unredirected: Client,
    base: Url,
    shown: String,
    has_credentials: bool,
    options: ClientOptions,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("uri", &self.shown).finish_non_exhaustive()
    }
}

/// When a call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Whenever it failed in passing: a second time does no harm.
    Always,
    /// Only when the server provably did not take it: a second time would make a second thing.
    IfNotTaken,
}

/// What a call is for, which decides how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A question or a command.
    Plain,
    /// A question that is asked again and again.
    Poll,
    /// A file on its way.
    Transfer,
}

/// One request, to be sent once or more.
#[derive(Debug)]
pub(super) struct Call {
    method: Method,
    pub(super) op: &'static str,
    pub(super) subject: String,
    pub(super) url: Url,
    body: Option<(&'static str, Vec<u8>)>,
    bytes_max: u64,
    /// The bytes of the answer that are wanted; not empty.
    pub(super) range: Option<Range<u64>>,
    repeat: Repeat,
    kind: Kind,
}

impl Call {
    fn only_reads(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Adds a query parameter.
    pub(super) fn query(mut self, key: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(key, value);
        self
    }

    /// Sets the body.
    pub(super) fn json(mut self, body: &Value) -> Self {
        self.body = Some(("application/json", body.to_string().into_bytes()));
        self
    }

    /// Sets the body.
    pub(super) fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(("application/octet-stream", body));
        self
    }

    /// Says that sending it twice would make two things.
    pub(super) fn once(mut self) -> Self {
        self.repeat = Repeat::IfNotTaken;
        self
    }

    /// Says that it is asked again and again, so that it need not be waited for long.
    pub(super) fn poll(mut self) -> Self {
        self.kind = Kind::Poll;
        self
    }

    /// Says that it sends or fetches a file.
    pub(super) fn transfer(mut self) -> Self {
        self.kind = Kind::Transfer;
        self
    }

    /// Bounds the answer.
    pub(super) fn at_most(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// Asks for these bytes of the answer; a server may send more.
    pub(super) fn range(mut self, range: Option<Range<u64>>) -> Self {
        self.range = range;
        self
    }
}

impl Http {
    pub(super) fn new(url: &Url, options: &ClientOptions) -> Result<Self> {
        let (base, options) = setup::split_credentials(url, options);
        let client = setup::client(&base, &options, setup::following(&options))?;
        let unredirected = setup::client(&base, &options, setup::staying())?;
        let shown = crate::uri::shown(&base);
        let has_credentials = options.credentials != crate::options::Credentials::None;
        Ok(Self { client, unredirected, base, shown, has_credentials, options })
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// A call of an endpoint of MLflow's REST API, by its path below `/api/2.0/mlflow`.
    pub(super) fn call(&self, method: Method, op: &'static str, subject: &str, path: &str) -> Call {
        let segments = ["api", "2.0", "mlflow"].into_iter().chain(path.split('/'));
        self.call_at(method, op, subject, segments)
    }

    /// A call of a path given by its segments, which are encoded here, once.
    pub(super) fn call_at<'a>(
        &self,
        method: Method,
        op: &'static str,
        subject: &str,
        segments: impl IntoIterator<Item = &'a str>,
    ) -> Call {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("invariant: a URL with a host has a path")
            .pop_if_empty()
            .extend(segments);
        Call {
            method,
            op,
            subject: subject.to_owned(),
            url,
            body: None,
            bytes_max: JSON_BYTES_MAX,
            range: None,
            repeat: Repeat::Always,
            kind: Kind::Plain,
        }
    }

    /// Sends a call and reads the answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let bytes = self.send(call).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let starts = String::from_utf8_lossy(&bytes).chars().take(60).collect::<String>();
            let message = format!("{} answered something else than MLflow: `{starts}`", self.shown);
            Error::new(ErrorKind::NotMlflow, call.op, &call.subject, message)
                .with_hint(NOT_MLFLOW_HINT)
                .with_unknown_outcome(true)
                .with_source(error)
        })
    }

    /// The settings, without what the address said of them.
    pub(super) fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// How long one try may take.
    pub(super) fn timeout(&self, call: &Call) -> Duration {
        let of_kind = match call.kind {
            Kind::Plain => None,
            Kind::Poll => self.options.poll_timeout,
            Kind::Transfer => self.options.transfer_timeout,
        };
        of_kind.unwrap_or(self.options.timeout)
    }

    /// Sends a call, as often as is safe, and returns the body of the answer.
    pub(super) async fn send(&self, call: &Call) -> Result<Vec<u8>> {
        let total = self.options.retry_for.max(self.timeout(call));
        self.repeat(call, total, || self.try_once(call)).await
    }

    /// Tries a call as often as is safe, for at most `total`.
    pub(super) async fn repeat<T, F>(
        &self,
        call: &Call,
        total: Duration,
        attempt: impl Fn() -> F + Send + Sync,
    ) -> Result<T>
    where
        T: Send,
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let tries = AtomicU32::new(0);
        let end = Instant::now() + total;
        let counted = || {
            tries.fetch_add(1, Ordering::Relaxed);
            attempt()
        };
        let trying = counted
            .retry(Pauses::new(&self.options))
            .when(|failure| may_repeat(failure, call.repeat))
            // A pause that would outlast the whole is not begun: what failed says more.
            .adjust(|failure, pause| {
                Some(self.pause(failure, pause?)).filter(|&pause| Instant::now() + pause < end)
            })
            .notify(|failure, pause| {
                tracing::debug!(
                    op = call.op,
                    subject = call.subject,
                    pause_ms = pause.as_millis(),
                    reason = %failure,
                    "trying again"
                );
            });
        let outcome = tokio::time::timeout_at(end, trying.into_future())
            .await
            .unwrap_or(Err(Failure::GivenUp { after: total }));
        outcome.map_err(|failure| {
            failure.into_error(call, &self.shown, tries.into_inner(), self.has_credentials)
        })
    }

    /// The pause that we would make, or the longer one that the server asks for.
    fn pause(&self, failure: &Failure, ours: Duration) -> Duration {
        match failure {
            Failure::Status { retry_after: Some(theirs), .. }
                if self.options.respect_retry_after =>
            {
                ours.max(*theirs).min(PAUSE_MAX)
            }
            _ => ours,
        }
    }

    async fn try_once(&self, call: &Call) -> Result<Vec<u8>, Failure> {
        let request = self.request(call).timeout(self.timeout(call));
        let mut response = self.answer(call, request).await?;
        read_bounded(&mut response, call.bytes_max).await
    }

    /// Makes the request of one try.
    pub(super) fn request(&self, call: &Call) -> RequestBuilder {
        let client = if call.only_reads() { &self.client } else { &self.unredirected };
        let mut request = client.request(call.method.clone(), call.url.clone());
        if let Some((kind, body)) = &call.body {
            request = request.header(CONTENT_TYPE, *kind).body(body.clone());
        }
        if let Some(Range { start, end }) = &call.range {
            request = request.header(RANGE, format!("bytes={start}-{}", end - 1));
        }
        request
    }

    /// Sends the request of one try, and returns an answer that says yes, unread.
    pub(super) async fn answer(
        &self,
        call: &Call,
        request: RequestBuilder,
    ) -> Result<Response, Failure> {
        let mut response = request.send().await.map_err(Failure::NoAnswer)?;
        let status = response.status();
        if status.is_success() {
            // A page for people, such as a proxy's login, is no proof that a file was taken.
            if !call.only_reads() && is_page(&response) {
                return Err(Failure::Page);
            }
            return Ok(response);
        }
        if status == StatusCode::RANGE_NOT_SATISFIABLE && call.range.is_some() {
            return Err(Failure::PastTheEnd);
        }
        if status.is_redirection() {
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let to = location.and_then(|to| response.url().join(to).ok());
            return Err(Failure::Redirected { status, to });
        }
        let retry_after = pace::retry_after(response.headers(), self.options.clock.now_ms());
        // The status alone says enough when the body does not arrive.
        let body = read_bounded(&mut response, FAILURE_BYTES_MAX).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        Err(Failure::Status { status, retry_after, body })
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

async fn read_bounded(response: &mut Response, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let too_large = || Failure::TooLarge { bytes_max };
    if response.content_length().is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::NoAnswer)? {
        if (bytes.len() + chunk.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn may_repeat(failure: &Failure, repeat: Repeat) -> bool {
    match failure {
        Failure::TooLarge { .. }
        | Failure::Page
        | Failure::Redirected { .. }
        | Failure::GivenUp { .. }
        | Failure::PastTheEnd => false,
        Failure::Stalled { .. } => repeat == Repeat::Always,
        // Of a file: what broke off on the way may pass, what is wrong with the disk does not.
        Failure::Body(error) => error.kind() == ErrorKind::Unavailable,
        Failure::NoAnswer(error) if Handshake::of(error).is_some() => false,
        Failure::NoAnswer(error) => {
            // A call that did not connect was not taken; after that nobody knows.
            error.is_connect()
                || (repeat == Repeat::Always && !error.is_builder() && !error.is_redirect())
        }
        Failure::Status { status, body, .. } => match *status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
            StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                repeat == Repeat::Always
            }
            // MLflow names its own failures, and those do not pass.
            StatusCode::INTERNAL_SERVER_ERROR => {
                repeat == Repeat::Always && !body.contains("\"error_code\"")
            }
            _ => false,
        },
    }
}
