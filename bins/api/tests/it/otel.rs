//! Spans of requests and swaps, as a collector of OpenTelemetry gets them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use mlflow_client::{ClientOptions, Stage, TrackingUri, connect};
use serde_json::Value;
use testkit::program::{Program, workdir};

use crate::app::{NAME, TODAY, register};
use crate::prophet;

const PATIENCE: Duration = Duration::from_secs(30);

/// Takes what is posted to it, and says that all is well.
fn collector() -> (String, mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, posts) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut first, mut line, mut n_bytes) = (String::new(), String::new(), 0);
            reader.read_line(&mut first).unwrap();
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).unwrap();
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    n_bytes = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; n_bytes];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                connection: close\r\ncontent-length: 2\r\n\r\n{}";
            reader.get_mut().write_all(answer).unwrap();
            if send.send((first, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, posts)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn attribute(span: &Value, key: &str) -> Option<String> {
    let found = list(&span["attributes"]).find(|it| it["key"] == key)?;
    let value = found["value"].as_object()?.values().next()?;
    Some(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
}

#[tokio::test]
async fn a_collector_is_told_of_requests_and_swaps() {
    let (endpoint, posts) = collector();
    let dir = workdir().unwrap();
    let uri = format!("sqlite:///{}", dir.path().join("mlflow.db").display());
    let parsed = TrackingUri::parse(&uri).unwrap();
    let store = connect(&parsed, &ClientOptions::new()).await.unwrap();
    let version = register(&*store, &prophet::flat_at(10.0)).await;
    store.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
    let mut running = Program::new(env!("CARGO_BIN_EXE_api"))
        .current_dir(dir.path())
        .args(["--port", "0", "--tracking-uri", &uri])
        .env("PETR4__CLOCK__TODAY", TODAY)
        .env("PETR4__MONITOR__ENABLED", "false")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)
        .start()
        .unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let began = Instant::now();
    while client.get(format!("{url}/ready")).send().await.unwrap().status() != 200 {
        assert!(began.elapsed() < PATIENCE, "never ready: {}", running.said());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let asked = client.post(format!("{url}/predict?days=3"));
    asked.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")).send().await.unwrap();
    client.get(format!("{url}/model/%2e")).send().await.unwrap();
    // At its end it sends what it has not sent yet.
    let output = running.terminate(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());

    let posts: Vec<_> = posts.try_iter().collect();
    assert!(posts.iter().all(|(line, _)| line.starts_with("POST /v1/traces ")), "{posts:?}");
    let bodies = posts.iter().flat_map(|(_, body)| list(&body["resourceSpans"]));
    let spans: Vec<&Value> = bodies
        .flat_map(|resource| list(&resource["scopeSpans"]))
        .flat_map(|scope| list(&scope["spans"]))
        .collect();
    let named = |name: &str| {
        let found = spans.iter().find(|span| span["name"] == name);
        *found.unwrap_or_else(|| panic!("no `{name}` in {spans:?}"))
    };
    let forecast = named("POST /predict");
    assert_eq!(forecast["traceId"], trace, "it goes on with the caller's trace");
    assert_eq!(forecast["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(attribute(forecast, "http.response.status_code").as_deref(), Some("200"));
    let stray = named("GET unmatched");
    assert_eq!(attribute(stray, "http.response.status_code").as_deref(), Some("404"));
    for name in ["load", "swap"] {
        assert_eq!(attribute(named(name), "model.version").as_deref(), Some("1"), "{name}");
    }
    assert_eq!(attribute(named("swap"), "reason").as_deref(), Some("first"));
}
