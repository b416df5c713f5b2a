//! The slot: one writer, readers on eight threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::UNIX_EPOCH;

use mlflow_client::{ModelVersion, Stage, VersionStatus};
use registry_watcher::served::VERSIONS_KEPT_MAX;
use registry_watcher::{Selector, Served, Writer, slot};

const THREADS: usize = 8;
const SWAPS: u32 = 20_000;

/// Counts the models that are alive.
struct Counted {
    number: u32,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    fn new(number: u32, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self { number, alive: Arc::clone(alive) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

fn served(model: Counted) -> Served<Counted> {
    let entry = ModelVersion {
        name: "Model".to_owned(),
        version: model.number.into(),
        stage: Stage::Production,
        source: format!("memory:/{}", model.number),
        run_id: None,
        status: VersionStatus::Ready,
        description: None,
        aliases: Vec::new(),
        tags: std::collections::BTreeMap::default(),
        creation_time_ms: 0,
        last_updated_time_ms: 0,
    };
    Served { model, entry, selector: Selector::Latest, since: UNIX_EPOCH }
}

#[test]
fn readers_see_whole_models_in_order_while_the_writer_swaps() {
    let alive = Arc::new(AtomicUsize::new(0));
    let (mut writer, reader) = slot();
    writer.serve(served(Counted::new(1, &alive)));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (reader, done) = (reader.clone(), &done);
            scope.spawn(move || {
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let seen = reader.current().expect("a model is never taken away");
                    assert_eq!(seen.model.number, seen.version().number());
                    assert!(last <= seen.model.number, "{} after {last}", seen.model.number);
                    last = seen.model.number;
                }
            });
        }
        for number in 2..=SWAPS {
            writer.serve(served(Counted::new(number, &alive)));
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(reader.current().map(|it| it.model.number), Some(SWAPS));
    assert_eq!(alive.load(Ordering::Relaxed), VERSIONS_KEPT_MAX);
}

#[test]
fn a_model_lives_as_long_as_its_last_reader() {
    let alive = Arc::new(AtomicUsize::new(0));
    let (mut writer, reader) = slot();
    writer.serve(served(Counted::new(1, &alive)));
    let held = reader.current();
    for number in 2..=10 {
        writer.serve(served(Counted::new(number, &alive)));
    }
    assert_eq!(alive.load(Ordering::Relaxed), VERSIONS_KEPT_MAX + 1);
    drop(held);
    assert_eq!(alive.load(Ordering::Relaxed), VERSIONS_KEPT_MAX);
}

#[test]
fn a_version_made_anew_replaces_the_one_of_its_number() {
    let alive = Arc::new(AtomicUsize::new(0));
    let (mut writer, reader) = slot();
    for number in [1, 2, 1] {
        writer.serve(served(Counted::new(number, &alive)));
    }
    let held: Vec<_> = reader.held().iter().map(|it| it.version().number()).collect();
    assert_eq!(held, [1, 2]);
}

/// Compiles only while `Writer` is not `Clone`: otherwise the call is ambiguous.
#[test]
fn a_writer_cannot_be_copied() {
    trait AmbiguousIfClone<Marker> {
        fn check() {}
    }
    impl<T> AmbiguousIfClone<()> for T {}
    struct IsClone;
    impl<T: Clone> AmbiguousIfClone<IsClone> for T {}
    <Writer<u8> as AmbiguousIfClone<_>>::check();
}
