//! Calls that end elsewhere than they should: redirected, given up, or done without an answer.

use std::time::{Duration, Instant};

use mlflow_client::{
    ArtifactStore as _, ErrorKind, ModelVersion, NewModelVersion, RegistryStore as _, RestStore,
    RunId, Store as _, TrackingStore as _,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::{answers, client, n_requests, options};

const ROOT: &str = "mlflow-artifacts:/1/r";

#[tokio::test]
async fn a_redirected_write_is_an_error_that_names_where_to_go() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, _) = answers(200, "{}").await;
        let server = MockServer::start().await;
        let there = format!("{}/login?token=hunter2", elsewhere.uri());
        Mock::given(any())
            .respond_with(ResponseTemplate::new(status).insert_header("location", there.as_str()))
            .mount(&server)
            .await;
        let store = client(&server, &options());
        for error in [
            store.put_artifact(ROOT, "a", b"x".to_vec()).await.unwrap_err(),
            store.create_registered_model("P", None).await.unwrap_err(),
            store.delete_alias("P", "champion").await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Protocol, "{status}: {error}");
            let hint = error.hint().unwrap();
            assert!(hint.contains(&format!("`{}`: use this address", elsewhere.uri())), "{hint}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        assert_eq!(n_requests(&elsewhere).await, 0, "{status}");
        assert_eq!(n_requests(&server).await, 3, "{status}: it would be redirected again");
    }
}

#[tokio::test]
async fn a_redirected_read_is_followed_but_not_in_circles() {
    let (elsewhere, _) = answers(200, "{}").await;
    let server = MockServer::start().await;
    Mock::given(path("/api/2.0/mlflow/experiments/search"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", elsewhere.uri()))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(302).insert_header("location", "/again"))
        .with_priority(9)
        .mount(&server)
        .await;
    let store = client(&server, &options());
    store.ping().await.unwrap();
    let error = store.get_run(&RunId::new("r")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn all_tries_of_one_call_together_end_in_time() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let options = options()
        .with_timeout(Duration::from_millis(200))
        .with_retries_max(1000)
        .with_retry_for(Duration::from_millis(500));
    let started = Instant::now();
    let error = client(&server, &options).ping().await.unwrap_err();
    // The slack is for a busy machine; a thousand tries would take 200 s.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn a_pause_that_outlasts_the_whole_is_not_begun() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "50");
    Mock::given(any()).respond_with(busy).mount(&server).await;
    let options = options().with_retry_for(Duration::from_secs(10));
    let started = Instant::now();
    let error = client(&server, &options).ping().await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "the last answer is told: {error}");
}

fn new_version() -> NewModelVersion {
    NewModelVersion {
        name: "P".to_owned(),
        source: "models:/m-1".to_owned(),
        run_id: Some(RunId::new("r1")),
        model_id: None,
        description: None,
        tags: vec![("k".to_owned(), "v".to_owned())],
    }
}

/// A page of versions: number, run and value of the tag `k`.
fn page(versions: &[(u32, &str, &str)]) -> Value {
    let versions = versions.iter().map(|(number, run, tag)| {
        json!({
            "name": "P", "version": number.to_string(), "source": "models:/m-1", "run_id": run,
            "status": "READY", "tags": [{ "key": "k", "value": tag }],
        })
    });
    json!({ "model_versions": versions.collect::<Vec<_>>() })
}

async fn register(status: u16, page: &Value) -> (MockServer, mlflow_client::Result<ModelVersion>) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
    Mock::given(path("/api/2.0/mlflow/model-versions/search"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page))
        .mount(&server)
        .await;
    let made = client(&server, &options()).create_version(&new_version()).await;
    (server, made)
}

#[tokio::test]
async fn a_version_that_was_made_without_an_answer_is_found_by_run_source_and_tags() {
    let versions = page(&[(9, "other", "v"), (8, "r1", "other"), (7, "r1", "v")]);
    let (_server, made) = register(504, &versions).await;
    assert_eq!(made.unwrap().version.number(), 7);
    let (_server, made) = register(504, &page(&[(9, "other", "v")])).await;
    assert_eq!(made.unwrap_err().kind(), ErrorKind::Timeout, "the first error is told");
    let (server, made) = register(400, &versions).await;
    assert_eq!(made.unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(n_requests(&server).await, 1, "a refused one was not made");
}

#[tokio::test]
async fn a_version_is_found_after_the_connection_broke() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let store = RestStore::new(&url, &options()).unwrap();
    let serve = async {
        let mut request = [0; 4096];
        let (mut taken, _) = listener.accept().await.unwrap();
        let n_bytes = taken.read(&mut request).await.unwrap();
        assert!(request[..n_bytes].starts_with(b"POST"));
        drop(taken);
        let (mut asked, _) = listener.accept().await.unwrap();
        let n_bytes = asked.read(&mut request).await.unwrap();
        assert!(request[..n_bytes].starts_with(b"GET"), "it is not sent twice");
        let body = page(&[(7, "r1", "v")]).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        asked.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        asked.shutdown().await.unwrap();
    };
    let new = new_version();
    let (made, ()) = tokio::join!(store.create_version(&new), serve);
    assert_eq!(made.unwrap().version.number(), 7);
}
