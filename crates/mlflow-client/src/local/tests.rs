use super::*;

#[test]
fn folders_with_spaces_accents_and_signs_survive_the_uri() {
    let folder = Path::new("/srv/a b/ação 50% #1");
    let uri = uri_of(folder).unwrap();
    assert_eq!(uri, "file:///srv/a%20b/a%C3%A7%C3%A3o%2050%25%20%231");
    assert_eq!(super::folder("test", &uri).unwrap(), folder);
}

#[test]
fn a_bare_path_is_taken_as_it_stands() {
    assert_eq!(folder("test", "/srv/50%25").unwrap(), Path::new("/srv/50%25"));
    assert_eq!(folder("test", "s3://b/k").unwrap_err().kind(), ErrorKind::UnsupportedUri);
}

#[tokio::test]
async fn an_unfinished_file_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let uri = uri_of(folder.path()).unwrap();
    fs::write(folder.path().join(format!("{UNFINISHED}x")), b"half").unwrap();
    let files = LocalFiles::default();
    files.put_artifact(&uri, "a/b.txt", b"whole".to_vec()).await.unwrap();
    let listed = files.list_artifacts(&uri, "").await.unwrap();
    assert_eq!(listed, [FileInfo { path: "a".to_owned(), is_dir: true, size: None }]);
    assert_eq!(files.get_artifact(&uri, "a/b.txt").await.unwrap(), b"whole");
}

#[tokio::test]
async fn a_full_disk_is_said_and_leaves_nothing() {
    // Writing to this device fails as a full disk does.
    let error = write_whole_to_full().unwrap_err();
    let error = io_error("write artifact", "x", error);
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("disk is full") && error.hint().is_some(), "{error}");
}

fn write_whole_to_full() -> io::Result<()> {
    fs::OpenOptions::new().write(true).open("/dev/full")?.write_all(b"x")
}
