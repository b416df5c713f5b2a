use super::*;
use crate::cli::Cli;
use crate::config::{Variables, load};

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let pairs = pairs.iter().map(|(name, value)| (format!("PETR4__{name}"), (*value).to_owned()));
    // A file that is there by chance must not be read.
    let empty = tempfile::NamedTempFile::new().unwrap();
    let cli = Cli { config: Some(empty.path().to_owned()), ..Cli::default() };
    load(&cli, &pairs.collect::<Variables>()).unwrap()
}

#[track_caller]
fn check(pairs: &[(&str, &str)], changed: &[&str], need_restart: &[&str]) {
    let (old, new) = (settings(&[]), settings(pairs));
    assert_eq!(changes(&old, &new), changed, "{pairs:?}");
    let differ = fixed(&old).into_iter().zip(fixed(&new)).filter(|(old, new)| old != new);
    let names: Vec<_> = differ.map(|((name, _), _)| name).collect();
    assert_eq!(names, need_restart, "{pairs:?}");
}

#[test]
fn every_setting_changes_while_the_service_runs_or_is_named() {
    check(&[], &[], &[]);
    for (name, value, setting) in [
        ("API__TOKEN", "s3cret", "api.token"),
        ("API__RATE_LIMIT", "5", "api.rate_limit"),
        ("API__TRUSTED_PROXIES", "10.0.0.0/8", "api.trusted_proxies"),
        ("API__CORS_ORIGINS", "*", "api.cors_origins"),
        ("WEBHOOK__SECRET", "hush", "webhook.secret"),
        ("LOG__FILTER", "debug", "log.filter"),
    ] {
        check(&[(name, value)], &[setting], &[]);
    }
    for (name, value, setting) in [
        ("API__HOST", "0.0.0.0", "api.host"),
        ("API__PORT", "9", "api.port"),
        ("API__WORKERS", "3", "api.workers"),
        ("API__DAYS_MAX", "9", "api.days_max"),
        ("API__INVOCATIONS_BYTES_MAX", "2048", "api.invocations_bytes_max"),
        ("API__REQUEST_SECONDS", "9", "api.request_seconds"),
        ("API__IDLE_SECONDS", "9", "api.idle_seconds"),
        ("API__DRAIN_SECONDS", "9", "api.drain_seconds"),
        ("REGISTRY__MODEL", "Other", "registry.model"),
        ("REGISTRY__SELECTOR", "latest", "registry.selector"),
        ("REGISTRY__POLL_SECONDS", "9", "registry.poll_seconds"),
        ("REGISTRY__CACHE_DIR", "", "registry.cache_dir"),
        ("SYMBOL", "VALE3.SA", "symbol"),
        ("MONITOR__ENABLED", "false", "monitor"),
        ("CLOCK__TODAY", "2026-01-02", "clock.today"),
        ("CLOCK__STARTS_AT", "2026-01-02T12:00:00Z", "clock.starts_at"),
        ("LOG__JSON", "true", "log.json"),
    ] {
        check(&[(name, value)], &[], &[setting]);
    }
    // The links of the dashboard lead there.
    check(&[("MLFLOW__TRACKING_URI", "http://a:1")], &[], &["mlflow.tracking_uri", "monitor"]);
}
