//! The checked settings of the service.

use std::time::{Duration, SystemTime};

use chrono::NaiveDate;
use market_data::Symbol;
use mlflow_client::{ClientOptions, Secret, TrackingUri};
use registry_watcher::{LastGood, Target};
use telemetry::Logs;

use crate::client::Network;
use crate::cors::Origins;
use crate::monitor::MonitorSettings;
use crate::rate_limit::RateLimit;
use crate::state::Token;

/// Everything that is decided before the service starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The HTTP side.
    pub http: HttpSettings,
    /// The registered model to follow, and how it picks the version.
    pub target: Target,
    /// How often the registry is asked.
    pub poll: Duration,
    /// Where a copy of the last good version is kept, if anywhere.
    pub last_good: Option<LastGood>,
    /// Where MLflow's data is.
    pub tracking_uri: TrackingUri,
    /// How MLflow is reached.
    pub client: ClientOptions,
    /// What MLflow signs its webhook's deliveries with; none are taken without.
    pub webhook_secret: Option<Secret>,
    /// How predictions are kept; not at all if none.
    pub monitor: Option<MonitorSettings>,
    /// Whose sessions are forecast.
    pub symbol: Symbol,
    /// What is taken for today's date, if not the clock's.
    pub today: Option<NaiveDate>,
    /// What is taken for the time at the start, from which it goes on, if not the clock's.
    pub starts_at: Option<SystemTime>,
    /// What is logged.
    pub logs: Logs,
    /// The collector of OpenTelemetry that is told of requests and swaps, if any.
    pub otlp_endpoint: Option<String>,
}

/// How the service answers.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The address to listen on.
    pub host: String,
    /// The port to listen on; 0 for any that is free.
    pub port: u16,
    /// Threads that answer; one a core if not given.
    pub workers: Option<usize>,
    /// What clients must show, if anything.
    pub token: Option<Token>,
    /// How often a client may ask, if there is a limit.
    pub rate_limit: Option<RateLimit>,
    /// Proxies that are believed when they say whom they ask for.
    pub trusted_proxies: Vec<Network>,
    /// Whose pages may read answers, if any of other origins.
    pub origins: Option<Origins>,
    /// The most rows of an answer.
    pub days_max: u16,
    /// The longest body of `/invocations`, in bytes.
    pub invocations_bytes_max: usize,
    /// How long the head of a request, and then its body, may take to arrive.
    pub request_timeout: Duration,
    /// How long a connection is kept on which nothing happens.
    pub idle_timeout: Duration,
    /// How long the service answers on after it said that it is not ready, so that load
    /// balancers can notice.
    pub drain: Duration,
}
