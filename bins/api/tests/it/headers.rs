//! What every answer carries, and what is said of a request afterwards.

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::program::{Program, workdir};

use crate::app::{Answer, TestApp};

const PATIENCE: Duration = Duration::from_secs(30);

async fn named(app: &TestApp, name: &str) -> String {
    let request = app.client.get(app.url("/health")).header("x-request-id", name);
    Answer::of(request.send().await.unwrap()).await.header("x-request-id").to_owned()
}

#[tokio::test]
async fn every_answer_forbids_what_a_browser_must_not_do() {
    let app = TestApp::start_with_token("secret");
    for path in ["/health", "/ready", "/metrics", "/model", "/nowhere", "/docs", "/docs/page.js"] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policies: Vec<_> = answer.headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies.len(), 1, "{path}");
        let policy = policies[0].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert_eq!(policy.contains("script-src"), path == "/docs", "{path}: {policy}");
        assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path}");
    }
}

#[tokio::test]
async fn a_forecast_has_no_more_headers_than_it_needs() {
    let app = TestApp::serving().await;
    let headers = |answer: &Answer| -> BTreeSet<String> {
        answer.headers.keys().map(ToString::to_string).collect()
    };
    let expected = [
        "cache-control",
        "content-length",
        "content-type",
        "date",
        "etag",
        "x-content-type-options",
        "x-model-name",
        "x-model-version",
    ];
    let plain = app.post("/predict?days=3").await;
    assert_eq!(headers(&plain), expected.map(str::to_owned).into());
    assert_eq!(plain.header("x-content-type-options"), "nosniff");

    let ask = |id| app.client.post(app.url("/predict?days=3")).header("x-request-id", id);
    let named = Answer::of(ask("mine").send().await.unwrap()).await;
    assert_eq!((named.header("x-request-id"), &named.body), ("mine", &plain.body));
    let insane = Answer::of(ask("two words").send().await.unwrap()).await;
    assert!(!headers(&insane).contains("x-request-id"));

    let refused = app.post("/predict?days=0").await;
    assert!(!refused.header("x-request-id").is_empty());
    assert!(!refused.header("content-security-policy").is_empty());
}

#[tokio::test]
async fn a_request_keeps_its_name_and_gets_one_if_it_has_none_that_is_sane() {
    let app = TestApp::start();
    for name in ["a", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "trace:1.2_3"] {
        assert_eq!(named(&app, name).await, name);
    }
    let long = "x".repeat(65);
    let mut made = BTreeSet::new();
    for name in ["", "two words", "<script>", "\"", &long] {
        let ours = named(&app, name).await;
        assert_ne!(ours, name);
        assert!(ours.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'), "{ours}");
        made.insert(ours);
    }
    made.insert(app.get("/nowhere").await.header("x-request-id").to_owned());
    assert_eq!(made.len(), 6, "each has its own: {made:?}");
}

#[tokio::test]
async fn the_log_names_requests_that_were_refused_or_failed_and_no_other() {
    let dir = workdir().unwrap();
    let mut running = Program::new(env!("CARGO_BIN_EXE_api"))
        .current_dir(dir.path())
        .args(["--port", "0"])
        .start()
        .unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, name) in [("/health", "a-good-one"), ("/nowhere", "a-4xx"), ("/ready", "a-5xx")] {
        let request = client.get(format!("{url}{path}")).header("x-request-id", name);
        request.send().await.unwrap();
    }
    let output = running.terminate(PATIENCE).unwrap();
    let line = |name| output.stderr.lines().find(|line| line.contains(name));
    assert_eq!(line("a-good-one"), None);
    let (refused, failed) = (line("a-4xx").unwrap(), line("a-5xx").unwrap());
    assert!(refused.contains("/nowhere") && refused.contains("404"), "{refused}");
    assert!(failed.contains("/ready") && failed.contains("503"), "{failed}");
}
