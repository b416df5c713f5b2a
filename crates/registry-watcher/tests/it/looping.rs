//! The loop, under a paused clock.

use std::time::{Duration, UNIX_EPOCH};

use mlflow_client::{RegistryStore as _, Stage};
use registry_watcher::{Schedule, run};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::world::{NAME, World};

const SCHEDULE: Schedule = Schedule { poll: Duration::from_secs(5), seed: 7 };

#[tokio::test(start_paused = true)]
async fn a_promotion_is_served_within_the_poll_interval() {
    let world = World::following_production();
    let version = world.register().await;
    let World { store, script: _script, watcher, reader, .. } = world;
    let (stop, stopped) = oneshot::channel::<()>();
    let looped = run(watcher, SCHEDULE, || UNIX_EPOCH, async {
        let _sender_gone = stopped.await;
    });
    let mut looped = std::pin::pin!(looped);
    let test = async {
        sleep(Duration::from_secs(12)).await;
        assert!(reader.current().is_none());
        store.inner.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
        sleep(SCHEDULE.poll).await;
        assert!(reader.current().is_some());
        stop.send(()).unwrap();
    };
    tokio::select! {
        () = &mut looped => panic!("the loop ended by itself"),
        () = test => {}
    }
    timeout(Duration::from_millis(1), looped).await.expect("stops at once");
    assert!(reader.current().is_some(), "readers keep the model after the loop ends");
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_comes_back_is_found_within_the_back_off() {
    let world = World::following_production();
    let version = world.register().await;
    world.promote(version).await;
    world.switch(true);
    let World { store, watcher, reader, .. } = world;
    let looped = run(watcher, SCHEDULE, || UNIX_EPOCH, std::future::pending());
    let test = async {
        sleep(Duration::from_mins(5)).await;
        assert!(reader.current().is_none());
        store.down.store(false, std::sync::atomic::Ordering::Relaxed);
        let back = Instant::now();
        while reader.current().is_none() {
            sleep(Duration::from_millis(100)).await;
        }
        assert!(back.elapsed() <= SCHEDULE.poll.max(run::BACKOFF_MAX) + Duration::from_millis(100));
    };
    tokio::select! {
        () = looped => panic!("the loop ended by itself"),
        () = test => {}
    }
}
