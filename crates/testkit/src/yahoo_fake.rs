//! A server on a loopback port that answers like Yahoo's v8 chart endpoint.

mod http;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use crate::series::Prices;
use http::Reply;

/// What the fake does instead of answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Answers this status with this body, and `Retry-After` where given.
    Status {
        /// The status, such as 503.
        code: u16,
        /// The body, sent as plain text.
        body: String,
        /// Seconds for the header `Retry-After`.
        retry_after_s: Option<u32>,
    },
    /// Answers 200 with a page of HTML.
    Html,
    /// Announces the whole answer, sends half of it and hangs up.
    HalfBody,
    /// Hangs up without a byte.
    HangUp,
}

impl Failure {
    /// The answer of Yahoo's edge to a client it throttles.
    #[must_use]
    pub fn too_many_requests() -> Self {
        Self::Status { code: 429, body: "Edge: Too Many Requests".to_owned(), retry_after_s: None }
    }
}

#[derive(Debug)]
struct State {
    prices: Prices,
    failure: Option<Failure>,
    /// How many more requests fail; `None` is all of them.
    failures_left: Option<usize>,
    requests: Vec<String>,
    stopping: bool,
}

/// The running fake; it stops when it is dropped.
#[derive(Debug)]
pub struct YahooFake {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: Option<JoinHandle<()>>,
}

impl YahooFake {
    /// Starts to answer for the symbol of `prices` on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be opened.
    pub fn start(prices: Prices) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            prices,
            failure: None,
            failures_left: None,
            requests: Vec::new(),
            stopping: false,
        }));
        let shared = Arc::clone(&state);
        let server = std::thread::spawn(move || serve(&listener, &shared));
        Ok(Self { address, state, server: Some(server) })
    }

    /// The base URL for `yahoo.base_url`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The targets asked for so far, in order: path and query.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.state).requests.clone()
    }

    /// How many requests have come so far, the failed ones included.
    #[must_use]
    pub fn n_requests(&self) -> usize {
        lock(&self.state).requests.len()
    }

    /// Fails every request from now on.
    pub fn fail(&self, failure: Failure) {
        let mut state = lock(&self.state);
        state.failure = Some(failure);
        state.failures_left = None;
    }

    /// Fails the next `n_requests` requests and answers those after them.
    pub fn fail_times(&self, n_requests: usize, failure: Failure) {
        let mut state = lock(&self.state);
        state.failure = Some(failure);
        state.failures_left = Some(n_requests);
    }

    /// Answers again.
    pub fn recover(&self) {
        lock(&self.state).failure = None;
    }

    /// Answers with other prices from now on, as after another session.
    pub fn set_prices(&self, prices: Prices) {
        lock(&self.state).prices = prices;
    }
}

impl Drop for YahooFake {
    fn drop(&mut self) {
        lock(&self.state).stopping = true;
        // The server waits in `accept`; one more connection lets it see the flag.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(server) = self.server.take().filter(|_| woken) {
            // A panic of the server has already been printed, and dropping must not panic.
            server.join().ok();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("invariant: no holder of this lock panics")
}

fn serve(listener: &TcpListener, state: &Mutex<State>) {
    for stream in listener.incoming().flatten() {
        if lock(state).stopping {
            return;
        }
        // A client that goes away is its own affair; the next one is served.
        let Ok(Some(target)) = http::read_target(&stream) else { continue };
        let (reply, failure) = {
            let mut state = lock(state);
            state.requests.push(target.clone());
            (answer(&state.prices, &target), take_failure(&mut state))
        };
        match failure {
            None => http::send(&stream, &reply, None),
            Some(Failure::Status { code, body, retry_after_s }) => {
                http::send(&stream, &Reply::text(code, body), retry_after_s)
            }
            Some(Failure::Html) => {
                let page = "<!doctype html><html><body>Will be right back</body></html>";
                http::send(&stream, &Reply::text(200, page.to_owned()), None)
            }
            Some(Failure::HalfBody) => http::send_half(&stream, &reply),
            Some(Failure::HangUp) => Ok(()),
        }
        .ok();
    }
}

fn take_failure(state: &mut State) -> Option<Failure> {
    match &mut state.failures_left {
        None => state.failure.clone(),
        Some(0) => None,
        Some(left) => {
            *left -= 1;
            state.failure.clone()
        }
    }
}

fn answer(prices: &Prices, target: &str) -> Reply {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let symbol = path.strip_prefix("/v8/finance/chart/").map(|s| s.replace("%5E", "^"));
    if symbol.as_deref() != Some(prices.symbol.as_str()) {
        let description = "No data found, symbol may be delisted";
        let error = serde_json::json!({ "code": "Not Found", "description": description });
        let body = serde_json::json!({ "chart": { "result": null, "error": error } });
        return Reply::json(404, &body);
    }
    let epoch_s = |name: &str, otherwise: i64| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(otherwise)
    };
    Reply::json(200, &prices.chart_json(epoch_s("period1", 0), epoch_s("period2", i64::MAX)))
}

#[cfg(test)]
mod tests;
