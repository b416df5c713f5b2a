//! The program, running.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mlflow_client::{ClientOptions, Store, TrackingUri, connect};
use serde_json::Value;
use testkit::program::{self, Program};

use crate::app::{Answer, TODAY};

/// Longer than any of this takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// How often something is looked at that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A service that is running; dropping it kills it.
pub(super) struct Api {
    running: Mutex<program::Running>,
    pub(super) url: String,
    pub(super) client: reqwest::Client,
}

/// The program with settings for `tracking_uri`; it keeps what it keeps in `dir`.
pub(super) fn program(dir: &Path, tracking_uri: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_api"))
        .current_dir(dir)
        .args(["--port", "0", "--tracking-uri", tracking_uri])
        .env("PETR4__REGISTRY__POLL_SECONDS", "0.05")
        .env("PETR4__CLOCK__TODAY", TODAY)
        .env("RUST_LOG", "info")
}

/// MLflow's own file in `dir`, opened, and its address.
pub(super) async fn file_in(dir: &Path) -> (Arc<dyn Store>, String) {
    let text = format!("sqlite:///{}", dir.join("mlflow.db").display());
    let uri = TrackingUri::parse(&text).unwrap();
    (connect(&uri, &ClientOptions::new()).await.unwrap(), text)
}

impl Api {
    pub(super) fn start(program: Program) -> Self {
        let mut running = program.start().unwrap();
        let url = running.listening_on(PATIENCE).unwrap();
        // An answer that takes longer than this is one that waited for something.
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20));
        Self { running: Mutex::new(running), url, client: client.build().unwrap() }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.url));
        Answer::of(request.send().await.unwrap()).await
    }

    pub(super) async fn model(&self) -> Value {
        self.get("/model").await.json()
    }

    /// Waits until `/model` says so, and returns what it says.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let model = self.model().await;
            if is_so(&model) {
                return model;
            }
            assert!(began.elapsed() < PATIENCE, "never: {what}; {model}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub(super) async fn until_served(&self, version: u32) -> Value {
        self.until(&format!("version {version} is served"), |it| it["version"] == version).await
    }

    pub(super) async fn until_degraded(&self, cause: &str) -> Value {
        self.until(&format!("it is degraded: {cause}"), |it| it["degraded"]["cause"] == cause).await
    }

    /// The value of a metric without labels.
    pub(super) async fn metric(&self, name: &str) -> f64 {
        let body = self.get("/metrics").await.body;
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name}: {body}")).parse().unwrap()
    }

    /// Waits until the registry was asked so many times more.
    pub(super) async fn polls(&self, n_polls: u32) {
        let before = self.metric("registry_polls_total").await;
        let began = Instant::now();
        while self.metric("registry_polls_total").await < before + f64::from(n_polls) {
            assert!(began.elapsed() < PATIENCE, "the registry is not asked any more");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// A line of what Linux knows of the process's memory, such as `VmHWM`, in bytes.
    pub(super) fn memory(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.running.lock().unwrap().id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let kib: u64 = line.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
        kib * 1024
    }

    /// How many files and connections it has open.
    pub(super) fn n_files(&self) -> usize {
        let path = format!("/proc/{}/fd", self.running.lock().unwrap().id());
        std::fs::read_dir(path).unwrap().count()
    }

    /// Waits for a line of its log.
    pub(super) fn until_said(&self, text: &str) {
        let mut running = self.running.lock().unwrap();
        running.wait_for_line(PATIENCE, |line| line.contains(text)).unwrap();
    }

    /// Ends it as a person would, and checks that it ended well and nothing panicked meanwhile.
    pub(super) fn stop(self) {
        let output = self.running.into_inner().unwrap().terminate(PATIENCE).unwrap();
        assert_eq!(output.code, Some(0), "{}", output.report());
        assert!(!output.stderr.contains("panicked"), "{}", output.report());
    }
}
