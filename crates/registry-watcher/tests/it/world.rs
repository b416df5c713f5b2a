//! A registry that tests move, a loader that does as told, and a watcher between them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use mlflow_client::{
    Clock, Error, ErrorKind, MemoryStore, ModelVersion, NewModelVersion, RegistryStore as _, Stage,
    Store, Version,
};
use registry_watcher::{
    Files, LastGood, Load, LoadError, Reader, Selector, StatusReader, Step, Target, Watcher,
};

use tokio::sync::oneshot;

use crate::faulty::FaultyStore;

pub(crate) const NAME: &str = "Model";

/// What loading a version comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Corrupt,
    PredictsNan,
    Unreachable,
    Slow,
    Hangs,
}

/// How long the files of a version take that is [`Outcome::Slow`]: less than they may.
pub(crate) const SLOW: Duration = Duration::from_secs(50);

/// A model that knows which entry it is of, and that it has predicted.
#[derive(Debug)]
pub(crate) struct FakeModel {
    pub(crate) source: String,
    pub(crate) has_predicted: bool,
}

/// Holds the next load up until the test lets it go.
#[derive(Debug)]
struct Hold {
    entered: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) outcomes: Mutex<BTreeMap<Version, Outcome>>,
    hold: Mutex<Option<Hold>>,
    pub(crate) n_loads: AtomicUsize,
}

#[derive(Debug)]
pub(crate) struct FakeLoader(pub(crate) Arc<Script>);

#[async_trait]
impl Load<FakeModel> for FakeLoader {
    async fn fetch(&self, _: &dyn Store, entry: &ModelVersion) -> Result<Files, LoadError> {
        self.0.n_loads.fetch_add(1, Ordering::Relaxed);
        let hold = self.0.hold.lock().unwrap().take();
        if let Some(hold) = hold {
            hold.entered.send(()).unwrap();
            hold.released.await.unwrap();
        }
        match self.outcome(entry) {
            Outcome::Hangs => return std::future::pending().await,
            Outcome::Slow => tokio::time::sleep(SLOW).await,
            Outcome::Unreachable => {
                let error = Error::new(ErrorKind::Timeout, "read", "artifact", "no answer");
                return Err(error.into());
            }
            _ => {}
        }
        Ok(Files::new().with("source", entry.source.clone().into_bytes()))
    }

    async fn make(&self, entry: &ModelVersion, files: Arc<Files>) -> Result<FakeModel, LoadError> {
        match self.outcome(entry) {
            Outcome::Corrupt => Err(LoadError::refused("not a model")),
            Outcome::PredictsNan => Err(LoadError::refused("predicts NaN")),
            _ => {
                let source = files.get("source").unwrap_or_default().to_vec();
                let source = String::from_utf8(source).unwrap();
                Ok(FakeModel { source, has_predicted: true })
            }
        }
    }
}

impl FakeLoader {
    fn outcome(&self, entry: &ModelVersion) -> Outcome {
        let outcome = self.0.outcomes.lock().unwrap().get(&entry.version).copied();
        outcome.unwrap_or(Outcome::Good)
    }
}

/// A version of [`NAME`] to be registered.
pub(crate) fn new_version(source: &str) -> NewModelVersion {
    NewModelVersion {
        name: NAME.to_owned(),
        source: source.to_owned(),
        run_id: None,
        model_id: None,
        description: None,
        tags: Vec::new(),
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) script: Arc<Script>,
    pub(crate) watcher: Watcher<FakeModel, FakeLoader>,
    pub(crate) reader: Reader<FakeModel>,
    pub(crate) status: StatusReader,
    steps: u64,
}

/// The instant of the `n`th step.
pub(crate) fn at(n: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(n)
}

impl World {
    pub(crate) fn new(selector: Selector) -> Self {
        let time = AtomicI64::new(1);
        let clock = Clock::new(move || time.fetch_add(1, Ordering::Relaxed));
        let inner = Arc::new(MemoryStore::new(clock));
        let store = Arc::new(FaultyStore { inner, ..FaultyStore::default() });
        let script = Arc::new(Script::default());
        let target = Target { name: NAME.to_owned(), selector };
        let as_store: Arc<dyn Store> = Arc::<FaultyStore>::clone(&store);
        let (watcher, reader, status) =
            Watcher::new(as_store, target, FakeLoader(Arc::clone(&script)));
        Self { store, script, watcher, reader, status, steps: 0 }
    }

    pub(crate) fn following_production() -> Self {
        Self::new(Selector::Stage(Stage::Production))
    }

    /// The same registry and folder of copies, as another process sees them.
    pub(crate) fn restarted(&self, copies: &LastGood) -> Self {
        let target = Target { name: NAME.to_owned(), selector: Selector::Stage(Stage::Production) };
        let as_store: Arc<dyn Store> = Arc::<FaultyStore>::clone(&self.store);
        let script = Arc::clone(&self.script);
        let (watcher, reader, status) =
            Watcher::new(as_store, target, FakeLoader(Arc::clone(&script)));
        let watcher = watcher.with_last_good(copies.clone());
        Self { store: Arc::clone(&self.store), script, watcher, reader, status, steps: self.steps }
    }

    pub(crate) async fn register(&self) -> Version {
        let registry = &self.store.inner;
        if registry.get_registered_model(NAME).await.is_err() {
            registry.create_registered_model(NAME, None).await.unwrap();
        }
        let n = registry.versions(NAME).await.unwrap().len();
        let version = new_version(&format!("memory:/files/{n}"));
        registry.create_version(&version).await.unwrap().version
    }

    pub(crate) async fn promote(&self, version: Version) {
        self.move_to(version, Stage::Production).await;
    }

    pub(crate) async fn move_to(&self, version: Version, stage: Stage) {
        let archive = stage == Stage::Production;
        self.store.inner.transition_stage(NAME, version, stage, archive).await.unwrap();
    }

    pub(crate) fn set(&self, version: Version, outcome: Outcome) {
        self.script.outcomes.lock().unwrap().insert(version, outcome);
    }

    pub(crate) fn switch(&self, down: bool) {
        self.store.down.store(down, Ordering::Relaxed);
    }

    /// Makes a step whose load is held up while `meanwhile` runs.
    pub(crate) async fn step_and_while_it_loads(
        &mut self,
        meanwhile: impl AsyncFnOnce(&FaultyStore, &StatusReader),
    ) -> Step {
        let (entered, enters) = oneshot::channel();
        let (release, released) = oneshot::channel();
        *self.script.hold.lock().unwrap() = Some(Hold { entered, released });
        self.steps += 1;
        let Self { watcher, store, status, steps, .. } = self;
        let (step, ()) = tokio::join!(watcher.step(at(*steps)), async {
            enters.await.unwrap();
            meanwhile(store, status).await;
            release.send(()).unwrap();
        });
        step
    }

    pub(crate) async fn step(&mut self) -> Step {
        self.steps += 1;
        self.watcher.step(at(self.steps)).await
    }

    pub(crate) fn served(&self) -> Option<u32> {
        self.reader.current().map(|served| served.version().number())
    }

    pub(crate) fn n_loads(&self) -> usize {
        self.script.n_loads.load(Ordering::Relaxed)
    }
}
