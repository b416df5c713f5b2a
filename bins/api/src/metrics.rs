//! What `/metrics` says: counts of requests, kept here, and the state of the watcher, read when
//! somebody asks.

mod following;

use std::sync::OnceLock;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use crate::state::AppState;

/// The values of the label `route`. A path that is none of these is counted under the last:
/// strangers choose paths, and each value costs a monitor memory for ever.
const ROUTES: [&str; 12] = [
    "/predict",
    "/invocations",
    "/health",
    "/ready",
    "/model",
    "/metrics",
    "/ping",
    "/version",
    "/webhooks/mlflow",
    "/openapi.json",
    DOCS,
    "unmatched",
];

/// A folder: what lies in it is counted with it.
const DOCS: &str = "/docs";

/// The values of the label `method`; strangers choose methods too.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];

/// The values of the label `status`.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Upper ends of the latency histogram, in seconds: an answer that is ready takes microseconds,
/// a forecast from another date some 50 ms, 10,000 rows a second or two.
const SECONDS: [f64; 13] =
    [2e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// The metrics of the requests.
///
/// Each series is looked up once, and appears in `/metrics` with its first request; from then
/// on a request costs a few atomic additions.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    counters: [[[OnceLock<IntCounter>; CLASSES.len()]; METHODS.len()]; ROUTES.len()],
    histograms: [OnceLock<Histogram>; ROUTES.len()],
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new().expect("invariant: the names are valid and each is registered once")
    }
}

impl Metrics {
    fn new() -> prometheus::Result<Self> {
        let requests = IntCounterVec::new(
            Opts::new("http_requests_total", "Requests that were answered."),
            &["route", "method", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "http_request_duration_seconds",
                "From the head of a request to its answer, without the way to the client.",
            )
            .buckets(SECONDS.to_vec()),
            &["route"],
        )?;
        let in_flight = IntGauge::new("http_requests_in_flight", "Requests being answered.")?;
        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        Ok(Self {
            registry,
            requests,
            durations,
            in_flight,
            counters: Default::default(),
            histograms: Default::default(),
        })
    }

    /// A request has come. It is in flight until the guard is dropped, answered or not.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight(&self.in_flight)
    }

    /// A request was answered.
    pub(crate) fn count(&self, asked: Asked, status: StatusCode, took: Duration) {
        let Asked { route_idx, method_idx } = asked;
        let class_idx = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        let counter = self.counters[route_idx][method_idx][class_idx].get_or_init(|| {
            let labels = [ROUTES[route_idx], METHODS[method_idx], CLASSES[class_idx]];
            self.requests.with_label_values(&labels)
        });
        counter.inc();
        let histogram = self.histograms[route_idx]
            .get_or_init(|| self.durations.with_label_values(&[ROUTES[route_idx]]));
        histogram.observe(took.as_secs_f64());
    }
}

/// Everything, in Prometheus' text format.
pub(crate) fn text(state: &AppState) -> prometheus::Result<String> {
    let mut families = state.metrics.registry.gather();
    families.extend(following::families(state)?);
    TextEncoder::new().encode_to_string(&families)
}

/// What a request asked for, as labels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    route_idx: usize,
    method_idx: usize,
}

impl Asked {
    pub(crate) fn of(path: &str, method: &Method) -> Self {
        let last = ROUTES.len() - 1;
        let is_in_docs = || path.strip_prefix(DOCS).is_some_and(|rest| rest.starts_with('/'));
        let route_idx = match ROUTES[..last].iter().position(|route| *route == path) {
            Some(idx) => idx,
            None if is_in_docs() => last - 1,
            None => last,
        };
        let method_idx = match *method {
            Method::GET => 0,
            Method::HEAD => 1,
            Method::POST => 2,
            _ => 3,
        };
        Self { route_idx, method_idx }
    }
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a IntGauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
