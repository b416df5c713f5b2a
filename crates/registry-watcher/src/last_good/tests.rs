use mlflow_client::{RunId, Stage, Version, VersionStatus};

use super::*;

fn target() -> Target {
    Target { name: "Model/ação".to_owned(), selector: "stage:Production".parse().unwrap() }
}

fn entry(number: u32) -> ModelVersion {
    ModelVersion {
        name: target().name,
        version: Version::new(number),
        stage: Stage::Production,
        source: "models:/m-1".to_owned(),
        run_id: Some(RunId::new("r1")),
        status: VersionStatus::Ready,
        description: Some("nota".to_owned()),
        aliases: vec!["champion".to_owned()],
        tags: [("trained_through".to_owned(), "2025-01-03".to_owned())].into(),
        creation_time_ms: 1,
        last_updated_time_ms: 2,
    }
}

fn files() -> Files {
    let every_byte: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    Files::new().with("model.json", every_byte).with("empty", vec![]).with("a/b", b"\n\n".to_vec())
}

#[test]
fn a_copy_comes_back_to_the_byte_and_the_newest_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let copies = LastGood::in_folder(folder.path().join("made/here"));
    assert!(copies.load(&target()).unwrap().is_none());
    copies.save(&target(), &entry(1), &files()).unwrap();
    assert_eq!(copies.load(&target()).unwrap(), Some((entry(1), files())));
    let smaller = Files::new().with("model.json", vec![1]);
    copies.save(&target(), &entry(2), &smaller).unwrap();
    assert_eq!(copies.load(&target()).unwrap(), Some((entry(2), smaller)));
    let left = fs::read_dir(folder.path().join("made/here")).unwrap().count();
    assert_eq!(left, 1, "nothing else is left in the folder");
}

#[test]
fn a_copy_cut_short_anywhere_or_changed_anywhere_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let copies = LastGood::in_folder(folder.path());
    copies.save(&target(), &entry(1), &files()).unwrap();
    let path = copies.path(&target());
    let whole = fs::read(&path).unwrap();
    let check = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let error = copies.load(&target()).unwrap_err();
        assert!(matches!(error, LastGoodError::Damaged { .. }), "{error:?}");
    };
    for length in (0..whole.len()).step_by(97).chain(whole.len() - 1..whole.len()) {
        check(&whole[..length]);
    }
    for at in (0..whole.len()).step_by(101) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        check(&changed);
    }
    check(&[whole.as_slice(), b"x"].concat());
}

#[test]
fn a_copy_of_another_target_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let copies = LastGood::in_folder(folder.path());
    copies.save(&target(), &entry(1), &files()).unwrap();
    let other = Target { selector: "alias:champion".parse().unwrap(), ..target() };
    assert!(copies.load(&other).unwrap().is_none());
    fs::copy(copies.path(&target()), copies.path(&other)).unwrap();
    let error = copies.load(&other).unwrap_err();
    assert!(error.to_string().contains("stage:Production"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let copies = LastGood::in_folder(file.join("below a file"));
    let error = copies.save(&target(), &entry(1), &files()).unwrap_err();
    assert!(matches!(error, LastGoodError::Io { tried: "written", .. }), "{error:?}");
    assert!(error.to_string().contains("below a file"), "{error}");
}
