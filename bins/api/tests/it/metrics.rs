//! `/metrics`, after requests, swaps and failures that are known.

use std::collections::BTreeMap;

use mlflow_client::{ClientOptions, TrackingUri, Version, connect};
use reqwest::Method;

use crate::app::{TestApp, settings};
use crate::prophet;

/// The samples by name and labels, as text.
async fn samples(app: &TestApp) -> BTreeMap<String, String> {
    let answer = app.get("/metrics").await;
    assert_eq!(answer.status, 200);
    let lines = answer.body.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        (series.to_owned(), value.to_owned())
    });
    samples.collect()
}

fn number(samples: &BTreeMap<String, String>, series: &str) -> f64 {
    samples[series].parse().unwrap()
}

fn requests(route: &str, method: &str, status: &str) -> String {
    format!(r#"http_requests_total{{method="{method}",route="{route}",status="{status}"}}"#)
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status_class() {
    let app = TestApp::serving().await;
    for _ in 0..3 {
        app.post("/predict?days=2").await;
    }
    let etag = app.get("/predict").await.header("etag").to_owned();
    let known = app.client.get(app.url("/predict")).header("if-none-match", etag);
    assert_eq!(known.send().await.unwrap().status().as_u16(), 304);
    app.post("/predict?days=0").await;
    app.get("/health").await;
    app.state.drain();
    app.get("/ready").await;
    let found = samples(&app).await;
    for (route, method, status, n) in [
        ("/predict", "POST", "2xx", "3"),
        ("/predict", "POST", "4xx", "1"),
        ("/predict", "GET", "2xx", "1"),
        ("/predict", "GET", "3xx", "1"),
        ("/health", "GET", "2xx", "1"),
        ("/ready", "GET", "5xx", "1"),
    ] {
        assert_eq!(found[&requests(route, method, status)], n, "{route} {status}");
    }
    assert_eq!(found[r#"http_request_duration_seconds_count{route="/predict"}"#], "6");
    assert_eq!(found[r#"http_request_duration_seconds_bucket{route="/predict",le="+Inf"}"#], "6");
    assert!(0.0 < number(&found, r#"http_request_duration_seconds_sum{route="/predict"}"#));
    assert_eq!(found["http_requests_in_flight"], "1", "this one");
    assert_eq!(found["forecasts_computing"], "0");
    assert_eq!(samples(&app).await[&requests("/metrics", "GET", "2xx")], "1");
}

#[tokio::test]
async fn strangers_add_no_series() {
    let app = TestApp::serving().await;
    let ask = async |path: &str, method: &[u8]| {
        let method = Method::from_bytes(method).unwrap();
        app.client.request(method, app.url(path)).send().await.unwrap();
    };
    ask("/wp-login.php", b"GET").await;
    ask("/predict", b"BREW").await;
    samples(&app).await;
    let before = samples(&app).await;
    for n in 0..50 {
        ask(&format!("/a{n}/{n}?{n}"), b"GET").await;
        ask("/predict", format!("BREW{n}").as_bytes()).await;
    }
    let after = samples(&app).await;
    assert!(before.keys().eq(after.keys()), "{after:?}");
    assert_eq!(after[&requests("unmatched", "GET", "4xx")], "51");
    assert_eq!(after[&requests("/predict", "other", "4xx")], "51");
    ask("/%70redict", b"BREW").await;
    assert_eq!(samples(&app).await[&requests("/predict", "other", "4xx")], "52", "as it is routed");
}

#[tokio::test]
async fn every_route_has_a_label_of_its_own() {
    let app = TestApp::serving().await;
    let document = app.get("/openapi.json").await.json();
    for path in document["paths"].as_object().unwrap().keys() {
        app.get(path).await;
    }
    let found = samples(&app).await;
    let unmatched: Vec<_> = found.keys().filter(|series| series.contains("unmatched")).collect();
    assert!(unmatched.is_empty(), "{unmatched:?}");
}

#[tokio::test]
async fn swaps_and_refusals_are_counted_by_reason() {
    let app = TestApp::serving().await;
    app.register_and_promote(&prophet::flat_at(20.0)).await;
    app.until_served(2).await;
    app.promote(Version::new(1)).await;
    app.until_served(1).await;
    app.register_and_promote("{}").await;
    app.until_refused(3).await;
    let found = samples(&app).await;
    for (series, value) in [
        (r#"model_info{name="ProphetModel",version="1"}"#, "1"),
        (r#"model_swaps_total{reason="first"}"#, "1"),
        (r#"model_swaps_total{reason="promoted"}"#, "1"),
        (r#"model_swaps_total{reason="rolled_back"}"#, "1"),
        (r#"model_swaps_total{reason="replaced"}"#, "0"),
        (r#"model_swaps_total{reason="last_good"}"#, "0"),
        ("model_refused_total", "1"),
        ("model_load_failures_total", "0"),
        ("model_staged_version", "0"),
        ("registry_poll_failures_total", "0"),
        ("registry_degraded", "1"),
        ("last_good_copy_failed", "0"),
    ] {
        assert_eq!(found[series], value, "{series} in {found:?}");
    }
    let n_infos = found.keys().filter(|series| series.starts_with("model_info")).count();
    assert_eq!(n_infos, 1, "{found:?}");
    assert!(4.0 <= number(&found, "registry_polls_total"), "{found:?}");
    let loaded = number(&found, "model_loaded_timestamp_seconds");
    assert!(loaded <= number(&found, "registry_last_poll_timestamp_seconds"), "{found:?}");
}

#[tokio::test]
async fn a_registry_that_is_away_is_counted_and_no_model_is_named() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let uri = TrackingUri::parse(&format!("http://{nobody}")).unwrap();
    let store = connect(&uri, &ClientOptions::new().with_retries_max(0)).await.unwrap();
    let app = TestApp::start_over(settings(), store);
    app.eventually("the registry was asked twice", || {
        2 <= app.state.status.load().totals.n_poll_failures
    })
    .await;
    let found = samples(&app).await;
    assert!(2.0 <= number(&found, "registry_poll_failures_total"), "{found:?}");
    let n_polls = number(&found, "registry_polls_total");
    assert!(number(&found, "registry_poll_failures_total") <= n_polls, "{found:?}");
    assert_eq!(found["registry_degraded"], "1");
    let is_of_a_model =
        |series: &&String| series.starts_with("model_info") || series.starts_with("model_loaded");
    assert_eq!(found.keys().find(is_of_a_model), None);
}

#[tokio::test]
async fn a_monitor_needs_no_token_and_reads_the_text_format() {
    let app = TestApp::start_with_token("secret");
    let answer = app.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        app.post("/metrics").await.is_problem(405, "method_not_allowed"),
        "This route answers GET, HEAD"
    );
    app.get("/model").await.is_problem(401, "unauthorized");
    let found = samples(&app).await;
    assert_eq!(found[&requests("/model", "GET", "4xx")], "1", "refusals are counted too");
}

/// The documentation names them all, and nothing else.
#[tokio::test]
async fn every_metric_is_documented() {
    let (_dir, app) = TestApp::monitored().await;
    app.get("/health").await;
    let body = app.get("/metrics").await.body;
    let types = body.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut exposed: Vec<_> = types.map(|line| line.split(' ').next().unwrap()).collect();
    exposed.sort_unstable();
    let docs = include_str!("../../../../docs/api.md");
    let section = docs.split("## `GET /metrics`").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let names = rows.flat_map(|cell| cell.split('`').filter(|it| it.contains('_')));
    let mut documented: Vec<_> = names.map(|it| it.split('{').next().unwrap()).collect();
    documented.sort_unstable();
    assert_eq!(documented, exposed);
}
