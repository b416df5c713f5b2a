use super::*;

fn with(pairs: &[(&str, &str)]) -> Result<ClientOptions> {
    let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    options_from(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
}

#[test]
fn user_and_password_win_over_the_token() {
    let all = [
        ("MLFLOW_TRACKING_USERNAME", "ana"),
        ("MLFLOW_TRACKING_PASSWORD", "segredo"),
        ("MLFLOW_TRACKING_TOKEN", "t"),
    ];
    let options = with(&all).unwrap();
    assert!(
        matches!(&options.credentials, Credentials::Basic { username, .. } if username == "ana")
    );
    assert!(!format!("{options:?}").contains("segredo"));
    assert!(matches!(with(&all[2..]).unwrap().credentials, Credentials::Token(_)));
    let half = [all[0], all[2]];
    assert!(matches!(with(&half).unwrap().credentials, Credentials::Token(_)));
}

#[test]
fn values_that_mean_nothing_are_refused_by_name() {
    for (name, value) in [
        ("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon"),
        ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "11"),
        ("MLFLOW_TRACKING_INSECURE_TLS", "maybe"),
        ("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "-1"),
        ("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "NaN"),
        ("MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT", "1.5"),
        ("MLFLOW_ALLOW_HTTP_REDIRECTS", "no"),
        ("MLFLOW_TRUNCATE_LONG_VALUES", "off"),
    ] {
        let error = with(&[(name, value)]).unwrap_err();
        assert!(error.to_string().contains(name) && error.to_string().contains(value), "{error}");
    }
}

#[test]
fn nothing_set_gives_the_defaults() {
    let options = with(&[("MLFLOW_TRACKING_TOKEN", "")]).unwrap();
    assert_eq!(options.credentials, Credentials::None);
    assert_eq!(tracking_uri_from(|_| None).unwrap(), TrackingUri::default());
}

#[test]
fn the_file_fills_in_what_the_variables_leave_out_and_still_wins_over_the_token() {
    let file = CredentialsFile::parse(
        "# of the team\n[other]\nmlflow_tracking_username = nobody\n[mlflow]\n\
         MLflow_Tracking_Username: ana\n; comment\nmlflow_tracking_password = 50%% = half\n",
    );
    let with = |vars: &'static [(&str, &str)]| {
        let get = move |name: &str| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        options_with(get, file.clone()).unwrap().credentials
    };
    let basic = |username: &str, password: &str| Credentials::Basic {
        username: username.to_owned(),
        password: Secret::new(password),
    };
    assert_eq!(with(&[]), basic("ana", "50% = half"));
    assert_eq!(with(&[("MLFLOW_TRACKING_TOKEN", "t")]), basic("ana", "50% = half"));
    assert_eq!(with(&[("MLFLOW_TRACKING_PASSWORD", "p")]), basic("ana", "p"));
    assert_eq!(with(&[("MLFLOW_TRACKING_USERNAME", "rui")]), basic("rui", "50% = half"));
    assert_eq!(CredentialsFile::parse("mlflow_tracking_username = x"), CredentialsFile::default());
}

#[test]
fn the_name_of_an_experiment_goes_before_its_id() {
    let choice = |name: &'static str, id: &'static str| {
        experiment_from(move |variable| {
            Some(if variable == "MLFLOW_EXPERIMENT_NAME" { name } else { id }.to_owned())
        })
    };
    assert_eq!(choice("petr4", "7"), Some(ExperimentChoice::Name("petr4".to_owned())));
    assert_eq!(choice("", "7"), Some(ExperimentChoice::Id(ExperimentId::new("7"))));
    assert_eq!(choice("", ""), None);
}

#[test]
fn the_run_context_is_a_json_object_of_tags() {
    let with = |text: &'static str| {
        run_context_from(move |_| Some(text.to_owned()), RunContext::new("ana", "trainer"))
    };
    let context = with(r#"{"mlflow.user": "rui", "fold": 3}"#).unwrap();
    let tag = |key: &str| context.tags().iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    assert_eq!((tag("mlflow.user"), tag("fold")), (Some("rui"), Some("3")));
    assert_eq!(tag("mlflow.source.name"), Some("trainer"));
    assert_eq!(with("").unwrap().tags().len(), 3);
    let error = with("[1]").unwrap_err();
    assert!(error.to_string().contains("MLFLOW_RUN_CONTEXT"), "{error}");
}

#[test]
fn a_home_without_the_file_says_nothing_and_one_that_cannot_be_read_is_named() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(CredentialsFile::read(home.path()).unwrap(), CredentialsFile::default());
    let file = home.path().join(".mlflow/credentials");
    std::fs::create_dir_all(&file).unwrap();
    let error = CredentialsFile::read(home.path()).unwrap_err();
    assert!(error.to_string().contains(".mlflow/credentials"), "{error}");
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, "[mlflow]\nmlflow_tracking_username=ana").unwrap();
    assert!(format!("{:?}", CredentialsFile::read(home.path()).unwrap()).contains("ana"));
}

#[test]
fn every_variable_has_its_effect() {
    let options = with(&[
        ("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "3"),
        ("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0.25"),
        ("MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT", "600"),
        ("MLFLOW_ALLOW_HTTP_REDIRECTS", "false"),
        ("MLFLOW_TRUNCATE_LONG_VALUES", "0"),
        ("MLFLOW_HTTP_REQUEST_TIMEOUT", "7"),
        ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "9"),
        ("MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", "False"),
        ("MLFLOW_WORKSPACE", "acme"),
    ])
    .unwrap();
    let pauses = (options.backoff, options.jitter, options.retries_max);
    assert_eq!(pauses, (Duration::from_secs(3), Duration::from_millis(250), 9));
    let times = (options.timeout, options.transfer_timeout);
    assert_eq!(times, (Duration::from_secs(7), Some(Duration::from_mins(10))));
    assert_eq!((options.redirects_max, options.workspace.as_deref()), (0, Some("acme")));
    assert!(!options.truncate_long_values && !options.respect_retry_after);
    assert_eq!(with(&[("MLFLOW_ALLOW_HTTP_REDIRECTS", "true")]).unwrap().redirects_max, 5);
}

#[test]
fn a_registry_elsewhere_is_refused_and_the_same_store_is_not() {
    let check = |registry: &'static str| {
        let tracking = TrackingUri::parse("http://mlflow:5000").unwrap();
        check_registry_uri(move |_| Some(registry.to_owned()), &tracking)
    };
    check("").unwrap();
    check("http://mlflow:5000/").unwrap();
    for other in ["http://mlflow:5001", "sqlite:///mlflow.db", "databricks-uc"] {
        assert_eq!(check(other).unwrap_err().kind(), ErrorKind::UnsupportedUri, "{other}");
    }
}

#[test]
fn a_run_to_go_on_with_is_named_by_its_id() {
    assert_eq!(run_id_from(|_| Some("ab".to_owned())), Some(RunId::new("ab")));
    assert_eq!(run_id_from(|_| Some(String::new())), None);
}
