//! Files.

use super::{assert_kind, run};
use crate::entity::FileInfo;
use crate::error::ErrorKind;
use crate::store::Store;

/// What was written comes back byte for byte, empty files and odd names included.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn artifact_bytes_are_exact(store: &dyn Store, prefix: &str) {
    bytes_are_exact(store, &run(store, prefix).await.artifact_uri).await;
}

pub(super) async fn bytes_are_exact(store: &dyn Store, uri: &str) {
    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let files = [
        ("plots/forecast.png", every_byte.clone()),
        ("empty.txt", vec![]),
        ("with space/forecast (1).csv", b"ds,y\r\n".to_vec()),
        ("a+b=c,d@e.json", b"{}".to_vec()),
        ("x [1]{2}!$&';^~.txt", b"signs".to_vec()),
    ];
    for (path, bytes) in &files {
        store.put_artifact(uri, path, bytes.clone()).await.expect("a file is written");
    }
    for (path, bytes) in &files {
        let read = store.get_artifact(uri, path).await.expect("a file is read");
        assert!(read == *bytes, "{path}: {} bytes came back", read.len());
    }
    store.put_artifact(uri, "empty.txt", b"2".to_vec()).await.expect("a file is replaced");
    assert_eq!(store.get_artifact(uri, "empty.txt").await.expect("a file is read"), b"2");

    let listed = store.list_artifacts(uri, "").await.expect("the root is listed");
    let paths: Vec<_> = listed.iter().map(|file| (file.path.as_str(), file.is_dir)).collect();
    let expected = [
        ("a+b=c,d@e.json", false),
        ("empty.txt", false),
        ("plots", true),
        ("with space", true),
        ("x [1]{2}!$&';^~.txt", false),
    ];
    assert_eq!(paths, expected);
    let plots = store.list_artifacts(uri, "plots").await.expect("a folder is listed");
    let path = "plots/forecast.png".to_owned();
    assert_eq!(plots, [FileInfo { path, is_dir: false, size: Some(100_000) }]);
    let none = store.list_artifacts(uri, "never").await.expect("no folder is an empty one");
    assert!(none.is_empty());
    let of_a_file = store.list_artifacts(uri, "empty.txt").await.expect("a file holds nothing");
    assert!(of_a_file.is_empty());
    assert_kind(store.get_artifact(uri, "never.txt").await, ErrorKind::NotFound, "no such file");
}

/// Names may have accents, and a folder is no file.
///
/// # Panics
///
/// If the store breaks the rule, as servers before 3.13 do: they fail to read either.
pub async fn accents_are_read_and_folders_are_not(store: &dyn Store, prefix: &str) {
    let uri = run(store, prefix).await.artifact_uri;
    let path = "previsões/ação.csv";
    store.put_artifact(&uri, path, b"ds".to_vec()).await.expect("a file is written");
    assert_eq!(store.get_artifact(&uri, path).await.expect("a file is read"), b"ds");
    let listed = store.list_artifacts(&uri, "previsões").await.expect("a folder is listed");
    assert_eq!(listed[0].path, path);
    let to = tempfile::tempdir().expect("a folder of this machine").path().join("previsões");
    let rule = "a folder is no file";
    let read = store.get_artifact(&uri, "previsões").await;
    assert_kind(read, ErrorKind::InvalidArgument, rule);
    let downloaded = store.download_artifact(&uri, "previsões", &to).await;
    assert_kind(downloaded, ErrorKind::InvalidArgument, rule);
    assert!(!to.exists());
}

/// No path leads out of its root, and none means something else after decoding.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn artifact_paths_stay_inside(store: &dyn Store, prefix: &str) {
    paths_stay_inside(store, &run(store, prefix).await.artifact_uri).await;
}

pub(super) async fn paths_stay_inside(store: &dyn Store, uri: &str) {
    let file = tempfile::NamedTempFile::new().expect("a file of this machine");
    for path in ["../x", "/etc/passwd", "a/../../x", "a%2e%2e", "a#b", "a//b", "", "a\\b"] {
        let sent = store.upload_artifact(uri, path, file.path()).await;
        assert_kind(sent, ErrorKind::InvalidArgument, path);
        let streamed = store.stream_artifact(uri, path, None).await;
        assert_kind(streamed, ErrorKind::InvalidArgument, path);
        if !path.is_empty() {
            let deleted = store.delete_artifacts(uri, path).await;
            assert_kind(deleted, ErrorKind::InvalidArgument, path);
        }
        let written = store.put_artifact(uri, path, b"x".to_vec()).await;
        assert_kind(written, ErrorKind::InvalidArgument, path);
        assert_kind(store.get_artifact(uri, path).await, ErrorKind::InvalidArgument, path);
    }
}
