use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A file that is not there must not be read by chance: tests name their own.
fn cli_with(toml: &str) -> (Cli, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), toml).unwrap();
    (Cli { config: Some(file.path().to_owned()), ..Cli::default() }, file)
}

#[track_caller]
fn refused(toml: &str, pairs: &[(&str, &str)], text: &str) {
    let (cli, _file) = cli_with(toml);
    let error = load(&cli, &variables(pairs)).unwrap_err();
    let report = telemetry::report_error(&error, None);
    assert!(report.contains(text), "{report}");
}

#[test]
fn the_defaults_are_the_contract() {
    let (cli, _file) = cli_with("");
    let settings = load(&cli, &Variables::new()).unwrap();
    assert_eq!((settings.http.host.as_str(), settings.http.port), ("127.0.0.1", 8000));
    assert_eq!((settings.http.days_max, settings.http.invocations_bytes_max), (365, 1 << 20));
    assert_eq!(settings.target.name, "ProphetModel");
    assert_eq!(settings.target.selector.to_string(), "stage:Production");
    assert_eq!(settings.poll, Duration::from_secs(5));
    assert_eq!(settings.tracking_uri.to_string(), "sqlite:///mlflow.db");
    assert_eq!(settings.symbol.as_str(), "PETR4.SA");
    assert_eq!((settings.today, settings.http.token), (None, None));
    assert_eq!(settings.last_good, Some(LastGood::in_folder(".petr4/last-good")));
    assert_eq!(settings.http.request_timeout, Duration::from_secs(10));
    assert_eq!((settings.http.idle_timeout, settings.starts_at), (Duration::from_secs(75), None));
    let (cli, _file) = cli_with("[registry]\ncache_dir = ''");
    assert_eq!(load(&cli, &Variables::new()).unwrap().last_good, None);
}

#[test]
fn a_secret_of_webhooks_is_read_not_shown_and_none_if_empty() {
    let (cli, _file) = cli_with("");
    let secret = |text| {
        let settings = load(&cli, &variables(&[("PETR4__WEBHOOK__SECRET", text)])).unwrap();
        settings.webhook_secret
    };
    assert_eq!(secret("hush"), Some(Secret::new("hush")));
    assert!(!format!("{:?}", secret("hush")).contains("hush"));
    assert_eq!(secret(""), None);
    refused("[webhook]\nsecrte = 'x'", &[], "secrte");
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let toml = "[api]\nport = 1\nhost = 'a'\ndays_max = 10\n[yahoo]\nbase_url = 'x'";
    let (cli, _file) = cli_with(toml);
    let cli = Cli { port: Some(3), ..cli };
    let pairs = [("PETR4__API__PORT", "2"), ("PETR4__API__HOST", "b")];
    let http = load(&cli, &variables(&pairs)).unwrap().http;
    assert_eq!((http.port, http.host.as_str(), http.days_max), (3, "b", 10));
}

#[test]
fn the_tracking_uri_comes_from_mlflows_variable_unless_ours_or_a_flag_is_set() {
    let uri = |cli: &Cli, pairs: &[(&str, &str)]| {
        load(cli, &variables(pairs)).unwrap().tracking_uri.to_string()
    };
    let (cli, _file) = cli_with("[mlflow]\ntracking_uri = 'http://file:1'");
    let mlflow = ("MLFLOW_TRACKING_URI", "http://mlflow:2");
    let ours = ("PETR4__MLFLOW__TRACKING_URI", "http://ours:3");
    assert_eq!(uri(&cli, &[]), "http://file:1");
    assert_eq!(uri(&cli, &[mlflow]), "http://mlflow:2");
    assert_eq!(uri(&cli, &[mlflow, ours]), "http://ours:3");
    let cli = Cli { tracking_uri: Some("http://flag:4".to_owned()), ..cli };
    assert_eq!(uri(&cli, &[mlflow, ours]), "http://flag:4");
}

#[test]
fn a_token_of_digits_keeps_its_zeros() {
    let (cli, _file) = cli_with("");
    let settings = load(&cli, &variables(&[("PETR4__API__TOKEN", "0042")])).unwrap();
    assert_eq!(settings.http.token, Some(Token::new("0042")));
}

#[test]
fn lists_stand_in_the_file_as_lists_and_in_the_environment_with_commas() {
    let toml = "[api]\ncors_origins = ['https://a.example', 'http://b.example:81']\n\
        trusted_proxies = ['10.0.0.0/8', '::1']\nrate_limit = 2.5";
    let (cli, _file) = cli_with(toml);
    let from_file = load(&cli, &Variables::new()).unwrap().http;
    let (cli, _file) = cli_with("");
    let pairs = [
        ("PETR4__API__CORS_ORIGINS", "https://a.example, http://b.example:81"),
        ("PETR4__API__TRUSTED_PROXIES", "10.0.0.0/8,::1"),
        ("PETR4__API__RATE_LIMIT", "2.5"),
        ("PETR4__API__RATE_BURST", "3"),
    ];
    let from_environment = load(&cli, &variables(&pairs)).unwrap().http;
    assert_eq!(from_file.origins, from_environment.origins);
    assert_eq!(from_file.trusted_proxies, from_environment.trusted_proxies);
    assert_eq!((from_file.trusted_proxies.len(), from_file.origins.is_some()), (2, true));
    assert_eq!(from_file.rate_limit, Some(RateLimit { per_second: 2.5, burst: 3 }));
    assert_eq!(from_file.rate_limit, from_environment.rate_limit);
}

#[test]
fn todays_date_can_be_set() {
    let (cli, _file) = cli_with("");
    let settings = load(&cli, &variables(&[("PETR4__CLOCK__TODAY", "2025-07-01")])).unwrap();
    assert_eq!(settings.today, NaiveDate::from_ymd_opt(2025, 7, 1));
}

#[test]
fn a_setting_that_cannot_be_meant_is_named_with_its_value() {
    refused("[api]\nport = 99999", &[], "99999");
    refused("[api]\nprot = 1", &[], "prot");
    refused("[api]\nport =", &[], "error");
    refused("[api]\ndays_max = 0", &[], "from 1 to 3660");
    refused("[api]\ninvocations_bytes_max = 10", &[], "from 1024 to 67108864");
    refused("", &[("PETR4__API__PORT", "http")], "http");
    refused("[registry]\npoll_seconds = 0", &[], "registry.poll_seconds is 0");
    refused("[registry]\nselector = 'Production'", &[], "`stage:Production`");
    refused("symbol = ''", &[], "symbol");
    refused("[api]\nrate_limit = -1", &[], "0 or from 0.0001 to 1000000");
    refused("[api]\nrate_limit = 'often'", &[], "often");
    refused("[api]\nrate_limit = 5\nrate_burst = 0", &[], "at least 1");
    refused("[api]\nrate_burst = 5", &[], "api.rate_limit is not");
    refused("[api]\ntrusted_proxies = ['10.0.0.0/40']", &[], "`10.0.0.0/40`");
    refused("[api]\ncors_origins = ['example.com']", &[], "`example.com` is no origin");
    refused("", &[("PETR4__API__CORS_ORIGINS", "*,https://a.example")], "no others beside it");
    refused("", &[("PETR4__CLOCK__TODAY", "July")], "`July`");
    refused("", &[("PETR4__CLOCK__STARTS_AT", "noon")], "`noon`");
    let both = "[clock]\ntoday = '2025-07-01'\nstarts_at = '2025-07-01T23:59:50-03:00'";
    refused(both, &[], "both set");
    refused("[api]\nrequest_seconds = 0", &[], "from 0.1 to 3600");
    refused("[api]\nidle_seconds = 1e9", &[], "api.idle_seconds is 1000000000");
    refused("", &[("MLFLOW_TRACKING_URI", "s3://bucket")], "s3");
    refused("", &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")], "MLFLOW_HTTP_REQUEST_TIMEOUT");
}

#[test]
fn a_named_file_must_be_there() {
    let cli = Cli { config: Some("no/such/petr4.toml".into()), ..Cli::default() };
    let error = load(&cli, &Variables::new()).unwrap_err();
    let report = telemetry::report_error(&error, None);
    assert!(report.contains("no/such/petr4.toml"), "{report}");
}

#[test]
fn the_command_line_is_well_formed() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
}
