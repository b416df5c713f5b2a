//! What a request is called, in its answer and in the log.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The header, of requests and answers.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name that is taken from a client; a UUID has 36 characters.
const TAKEN_BYTES_MAX: usize = 64;

/// Names requests that come without a name: a number of this process and one of the request.
#[derive(Debug)]
pub struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        // Each `RandomState` has keys of its own: replicas need different numbers, not secrets.
        let process = RandomState::new().hash_one(std::process::id());
        Self { process: (process >> 32) as u32, next: AtomicU64::new(1) }
    }
}

impl RequestIds {
    /// The client's name for its request if it can do no harm in a log, else one of ours.
    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        given(headers).cloned().unwrap_or_else(|| self.make())
    }

    fn make(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:08x}-{number:08x}", self.process);
        HeaderValue::try_from(text).expect("invariant: digits and a hyphen go in a header")
    }
}

/// The client's name for its request, if it can do no harm in a log.
pub(crate) fn given(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(REQUEST_ID).filter(|given| is_sane(given.as_bytes()))
}

fn is_sane(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=TAKEN_BYTES_MAX).contains(&name.len()) && name.iter().all(is_plain)
}
