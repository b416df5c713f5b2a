//! A store that cannot be opened at the start.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use mlflow_client::{Error, ErrorKind, Result, Stage, Store};
use registry_watcher::{Cause, Connect, Selector, Step, Target, Watcher};

use crate::world::{FakeLoader, NAME, World, at};

/// Fails as often as it is told, then opens.
#[derive(Debug)]
struct Opener {
    n_failures: usize,
    n_calls: Arc<AtomicUsize>,
    store: Arc<dyn Store>,
}

#[async_trait]
impl Connect for Opener {
    async fn connect(&self) -> Result<Arc<dyn Store>> {
        if self.n_calls.fetch_add(1, Ordering::Relaxed) < self.n_failures {
            return Err(Error::new(ErrorKind::Locked, "open", "file", "another process has it"));
        }
        Ok(Arc::clone(&self.store))
    }
}

#[tokio::test]
async fn a_store_that_does_not_open_is_an_unreachable_registry_until_it_does() {
    let world = World::following_production();
    let one = world.register().await;
    world.promote(one).await;
    let (n_calls, store) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&world.store) as _);
    let opener = Opener { n_failures: 2, n_calls: Arc::clone(&n_calls), store };
    let target = Target { name: NAME.to_owned(), selector: Selector::Stage(Stage::Production) };
    let loader = FakeLoader(Arc::clone(&world.script));
    let (mut watcher, reader, status) = Watcher::connecting(opener, target, loader);
    for n in 1..=2 {
        let Step::Unreachable { why } = watcher.step(at(n)).await else { panic!("step {n}") };
        assert!(why.contains("another process has it"), "{why}");
        assert_eq!(status.load().degraded.as_ref().unwrap().cause, Cause::Unreachable);
    }
    assert!(matches!(watcher.step(at(3)).await, Step::Swapped(_)));
    assert!(reader.current().is_some());
    watcher.step(at(4)).await;
    assert_eq!(n_calls.load(Ordering::Relaxed), 3, "opened once");
}
