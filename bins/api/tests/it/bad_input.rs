//! Requests that cannot be meant: each is refused with the reason and the limit.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::app::{Answer, TestApp, settings};

#[tokio::test]
async fn days_that_cannot_be_meant_are_refused() {
    let app = TestApp::serving().await;
    for days in ["0", "-5", "-1000000000000000000000"] {
        let answer = app.post(&format!("/predict?days={days}")).await;
        let detail = answer.is_problem(400, "days_not_positive");
        assert_eq!(detail, "Number of days must be positive");
    }
    for days in ["abc", "", "30.5", "1e9", "0x10", "%00", "3%200", "NaN"] {
        let answer = app.post(&format!("/predict?days={days}")).await;
        let detail = answer.is_problem(400, "days_not_a_number");
        assert!(detail.contains("365"), "{detail}");
    }
    for days in ["366", "100000", "1000000000", "100000000000000000000"] {
        let answer = app.post(&format!("/predict?days={days}")).await;
        let detail = answer.is_problem(400, "days_too_many");
        assert!(detail.contains("365"), "{detail}");
    }
    app.post("/predict?days=30&days=5").await.is_problem(400, "days_repeated");
}

#[tokio::test]
async fn other_parameters_that_cannot_be_meant_are_refused() {
    let app = TestApp::serving().await;
    for (query, code) in [
        ("from=yesterday", "from_not_a_date"),
        ("from=2026-13-01", "from_not_a_date"),
        ("from=2026-02-30", "from_not_a_date"),
        ("from=2025-01-02", "from_before_history"),
        ("from=1900-01-02", "from_out_of_range"),
        ("from=9999-01-02", "from_out_of_range"),
        ("calendar=moon", "calendar_unknown"),
        ("version=one", "version_not_a_number"),
        ("version=1&version=1", "version_repeated"),
    ] {
        app.get(&format!("/predict?{query}")).await.is_problem(400, code);
    }
    app.get("/predict?version=4294967295").await.is_problem(404, "version_not_in_memory");
}

#[tokio::test]
async fn what_is_too_long_is_refused_with_the_limit() {
    let app = TestApp::serving().await;
    let long = app.get(&format!("/predict?x={}", "y".repeat(2000))).await;
    assert!(long.is_problem(414, "query_too_long").contains("1024"));
    let body = vec![b'x'; 100_000];
    let response = app.client.post(app.url("/predict?days=3")).body(body).send().await.unwrap();
    assert!(Answer::of(response).await.is_problem(413, "body_too_large").contains("65536"));
    let response = app.client.post(app.url("/predict?days=3")).body("{}").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "a small body is ignored");
}

/// Longer than any of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends bytes as they are, and reads until the service closes the connection.
async fn raw(app: &TestApp, pieces: &[&[u8]]) -> String {
    let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    for piece in pieces {
        stream.write_all(piece).await.unwrap();
    }
    let mut said = Vec::new();
    let ends = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said));
    ends.await.expect("the connection is closed").unwrap();
    String::from_utf8(said).unwrap()
}

/// Asks for a path as it is written: a client would tidy it.
async fn raw_path(app: &TestApp, path: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    raw(app, &[head.as_bytes()]).await
}

#[tokio::test]
async fn an_encoded_path_has_the_limits_of_the_route_that_it_names() {
    let app = TestApp::serving().await;
    let row = r#"{"ds": "2026-01-05"}"#;
    // Longer than what a route may get that reads no body.
    let rows = vec![row; 5000].join(", ");
    let body = format!(r#"{{"dataframe_records": [{rows}]}}"#);
    for path in ["/invocations", "/invocation%73"] {
        let request = app.client.post(app.url(path)).header("content-type", "application/json");
        let answer = Answer::of(request.body(body.clone()).send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{path}: {}", &answer.body[..200.min(answer.body.len())]);
        let request = app.client.post(app.url(path)).header("content-type", "application/json");
        let long = request.body(vec![b' '; 1024 * 1024 + 1]).send().await.unwrap();
        Answer::of(long).await.is_problem(413, "body_too_large");
    }
}

#[tokio::test]
async fn a_body_of_no_announced_length_is_counted_up_to_the_bound() {
    let app = TestApp::serving().await;
    let head = b"POST /predict?days=3 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n";
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
    let end = b"0\r\n\r\n";
    // 64 KiB are allowed, and one chunk more is not; its end never comes.
    let within = chunk.repeat(16);
    let answer = raw(&app, &[head, &within, end]).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = raw(&app, &[head, &within, &chunk]).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("body_too_large"), "{answer}");
    let answer = raw(&app, &[head, b"no chunk\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(app.get("/health").await.status, 200);
}

#[tokio::test]
async fn a_refused_request_is_not_read_to_an_end_that_never_comes() {
    let app = TestApp::start_with_token("s3cret");
    let head = b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = raw(&app, &[head, b"3\r\nabc\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn half_of_a_second_head_is_not_waited_for() {
    let mut settings = settings();
    settings.http.request_timeout = Duration::from_millis(100);
    settings.http.idle_timeout = Duration::from_millis(100);
    let app = TestApp::start_with(settings);
    let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // Once the first is answered: what comes with it is held against the pause between two.
    let mut said = [0; 4096];
    assert!(0 < stream.read(&mut said).await.unwrap());
    stream.write_all(b"GET /hea").await.unwrap();
    let mut rest = Vec::new();
    let ends = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest));
    ends.await.expect("the connection is closed").unwrap();
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let app = TestApp::serving().await;
    app.get("/nowhere").await.is_problem(404, "route_not_found");
    for path in ["/health", "/ready", "/model"] {
        let answer = app.post(path).await;
        answer.is_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    let response = app.client.delete(app.url("/predict")).send().await.unwrap();
    Answer::of(response).await.is_problem(405, "method_not_allowed");
    let response = app.client.head(app.url("/health")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
}

#[tokio::test]
async fn a_token_is_asked_for_everywhere_but_by_the_probes() {
    let app = TestApp::start_with_token("s3cret");
    for path in ["/predict", "/model", "/nowhere"] {
        let answer = app.get(path).await;
        answer.is_problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    for token in ["", "s3cre", "s3cret0", "S3CRET"] {
        let request = app.client.get(app.url("/model")).bearer_auth(token);
        let answer = Answer::of(request.send().await.unwrap()).await;
        answer.is_problem(401, "unauthorized");
        assert!(!answer.body.contains("s3cret"), "{answer:?}");
    }
    let request = app.client.get(app.url("/model")).bearer_auth("s3cret");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    for path in ["/%6dodel", "/predict/", "//predict", "/docs%2Fpage.js"] {
        let answer = raw_path(&app, path).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{path}: {answer}");
    }
    assert_eq!(app.get("/health").await.status, 200);
    assert_eq!(app.get("/h%65alth").await.status, 200, "it is the same path");
    assert_eq!(app.get("/ready").await.status, 503);
}
