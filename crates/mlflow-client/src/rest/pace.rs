//! How long to wait before a call is tried again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::options::ClientOptions;

/// The longest single pause, also when the server asks for a longer one.
pub(super) const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The pauses between the tries of one call: none, then twice the back-off, then four times …,
/// each with some jitter.
///
/// # Source
///
/// `get_backoff_time` of urllib3 2, which MLflow's own client uses; there only the first pause
/// has no jitter.
#[derive(Debug)]
pub(super) struct Pauses {
    backoff: Duration,
    jitter: Duration,
    n_made: u32,
    n_max: u32,
}

impl Pauses {
    pub(super) fn new(options: &ClientOptions) -> Self {
        let ClientOptions { backoff, jitter, retries_max, .. } = *options;
        Self { backoff, jitter, n_made: 0, n_max: retries_max }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.n_made == self.n_max {
            return None;
        }
        let growth = if self.n_made == 0 { 0 } else { 1 << self.n_made.min(31) };
        self.n_made += 1;
        let pause = self.backoff.saturating_mul(growth);
        Some(pause.saturating_add(self.jitter.mul_f64(random())).min(PAUSE_MAX))
    }
}

/// A number from 0 to 1, from the bits that ids are made of.
fn random() -> f64 {
    let (bits, _) = uuid::Uuid::new_v4().as_u64_pair();
    f64::from((bits >> 32) as u32) / f64::from(u32::MAX)
}

/// Reads how long a server asks us to stay away: in seconds, or until a date.
///
/// A date is measured against the server's own `Date`, for its clock may not be ours.
pub(super) fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let asked = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let ours = || {
        let since = Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
        UNIX_EPOCH.checked_add(since)
    };
    let now: SystemTime =
        text(DATE).and_then(|date| httpdate::parse_http_date(date).ok()).or_else(ours)?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests;
