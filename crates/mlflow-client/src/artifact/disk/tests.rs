use std::fs::OpenOptions;
use std::io::Write as _;

use bytes::Bytes;

use super::*;

const OP: &str = "write artifact";

/// A file of two and a half pieces.
fn file(folder: &Path) -> PathBuf {
    let path = folder.join("a");
    fs::write(&path, vec![7; PIECE_BYTES * 5 / 2]).unwrap();
    path
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_file_goes_out_in_pieces_and_comes_in_whole() {
    let folder = tempfile::tempdir().unwrap();
    for n_bytes in [0, 1, PIECE_BYTES, PIECE_BYTES * 5 / 2] {
        let path = folder.path().join("a");
        fs::write(&path, vec![7; n_bytes]).unwrap();
        let out = Outgoing::new(OP, &path).await.unwrap();
        let target = folder.path().join("b");
        let len = receive(OP, &target, out.stream()).await.unwrap();
        assert_eq!((len, out.len()), (n_bytes as u64, n_bytes as u64));
        assert_eq!(fs::read(&target).unwrap(), vec![7; n_bytes]);
        assert_eq!(names(folder.path()).len(), 2, "no unfinished file stays");
    }
}

#[tokio::test]
async fn a_file_that_changes_size_while_it_is_read_never_gives_its_last_piece() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    for grows in [true, false] {
        let out = Outgoing::new(OP, &path).await.unwrap();
        let mut pieces = out.stream();
        pieces.try_next().await.unwrap().unwrap();
        let mut writer = OpenOptions::new().append(true).open(&path).unwrap();
        if grows {
            writer.write_all(b"x").unwrap();
        } else {
            writer.set_len(PIECE_BYTES as u64 + 1).unwrap();
        }
        let rest = pieces.try_fold(0, async |sum, piece| Ok(sum + piece.len())).await;
        let error = rest.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        let how = if grows { "and has more now" } else { "and has fewer now" };
        assert!(error.to_string().contains(how) && error.hint().is_some(), "{error}");
    }
}

#[tokio::test]
async fn an_empty_file_that_grows_is_an_error_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, b"").unwrap();
    let out = Outgoing::new(OP, &path).await.unwrap();
    fs::write(&path, b"x").unwrap();
    assert_eq!(out.stream().try_next().await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn what_breaks_off_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a");
    fs::write(&target, b"old").unwrap();
    let broken = Error::new(ErrorKind::Unavailable, OP, "x", "broken off");
    let pieces = stream::iter([Ok(Bytes::from_static(b"half")), Err(broken)]).boxed();
    receive(OP, &target, pieces).await.unwrap_err();
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["a"]);
}

#[tokio::test]
async fn a_caller_that_waits_no_longer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a");
    let piece = stream::iter([Ok(Bytes::from_static(b"half"))]);
    let forever = piece.chain(stream::pending()).boxed();
    let waiting = receive(OP, &target, forever);
    let limit = std::time::Duration::from_millis(50);
    tokio::time::timeout(limit, waiting).await.unwrap_err();
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_folder_is_no_file_to_send() {
    let folder = tempfile::tempdir().unwrap();
    let error = Outgoing::new(OP, folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.hint().unwrap().contains("log_artifacts"), "{error:?}");
    let missing = Outgoing::new(OP, &folder.path().join("x")).await.unwrap_err();
    assert!(missing.is_not_found());
}
