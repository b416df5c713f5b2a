//! A start without the registry.

use std::sync::Arc;
use std::time::SystemTime;

use super::{LOAD_TIMEOUT, Watcher, out_of_time};
use crate::last_good;
use crate::load::{Load, LoadError, chain_text};
use crate::status::{Swap, SwapReason};

impl<M, L> Watcher<M, L>
where
    M: Send + Sync + 'static,
    L: Load<M>,
{
    /// Serves the copy on disk, if there is one that was not looked at yet.
    pub(super) async fn restore(&mut self, now: SystemTime) {
        let Some(copies) = self.copies.clone().filter(|_| !self.has_restored) else { return };
        self.has_restored = true;
        let load = async {
            let copy = last_good::load(copies, self.target.clone()).await;
            let Some((entry, files)) = copy.map_err(LoadError::unreachable)? else {
                return Ok(None);
            };
            let model = self.load.make(&entry, Arc::new(files)).await?;
            Ok::<_, LoadError>(Some((model, entry)))
        };
        let why = match tokio::time::timeout(LOAD_TIMEOUT, load).await {
            Ok(Ok(None)) => return,
            Ok(Ok(Some((model, entry)))) => {
                let to = entry.version;
                tracing::warn!(model.version = %to, "serving the copy of the last good version");
                self.serve(model, entry, now);
                self.log(Swap { at: now, from: None, to, reason: SwapReason::LastGood });
                return;
            }
            Ok(Err(error)) => chain_text(&error),
            Err(_) => out_of_time("loading it", LOAD_TIMEOUT),
        };
        tracing::warn!(why, "the copy of the last good version cannot be served");
        self.status.copy_failure = Some(why);
    }
}
