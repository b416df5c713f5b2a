//! What the status says after a step, and what the log says of it.

use std::time::SystemTime;

use super::Watcher;
use crate::status::{Cause, Degraded, SWAPS_KEPT_MAX, Serving, Staged, Swap};
use crate::step::Step;

impl<M, L> Watcher<M, L> {
    /// Publishes the state after a step, and logs what changed in it.
    pub(super) fn note(&mut self, step: &Step, now: SystemTime) {
        let degraded = match step {
            Step::Unchanged { .. } | Step::Swapped(_) | Step::Staged { .. } => None,
            Step::NothingSelected { why } => Some((Cause::NothingSelected, why.clone())),
            Step::Unreachable { why } => Some((Cause::Unreachable, why.clone())),
            Step::ArtifactsUnreachable { version, why, .. } => {
                Some((Cause::ArtifactsUnreachable, format!("version {version}: {why}")))
            }
            Step::Superseded { version, by } => Some((
                Cause::Superseded,
                format!("version {by} was selected while version {version} was loaded"),
            )),
            Step::Refused { version, reason, .. } => {
                Some((Cause::Refused, format!("version {version}: {reason}")))
            }
        };
        if let Step::Swapped(swap) = step {
            let reason = swap.reason;
            tracing::info!(model.version = %swap.to, %reason, "serving another version");
            self.log(swap.clone());
        }
        self.count(step);
        self.note_staged();
        self.note_degraded(degraded, now);
        self.status.refused = self.refused.iter().map(|(_, refusal)| refusal.clone()).collect();
        self.status.loading = None;
        self.status.stepped_at = Some(now);
        self.publish.publish(self.status.clone());
    }

    /// Counts what the lists of the status forget. A registry that did not answer was counted
    /// where it was asked: a step may do something all the same.
    fn count(&mut self, step: &Step) {
        let totals = &mut self.status.totals;
        totals.n_polls += 1;
        match step {
            Step::ArtifactsUnreachable { tried: true, .. } => totals.n_load_failures += 1,
            Step::Refused { tried: true, .. } => totals.n_refused += 1,
            _ => {}
        }
    }

    /// Remembers a swap.
    pub(super) fn log(&mut self, swap: Swap) {
        self.status.totals.count_swap(swap.reason);
        self.status.serving = Some(Serving { version: swap.to, since: swap.at });
        self.status.swaps.push_back(swap);
        if SWAPS_KEPT_MAX < self.status.swaps.len() {
            self.status.swaps.pop_front();
        }
    }

    fn note_staged(&mut self) {
        let staged = self.staged.as_ref().and_then(|loaded| {
            Some(Staged { version: loaded.entry.version, until: loaded.until? })
        });
        if let Some(Staged { version, until }) = staged.filter(|_| self.status.staged != staged) {
            tracing::info!(model.version = %version, ?until, "loaded, waiting for its moment");
        }
        self.status.staged = staged;
    }

    fn note_degraded(&mut self, degraded: Option<(Cause, String)>, now: SystemTime) {
        let before = self.status.degraded.take();
        self.status.degraded = degraded.map(|(cause, why)| {
            // Logged when it begins and when its kind changes, not at every poll.
            if before.as_ref().is_none_or(|before| before.cause != cause) {
                let serving = self.status.serving.map(|serving| serving.version.to_string());
                tracing::warn!(%cause, why, serving, "the registry's choice is not served");
            }
            Degraded { since: before.as_ref().map_or(now, |before| before.since), why, cause }
        });
        if before.is_some() && self.status.degraded.is_none() {
            tracing::info!("the registry's choice is served again");
        }
    }
}
