//! When and how often a request is made again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use chrono::{DateTime, Utc};

use super::YahooError;

/// The longest wait that a host may impose.
///
/// A user looks at a progress line meanwhile; whoever is sent away for longer comes back later.
pub(crate) const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// How much longer each wait is than the one before.
const BACKOFF_FACTOR: f32 = 3.0;

/// How often a request that was answered 429 is repeated: more prolongs the block.
const RATE_LIMITED_REPEATS_MAX: usize = 1;

/// How requests are repeated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// Requests in all, the first one included.
    pub tries: usize,
    /// The least wait before the second.
    pub delay: Duration,
    /// Decides the jitter.
    pub seed: u64,
}

/// Runs `operation` until it succeeds, fails for good, or has had its tries.
///
/// A host's `Retry-After` is honoured up to [`RETRY_AFTER_MAX`]; a longer one ends the tries. A 429
/// is repeated once, and only if the host said when to come back.
///
/// # Errors
///
/// Returns the last failure, as [`YahooError::GaveUp`] if there was more than one try.
pub(crate) async fn with_retries<T, F, Fut>(
    policy: Policy,
    mut operation: F,
) -> Result<T, YahooError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, YahooError>>,
{
    let mut tries = 0;
    let mut n_limited = 0;
    let backoff = ExponentialBuilder::new()
        .with_min_delay(policy.delay)
        .with_factor(BACKOFF_FACTOR)
        .with_max_delay(RETRY_AFTER_MAX)
        .with_max_times(policy.tries.saturating_sub(1))
        .with_jitter()
        .with_jitter_seed(policy.seed);
    let attempt = || {
        tries += 1;
        operation()
    };
    let result = attempt
        .retry(backoff)
        .when(YahooError::is_transient)
        .adjust(|error, delay| {
            let delay = delay?;
            let asked = error.retry_after();
            if matches!(error, YahooError::RateLimited { .. }) {
                n_limited += 1;
                if asked.is_none() || RATE_LIMITED_REPEATS_MAX < n_limited {
                    return None;
                }
            }
            match asked {
                Some(wait) if RETRY_AFTER_MAX < wait => None,
                Some(wait) => Some(delay.max(wait)),
                None => Some(delay),
            }
        })
        .notify(|error, delay| {
            tracing::debug!(%error, delay_ms = delay.as_secs_f64() * 1e3, "asking Yahoo again");
        })
        .await;
    result.map_err(|source| match tries {
        0 | 1 => source,
        tries => YahooError::GaveUp { tries, source: Box::new(source) },
    })
}

/// Reads a `Retry-After` header: seconds, or the date of RFC 9110 §10.2.3.
pub(crate) fn parse_retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
    // A date in the past means now.
    Some((until - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests;
