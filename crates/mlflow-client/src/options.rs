//! Settings of a client.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;
use crate::cloud::CloudOptions;

/// A password or token; its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Returns the secret itself, for the one place that sends it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Who the client says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// HTTP basic authentication, as `mlflow server --app-name basic-auth` wants it.
    Basic {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
    /// A bearer token, as proxies in front of MLflow want it.
    Token(Secret),
}

/// How to reach a store. Every field has a default that suits a server nearby.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Who the client says it is.
    pub credentials: Credentials,
    /// How long one request may take. 120 s, as in MLflow's own client.
    pub timeout: Duration,
    /// How long a ping or a poll of a registered model may take; as any request if not set.
    pub poll_timeout: Option<Duration>,
    /// How long sending or fetching a file may take; as any request if not set.
    pub transfer_timeout: Option<Duration>,
    /// How often a request that is safe to repeat is tried again. 5.
    pub retries_max: u32,
    /// How long all tries of one request may take together, pauses included. 180 s.
    ///
    /// If `timeout` is longer, that counts: the first try may take all the time it has.
    pub retry_for: Duration,
    /// What the pauses between tries grow from. 500 ms.
    ///
    /// The first pause is none, the next is twice this, then four times, as in MLflow's own
    /// client; each is longer by some `jitter`, and none is longer than a minute.
    pub backoff: Duration,
    /// What a pause is longer by at most, at random, so that clients do not come in step. 500 ms.
    pub jitter: Duration,
    /// How many redirects a read follows; a write follows none. 5.
    pub redirects_max: u32,
    /// Whether connections are kept for further requests; over TLS only if not set.
    ///
    /// Over plain `http:` a new connection is the faster one with an MLflow server of several
    /// workers, which is the default: `docs/performance.md` has the figures.
    pub keep_connections: Option<bool>,
    /// Whether too long values of parameters and tags are cut as MLflow cuts them. True.
    ///
    /// Otherwise they are refused.
    pub truncate_long_values: bool,
    /// Whether to wait as long as a `Retry-After` header says. True.
    pub respect_retry_after: bool,
    /// Whether to accept any certificate. False.
    pub insecure_tls: bool,
    /// Further certificate authorities to trust, a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// The client's own certificate and key, a PEM file.
    pub client_certificate: Option<PathBuf>,
    /// MLflow workspace; sent only when set, since servers without workspaces refuse it.
    pub workspace: Option<String>,
    /// How long to wait for another process that holds the `SQLite` file. 20 s, as MLflow does.
    pub lock_timeout: Duration,
    /// How to reach object stores; used with the feature `cloud`.
    pub cloud: CloudOptions,
    /// Where creation times come from.
    pub clock: Clock,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            credentials: Credentials::None,
            timeout: Duration::from_mins(2),
            poll_timeout: None,
            transfer_timeout: None,
            retries_max: 5,
            retry_for: Duration::from_mins(3),
            backoff: Duration::from_millis(500),
            jitter: Duration::from_millis(500),
            redirects_max: 5,
            keep_connections: None,
            truncate_long_values: true,
            respect_retry_after: true,
            insecure_tls: false,
            ca_bundle: None,
            client_certificate: None,
            workspace: None,
            lock_timeout: Duration::from_secs(20),
            cloud: CloudOptions::default(),
            clock: Clock::system(),
        }
    }
}

impl ClientOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets who the client says it is.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Sets how long one request may take.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often a request that is safe to repeat is tried again.
    #[must_use]
    pub fn with_retries_max(mut self, retries_max: u32) -> Self {
        self.retries_max = retries_max;
        self
    }

    /// Sets how long all tries of one request may take together.
    #[must_use]
    pub fn with_retry_for(mut self, retry_for: Duration) -> Self {
        self.retry_for = retry_for;
        self
    }

    /// Sets what the pauses between tries grow from, and the jitter to as much.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Duration) -> Self {
        self.backoff = backoff;
        self.jitter = backoff;
        self
    }

    /// Sets what a pause is longer by at most.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// Sets how long a ping or a poll of a registered model may take.
    #[must_use]
    pub fn with_poll_timeout(mut self, timeout: Duration) -> Self {
        self.poll_timeout = Some(timeout);
        self
    }

    /// Sets how long sending or fetching a file may take.
    #[must_use]
    pub fn with_transfer_timeout(mut self, timeout: Duration) -> Self {
        self.transfer_timeout = Some(timeout);
        self
    }

    /// Sets whether connections are kept for further requests.
    #[must_use]
    pub fn with_keep_connections(mut self, keep: bool) -> Self {
        self.keep_connections = Some(keep);
        self
    }

    /// Sets whether too long values are cut; otherwise they are refused.
    #[must_use]
    pub fn with_truncate_long_values(mut self, truncate: bool) -> Self {
        self.truncate_long_values = truncate;
        self
    }

    /// Sets how long to wait for another process that holds the `SQLite` file.
    #[must_use]
    pub fn with_lock_timeout(mut self, lock_timeout: Duration) -> Self {
        self.lock_timeout = lock_timeout;
        self
    }

    /// Sets the MLflow workspace.
    #[must_use]
    pub fn with_workspace(mut self, workspace: impl Into<String>) -> Self {
        self.workspace = Some(workspace.into());
        self
    }

    /// Sets how to reach object stores.
    #[must_use]
    pub fn with_cloud(mut self, cloud: CloudOptions) -> Self {
        self.cloud = cloud;
        self
    }

    /// Sets where creation times come from.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
