//! `/health` and `/ready`.

use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn a_service_with_a_model_is_healthy_and_ready() {
    let app = TestApp::serving().await;
    let health = app.get("/health").await;
    assert_eq!((health.status, health.json()), (200, json!({"status": "healthy", "version": 1})));
    let ready = app.get("/ready").await;
    assert_eq!((ready.status, ready.json()), (200, json!({"status": "ready", "version": 1})));
}

#[tokio::test]
async fn a_service_that_is_about_to_stop_answers_but_is_not_ready() {
    let app = TestApp::serving().await;
    app.state.drain();
    app.get("/ready").await.is_problem(503, "stopping");
    assert_eq!(app.get("/health").await.status, 200);
    let answer = app.get("/predict?days=1").await;
    assert_eq!((answer.status, answer.header("connection")), (200, "close"));
    app.stop().unwrap();
}
