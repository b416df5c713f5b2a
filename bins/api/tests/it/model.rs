//! `/model`.

use serde_json::json;

use crate::app::TestApp;
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
