//! What `/metrics` says: counts of requests, kept here, and the state of the watcher, read when
//! somebody asks.

mod following;
mod requests;
mod tally;

use actix_web::http::Method;
use prometheus::TextEncoder;

use crate::state::AppState;
use tally::Tallies;
pub(crate) use tally::Worker;

/// The values of the label `route`. A path that is none of these is counted under the last:
/// strangers choose paths, and each value costs a monitor memory for ever.
const ROUTES: [&str; 14] = [
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
    "/",
    "/docs",
    "/dashboard",
    "unmatched",
];

/// Folders: what lies in one is counted with it.
const FOLDERS: [&str; 2] = ["/docs", "/dashboard"];

/// The values of the label `method`; strangers choose methods too.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];

/// The values of the label `status`.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The counts of requests.
#[derive(Debug, Default)]
pub struct Metrics {
    tallies: Tallies,
}

impl Metrics {
    /// Counts the requests of one more worker.
    pub(crate) fn worker(&self) -> Worker {
        self.tallies.add()
    }
}

/// Everything, in Prometheus' text format.
pub(crate) fn text(state: &AppState) -> prometheus::Result<String> {
    let mut families = requests::families(&state.metrics.tallies.total());
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
        let is_in =
            |folder: &&&str| path.strip_prefix(**folder).is_some_and(|it| it.starts_with('/'));
        let route = FOLDERS.iter().find(is_in).copied().unwrap_or(path);
        let route_idx = ROUTES[..last].iter().position(|known| *known == route).unwrap_or(last);
        let method_idx = match *method {
            Method::GET => 0,
            Method::HEAD => 1,
            Method::POST => 2,
            _ => 3,
        };
        Self { route_idx, method_idx }
    }

    /// The route, as a label.
    #[cfg(feature = "otel")]
    pub(crate) fn route(self) -> &'static str {
        ROUTES[self.route_idx]
    }

    /// The method, as a label.
    #[cfg(feature = "otel")]
    pub(crate) fn method(self) -> &'static str {
        METHODS[self.method_idx]
    }

    /// Whether it is the route and a method of forecasts.
    pub(crate) fn is_for_forecast(self) -> bool {
        ROUTES[self.route_idx] == "/predict" && METHODS[self.method_idx] != "other"
    }
}
