//! MLflow's own server, killed, hung and restarted; promotions through it, and its webhook.

use std::path::Path;
use std::sync::Arc;

use mlflow_client::{
    ClientOptions, NewWebhook, RestStore, Secret, Store, Version, WebhookEvent, WebhookStatus,
};
use registry_watcher::{LastGood, Target};
use testkit::mlflow_server::Settings;
use testkit::program::workdir;
use url::Url;

use super::bad_versions::{self, promote};
use super::clients::Course;
use super::running::{Api, program};
use crate::app::{NAME, register, settings};
use crate::prophet;

const N_VERSIONS: u32 = 5;

const N_PROMOTIONS: u32 = 100;

const SECRET: &str = "only MLflow and we know";

/// A Fernet key, as MLflow wants it; without one a webhook's secret is lost when MLflow ends.
const SECRETS_KEY: &str = "cHJvb2YgcHJvb2YgcHJvb2YgcHJvb2YgcHJvb2YgISE=";

/// Version N predicts 10 N, so that an answer shows by itself which version made it.
fn level(version: u32) -> f64 {
    10.0 * f64::from(version)
}

/// How the API asks: what hangs is given up after two seconds, and not after thirty.
fn impatient(dir: &Path, server: &str) -> testkit::program::Program {
    program(dir, server).env("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
}

#[tokio::test]
async fn no_request_fails_while_mlflow_promotes_hangs_dies_and_comes_back() {
    let [dir, api_dir, alias_dir] = [(); 3].map(|()| workdir().unwrap());
    let server = Settings::new(dir.path())
        .env("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http,https")
        .env("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
        .env("MLFLOW_WEBHOOK_CACHE_TTL", "1")
        .env("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY", SECRETS_KEY)
        .start()
        .unwrap();
    let url = Url::parse(&server.url()).unwrap();
    let store: Arc<dyn Store> = Arc::new(RestStore::new(&url, &ClientOptions::new()).unwrap());
    for version in 1..=N_VERSIONS {
        register(store.as_ref(), &prophet::flat_at(level(version))).await;
    }
    let called = called_by_a_webhook(alias_dir.path(), store.as_ref(), &server.url()).await;
    called.follows_the_alias(store.as_ref(), 1).await;

    let one = Version::new(1);
    promote(store.as_ref(), one).await;
    let api = Api::start(impatient(api_dir.path(), &server.url()));
    api.until_served(1).await;
    let course = Course::from(1);
    let n_answers = course
        .while_asked(
            &api,
            Box::pin(async {
                promotions_and_rollbacks(&api, &course, store.as_ref()).await;
                bad_versions::are_refused_once(&api, &course, store.as_ref(), one, dir.path())
                    .await;
                server.pause().unwrap();
                let started = while_mlflow_hangs(&api, &course, &url, api_dir.path()).await;
                server.resume().unwrap();
                for api in [&api, &started] {
                    api.until("MLflow answers again", |it| it["degraded"].is_null()).await;
                }
                started.stop();
                let settings = server.kill();
                let [again, damaged] =
                    while_mlflow_is_away(&api, &course, &url, api_dir.path()).await;
                let _server = settings.start().unwrap();
                follow_again(&[&api, &again, &damaged], &course, store.as_ref()).await;
                called.follows_the_alias(store.as_ref(), 2).await;
                again.stop();
                damaged.stop();
            }),
        )
        .await;
    course.check_bodies(|version| if version <= N_VERSIONS { level(version) } else { 77.0 });
    println!("{n_answers} answers, none failed");
    called.stop();
    api.stop();
}

/// A service that follows an alias, asks by itself once an hour, and is told by a webhook.
async fn called_by_a_webhook(dir: &Path, store: &dyn Store, server: &str) -> Api {
    let program = program(dir, server)
        .env("PETR4__REGISTRY__POLL_SECONDS", "3600")
        .env("PETR4__WEBHOOK__SECRET", SECRET)
        .env("PETR4__REGISTRY__SELECTOR", "alias:champion");
    let api = Api::start(program);
    api.until_degraded("nothing_selected").await;
    let webhook = NewWebhook {
        name: "the-api".to_owned(),
        url: format!("{}/webhooks/mlflow", api.url),
        events: [WebhookEvent::ModelVersionAliasCreated].into(),
        secret: Some(Secret::new(SECRET)),
        description: None,
        status: WebhookStatus::Active,
    };
    store.create_webhook(&webhook).await.unwrap();
    api
}

impl Api {
    async fn follows_the_alias(&self, store: &dyn Store, version: u32) {
        store.set_alias(NAME, "champion", Version::new(version)).await.unwrap();
        let model = self.until_served(version).await;
        assert_eq!(model["selector"], "alias:champion", "{model}");
    }
}

async fn promotions_and_rollbacks(api: &Api, course: &Course, store: &dyn Store) {
    for n in 0..N_PROMOTIONS {
        // Up and down, and never the one that is served.
        let version = 1 + (2 * n + 1 + n / N_VERSIONS) % N_VERSIONS;
        if api.model().await["version"] == version {
            continue;
        }
        course.will_serve(version);
        promote(store, Version::new(version)).await;
        api.until_served(version).await;
        course.serves_it();
    }
    if api.model().await["version"] != 1 {
        course.will_serve(1);
        promote(store, Version::new(1)).await;
        api.until_served(1).await;
        course.serves_it();
    }
    let body = api.get("/metrics").await.body;
    let n_swaps: f64 = ["promoted", "rolled_back"].iter().map(|it| n_of(&body, it)).sum();
    assert!(f64::from(N_PROMOTIONS) <= n_swaps, "{body}");
}

fn n_of(metrics: &str, reason: &str) -> f64 {
    let series = format!("model_swaps_total{{reason=\"{reason}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&series)).unwrap().parse().unwrap()
}

/// While it hangs nothing answers at all: a request that waited for it would wait for ever.
/// Returns a service that was started meanwhile.
async fn while_mlflow_hangs(api: &Api, course: &Course, url: &Url, dir: &Path) -> Api {
    let model = api.until_degraded("unreachable").await;
    assert_eq!(model["version"], 1, "{model}");
    course.each_gets(100).await;
    let started = Api::start(beside(impatient(dir, url.as_str()), dir));
    let model = started.until_served(1).await;
    assert_eq!(model["swaps"][0]["reason"], "last_good", "{model}");
    started
}

/// The copies of the last good version that another program in `dir` keeps.
fn beside(program: testkit::program::Program, dir: &Path) -> testkit::program::Program {
    program.env("PETR4__REGISTRY__CACHE_DIR", dir.join(".petr4/last-good"))
}

/// Returns two services that were started while MLflow was away: one beside a good copy, and one
/// beside a copy that was cut short.
async fn while_mlflow_is_away(api: &Api, course: &Course, url: &Url, dir: &Path) -> [Api; 2] {
    let model = api.until_degraded("unreachable").await;
    assert!(model["degraded"]["why"].as_str().unwrap().len() > 20, "{model}");
    course.each_gets(100).await;

    let again = Api::start(beside(program(dir, url.as_str()), dir));
    let model = again.until_served(1).await;
    assert_eq!(model["swaps"][0]["reason"], "last_good", "{model}");
    assert_eq!(again.get("/ready").await.status, 200);
    let [ours, theirs] = [api, &again].map(|api| api.get("/predict?days=365"));
    assert_eq!(ours.await.body, theirs.await.body);

    let target = Target { name: NAME.to_owned(), selector: settings().target.selector };
    let whole = LastGood::in_folder(dir.join(".petr4/last-good")).path(&target);
    let elsewhere = dir.join("cut");
    let cut = LastGood::in_folder(elsewhere.join(".petr4/last-good")).path(&target);
    std::fs::create_dir_all(cut.parent().unwrap()).unwrap();
    let bytes = std::fs::read(whole).unwrap();
    std::fs::write(cut, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = Api::start(beside(program(dir, url.as_str()), &elsewhere));
    let told = |it: &serde_json::Value| {
        it["copy_failure"].as_str().is_some_and(|why| why.contains("damaged"))
    };
    let model = damaged.until("the copy is told", told).await;
    assert!(model["version"].is_null(), "{model}");
    damaged.get("/ready").await.is_problem(503, "registry_unreachable");
    assert_eq!(damaged.get("/health").await.status, 200);
    [again, damaged]
}

async fn follow_again(apis: &[&Api], course: &Course, store: &dyn Store) {
    course.will_serve(3);
    promote(store, Version::new(3)).await;
    for api in apis {
        let is_well = |it: &serde_json::Value| {
            it["version"] == 3 && it["degraded"].is_null() && it["copy_failure"].is_null()
        };
        api.until("version 3 is served, and all is well", is_well).await;
        assert_eq!(api.get("/ready").await.status, 200);
    }
    course.serves_it();
}
