//! Files that are larger than what may be held.

use std::fs::{self, File};
use std::path::Path;

use mlflow_client::Store;

/// The size of the file, in bytes.
const LARGE: u64 = 200 * 1024 * 1024;

/// What may be held beyond what is held already, in bytes: other tests run in this process too.
const GROWTH_MAX: u64 = 64 * 1024 * 1024;

/// Sends a large file and reads it back, and checks that the memory of this process stays flat.
///
/// The file has a hole for most of its length, so that it costs nothing to make.
pub(crate) async fn check(dir: &Path, store: &dyn Store, artifact_uri: &str) {
    let (from, to) = (dir.join("from.bin"), dir.join("to.bin"));
    fs::write(&from, b"start").unwrap();
    File::options().write(true).open(&from).unwrap().set_len(LARGE).unwrap();
    let before = forget_peak();
    store.upload_artifact(artifact_uri, "large.bin", &from).await.unwrap();
    let len = store.download_artifact(artifact_uri, "large.bin", &to).await.unwrap();
    let growth = memory("VmHWM:").saturating_sub(before);
    assert_eq!((len, fs::metadata(&to).unwrap().len()), (LARGE, LARGE));
    assert!(growth < GROWTH_MAX, "memory grew by {growth} bytes for a file of {LARGE}");

    let end = store.get_artifact_range(artifact_uri, "large.bin", LARGE - 3..LARGE + 3).await;
    assert_eq!(end.unwrap(), [0; 3]);
    let start = store.get_artifact_range(artifact_uri, "large.bin", 0..7).await;
    assert_eq!(start.unwrap(), b"start\0\0");
    fs::remove_file(to).unwrap();
    store.delete_artifacts(artifact_uri, "large.bin").await.unwrap();
}

/// Lets the peak begin at what is held now, and returns that, in bytes.
fn forget_peak() -> u64 {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    memory("VmRSS:")
}

fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}
