use super::*;

#[test]
fn sqlite_paths_are_relative_with_three_slashes_and_absolute_with_four() {
    let relative = TrackingUri::parse("sqlite:///mlflow.db").unwrap();
    assert_eq!(relative.sqlite_path(), Some(Path::new("mlflow.db")));
    let absolute = TrackingUri::parse("sqlite:////srv/a b/mlflow.db").unwrap();
    assert_eq!(absolute.sqlite_path(), Some(Path::new("/srv/a b/mlflow.db")));
    assert_eq!(absolute.to_string(), "sqlite:////srv/a b/mlflow.db");
}

#[test]
fn nothing_means_the_default_of_mlflow() {
    assert_eq!(TrackingUri::parse(" ").unwrap(), TrackingUri::default());
    assert_eq!(TrackingUri::default().to_string(), "sqlite:///mlflow.db");
}

#[test]
fn credentials_are_not_shown() {
    let uri = TrackingUri::parse("http://ana:segredo@mlflow:5000/").unwrap();
    assert_eq!(uri.to_string(), "http://mlflow:5000");
    assert!(!format!("{uri:?}").contains("segredo"));
    let error = TrackingUri::parse("postgresql://ana:segredo@db/mlflow").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("segredo"));
}

#[test]
fn other_schemes_are_refused_with_a_way_out() {
    for (text, fragment, hint) in [
        ("postgresql://db/mlflow", "database server", "mlflow server --backend-store-uri"),
        ("mysql+pymysql://db/mlflow", "database server", "mysql://"),
        ("file:///srv/mlruns", "file store", "migrate-filestore"),
        ("ftp://x/y", "`ftp`", "sqlite:///mlflow.db"),
        ("mlflow.db", "no scheme", "sqlite:///mlflow.db"),
        ("sqlite://mlflow.db", "three slashes", "sqlite:///mlflow.db"),
        ("databricks://x", "Databricks", "http://"),
    ] {
        let error = TrackingUri::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedUri, "{text}");
        assert!(error.to_string().contains(fragment), "{error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{text}: {:?}", error.hint());
    }
}

#[test]
fn a_password_or_token_in_any_spelling_is_shown_nowhere() {
    for text in [
        "admin:hunter2@mlflow.example:5000",
        "hunter2@mlflow.example",
        "mlflow.example/?token=hunter2",
        "admin/hunter2:5000",
        "sqlite://u:hunter2@h/db",
        "sqlite+pysqlcipher://:hunter2@/db",
        "postgresql://ana:hunter2@db/mlflow",
        "ftp://ana:hunter2@host/x",
        "ftp://host/x?token=hunter2",
        "sqlite:///?key=hunter2",
        "http://ana:hunter2@:x",
        "HTTP://ana:hunter2@h",
    ] {
        let error = TrackingUri::parse(text).unwrap_err();
        let said = format!("{error} {error:?} {:?}", error.hint());
        assert!(!said.contains("hunter2"), "{said}");
        assert!(error.hint().unwrap().contains("://"), "{error:?}");
    }
    for text in [
        "http://h/?token=hunter2",
        "https://ana:hunter2@h:1/p#hunter2",
        "sqlite:///a.db?key=hunter2",
    ] {
        let uri = TrackingUri::parse(text).unwrap();
        assert!(!format!("{uri} {uri:?}").contains("hunter2"), "{uri}");
    }
}

#[test]
fn a_uri_that_may_not_be_shown_is_called_the_tracking_uri() {
    let error = TrackingUri::parse("admin:hunter2@mlflow.example:5000").unwrap_err();
    assert_eq!(error.to_string(), "failed to use the tracking URI: its scheme is not known");
    assert!(error.hint().unwrap().starts_with("start it with `http://`"), "{error:?}");
    let error = TrackingUri::parse("mlflow.example:5000").unwrap_err();
    assert!(error.to_string().contains("`mlflow.example:…`"), "{error}");
}

#[test]
fn artifact_uris_are_shown_without_passwords() {
    assert_eq!(shown_artifact("sftp://ana:hunter2@h/a@b?x"), "sftp://h/a@b");
    assert_eq!(shown_artifact("/srv/a@b"), "/srv/a@b");
    assert_eq!(shown_artifact("mlflow-artifacts:/1/r"), "mlflow-artifacts:/1/r");
    assert_eq!(shown_artifact("s3://bucket/key"), "s3://bucket/key");
}
