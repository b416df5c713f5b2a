use super::*;
use crate::memory::MemoryStore;

const ROOT: &str = "memory:/1/r/artifacts";

fn tree(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_folder_goes_in_and_comes_out_as_it_was() {
    let store = MemoryStore::default();
    let folder = tree(&["b.txt", "a/x.csv", "a/ç d/y.json"]);
    let logged = log_artifacts(&store, ROOT, folder.path(), "in").await.unwrap();
    assert_eq!(logged, ["in/a/x.csv", "in/a/ç d/y.json", "in/b.txt"]);

    let out = tempfile::tempdir().unwrap();
    let at = download_artifacts(&store, ROOT, "in/a", out.path()).await.unwrap();
    assert_eq!(at, out.path().join("in/a"));
    assert_eq!(fs::read_to_string(at.join("ç d/y.json")).unwrap(), "a/ç d/y.json");
    assert!(!out.path().join("in/b.txt").exists());
    let all = download_artifacts(&store, ROOT, "", out.path()).await.unwrap();
    assert_eq!(fs::read_to_string(all.join("in/b.txt")).unwrap(), "b.txt");
    let one = download_artifacts(&store, ROOT, "in/b.txt", &out.path().join("one")).await.unwrap();
    assert_eq!(fs::read_to_string(one).unwrap(), "b.txt");
    let none = download_artifacts(&store, ROOT, "never", out.path()).await;
    assert!(none.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_file_keeps_its_name() {
    let store = MemoryStore::default();
    let folder = tree(&["a/x.csv"]);
    let file = folder.path().join("a/x.csv");
    assert_eq!(log_artifact(&store, ROOT, &file, "").await.unwrap(), "x.csv");
    assert_eq!(log_artifact(&store, ROOT, &file, "d/e").await.unwrap(), "d/e/x.csv");
    let error = log_artifact(&store, ROOT, Path::new("/"), "").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;

    let store = MemoryStore::default();
    let (folder, other) = (tree(&["a.txt", "d/b.txt"]), tree(&["secret"]));
    symlink(folder.path().join("a.txt"), folder.path().join("d/link.txt")).unwrap();
    symlink("..", folder.path().join("d/up")).unwrap();
    let logged = log_artifacts(&store, ROOT, folder.path(), "").await.unwrap();
    assert_eq!(logged, ["a.txt", "d/b.txt", "d/link.txt"], "a link to a folder is left out");
    for to in [other.path().join("secret"), other.path().to_owned(), other.path().join("none")] {
        let link = folder.path().join("d/out");
        symlink(&to, &link).unwrap();
        let fresh = MemoryStore::default();
        let error = log_artifacts(&fresh, ROOT, folder.path(), "").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.subject().ends_with("d/out") && error.hint().is_some(), "{error:?}");
        assert!(fresh.list_artifacts(ROOT, "").await.unwrap().is_empty(), "nothing is written");
        fs::remove_file(link).unwrap();
    }
}

#[tokio::test]
async fn a_name_that_no_artifact_has_is_refused_before_anything_is_written() {
    let store = MemoryStore::default();
    let folder = tree(&["a.txt", "b%41.txt"]);
    let error = log_artifacts(&store, ROOT, folder.path(), "").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(store.list_artifacts(ROOT, "").await.unwrap().is_empty());
    let file = folder.path().join("a.txt");
    let error = log_artifacts(&store, ROOT, &file, "").await.unwrap_err();
    assert!(error.hint().unwrap().contains("log_artifact"), "{error:?}");
}
