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
