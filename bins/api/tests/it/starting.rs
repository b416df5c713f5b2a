//! A start without a model, without a version, without a registry.

use std::time::Duration;

use mlflow_client::{ClientOptions, TrackingUri, connect};
use registry_watcher::LastGood;
use serde_json::json;

use crate::app::{TestApp, settings};
use crate::prophet;

#[tokio::test]
async fn without_a_version_it_lives_is_not_ready_and_becomes_so_without_a_restart() {
    let app = TestApp::start();
    app.eventually("the registry was asked", || app.state.status.load().stepped_at.is_some()).await;
    let health = app.get("/health").await;
    assert_eq!(health.json(), json!({"status": "healthy", "version": null}));
    let answer = app.get("/ready").await;
    answer.is_problem(503, "no_version_selected");
    assert_eq!(answer.header("retry-after"), "1");
    app.post("/predict").await.is_problem(503, "no_version_selected");
    let model = app.get("/model").await.json();
    assert_eq!((&model["version"], &model["stage"]), (&json!(null), &json!(null)));
    assert_eq!(model["degraded"]["cause"], "nothing_selected");

    app.register_and_promote(&prophet::flat_at(10.0)).await;
    app.until_served(1).await;
    assert_eq!(app.get("/ready").await.status, 200);
    assert_eq!(app.post("/predict").await.status, 200);
}

#[tokio::test]
async fn without_a_registry_it_lives_and_says_why_it_is_not_ready() {
    // A port on which nobody listens: it was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let uri = TrackingUri::parse(&format!("http://{nobody}")).unwrap();
    let options = ClientOptions::new().with_retries_max(0).with_timeout(Duration::from_secs(5));
    let store = connect(&uri, &options).await.unwrap();
    let app = TestApp::start_over(settings(), store);
    app.eventually("the registry was asked", || app.state.status.load().stepped_at.is_some()).await;
    assert_eq!(app.get("/health").await.status, 200);
    let detail = app.get("/ready").await.is_problem(503, "registry_unreachable");
    assert!(!detail.contains("127.0.0.1"), "no detail of the inside: {detail}");
    app.post("/predict").await.is_problem(503, "registry_unreachable");
    let model = app.get("/model").await.json();
    assert_eq!(model["degraded"]["cause"], "unreachable");
}

#[tokio::test]
async fn a_first_version_that_is_bad_is_refused_and_the_next_one_served() {
    let app = TestApp::start();
    app.register_and_promote("{}").await;
    app.until_refused(1).await;
    app.get("/ready").await.is_problem(503, "version_refused");
    app.register_and_promote(&prophet::flat_at(10.0)).await;
    app.until_served(2).await;
    assert_eq!(app.get("/ready").await.status, 200);
}

#[tokio::test]
async fn without_a_registry_the_copy_of_the_last_good_version_answers_as_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || {
        let last_good = Some(LastGood::in_folder(folder.path()));
        api::settings::Settings { last_good, ..settings() }
    };
    let app = TestApp::start_with(settings());
    app.register_and_promote(&prophet::flat_at(10.0)).await;
    app.until_served(1).await;
    let before = app.post("/predict?days=365").await;
    // The copy is written after the swap, and a step ends after the copy.
    app.eventually("the step has ended", || app.state.status.load().serving.is_some()).await;
    drop(app);

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let uri = TrackingUri::parse(&format!("http://{nobody}")).unwrap();
    let options = ClientOptions::new().with_retries_max(0);
    let store = connect(&uri, &options).await.unwrap();
    let app = TestApp::start_over(settings(), store);
    app.until_served(1).await;
    let after = app.post("/predict?days=365").await;
    assert_eq!((after.status, after.json()), (200, before.json()));
    assert_eq!(app.get("/ready").await.status, 200);
    let model = app.get("/model").await.json();
    assert_eq!(model["degraded"]["cause"], "unreachable");
    assert_eq!(model["swaps"][0]["reason"], "last_good");
    assert_eq!(model["copy_failure"], json!(null));
}
