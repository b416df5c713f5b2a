//! `/model`.

use mlflow_client::{ClientOptions, Stage, TrackingUri, connect};
use serde_json::json;

use crate::app::{NAME, TestApp, settings};
use crate::prophet::{self, TRAINED_THROUGH};

#[tokio::test]
async fn the_served_version_is_described() {
    let app = TestApp::serving().await;
    let model = app.get("/model").await.json();
    for (key, expect) in [
        ("name", json!("ProphetModel")),
        ("symbol", json!("PETR4.SA")),
        ("selector", json!("stage:Production")),
        ("version", json!(1)),
        ("stage", json!("Production")),
        ("trained_through", json!(TRAINED_THROUGH)),
        ("degraded", json!(null)),
        ("refused", json!([])),
        ("versions_in_memory", json!([1])),
    ] {
        assert_eq!(model[key], expect, "{key} in {model}");
    }
    assert_eq!(model["run_id"].as_str().unwrap().len(), 32, "{model}");
    assert!(model["since"].as_str().unwrap().ends_with('Z'), "{model}");
    assert_eq!(model["swaps"][0]["reason"], "first");
}

#[tokio::test]
async fn refusals_and_swaps_are_told_with_their_reasons() {
    let app = TestApp::serving().await;
    app.register_and_promote("not a model").await;
    app.until_refused(2).await;
    app.promote(1.into()).await;
    app.register_and_promote(&prophet::flat_at(12.0)).await;
    app.until_served(3).await;
    app.promote(1.into()).await;
    app.until_served(1).await;
    let model = app.get("/model").await.json();
    assert_eq!(model["refused"][0]["version"], 2);
    assert!(model["refused"][0]["reason"].as_str().unwrap().contains("Prophet"), "{model}");
    let reasons: Vec<_> =
        model["swaps"].as_array().unwrap().iter().map(|swap| swap["reason"].clone()).collect();
    assert_eq!(reasons, ["first", "promoted", "rolled_back"]);
    assert_eq!(model["swaps"][2]["from"], 3);
    assert_eq!(model["swaps"][2]["to"], 1);
}

#[tokio::test]
async fn stage_and_aliases_are_those_of_now_and_not_of_the_load() {
    let app = TestApp::serving().await;
    assert_eq!(app.get("/model").await.json()["aliases"], json!([]));
    app.store.set_alias(NAME, "champion", 1.into()).await.unwrap();
    let entry = || app.state.status.load().entry.clone().unwrap();
    app.eventually("the alias is seen", || !entry().aliases.is_empty()).await;
    assert_eq!(app.get("/model").await.json()["aliases"], json!(["champion"]));

    app.store.transition_stage(NAME, 1.into(), Stage::Archived, false).await.unwrap();
    app.eventually("the move is seen", || entry().stage == Stage::Archived).await;
    let model = app.get("/model").await.json();
    assert_eq!((&model["version"], &model["stage"]), (&json!(1), &json!("Archived")), "{model}");
    assert_eq!(model["degraded"]["cause"], "nothing_selected");
}

#[tokio::test]
async fn a_load_that_takes_long_is_told() {
    let dir = testkit::program::workdir().unwrap();
    let path = dir.path().join("mlflow.db");
    let uri = TrackingUri::parse(&format!("sqlite:///{}", path.display())).unwrap();
    let store = connect(&uri, &ClientOptions::new()).await.unwrap();
    let app = TestApp::start_over(settings(), store);
    let version = app.register(&prophet::flat_at(10.0)).await;
    // A pipe in place of the file: reading it waits for whoever writes it.
    let root = app.store.download_uri(NAME, version).await.unwrap();
    let file = std::path::Path::new(root.strip_prefix("file://").unwrap()).join("model.pr");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    app.promote(version).await;
    app.eventually("the load is told", || app.state.status.load().loading.is_some()).await;
    let model = app.get("/model").await.json();
    assert_eq!((&model["loading"]["version"], &model["version"]), (&json!(1), &json!(null)));
    assert!(model["loading"]["since"].as_str().unwrap().ends_with('Z'), "{model}");
    let detail = app.get("/ready").await.is_problem(503, "starting");
    assert!(detail.contains("Version 1"), "{detail}");

    tokio::task::spawn_blocking(move || std::fs::write(file, bytes)).await.unwrap().unwrap();
    app.until_served(1).await;
    app.eventually("the load ended", || app.state.status.load().loading.is_none()).await;
    assert_eq!(app.get("/model").await.json()["loading"], json!(null));
}
