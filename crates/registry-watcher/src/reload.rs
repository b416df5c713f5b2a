//! When a version whose files did not come is asked for again.

use std::time::{Duration, SystemTime};

/// The pause after the first failure. Most are a hiccup, and the next poll is soon enough.
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// The longest pause. Each try may fetch a whole model, which is worth sparing a store in
/// trouble; longer would delay the recovery that people watch for.
pub const RELOAD_BACKOFF_MAX: Duration = Duration::from_secs(15);

/// The failures in a row of one registry entry.
#[derive(Debug)]
pub(crate) struct Reload<K> {
    key: K,
    n_failures: u32,
    failed_at: SystemTime,
    why: String,
}

impl<K: PartialEq> Reload<K> {
    /// One failure more, or the first of another entry: only one is remembered, so that a
    /// different selection never waits.
    pub(crate) fn failed(before: Option<Self>, key: K, why: String, now: SystemTime) -> Self {
        let n_before = before.filter(|it| it.key == key).map_or(0, |it| it.n_failures);
        Self { key, n_failures: n_before.saturating_add(1), failed_at: now, why }
    }

    /// Why this entry was not loaded, if it is too soon to try it again.
    pub(crate) fn too_soon(&self, key: &K, now: SystemTime) -> Option<&str> {
        // A clock that was set back says nothing about how long it has been: try.
        let since = now.duration_since(self.failed_at).ok()?;
        (self.key == *key && since < self.pause()).then_some(self.why.as_str())
    }

    fn pause(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.n_failures.saturating_sub(1));
        PAUSE_FIRST.saturating_mul(doubled).min(RELOAD_BACKOFF_MAX)
    }
}

#[cfg(test)]
mod tests;
