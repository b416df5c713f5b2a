//! `/webhooks/mlflow`: who may wake the watcher.

use std::time::{Duration, UNIX_EPOCH};

use api::clock::now;
use api::settings::Settings;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlflow_client::Secret;
use registry_watcher::Selector;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::app::{Answer, NAME, TestApp, settings};
use crate::prophet;

const SECRET: &str = "only MLflow and we know";

/// A service that asks its registry once, and then only when it is woken.
async fn asleep() -> TestApp {
    let mut settings = Settings { poll: Duration::from_hours(1), ..settings() };
    settings.webhook_secret = Some(Secret::new(SECRET));
    settings.target.selector = Selector::Alias("champion".to_owned());
    // Who delivers has no token, and needs none.
    settings.http.token = Some(api::state::Token::new("a token"));
    let app = TestApp::start_with(settings);
    app.eventually("the registry was asked", || n_polls(&app) == 1).await;
    let version = app.register(&prophet::flat_at(10.0)).await;
    app.store.set_alias(NAME, "champion", version).await.unwrap();
    app
}

fn n_polls(app: &TestApp) -> u64 {
    app.state.status.load().totals.n_polls
}

fn now_s() -> u64 {
    now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// HMAC-SHA-256 for keys of up to a block, as RFC 2104 has it.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// What MLflow says when an alias is set.
fn alias_of(model: &str) -> String {
    let data = json!({"name": model, "alias": "champion", "version": "1"});
    let entity = "model_version_alias";
    json!({"entity": entity, "action": "created", "timestamp": "2026-01-02T10:00:00+00:00", "data": data})
        .to_string()
}

/// Delivers as MLflow does.
async fn deliver(app: &TestApp, secret: &str, sent_s: u64, body: &str) -> Answer {
    let signed = format!("an-id.{sent_s}.{body}");
    let signature = STANDARD.encode(hmac(secret.as_bytes(), signed.as_bytes()));
    let request = app
        .client
        .post(app.url("/webhooks/mlflow"))
        .header("content-type", "application/json")
        .header("x-mlflow-delivery-id", "an-id")
        .header("x-mlflow-timestamp", sent_s.to_string())
        .header("x-mlflow-signature", format!("v1,{signature}"))
        .body(body.to_owned());
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_signed_delivery_about_our_model_and_no_other_makes_the_watcher_ask() {
    let app = asleep().await;
    let ours = alias_of(NAME);
    deliver(&app, "another secret", now_s(), &ours).await.is_problem(401, "webhook_unverified");
    let stale = deliver(&app, SECRET, now_s() - 600, &ours).await;
    assert!(stale.is_problem(401, "webhook_unverified").contains("5 minutes"));
    let early = deliver(&app, SECRET, now_s() + 600, &ours).await;
    early.is_problem(401, "webhook_unverified");
    deliver(&app, SECRET, now_s(), "{}").await.is_problem(400, "webhook_not_understood");
    let other = deliver(&app, SECRET, now_s(), &alias_of("another")).await;
    assert_eq!((other.status, other.body.as_str()), (204, ""));
    assert_eq!(n_polls(&app), 1, "nobody was woken");

    assert_eq!(deliver(&app, SECRET, now_s(), &ours).await.status, 204);
    app.until_served(1).await;
    app.eventually("the step has ended", || n_polls(&app) != 1).await;
    assert_eq!(n_polls(&app), 2, "once for one delivery");
}

#[tokio::test]
async fn what_cannot_be_a_delivery_is_refused() {
    let app = asleep().await;
    let unsigned = app.client.post(app.url("/webhooks/mlflow")).body(alias_of(NAME));
    let unsigned = Answer::of(unsigned.send().await.unwrap()).await;
    assert!(unsigned.is_problem(401, "webhook_unverified").contains("x-mlflow-delivery-id"));
    let long = deliver(&app, SECRET, now_s(), &" ".repeat(300_000)).await;
    assert!(long.is_problem(413, "body_too_large").contains("262144"));
    app.get("/webhooks/mlflow").await.is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn without_a_secret_no_delivery_is_taken() {
    let app = TestApp::start();
    let answer = deliver(&app, "", now_s(), &alias_of(NAME)).await;
    assert!(answer.is_problem(404, "webhook_not_configured").contains("webhook.secret"));
}
