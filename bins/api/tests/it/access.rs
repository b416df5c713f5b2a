//! Who may ask, how often and from which pages, and changes of that while the service runs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use api::access::Access;
use api::cors::Origins;
use api::rate_limit::RateLimit;
use api::state::Token;
use reqwest::{Method, RequestBuilder};
use testkit::program::{Program, Running, workdir};

use crate::app::{Answer, TestApp, settings};
use crate::prophet;

const PATIENCE: Duration = Duration::from_secs(30);

async fn send(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back_and_probes_never_are() {
    let mut settings = settings();
    // So slow that none is added during the test.
    settings.http.rate_limit = Some(RateLimit { per_second: 1e-3, burst: 3 });
    settings.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let app = TestApp::start_with(settings);
    app.register_and_promote(&prophet::flat_at(10.0)).await;
    app.until_served(1).await;
    let ask = |client| app.client.get(app.url("/predict?days=2")).header("x-forwarded-for", client);
    for _ in 0..3 {
        assert_eq!(send(ask("203.0.113.1")).await.status, 200);
    }
    let refused = send(ask("203.0.113.1")).await;
    refused.is_problem(429, "too_many_requests");
    let wait_s: u64 = refused.header("retry-after").parse().unwrap();
    assert!((900..=1000).contains(&wait_s), "{wait_s}");
    assert_eq!(send(ask("203.0.113.2")).await.status, 200, "another client");
    assert_eq!(send(ask("198.51.100.9, 203.0.113.1")).await.status, 429, "whoever it says it was");
    for path in ["/health", "/ready", "/metrics"] {
        for _ in 0..5 {
            assert_eq!(app.get(path).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn pages_of_named_origins_may_read_answers_and_no_others() {
    let mut settings = settings();
    settings.http.token = Some(Token::new("s3cret"));
    settings.http.origins = Origins::parse(&["https://example.com".to_owned()]).unwrap();
    let app = TestApp::start_with(settings);
    app.register_and_promote(&prophet::flat_at(10.0)).await;
    app.until_served(1).await;
    let url = app.url("/predict?days=2");
    let from = |method: Method, origin| app.client.request(method, &url).header("origin", origin);

    // The browser asks first, and shows no token.
    let asks =
        |origin| from(Method::OPTIONS, origin).header("access-control-request-method", "POST");
    let allowed = send(asks("https://example.com")).await;
    assert_eq!((allowed.status, allowed.body.as_str()), (204, ""));
    assert_eq!(allowed.header("access-control-allow-origin"), "https://example.com");
    assert!(allowed.header("access-control-allow-methods").contains("POST"));
    assert!(allowed.header("access-control-allow-headers").contains("authorization"));
    assert_eq!(allowed.headers.get("access-control-allow-credentials"), None);
    let other = send(asks("https://example.org")).await;
    assert_eq!(other.headers.get("access-control-allow-origin"), None);
    assert_eq!(other.headers.get("access-control-allow-methods"), None);

    for (path_origin, is_allowed) in [("https://example.com", true), ("https://example.org", false)]
    {
        for token in ["s3cret", "wrong"] {
            let answer = send(from(Method::POST, path_origin).bearer_auth(token)).await;
            assert_eq!(answer.status == 200, token == "s3cret");
            let allowed = answer.headers.get("access-control-allow-origin");
            assert_eq!(allowed.is_some(), is_allowed, "{answer:?}");
            assert_eq!(answer.header("vary"), "Origin");
        }
    }
    let plain = send(app.client.get(&url).bearer_auth("s3cret")).await;
    assert_eq!(plain.header("vary"), "Origin", "also for who names no origin");
    // Without the question of a browser it is a method like any other.
    let odd = send(from(Method::OPTIONS, "https://example.com").bearer_auth("s3cret")).await;
    odd.is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn every_origin_may_be_allowed_and_none_is_by_default() {
    let mut settings = settings();
    settings.http.origins = Some(Origins::All);
    let app = TestApp::start_with(settings);
    let ask =
        |app: &TestApp| app.client.get(app.url("/health")).header("origin", "https://a.example");
    let answer = send(ask(&app)).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.headers.get("vary"), None);
    let closed = TestApp::start();
    assert_eq!(send(ask(&closed)).await.headers.get("access-control-allow-origin"), None);
    let asks = closed.client.request(Method::OPTIONS, closed.url("/health"));
    let asks = asks.header("origin", "https://a.example");
    let asks = asks.header("access-control-request-method", "GET");
    send(asks).await.is_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn rules_that_change_hold_from_the_next_request_on() {
    let app = TestApp::serving().await;
    assert_eq!(app.get("/predict").await.status, 200);
    let mut settings = settings();
    settings.http.token = Some(Token::new("s3cret"));
    app.state.admit_by(Access::of(&settings));
    app.get("/predict").await.is_problem(401, "unauthorized");
    let with_token = app.client.get(app.url("/openapi.json")).bearer_auth("s3cret");
    assert_eq!(send(with_token).await.json()["security"][0]["bearer"], serde_json::json!([]));
    app.state.admit_by(Access::of(&crate::app::settings()));
    assert_eq!(app.get("/predict").await.status, 200);
}

/// Writes the settings, sends SIGHUP, and waits until the program says `expected`.
fn hang_up(running: &mut Running, file: &Path, text: &str, expected: &str) {
    std::fs::write(file, text).unwrap();
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    running.wait_for_line(PATIENCE, |line| line.contains(expected)).unwrap();
}

#[tokio::test]
async fn on_sighup_the_file_is_read_again_and_a_wrong_one_changes_nothing() {
    let dir = workdir().unwrap();
    let file = dir.path().join("petr4.toml");
    std::fs::write(&file, "[api]\ntoken = 'first'\n").unwrap();
    // Whoever runs the tests may ignore SIGHUP, and the program would inherit that.
    let mut running = Program::new("env")
        .current_dir(dir.path())
        .args(["--default-signal=HUP", env!("CARGO_BIN_EXE_api"), "--port", "0"])
        .start()
        .unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |token: &str| {
        let request = client.get(format!("{url}/model")).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((status("first").await, status("second").await), (200, 401));

    let text = "[api]\ntoken = 'second'\ndays_max = 9\n[log]\nfilter = 'info,api=debug'\n";
    hang_up(&mut running, &file, text, "need a restart");
    assert_eq!((status("first").await, status("second").await), (401, 200));
    let said = running.said();
    assert!(said.contains("api.token, log.filter") && said.contains("api.days_max"), "{said}");

    let wrong = "[api]\ntoken = 'third'\ndays_max = 0\n";
    hang_up(&mut running, &file, wrong, "api.days_max is 0");
    assert_eq!((status("third").await, status("second").await), (401, 200));

    let wrong = "[api]\ntoken = 'fourth'\n[log]\nfilter = 'api=loud'\n";
    hang_up(&mut running, &file, wrong, "those in force stay");
    assert_eq!((status("fourth").await, status("second").await), (401, 200));

    let output = running.terminate(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
}
