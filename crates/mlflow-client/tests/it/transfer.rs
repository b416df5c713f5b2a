//! Files that break off on their way to the server and back.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use mlflow_client::{ArtifactStore as _, ErrorKind, RestStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::{answers, client, n_requests, options};

const ROOT: &str = "mlflow-artifacts:/1/r";

/// More than the buffers of a connection on this machine hold.
const MUCH: u64 = 64 * 1024 * 1024;

/// What the server does with one connection.
#[derive(Debug, Clone, Copy)]
enum Scene<'a> {
    /// Reads the whole request, answers and closes.
    Answers(&'a [u8]),
    /// Reads this many bytes of the body and closes.
    DiesAfter(usize),
    /// Reads the head, lets the file grow, and reads on.
    Grows(&'a Path),
}

/// A request as it came: its head, the start of its body, and how much of that was read.
#[derive(Debug)]
struct Request {
    head: String,
    start: Vec<u8>,
    n_bytes: u64,
}

async fn server() -> (TcpListener, RestStore) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let store = RestStore::new(&url, &options()).unwrap();
    (listener, store)
}

/// Takes one connection for each scene.
async fn play(listener: &TcpListener, scenes: impl IntoIterator<Item = Scene<'_>>) -> Vec<Request> {
    let mut requests = Vec::new();
    for scene in scenes {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = head_of(&mut connection).await;
        let all = length(&request.head);
        match scene {
            Scene::DiesAfter(n_bytes) => read_body(&mut connection, &mut request, n_bytes).await,
            Scene::Answers(answer) => {
                read_body(&mut connection, &mut request, all).await;
                connection.write_all(answer).await.unwrap();
                connection.shutdown().await.unwrap();
            }
            Scene::Grows(path) => {
                let mut file = OpenOptions::new().append(true).open(path).unwrap();
                file.write_all(b"x").unwrap();
                read_body(&mut connection, &mut request, all).await;
            }
        }
        requests.push(request);
    }
    requests
}

async fn head_of(connection: &mut TcpStream) -> Request {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    Request {
        head: String::from_utf8(head).unwrap().to_ascii_lowercase(),
        start: vec![],
        n_bytes: 0,
    }
}

fn length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.map_or(0, |text| text.parse().unwrap())
}

/// Reads until so many bytes have come, or no more come, and keeps the first few.
async fn read_body(connection: &mut TcpStream, request: &mut Request, n_bytes: usize) {
    let mut piece = vec![0; 64 * 1024];
    let mut left = n_bytes;
    while left > 0 {
        let wanted = left.min(piece.len());
        // A connection that breaks off is what some scenes are about.
        let read = connection.read(&mut piece[..wanted]).await.unwrap_or_default();
        if read == 0 {
            return;
        }
        if request.start.is_empty() {
            request.start = piece[..read.min(8)].to_vec();
        }
        request.n_bytes += read as u64;
        left -= read;
    }
}

fn file(n_bytes: u64) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("from");
    File::create(&path).unwrap().set_len(n_bytes).unwrap();
    (folder, path)
}

const OK: Scene<'static> =
    Scene::Answers(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
const WHOLE: Scene<'static> =
    Scene::Answers(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nabcdef");
const HALF: Scene<'static> =
    Scene::Answers(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nabc");
const HALF_IN_CHUNKS: Scene<'static> = Scene::Answers(
    b"HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
);
const HEAD_ALONE: Scene<'static> =
    Scene::Answers(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\n");

#[tokio::test]
async fn an_upload_that_broke_off_is_sent_again_from_its_start() {
    let (listener, store) = server().await;
    let (_folder, path) = file(MUCH);
    let mut start = OpenOptions::new().write(true).open(&path).unwrap();
    start.write_all(b"start").unwrap();
    let scenes = [Scene::DiesAfter(100_000), Scene::DiesAfter(0), OK];
    let sending = store.upload_artifact(ROOT, "a.bin", &path);
    let (sent, requests) = tokio::join!(sending, play(&listener, scenes));
    sent.unwrap();
    for request in &requests {
        assert!(request.head.starts_with("put /api/2.0/mlflow-artifacts/artifacts/1/r/a.bin "));
        assert_eq!(length(&request.head) as u64, MUCH, "the length is said: {}", request.head);
        assert!(!request.head.contains("transfer-encoding"), "{}", request.head);
    }
    assert_eq!(requests[2].n_bytes, MUCH);
    assert!(requests[2].start.starts_with(b"start"));
}

#[tokio::test]
async fn an_upload_that_always_breaks_off_is_an_error_after_the_last_try() {
    let (listener, store) = server().await;
    let (_folder, path) = file(MUCH);
    let sending = store.upload_artifact(ROOT, "a.bin", &path);
    let (sent, _) = tokio::join!(sending, play(&listener, [Scene::DiesAfter(100_000); 3]));
    let error = sent.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("3 tries"), "{error}");
}

#[tokio::test]
async fn a_file_that_grows_while_it_is_sent_never_arrives_whole() {
    let (listener, store) = server().await;
    let (_folder, path) = file(MUCH);
    let sending = store.upload_artifact(ROOT, "a.bin", &path);
    let (sent, requests) = tokio::join!(sending, play(&listener, [Scene::Grows(&path)]));
    let error = sent.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(error.subject(), path.display().to_string());
    let came = requests[0].n_bytes;
    assert!(came < MUCH, "{came} bytes came, so the server would keep the file");
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_given_up() {
    let (listener, _) = server().await;
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let options = options().with_timeout(Duration::from_millis(100)).with_retries_max(0);
    let store = RestStore::new(&url, &options).unwrap();
    let (_folder, path) = file(MUCH);
    let error = store.upload_artifact(ROOT, "a.bin", &path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let error = store.download_artifact(ROOT, "a.bin", &path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn half_a_download_is_begun_again() {
    for scene in [HALF, HALF_IN_CHUNKS, HEAD_ALONE, Scene::DiesAfter(0)] {
        let (listener, store) = server().await;
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        let reading = store.download_artifact(ROOT, "a.bin", &to);
        let (read, requests) = tokio::join!(reading, play(&listener, [scene, scene, WHOLE]));
        assert_eq!(read.unwrap(), 6, "{scene:?}");
        assert_eq!(std::fs::read(&to).unwrap(), b"abcdef");
        assert_eq!(requests.len(), 3);
    }
}

#[tokio::test]
async fn a_download_that_always_breaks_off_leaves_nothing() {
    for scene in [HALF, HALF_IN_CHUNKS, HEAD_ALONE, Scene::DiesAfter(0)] {
        let (listener, store) = server().await;
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("to");
        let reading = store.download_artifact(ROOT, "a.bin", &to);
        let (read, _) = tokio::join!(reading, play(&listener, [scene; 3]));
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{scene:?}: {error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{scene:?}");

        let streaming = async { store.stream_artifact(ROOT, "a.bin", None).await };
        let (opened, _) = tokio::join!(streaming, play(&listener, [HALF]));
        let end = opened.unwrap().try_for_each(async |_| Ok(())).await;
        assert_eq!(end.unwrap_err().kind(), ErrorKind::Unavailable, "a stream says it too");
    }
}

#[tokio::test]
async fn a_range_is_cut_out_of_a_whole_answer_and_never_taken_from_another_place() {
    let (_server, store) = answers(200, "abcdef").await;
    assert_eq!(store.get_artifact_range(ROOT, "a", 2..4).await.unwrap(), b"cd");
    assert_eq!(store.get_artifact_range(ROOT, "a", 4..9).await.unwrap(), b"ef");
    assert_eq!(store.get_artifact_range(ROOT, "a", 6..9).await.unwrap(), b"");

    let server = MockServer::start().await;
    let other = ResponseTemplate::new(206)
        .insert_header("content-range", "bytes 0-1/6")
        .set_body_string("ab");
    Mock::given(any()).respond_with(other).mount(&server).await;
    let store = client(&server, &options());
    let error = store.get_artifact_range(ROOT, "a", 2..4).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked[0].headers["range"], "bytes=2-3");
}

#[tokio::test]
async fn a_refused_transfer_is_told_and_not_repeated() {
    let (server, store) = answers(401, "<title>Sign in</title>").await;
    let (_folder, path) = file(10);
    let error = store.upload_artifact(ROOT, "a", &path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    let to = path.with_file_name("to");
    let error = store.download_artifact(ROOT, "a", &to).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert_eq!(n_requests(&server).await, 2);
    assert!(!to.exists());
}
