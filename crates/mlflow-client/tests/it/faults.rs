//! Servers that answer badly, or not at all.

use std::time::{Duration, Instant};

use mlflow_client::{
    ArtifactStore as _, Batch, ClientOptions, Credentials, Error, ErrorKind, ExperimentId, Metric,
    NewRun, RegistryStore as _, RestStore, RunId, Secret, Store as _, TrackingStore as _, Version,
};
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{any, header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) fn options() -> ClientOptions {
    ClientOptions::new()
        .with_timeout(Duration::from_secs(5))
        .with_retries_max(2)
        .with_backoff(Duration::from_millis(1))
}

pub(crate) fn client(server: &MockServer, options: &ClientOptions) -> RestStore {
    RestStore::new(&Url::parse(&server.uri()).unwrap(), options).unwrap()
}

pub(crate) async fn answers(status: u16, body: &str) -> (MockServer, RestStore) {
    let server = MockServer::start().await;
    let template = ResponseTemplate::new(status).set_body_string(body);
    Mock::given(any()).respond_with(template).mount(&server).await;
    let store = client(&server, &options());
    (server, store)
}

pub(crate) async fn n_requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

pub(crate) async fn n_requests_of(server: &MockServer, ending: &str) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|request| request.url.path().ends_with(ending)).count()
}

fn new_run() -> NewRun {
    let experiment_id = ExperimentId::new("1");
    NewRun { experiment_id, name: "x".to_owned(), start_time_ms: 1, user: None, tags: vec![] }
}

#[tokio::test]
async fn every_shape_of_refusal_is_one_sentence_of_its_kind() {
    let coded = |code: &str| json!({ "error_code": code, "message": "no such thing." }).to_string();
    let html = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>";
    let cases = [
        (404, coded("RESOURCE_DOES_NOT_EXIST"), ErrorKind::NotFound, "no such thing"),
        (400, coded("RESOURCE_ALREADY_EXISTS"), ErrorKind::AlreadyExists, "no such thing"),
        (400, coded("INVALID_PARAMETER_VALUE"), ErrorKind::InvalidArgument, "no such thing"),
        (500, coded("INTERNAL_ERROR"), ErrorKind::Internal, "no such thing"),
        (409, coded("RESOURCE_CONFLICT"), ErrorKind::Conflict, "no such thing"),
        (401, "<html><title>Sign in</title>".to_owned(), ErrorKind::Unauthenticated, "Sign in"),
        (403, "Permission denied".to_owned(), ErrorKind::PermissionDenied, "Permission denied"),
        (403, "Invalid Host header - x".to_owned(), ErrorKind::PermissionDenied, "Host header"),
        (404, html.to_owned(), ErrorKind::NotMlflow, "experiments/search"),
        (400, r#"{"detail": "bad path"}"#.to_owned(), ErrorKind::InvalidArgument, "bad path"),
        (200, "<html>hello</html>".to_owned(), ErrorKind::NotMlflow, "something else"),
        (200, String::new(), ErrorKind::NotMlflow, "something else"),
        (502, String::new(), ErrorKind::Unavailable, "answered 502, 3 tries"),
    ];
    for (status, body, kind, fragment) in cases {
        let (_server, store) = answers(status, &body).await;
        let error = store.ping().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}: {error}");
        assert!(error.to_string().contains(fragment), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn the_error_code_of_mlflow_is_kept() {
    let body = r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"}"#;
    let (_server, store) = answers(404, body).await;
    let error = store.get_registered_model("ProphetModel").await.unwrap_err();
    assert_eq!(error.error_code(), Some("RESOURCE_DOES_NOT_EXIST"));
    assert_eq!(error.to_string(), "failed to read registered model `ProphetModel`: gone");
}

#[tokio::test]
async fn a_wrong_token_is_said_and_never_shown() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let token = Credentials::Token(Secret::new("s3gred0"));
    let store = client(&server, &options().with_credentials(token));
    let error = store.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.hint().unwrap().contains("MLFLOW_TRACKING_TOKEN"), "{error:?}");
    assert!(!format!("{error} {error:?} {store:?} {}", store.uri()).contains("s3gred0"));
    assert_eq!(n_requests(&server).await, 1, "the same token would be refused again");
}

#[tokio::test]
async fn credentials_go_to_the_server_and_not_to_where_it_redirects() {
    let (elsewhere, server) = (MockServer::start().await, MockServer::start().await);
    Mock::given(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(500).set_body_string("leaked"))
        .mount(&elsewhere)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .with_priority(9)
        .mount(&elsewhere)
        .await;
    let there = format!("{}/api", elsewhere.uri());
    Mock::given(header("authorization", "Basic YW5hOnNlZ3JlZG8="))
        .respond_with(ResponseTemplate::new(307).insert_header("location", there.as_str()))
        .mount(&server)
        .await;
    let credentials =
        Credentials::Basic { username: "ana".to_owned(), password: Secret::new("segredo") };
    let store = client(&server, &options().with_credentials(credentials));
    store.ping().await.unwrap();
    assert_eq!(n_requests(&elsewhere).await, 1);
}

#[tokio::test]
async fn what_is_safe_to_repeat_is_repeated_and_nothing_else() {
    for (status, body, n_reads, n_creates) in [
        (503, "", 3, 3),
        (429, "", 3, 3),
        (502, "", 3, 1),
        (504, "", 3, 1),
        (408, "", 3, 1),
        (500, "<html>", 3, 1),
        (500, r#"{"error_code": "INTERNAL_ERROR", "message": ""}"#, 1, 1),
        (400, "", 1, 1),
        (409, "", 1, 1),
    ] {
        let (server, store) = answers(status, body).await;
        store.get_run(&RunId::new("r")).await.unwrap_err();
        assert_eq!(n_requests(&server).await, n_reads, "reading, {status} {body}");
        server.reset().await;
        let template = ResponseTemplate::new(status).set_body_string(body);
        Mock::given(any()).respond_with(template).mount(&server).await;
        store.create_run(&new_run()).await.unwrap_err();
        let n_sent = n_requests_of(&server, "runs/create").await;
        assert_eq!(n_sent, n_creates, "creating, {status} {body}");
    }
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_kept() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "1"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    let started = Instant::now();
    client(&server, &options()).ping().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_a_way_out() {
    let port = testkit::mlflow_server::free_port().unwrap();
    let url = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let error = RestStore::new(&url, &options()).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&format!("no connection to http://127.0.0.1:{port}")));
    assert!(error.hint().unwrap().contains("unset MLFLOW_TRACKING_URI"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_in_time() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let options = options().with_timeout(Duration::from_millis(100)).with_retries_max(1);
    let error = client(&server, &options).ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("2 tries"), "{error}");
    server.reset().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    client(&server, &options).create_run(&new_run()).await.unwrap_err();
    let n_sent = n_requests_of(&server, "runs/create").await;
    assert_eq!(n_sent, 1, "nobody knows whether the run was made");
}

#[tokio::test]
async fn non_finite_values_are_sent_as_strings_and_batches_within_the_limits() {
    let (server, store) = answers(200, "{}").await;
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.5];
    let metrics: Vec<_> =
        values.into_iter().cycle().take(1001).map(|value| Metric::new("m", value, 1)).collect();
    let params = vec![("p".to_owned(), "v".to_owned())];
    let batch = Batch { metrics, params, ..Batch::default() };
    store.log_batch(&RunId::new("r"), &batch).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests.iter().map(|r| r.body_json().unwrap()).collect();
    let counts: Vec<_> = bodies.iter().map(|b| b["metrics"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [999, 2], "1000 entities in all");
    let first: Vec<_> = (0..4).map(|i| bodies[0]["metrics"][i]["value"].clone()).collect();
    assert_eq!(first, [json!("NaN"), json!("Infinity"), json!("-Infinity"), json!(1.5)]);
}

#[tokio::test]
async fn numbers_are_read_in_every_spelling_and_missing_fields_have_defaults() {
    let body = r#"{"run": {"info": {"run_id": "r", "status": "FINISHED", "start_time": "5",
        "end_time": 7, "unknown": {}}, "data": {"metrics": [
        {"key": "a", "value": "NaN"}, {"key": "b", "value": 1.7976931348623157e308},
        {"key": "c", "value": "1.5", "step": "3"}, {"key": "d", "value": 2}]}}}"#;
    let (_server, store) = answers(200, body).await;
    let run = store.get_run(&RunId::new("r")).await.unwrap();
    assert_eq!((run.start_time_ms, run.end_time_ms, run.params.len()), (5, Some(7), 0));
    assert!(run.metrics["a"].is_nan() && run.metrics["b"].is_infinite());
    assert!((run.metrics["c"] - 1.5).abs() + (run.metrics["d"] - 2.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn versions_go_as_strings_and_paths_are_encoded_once() {
    let (server, store) = answers(200, "{}").await;
    store.set_alias("P", "champion", Version::new(3)).await.unwrap();
    let uri = "mlflow-artifacts:/1/r/artifacts";
    store.put_artifact(uri, "com espaço/ação+.csv", b"x".to_vec()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].body_json::<Value>().unwrap()["version"], json!("3"));
    let expected =
        "/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/com%20espa%C3%A7o/a%C3%A7%C3%A3o+.csv";
    assert_eq!(requests[1].url.path(), expected);
}

#[tokio::test]
async fn pages_are_followed_to_the_last() {
    let server = MockServer::start().await;
    let page = |number: u32, token: &str| {
        let version = json!({ "name": "P", "version": number.to_string(), "status": "READY" });
        json!({ "model_versions": [version], "next_page_token": token })
    };
    Mock::given(wiremock::matchers::query_param("page_token", "t"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page(7, "")))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/2.0/mlflow/model-versions/search"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page(3, "t")))
        .with_priority(9)
        .mount(&server)
        .await;
    let aliases = json!([{ "alias": "champion", "version": "3" }]);
    Mock::given(path("/api/2.0/mlflow/registered-models/get"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "registered_model": { "name": "P", "aliases": aliases }
        })))
        .mount(&server)
        .await;
    let versions = client(&server, &options()).versions("P").await.unwrap();
    assert_eq!(versions.iter().map(|v| v.version.number()).collect::<Vec<_>>(), [7, 3]);
    assert_eq!(versions[1].aliases, ["champion"]);
}

#[tokio::test]
async fn roots_that_are_not_the_servers_are_refused() {
    let (server, store) = answers(200, "{}").await;
    for uri in ["ftp://host/key", "mlflow-artifacts://other:5000/1", "http://x/y"] {
        let error: Error = store.put_artifact(uri, "a", vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedUri, "{uri}");
        assert!(error.hint().unwrap().contains("--serve-artifacts"));
    }
    assert_eq!(n_requests(&server).await, 0);
}

#[tokio::test]
async fn a_file_is_not_written_into_a_folder_that_only_the_server_has() {
    let url = Url::parse("http://mlflow.example:5000").unwrap();
    let store = RestStore::new(&url, &options()).unwrap();
    let error = store.put_artifact("/nowhere/mlruns/1/r/artifacts", "a", vec![]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedUri);
    assert!(error.hint().unwrap().contains("--serve-artifacts"), "{error:?}");
}

#[tokio::test]
async fn a_server_elsewhere_has_no_folder_of_this_machine_read_or_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), b"x").unwrap();
    let url = Url::parse("http://mlflow.example:5000").unwrap();
    let store = RestStore::new(&url, &options()).unwrap();
    let path = folder.path().display().to_string();
    for root in [format!("file://{path}"), path] {
        for error in [
            store.get_artifact(&root, "secret").await.unwrap_err(),
            store.list_artifacts(&root, "").await.unwrap_err(),
            store.put_artifact(&root, "secret", vec![]).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::UnsupportedUri, "{error}");
            assert!(error.hint().unwrap().contains("--serve-artifacts"), "{error:?}");
        }
    }
    assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"x");
}

#[tokio::test]
async fn a_listed_name_that_is_no_path_below_the_root_is_refused() {
    for name in ["../x", "/etc/passwd", "a/../../x", "", ".", "a%2e", "a\\b"] {
        let listing = json!({ "files": [{ "path": name, "is_dir": false, "file_size": 1 }] });
        let (_server, store) = answers(200, &listing.to_string()).await;
        let error = store.list_artifacts("mlflow-artifacts:/1/r", "").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{name}: {error}");
    }
}
