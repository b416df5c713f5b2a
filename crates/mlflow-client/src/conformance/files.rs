//! Files and folders of this machine, in and out.

use std::fs;

use futures_util::TryStreamExt as _;

use super::{assert_kind, run};
use crate::artifact::{download_artifacts, log_artifact, log_artifacts};
use crate::error::ErrorKind;
use crate::store::Store;

/// More than one piece of whatever a store reads at once, and not a multiple of it.
const N_BYTES: usize = 1_000_003;

fn bytes(n: usize) -> Vec<u8> {
    (0..=250).cycle().take(n).collect()
}

/// A file of this machine is uploaded and downloaded as it is, and replaces what was there.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn artifacts_go_out_and_in_as_files(store: &dyn Store, prefix: &str) {
    files_go_out_and_in(store, &run(store, prefix).await.artifact_uri).await;
}

pub(super) async fn files_go_out_and_in(store: &dyn Store, uri: &str) {
    let folder = tempfile::tempdir().expect("a folder of this machine");
    let (from, to) = (folder.path().join("from"), folder.path().join("a/b/to"));
    for n in [0, 1, N_BYTES, 7] {
        fs::write(&from, bytes(n)).expect("a file of this machine");
        store.upload_artifact(uri, "d/x.bin", &from).await.expect("a file is uploaded");
        let len = store.download_artifact(uri, "d/x.bin", &to).await.expect("it is downloaded");
        assert_eq!(len, n as u64, "a download says how long it is");
        assert!(fs::read(&to).expect("a file") == bytes(n), "{n} bytes come back");
    }
    let listed = store.list_artifacts(uri, "d").await.expect("a folder is listed");
    assert_eq!(listed.len(), 1, "nothing is left of the writing: {listed:?}");
    assert_eq!(listed[0].size, Some(7));

    let missing = store.download_artifact(uri, "never", &to).await;
    assert_kind(missing, ErrorKind::NotFound, "no such artifact");
    assert!(fs::read(&to).expect("a file") == bytes(7), "what was there stays");
    let nothing = store.upload_artifact(uri, "y", &folder.path().join("never")).await;
    assert_kind(nothing, ErrorKind::NotFound, "no such file of this machine");
    let whole = store.upload_artifact(uri, "y", folder.path()).await;
    assert_kind(whole, ErrorKind::InvalidArgument, "a folder is no file");
}

/// A range gives the bytes of it that are there.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn ranges_are_cut_to_what_there_is(store: &dyn Store, prefix: &str) {
    ranges_are_cut(store, &run(store, prefix).await.artifact_uri).await;
}

pub(super) async fn ranges_are_cut(store: &dyn Store, uri: &str) {
    let all = bytes(N_BYTES);
    store.put_artifact(uri, "x.bin", all.clone()).await.expect("a file is written");
    let n = N_BYTES as u64;
    for range in [0..1, 0..n, 5..70_000, 600_000..n, n - 1..u64::MAX, n..n + 1, n + 5..n + 9, 3..3]
    {
        let expected = usize::try_from(range.start.min(n)).expect("it fits")
            ..usize::try_from(range.end.min(n)).expect("it fits");
        let read = store.get_artifact_range(uri, "x.bin", range.clone()).await;
        let read = read.expect("a range is read");
        assert!(read == all[expected], "{range:?}: {} bytes came", read.len());
    }
    let mut stream = store.stream_artifact(uri, "x.bin", Some(1..N_BYTES as u64)).await;
    let mut streamed = Vec::new();
    while let Some(piece) = stream.as_mut().expect("it opens").try_next().await.expect("a piece") {
        streamed.extend_from_slice(&piece);
    }
    assert!(streamed == all[1..], "{} bytes were streamed", streamed.len());
    let missing = store.get_artifact_range(uri, "never", 0..1).await;
    assert_kind(missing, ErrorKind::NotFound, "no such file");
}

/// A folder goes in with all below it, and comes out again whole or in part.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn folders_go_out_and_in(store: &dyn Store, prefix: &str) {
    let run = run(store, prefix).await;
    let (uri, artifacts) = (&run.artifact_uri, store);
    let (from, to) = (tempfile::tempdir(), tempfile::tempdir());
    let (from, to) = (from.expect("a folder"), to.expect("a folder"));
    let names = ["a/b/1.txt", "a/b/c [2].txt", "a/3.txt", "4.txt"];
    for name in names {
        let path = from.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, name).expect("a file");
    }
    let mut logged = log_artifacts(artifacts, uri, from.path(), "d").await.expect("it goes in");
    logged.sort();
    assert_eq!(logged, ["d/4.txt", "d/a/3.txt", "d/a/b/1.txt", "d/a/b/c [2].txt"]);
    let file = from.path().join("4.txt");
    let one = log_artifact(artifacts, uri, &file, "").await.expect("a file goes in");
    assert_eq!(one, "4.txt");

    let of_run = format!("runs:/{}/d", run.id);
    for (root, path, found) in
        [(uri.as_str(), "d", "d"), (uri, "d/a", "d/a"), (&of_run, "", ""), (&of_run, "a", "a")]
    {
        let to = to.path().join(path.replace('/', "-")).join(root.replace(['/', ':'], "-"));
        let at = download_artifacts(store, root, path, &to).await.expect("it comes out");
        assert_eq!(at, to.join(found));
        let first = if found.ends_with('a') { at.clone() } else { at.join("a") };
        let text = fs::read_to_string(first.join("b/c [2].txt")).expect("a file");
        assert_eq!(text, "a/b/c [2].txt");
        assert_eq!(at.join("4.txt").exists(), !found.ends_with('a'), "only what was asked for");
    }
    let none = download_artifacts(store, uri, "never", to.path()).await;
    assert_kind(none, ErrorKind::NotFound, "nothing there");
}

/// A file goes alone, a folder with all in it, and what is not there is no error.
///
/// # Panics
///
/// If the store breaks the rule.
pub async fn artifacts_are_deleted(store: &dyn Store, prefix: &str) {
    files_are_deleted(store, &run(store, prefix).await.artifact_uri).await;
}

pub(super) async fn files_are_deleted(store: &dyn Store, uri: &str) {
    for path in ["a/1", "a/b/2", "ab/3", "4"] {
        store.put_artifact(uri, path, b"x".to_vec()).await.expect("a file is written");
    }
    let names = async |path: &str| {
        let listed = store.list_artifacts(uri, path).await.expect("it is listed");
        listed.into_iter().map(|file| file.path).collect::<Vec<_>>()
    };
    store.delete_artifacts(uri, "a/b/2").await.expect("a file goes");
    assert!(names("a/b").await.is_empty());
    store.delete_artifacts(uri, "a").await.expect("a folder goes");
    store.delete_artifacts(uri, "a").await.expect("it is gone already");
    store.delete_artifacts(uri, "never/there").await.expect("it was never there");
    assert_eq!(names("").await, ["4", "ab"], "what only begins alike stays");
    store.delete_artifacts(uri, "").await.expect("the root goes");
    assert!(names("").await.is_empty());
    store.put_artifact(uri, "5", b"x".to_vec()).await.expect("the root can be written again");
    assert_eq!(names("").await, ["5"]);
}
