//! What a failed call means: JSON, `{"detail"}`, HTML, plain text, or no answer at all.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use url::{Origin, Url};

use super::http::{Call, NOT_MLFLOW_HINT};
use super::tls::Handshake;
use super::wire::{Detail, Payload};
use crate::error::{Error, ErrorKind};

/// How much of a server's own words is shown.
const SHOWN_CHARS_MAX: usize = 300;

/// What to do about a server that does not answer.
const NO_ANSWER_HINT: &str =
    "start the server, or unset MLFLOW_TRACKING_URI to use the file mlflow.db";

/// One try that failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// No answer, or half of one.
    NoAnswer(reqwest::Error),
    /// An answer that says no.
    Status { status: StatusCode, retry_after: Option<Duration>, body: String },
    /// An answer larger than we take.
    TooLarge { bytes_max: u64 },
    /// A page for people where an answer for programs was due.
    Page,
    /// An answer that sends a call elsewhere which we do not send elsewhere.
    Redirected { status: StatusCode, to: Option<Url> },
    /// All tries together took too long.
    GivenUp { after: Duration },
    /// Nothing of a long body moved for too long.
    Stalled { after: Duration },
    /// There is nothing in the range that was asked for.
    PastTheEnd,
    /// The file that was sent or written, or the answer that was written to it, failed.
    Body(Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(error) if error.is_connect() => f.write_str("no connection"),
            Self::NoAnswer(error) if error.is_timeout() => f.write_str("no answer in time"),
            Self::NoAnswer(_) => f.write_str("no whole answer"),
            Self::Status { status, .. } | Self::Redirected { status, .. } => {
                write!(f, "status {}", status.as_u16())
            }
            Self::Page => f.write_str("a page for people"),
            Self::TooLarge { bytes_max } => write!(f, "an answer of more than {bytes_max} bytes"),
            Self::GivenUp { after } => write!(f, "no answer within {} s", after.as_secs_f64()),
            Self::Stalled { after } => write!(f, "nothing moved for {} s", after.as_secs_f64()),
            Self::PastTheEnd => f.write_str("the range is past the end"),
            Self::Body(error) => write!(f, "{error}"),
        }
    }
}

impl Failure {
    /// Whether the server may have done what was asked for.
    fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::NoAnswer(error) if Handshake::of(error).is_some() => false,
            Self::NoAnswer(error) => {
                !(error.is_connect() || error.is_builder() || error.is_redirect())
            }
            // What names its own failure took its work back.
            Self::Status { status, body, .. } => match status.as_u16() {
                408 | 502 | 504 => true,
                500 => !body.contains("\"error_code\""),
                _ => false,
            },
            Self::TooLarge { .. } | Self::Page | Self::GivenUp { .. } | Self::Stalled { .. } => {
                true
            }
            Self::Redirected { .. } | Self::PastTheEnd | Self::Body(_) => false,
        }
    }

    pub(super) fn into_error(
        self,
        call: &Call,
        server: &str,
        tries: u32,
        has_credentials: bool,
    ) -> Error {
        let is_outcome_unknown = self.is_outcome_unknown();
        self.described(call, server, tries, has_credentials)
            .with_unknown_outcome(is_outcome_unknown)
    }

    fn described(self, call: &Call, server: &str, tries: u32, has_credentials: bool) -> Error {
        let tried = if tries == 1 { String::new() } else { format!(", {tries} tries") };
        let make = |kind, message: String| Error::new(kind, call.op, &call.subject, message);
        match self {
            Self::TooLarge { bytes_max } => {
                make(ErrorKind::Protocol, format!("{server} answered more than {bytes_max} bytes"))
            }
            Self::Page => {
                let message = format!("{server} answered with a page for people");
                make(ErrorKind::NotMlflow, message).with_hint(NOT_MLFLOW_HINT)
            }
            Self::Redirected { status, to } => {
                let number = status.as_u16();
                let message = format!("{server} sends the request elsewhere ({number})");
                make(ErrorKind::Protocol, message).with_hint(redirect_hint(call, to.as_ref()))
            }
            Self::GivenUp { after } => {
                let seconds = after.as_secs_f64();
                make(ErrorKind::Timeout, format!("{server} did not answer in {seconds} s{tried}"))
                    .with_hint(NO_ANSWER_HINT)
            }
            Self::Stalled { after } => {
                let seconds = after.as_secs_f64();
                let message = format!("nothing moved to or from {server} for {seconds} s{tried}");
                make(ErrorKind::Timeout, message).with_hint(NO_ANSWER_HINT)
            }
            Self::PastTheEnd => {
                make(ErrorKind::InvalidArgument, format!("the range is past the end{tried}"))
            }
            Self::Body(error) => error,
            Self::NoAnswer(error) if error.is_redirect() => {
                make(ErrorKind::Protocol, format!("{server} sends the request round in circles"))
                    .with_hint("check the address, and the proxy in front of the server")
                    .with_source(error.without_url())
            }
            Self::NoAnswer(error) if let Some(handshake) = Handshake::of(&error) => {
                make(handshake.kind(), handshake.message(server))
                    .with_hint(handshake.hint())
                    .with_source(error.without_url())
            }
            Self::NoAnswer(error) => {
                let made = if error.is_timeout() {
                    make(ErrorKind::Timeout, format!("{server} did not answer in time{tried}"))
                } else if error.is_connect() {
                    make(ErrorKind::Unavailable, format!("no connection to {server}{tried}"))
                } else {
                    make(ErrorKind::Unavailable, format!("{server} broke off its answer{tried}"))
                };
                made.with_hint(NO_ANSWER_HINT).with_source(error.without_url())
            }
            Self::Status { status, body, .. } => {
                let answer = Answer { status, body: &body, server, tried: &tried };
                answer.into_error(call, has_credentials)
            }
        }
    }
}

/// A refusal, with the server's own words.
struct Answer<'a> {
    status: StatusCode,
    body: &'a str,
    server: &'a str,
    tried: &'a str,
}

impl Answer<'_> {
    fn into_error(self, call: &Call, has_credentials: bool) -> Error {
        let Self { status, body, server, tried } = self;
        let make = |kind, message: String| Error::new(kind, call.op, &call.subject, message);
        if let Ok(Payload { error_code: Some(code), message }) = serde_json::from_str(body) {
            let kind = kind_of_code(&code, &message, status);
            let message = match message.as_str() {
                "" => format!("{server} answered {} {code}{tried}", status.as_u16()),
                message => format!("{message}{tried}"),
            };
            let made = make(kind, shorten(&message));
            return add_hint(made, has_credentials, &code).with_error_code(code);
        }
        if body.contains("Invalid Host header") {
            let host = authority(call);
            return make(
                ErrorKind::PermissionDenied,
                format!("{server} refuses to be called `{host}` (403: invalid Host header)"),
            )
            .with_hint(format!("start the server with `--allowed-hosts \"{host},localhost:*\"`"));
        }
        let kind = kind_of_status(status);
        let words = words_of(body);
        let number = status.as_u16();
        let message = match kind {
            ErrorKind::NotMlflow => {
                format!("{server} has no `{}` ({number})", call.url.path())
            }
            _ if words.is_empty() => format!("{server} answered {number}{tried}"),
            _ => format!("{server} answered {number}{tried}: {words}"),
        };
        add_hint(make(kind, message), has_credentials, "")
    }
}

/// Names where the server sends us, and nothing of the path: it may hold a token.
fn redirect_hint(call: &Call, to: Option<&Url>) -> String {
    match to.map(Url::origin) {
        Some(origin @ Origin::Tuple(..)) if origin != call.url.origin() => {
            format!("it points to `{}`: use this address", origin.ascii_serialization())
        }
        _ => "check the path of the address, and whether a proxy wants a login".to_owned(),
    }
}

fn authority(call: &Call) -> String {
    let host = call.url.host_str().unwrap_or_default();
    call.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn add_hint(error: Error, has_credentials: bool, code: &str) -> Error {
    let hint = match error.kind() {
        ErrorKind::Unauthenticated if has_credentials => {
            "check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; \
             MLflow's own basic-auth takes no token"
        }
        ErrorKind::Unauthenticated => {
            "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        }
        ErrorKind::PermissionDenied => "ask for the permission, or use another account",
        ErrorKind::NotMlflow => {
            "check that the address is an MLflow server's (3.4 or newer), with its whole path"
        }
        ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Locked => {
            "wait and try again, or look at the server's log"
        }
        _ if code == "FEATURE_DISABLED" => "unset MLFLOW_WORKSPACE if the server has no workspaces",
        _ => return error,
    };
    error.with_hint(hint)
}

fn kind_of_code(code: &str, message: &str, status: StatusCode) -> ErrorKind {
    match code {
        "RESOURCE_DOES_NOT_EXIST" | "NOT_FOUND" => ErrorKind::NotFound,
        "ENDPOINT_NOT_FOUND" => ErrorKind::NotMlflow,
        "RESOURCE_ALREADY_EXISTS" | "ALREADY_EXISTS" => ErrorKind::AlreadyExists,
        "INVALID_PARAMETER_VALUE" | "BAD_REQUEST" => ErrorKind::InvalidArgument,
        "UNAUTHENTICATED" | "CUSTOMER_UNAUTHORIZED" => ErrorKind::Unauthenticated,
        "PERMISSION_DENIED" => ErrorKind::PermissionDenied,
        "REQUEST_LIMIT_EXCEEDED" | "RESOURCE_EXHAUSTED" => ErrorKind::RateLimited,
        "RESOURCE_CONFLICT" | "ABORTED" | "INVALID_STATE" => ErrorKind::Conflict,
        "TEMPORARILY_UNAVAILABLE" if message.contains("database is locked") => ErrorKind::Locked,
        "TEMPORARILY_UNAVAILABLE" => ErrorKind::Unavailable,
        "DEADLINE_EXCEEDED" => ErrorKind::Timeout,
        // What servers say of an artifact that is not there, in 3.4 still.
        "INTERNAL_ERROR"
            if message.contains("downloading one or more artifacts")
                && message.contains("No such file or directory") =>
        {
            ErrorKind::NotFound
        }
        _ => kind_of_status(status),
    }
}

fn kind_of_status(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 | 413 | 422 => ErrorKind::InvalidArgument,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::PermissionDenied,
        // MLflow's own 404 has an error code; one without is of a path that it does not have.
        404 | 405 => ErrorKind::NotMlflow,
        408 | 504 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        502 | 503 => ErrorKind::Unavailable,
        500..=599 => ErrorKind::Internal,
        _ => ErrorKind::Protocol,
    }
}

/// The server's own words, from `{"detail"}`, HTML or plain text, on one line.
fn words_of(body: &str) -> String {
    if let Ok(Detail { detail: Some(detail) }) = serde_json::from_str(body) {
        return shorten(&detail);
    }
    let body = body.trim();
    if !body.starts_with('<') {
        return shorten(body);
    }
    let title = body
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| title);
    shorten(title.unwrap_or("an HTML page"))
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}
