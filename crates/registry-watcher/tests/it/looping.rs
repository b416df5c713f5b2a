//! The loop, under a paused clock.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use mlflow_client::{ClientOptions, EmbeddedStore, RegistryStore as _, Stage};
use registry_watcher::{Schedule, Selector, Target, Wake, Watcher, run};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::world::{FakeLoader, NAME, World};

const POLL: Duration = Duration::from_secs(5);

fn schedule() -> Schedule {
    Schedule::every(POLL, 7)
}

#[tokio::test(start_paused = true)]
async fn a_promotion_is_served_within_the_poll_interval() {
    let world = World::following_production();
    let version = world.register().await;
    let World { store, script: _script, watcher, reader, .. } = world;
    let (stop, stopped) = oneshot::channel::<()>();
    let looped = run(watcher, schedule(), || UNIX_EPOCH, async {
        let _sender_gone = stopped.await;
    });
    let mut looped = std::pin::pin!(looped);
    let test = async {
        sleep(Duration::from_secs(12)).await;
        assert!(reader.current().is_none());
        store.inner.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
        sleep(POLL).await;
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
    let looped = run(watcher, schedule(), || UNIX_EPOCH, std::future::pending());
    let test = async {
        sleep(Duration::from_mins(5)).await;
        assert!(reader.current().is_none());
        store.down.store(false, std::sync::atomic::Ordering::Relaxed);
        let back = Instant::now();
        while reader.current().is_none() {
            sleep(Duration::from_millis(100)).await;
        }
        assert!(back.elapsed() <= POLL.max(run::BACKOFF_MAX) + Duration::from_millis(100));
    };
    tokio::select! {
        () = looped => panic!("the loop ended by itself"),
        () = test => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_makes_it_step_at_once() {
    let world = World::following_production();
    let version = world.register().await;
    let World { store, watcher, reader, .. } = world;
    let wake = Wake::new();
    let schedule = Schedule { poll: Duration::from_mins(10), seed: 1, wake: wake.clone() };
    let looped = run(watcher, schedule, || UNIX_EPOCH, std::future::pending());
    let mut changes = reader.changes();
    let test = async {
        sleep(Duration::from_secs(1)).await;
        store.inner.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
        wake.now();
        let called = Instant::now();
        assert_eq!(changes.next().await.unwrap().version(), version);
        assert!(called.elapsed() < Duration::from_millis(1), "{:?}", called.elapsed());
    };
    tokio::select! {
        () = looped => panic!("the loop ended by itself"),
        () = test => {}
    }
    assert!(changes.next().await.is_none(), "nobody can change it any more");
}

#[tokio::test]
async fn a_commit_of_another_process_is_seen_long_before_the_poll() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlflow.db");
    let options = ClientOptions::new();
    let open = || EmbeddedStore::open(&path, &options);
    let (ours, theirs) = (open().await.unwrap(), open().await.unwrap());
    theirs.create_registered_model(NAME, None).await.unwrap();
    let new = crate::world::new_version("s3://bucket/1");
    let version = theirs.create_version(&new).await.unwrap().version;
    let target = Target { name: NAME.to_owned(), selector: Selector::Stage(Stage::Production) };
    let loader = FakeLoader(Arc::default());
    let (watcher, reader, status) = Watcher::new(Arc::new(ours), target, loader);
    let an_hour = Schedule::every(Duration::from_hours(1), 1);
    let looped = run(watcher, an_hour, || UNIX_EPOCH, std::future::pending());
    let mut changes = reader.changes();
    let test = async {
        while status.load().stepped_at.is_none() {
            tokio::task::yield_now().await;
        }
        theirs.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
        assert_eq!(changes.next().await.unwrap().version(), version);
    };
    tokio::select! {
        () = looped => panic!("the loop ended by itself"),
        seen = timeout(Duration::from_mins(1), test) => seen.expect("long before the poll"),
    }
}
