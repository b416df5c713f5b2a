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
