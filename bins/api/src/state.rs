//! What the handlers see: memory, and nothing that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use arc_swap::{ArcSwap, Guard};
use market_data::{Calendar, Symbol};
use registry_watcher::{Reader, Served, StatusReader, Target, Wake};

use crate::access::Access;
use crate::clock::Clock;
use crate::computing::Computing;
use crate::metrics::Metrics;
use crate::monitor::board::Board;
use crate::monitor::ledger::{Ledger, Occasion};
use crate::openapi::Documents;
use crate::request_id::RequestIds;
use crate::sending::Sending;
use crate::slot::ServedForecast;

/// The state of the service, one for all workers.
#[derive(Debug)]
pub struct AppState {
    /// The served model.
    pub reader: Reader<ServedForecast>,
    /// What the watcher knows.
    pub status: StatusReader,
    /// What is followed.
    pub target: Target,
    /// The name of the registered model, as a header says it.
    pub model_name: HeaderValue,
    /// Whose forecasts these are.
    pub symbol: Symbol,
    /// The sessions of its exchange.
    pub calendar: Calendar,
    /// What day it is.
    pub clock: Clock,
    /// The most rows of an answer.
    pub days_max: u16,
    /// The longest body of `/invocations`.
    pub invocations_bytes_max: usize,
    /// How long the body of a request may take to arrive.
    pub request_timeout: Duration,
    /// How often the registry is asked: when it is worth coming back.
    pub poll: Duration,
    /// Has the registry asked at once.
    pub wake: Wake,
    /// The document of the routes, in `OpenAPI` 3.1.
    pub openapi: Documents,
    /// Predictions made for requests.
    pub computing: Computing,
    /// Long answers that are not read yet.
    pub sending: Sending,
    /// Counts of requests.
    pub metrics: Metrics,
    /// Names of requests.
    pub request_ids: RequestIds,
    /// Where forecasts are written down.
    pub ledger: Ledger,
    access: ArcSwap<Access>,
    board: ArcSwap<Board>,
    draining: AtomicBool,
}

/// The parts of [`AppState`] that are chosen outside.
#[derive(Debug)]
pub struct Parts {
    /// The served model.
    pub reader: Reader<ServedForecast>,
    /// What the watcher knows.
    pub status: StatusReader,
    /// What is followed.
    pub target: Target,
    /// Whose forecasts these are.
    pub symbol: Symbol,
    /// What day it is.
    pub clock: Clock,
    /// The most rows of an answer.
    pub days_max: u16,
    /// The longest body of `/invocations`.
    pub invocations_bytes_max: usize,
    /// How long the body of a request may take to arrive.
    pub request_timeout: Duration,
    /// How often the registry is asked.
    pub poll: Duration,
    /// Who may ask, and how often.
    pub access: Access,
    /// Has the registry asked at once.
    pub wake: Wake,
    /// Where forecasts are written down.
    pub ledger: Ledger,
}

impl AppState {
    /// The state of a service that does not stop yet.
    pub fn new(parts: Parts) -> Arc<Self> {
        let openapi = Documents::of(&parts);
        let Parts { reader, status, target, symbol, clock, days_max, poll, .. } = parts;
        Arc::new(Self {
            calendar: Calendar::for_symbol(&symbol),
            // A name with a line break cannot be one; it is said in `/model` all the same.
            model_name: HeaderValue::from_bytes(target.name.as_bytes())
                .unwrap_or(HeaderValue::from_static("")),
            reader,
            status,
            target,
            symbol,
            clock,
            days_max,
            invocations_bytes_max: parts.invocations_bytes_max,
            request_timeout: parts.request_timeout,
            poll,
            wake: parts.wake,
            openapi,
            computing: Computing::default(),
            sending: Sending::default(),
            metrics: Metrics::default(),
            request_ids: RequestIds::default(),
            board: ArcSwap::from_pointee(Board { is_on: parts.ledger.is_on(), ..Board::default() }),
            ledger: parts.ledger,
            access: ArcSwap::from_pointee(parts.access),
            draining: AtomicBool::new(false),
        })
    }

    /// Who may ask, and how often.
    pub fn access(&self) -> Guard<Arc<Access>> {
        self.access.load()
    }

    /// From now on these may ask.
    pub fn admit_by(&self, access: Access) {
        self.access.store(Arc::new(access));
    }

    /// From now on the service is not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// How the forecasts did, and how it goes with keeping them.
    pub fn board(&self) -> Arc<Board> {
        self.board.load_full()
    }

    /// Shows another board.
    pub fn show(&self, board: Board) {
        self.board.store(Arc::new(board));
    }

    /// What a forecast of that version is made for.
    pub(crate) fn occasion(&self, served: &Served<ServedForecast>) -> Occasion {
        Occasion {
            model: served.name().to_owned(),
            version: served.version(),
            symbol: self.symbol.to_string(),
            clock: self.clock.clone(),
        }
    }

    /// Whether the service is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

/// The token that clients must show. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// Compares in a time that depends on the lengths only, so that a token cannot be
    /// guessed byte by byte.
    pub fn matches(&self, given: &str) -> bool {
        let (ours, given) = (self.0.as_bytes(), given.as_bytes());
        let difference = ours.iter().zip(given).fold(0_u8, |acc, (a, b)| acc | (a ^ b));
        (difference == 0) & (ours.len() == given.len())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
