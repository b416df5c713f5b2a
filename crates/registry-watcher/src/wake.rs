//! Wakes the loop between polls.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes [`run`](crate::run()) when somebody knows that the registry has changed, such as a
/// webhook. Cheap to clone.
///
/// Waking it ten times during one step makes one step more, so a flood of calls cannot make
/// it spin faster than the registry answers.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    notify: Arc<Notify>,
}

impl Wake {
    /// Nobody has called yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the registry asked at once.
    pub fn now(&self) {
        self.notify.notify_one();
    }

    pub(crate) async fn called(&self) {
        self.notify.notified().await;
    }
}
