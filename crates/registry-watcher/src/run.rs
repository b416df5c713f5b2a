//! The loop around [`Watcher::step`]: it sleeps and never decides.

use std::time::{Duration, SystemTime};

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::load::Load;
use crate::step::Step;
use crate::wake::Wake;
use crate::watch::Watcher;

/// The longest pause while the registry is away, unless the poll interval is longer. Longer
/// would save nothing that matters (a poll costs a server some 10 ms) and would delay the
/// recovery that people watch for.
pub const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// The pause before a choice that changed during a load is loaded in its turn: whoever
/// promoted it has waited already. Not zero, so that a registry whose answers alternate
/// cannot make the loop spin.
const SUPERSEDED_PAUSE: Duration = Duration::from_millis(100);

/// The share by which a pause may be shorter, so that many replicas do not poll in step.
/// Never longer: the poll interval is a promise.
pub const JITTER: f64 = 0.2;

/// How often a store that can tell cheaply is asked whether anything changed: some ten
/// microseconds each time for the embedded one, so a promotion is seen within milliseconds.
pub const LOOK_EVERY: Duration = Duration::from_millis(10);

/// When the loop steps.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The longest pause after a step that reached the registry, whatever came of it.
    pub poll: Duration,
    /// The seed of the jitter; different replicas need different ones.
    pub seed: u64,
    /// What else makes it step.
    pub wake: Wake,
}

impl Schedule {
    /// Steps at least so often; nothing else wakes the loop.
    pub fn every(poll: Duration, seed: u64) -> Self {
        Self { poll, seed, wake: Wake::new() }
    }
}

/// Steps until `shutdown` completes, then drops the watcher.
///
/// Between polls it steps when the store has changed, where the store can tell
/// ([`Store::change_counter`](mlflow_client::Store::change_counter)), and when the schedule's
/// [`Wake`] is called.
///
/// `clock` says the time of each step. The future may be dropped at any await; a load that
/// was under way is then abandoned, and what is served stays as it was.
pub async fn run<M, L, C, S>(mut watcher: Watcher<M, L>, schedule: Schedule, clock: C, shutdown: S)
where
    M: Send + Sync + 'static,
    L: Load<M>,
    C: Fn() -> SystemTime + Send + Sync,
    S: Future<Output = ()> + Send,
{
    let wake = schedule.wake.clone();
    let mut pace = Pace::new(schedule);
    let steps = async {
        loop {
            // Read before the step: a change during it makes another one.
            let seen = watcher.change_counter().await;
            let step = watcher.step(clock()).await;
            tokio::select! {
                () = tokio::time::sleep(pace.after(&step, clock())) => {}
                () = watcher.changed_since(seen, LOOK_EVERY) => {}
                () = wake.called() => {}
            }
        }
    };
    tokio::select! {
        () = steps => {}
        () = shutdown => {}
    }
}

/// The pause after each step.
#[derive(Debug)]
pub struct Pace {
    schedule: Schedule,
    n_failures: u32,
    rng: SmallRng,
}

impl Pace {
    /// Starts with no failure behind it.
    pub fn new(schedule: Schedule) -> Self {
        let rng = SmallRng::seed_from_u64(schedule.seed);
        Self { schedule, n_failures: 0, rng }
    }

    /// The pause after a step: the poll interval, doubled for each time after the first that
    /// the registry did not answer up to [`BACKOFF_MAX`], less up to [`JITTER`] of it. Files
    /// that do not come are no failure here: their version waits by itself. A version that
    /// waits for its moment is due at that, without jitter: that is what the moment is for.
    pub fn after(&mut self, step: &Step, now: SystemTime) -> Duration {
        self.n_failures = match step {
            Step::Unreachable { .. } => self.n_failures.saturating_add(1),
            _ => 0,
        };
        let poll = self.schedule.poll;
        let doubled = poll.saturating_mul(2_u32.saturating_pow(self.n_failures.saturating_sub(1)));
        let pause = match step {
            Step::Superseded { .. } => poll.min(SUPERSEDED_PAUSE),
            _ => doubled.min(BACKOFF_MAX.max(poll)),
        };
        let pause = pause.mul_f64(self.rng.random_range(1.0 - JITTER..=1.0));
        match step {
            Step::Staged { until, .. } => pause.min(until.duration_since(now).unwrap_or_default()),
            _ => pause,
        }
    }
}

#[cfg(test)]
mod tests;
