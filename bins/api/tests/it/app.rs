//! A service on a port of its own, a registry in memory that tests move, and a client.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use api::monitor::MonitorSettings;
use api::settings::{HttpSettings, Settings};
use api::startup::Application;
use api::state::{AppState, Token};
use mlflow_client::{
    ClientOptions, MemoryStore, NewModelVersion, NewRun, Stage, Store, TrackingUri, Version,
};
use registry_watcher::{Selector, Target};
use telemetry::{Format, Logs, Verbosity};
use tokio::sync::oneshot;

use crate::prophet;

pub(crate) const NAME: &str = "ProphetModel";

/// A Friday with a session.
pub(crate) const TODAY: &str = "2026-01-02";

/// Longer than any of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) state: Arc<AppState>,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

pub(crate) fn settings() -> Settings {
    Settings {
        http: HttpSettings {
            host: "127.0.0.1".to_owned(),
            port: 0,
            workers: Some(2),
            token: None,
            rate_limit: None,
            trusted_proxies: Vec::new(),
            origins: None,
            days_max: 365,
            invocations_bytes_max: 1024 * 1024,
            request_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            drain: Duration::ZERO,
        },
        target: Target { name: NAME.to_owned(), selector: Selector::Stage(Stage::Production) },
        poll: Duration::from_millis(20),
        last_good: None,
        tracking_uri: TrackingUri::default(),
        client: ClientOptions::default(),
        webhook_secret: None,
        monitor: None,
        symbol: "PETR4.SA".parse().unwrap(),
        today: Some(TODAY.parse().unwrap()),
        starts_at: None,
        logs: Logs { verbosity: Verbosity::Errors, format: Format::Text, filter: None },
        otlp_endpoint: None,
    }
}

impl TestApp {
    /// A service over an empty registry.
    pub(crate) fn start() -> Self {
        Self::start_with(settings())
    }

    /// A service that asks for a token.
    pub(crate) fn start_with_token(token: &str) -> Self {
        let mut settings = settings();
        settings.http.token = Some(Token::new(token));
        Self::start_with(settings)
    }

    pub(crate) fn start_with(settings: Settings) -> Self {
        Self::start_over(settings, Arc::new(MemoryStore::default()))
    }

    pub(crate) fn start_over(settings: Settings, store: Arc<dyn Store>) -> Self {
        let registry = Arc::clone(&store);
        Self::start_between(settings, store, registry)
    }

    /// A service over `store`; the helpers move `registry`, its other end.
    pub(crate) fn start_between(
        settings: Settings,
        store: Arc<dyn Store>,
        registry: Arc<dyn Store>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, starts) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let application = Application::over(settings, store)?;
                started.send((application.address(), application.state())).unwrap();
                let stop = async {
                    let _dropped = stopped.await;
                };
                application.run_until(stop).await
            })
        });
        let (address, state) = starts.recv_timeout(PATIENCE).expect("the service starts");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (stop, thread) = (Some(stop), Some(thread));
        Self { address, store: registry, state, client, stop, thread }
    }

    /// A service that serves version 1, which predicts 10 for every day.
    pub(crate) async fn serving() -> Self {
        let app = Self::start();
        app.register_and_promote(&prophet::flat_at(10.0)).await;
        app.until_served(1).await;
        app
    }

    /// The same, with a spool in a folder; MLflow has its first forecast.
    pub(crate) async fn monitored() -> (tempfile::TempDir, Self) {
        let dir = tempfile::tempdir().unwrap();
        let monitor = MonitorSettings {
            spool: dir.path().join("spool.db"),
            drain: Duration::from_millis(20),
            experiment: "petr4_forecast_api".to_owned(),
            instance: String::new(),
            ui: "http://127.0.0.1:5000".to_owned(),
        };
        let app = Self::start_with(Settings { monitor: Some(monitor), ..settings() });
        app.register_and_promote(&prophet::flat_at(10.0)).await;
        app.until_served(1).await;
        app.eventually("the forecast is in MLflow", || app.state.board().run_urls.contains_key(&1))
            .await;
        (dir, app)
    }

    pub(crate) async fn register(&self, json: &str) -> Version {
        register(self.store.as_ref(), json).await
    }

    pub(crate) async fn promote(&self, version: Version) {
        self.store.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
    }

    pub(crate) async fn register_and_promote(&self, json: &str) -> Version {
        let version = self.register(json).await;
        self.promote(version).await;
        version
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        Answer::of(self.client.post(self.url(path)).send().await.unwrap()).await
    }

    pub(crate) async fn until_served(&self, version: u32) {
        let what = format!("version {version} is served");
        self.eventually(&what, || {
            self.state.reader.current().is_some_and(|it| it.version().number() == version)
        })
        .await;
    }

    pub(crate) async fn until_refused(&self, version: u32) {
        self.eventually(&format!("version {version} is refused"), || {
            let status = self.state.status.load();
            status.refused.iter().any(|refusal| refusal.version.number() == version)
        })
        .await;
    }

    pub(crate) async fn eventually(&self, what: &str, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let status = self.state.status.load();
            assert!(began.elapsed() < PATIENCE, "never: {what}; {status:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops the service and returns how it ended.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        self.stop_and_join()
    }

    fn stop_and_join(&mut self) -> anyhow::Result<()> {
        drop(self.stop.take());
        self.thread.take().map_or(Ok(()), |thread| thread.join().expect("no panic"))
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let ended = self.stop_and_join();
        if !std::thread::panicking() {
            ended.expect("the service ends well");
        }
    }
}

/// Logs a model as MLflow's Prophet flavor does, and registers it as the next version.
pub(crate) async fn register(store: &dyn Store, json: &str) -> Version {
    if store.get_registered_model(NAME).await.is_err() {
        store.create_registered_model(NAME, None).await.unwrap();
    }
    let experiment_id = store.get_or_create_experiment("tests").await.unwrap();
    let name = "trained".to_owned();
    let run = NewRun { experiment_id, name, start_time_ms: 1, user: None, tags: Vec::new() };
    let run = store.create_run(&run).await.unwrap();
    // As MLflow's Prophet flavor has it: the JSON once more in a JSON string.
    let model = serde_json::to_vec(json).unwrap();
    let mlmodel = "flavors:\n  prophet:\n    data: model.pr\n    model_type: Prophet\n";
    let root = &run.artifact_uri;
    store.put_artifact(root, "model/model.pr", model).await.unwrap();
    store.put_artifact(root, "model/MLmodel", mlmodel.into()).await.unwrap();
    let version = NewModelVersion {
        name: NAME.to_owned(),
        source: format!("runs:/{}/model", run.id),
        run_id: Some(run.id),
        model_id: None,
        description: None,
        tags: Vec::new(),
    };
    store.create_version(&version).await.unwrap().version
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// The rows' dates.
    #[track_caller]
    pub(crate) fn dates(&self) -> Vec<String> {
        let json = self.json();
        let rows = json.as_array().unwrap();
        rows.iter().map(|row| row["ds"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that this is a problem of that status and code, whole and in its own type.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let json = self.json();
        assert_eq!(json["status"], status, "{self:?}");
        assert_eq!(json["code"], code, "{self:?}");
        assert_eq!(json["error"], json["detail"], "{self:?}");
        for key in ["type", "title"] {
            assert!(json[key].is_string(), "{key}: {self:?}");
        }
        json["detail"].as_str().unwrap().to_owned()
    }
}
