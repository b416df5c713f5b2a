//! The one error type: what was tried, on what, and why it failed.

use std::fmt;

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is, for callers that branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The experiment, run, model, version, alias or artifact does not exist.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// An argument breaks one of MLflow's rules.
    InvalidArgument,
    /// The server wants credentials, or other ones.
    Unauthenticated,
    /// The server's certificate is of no authority that is trusted.
    Untrusted,
    /// The server refuses this caller or this address.
    PermissionDenied,
    /// The server asks for fewer requests.
    RateLimited,
    /// The server does not answer, or says that it cannot now.
    Unavailable,
    /// No answer came in time.
    Timeout,
    /// The state of the thing forbids the operation.
    Conflict,
    /// Another process holds the database.
    Locked,
    /// The file or the server is not MLflow's.
    NotMlflow,
    /// The database lacks columns or has ones that cannot be filled.
    OutdatedSchema,
    /// The tracking or artifact URI is of a kind that is not supported.
    UnsupportedUri,
    /// The store has no such operation.
    Unsupported,
    /// The answer or the stored data could not be understood.
    Protocol,
    /// A file could not be read or written.
    Io,
    /// The server or the database failed by its own fault.
    Internal,
}

/// A failed operation: what was tried, on what, and why it failed.
///
/// `Display` is one line without the source, which [`std::error::Error::source`] gives.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    op: &'static str,
    subject: String,
    message: String,
    error_code: Option<String>,
    hint: Option<String>,
    is_outcome_unknown: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error; `op` completes "failed to …", `subject` is what it was tried on.
    pub fn new(
        kind: ErrorKind,
        op: &'static str,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                op,
                subject: subject.into(),
                message: message.into(),
                error_code: None,
                hint: None,
                is_outcome_unknown: false,
                source: None,
            }),
        }
    }

    /// The store has no such operation.
    pub(crate) fn unsupported(op: &'static str, subject: &str) -> Self {
        Self::new(ErrorKind::Unsupported, op, subject, "this store has no such operation")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.inner.hint = Some(hint.into());
        self
    }

    /// Keeps MLflow's own `error_code`.
    #[must_use]
    pub fn with_error_code(mut self, code: impl Into<String>) -> Self {
        self.inner.error_code = Some(code.into());
        self
    }

    /// Says that the thing may have been done all the same.
    pub(crate) fn with_unknown_outcome(mut self, is_unknown: bool) -> Self {
        self.inner.is_outcome_unknown = is_unknown;
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns what was tried, as it completes "failed to …".
    pub fn op(&self) -> &'static str {
        self.inner.op
    }

    /// Returns what it was tried on: a name, an id, a path or an address.
    pub fn subject(&self) -> &str {
        &self.inner.subject
    }

    /// Returns MLflow's `error_code`, if the failure came from MLflow.
    pub fn error_code(&self) -> Option<&str> {
        self.inner.error_code.as_deref()
    }

    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        self.inner.hint.as_deref()
    }

    /// Whether the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether the thing may have been done all the same: it was asked for, and the answer was
    /// lost.
    pub fn is_outcome_unknown(&self) -> bool {
        self.inner.is_outcome_unknown
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::RateLimited
                | ErrorKind::Unavailable
                | ErrorKind::Timeout
                | ErrorKind::Locked
                | ErrorKind::Internal
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { op, subject, message, .. } = &*self.inner;
        if subject.is_empty() {
            // It may not be shown, or `op` says it all.
            return write!(f, "failed to {op}: {message}");
        }
        write!(f, "failed to {op} `{subject}`: {message}")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("op", &self.inner.op)
            .field("subject", &self.inner.subject)
            .field("message", &self.inner.message)
            .field("error_code", &self.inner.error_code)
            .field("hint", &self.inner.hint)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
