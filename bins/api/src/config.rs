//! Reads the settings: defaults, file, environment, flags. Nothing else reads the environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, NaiveDate};
use config::builder::DefaultState;
use config::{ConfigBuilder, Environment, File, FileFormat};
use market_data::Symbol;
use mlflow_client::env::{CredentialsFile, check_registry_uri, options_with};
use mlflow_client::{ClientOptions, Secret, TrackingUri};
use registry_watcher::{LastGood, Target};
use telemetry::{Format, Logs, Verbosity, WithHint as _};

use crate::cli::Cli;
use crate::client::Network;
use crate::cors::Origins;
use crate::monitor::MonitorSettings;
use crate::rate_limit::RateLimit;
use crate::settings::{HttpSettings, Settings};
use crate::state::Token;
use crate::wire::{ApiSection, ClockSection, MonitorSection, SettingsWire};

/// Where the last good version is kept, below the working directory; beside what `make up`
/// keeps there.
const CACHE_DIR_DEFAULT: &str = ".petr4/last-good";

/// Where predictions wait for MLflow, beside it.
const SPOOL_DEFAULT: &str = ".petr4/spool.db";

/// How often predictions are brought to MLflow, in seconds.
const DRAIN_EVERY_S: std::ops::RangeInclusive<f64> = 0.02..=86_400.0;

/// Where `make mlflow` shows a file.
const UI_DEFAULT: &str = "http://127.0.0.1:5000";

/// The longest name of a replica: it goes in the names of metrics.
const INSTANCE_CHARS_MAX: usize = 64;

/// The file that is read if it is there.
const FILE_DEFAULT: &str = "petr4.toml";

/// The most rows that may be allowed: ten years of days. Each costs memory in every table.
const DAYS_MAX_MAX: u16 = 3660;

/// Bodies of `/invocations`, in bytes: a row has some twenty, and what is read at once stays
/// in memory several times over.
const INVOCATIONS_BYTES: std::ops::RangeInclusive<usize> = 1024..=64 * 1024 * 1024;

/// The poll interval, in seconds: above what a registry on the same machine takes to answer,
/// below what anyone would call following.
const POLL_S: std::ops::RangeInclusive<f64> = 0.02..=86_400.0;

/// How long a request may take to arrive, and a connection be kept, in seconds: above what a
/// packet takes around the world, below what any proxy waits.
const CLIENT_S: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

/// The longest drain, in seconds: orchestrators kill after 30 s or so by default.
const DRAIN_S_MAX: f64 = 600.0;

/// Requests a second of one client: more than a machine answers is no limit, and less than one
/// in some three hours no service.
const RATE_LIMIT: std::ops::RangeInclusive<f64> = 1e-4..=1e6;

/// The most worker threads; more than any machine has cores.
const WORKERS_MAX: usize = 1024;

/// The variables of the environment.
pub type Variables = BTreeMap<String, String>;

/// The variables of this process; those that are not Unicode are none of ours.
pub fn variables() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Reads and checks the settings.
///
/// # Errors
///
/// Says which setting is wrong, its value, and what is allowed.
pub fn load(cli: &Cli, variables: &Variables) -> Result<Settings> {
    let wire = layers(cli, variables)
        .and_then(|builder| Ok(builder.build()?.try_deserialize::<SettingsWire>()?))
        .context("the settings cannot be read")?;
    check(wire, cli, variables)
}

fn layers(cli: &Cli, variables: &Variables) -> Result<ConfigBuilder<DefaultState>> {
    let mut builder = config::Config::builder()
        .set_default("symbol", "PETR4.SA")?
        .set_default("api.host", "127.0.0.1")?
        .set_default("api.port", 8000)?
        .set_default("api.days_max", 365)?
        .set_default("api.invocations_bytes_max", 1024 * 1024)?
        .set_default("api.request_seconds", 10)?
        .set_default("api.idle_seconds", 75)?
        .set_default("api.drain_seconds", 0)?
        .set_default("api.rate_limit", 0)?
        .set_default("registry.model", "ProphetModel")?
        .set_default("registry.selector", "stage:Production")?
        .set_default("registry.poll_seconds", 5)?
        .set_default("registry.cache_dir", CACHE_DIR_DEFAULT)?
        .set_default("monitor.enabled", true)?
        .set_default("monitor.spool", SPOOL_DEFAULT)?
        .set_default("monitor.drain_seconds", 30)?
        .set_default("monitor.experiment", "petr4_forecast_api")?
        .set_default("monitor.instance", "")?;
    builder = match &cli.config {
        Some(path) => builder.add_source(file(path, true)),
        None => builder.add_source(file(Path::new(FILE_DEFAULT), false)),
    };
    // MLflow's variable is the weakest of the environment: ours is more specific.
    if let Some(uri) = variables.get("MLFLOW_TRACKING_URI").filter(|uri| !uri.is_empty()) {
        let key = "PETR4__MLFLOW__TRACKING_URI".to_owned();
        builder = builder.add_source(environment([(key, uri.clone())]));
    }
    builder = builder.add_source(environment(variables.clone()));
    Ok(builder
        .set_override_option("api.host", cli.host.clone())?
        .set_override_option("api.port", cli.port)?
        .set_override_option("mlflow.tracking_uri", cli.tracking_uri.clone())?
        .set_override_option("registry.selector", cli.selector.clone())?
        .set_override_option("registry.poll_seconds", cli.poll_seconds)?
        .set_override_option("symbol", cli.symbol.clone())?)
}

fn file(path: &Path, is_required: bool) -> impl config::Source + Send + Sync + 'static {
    File::from(path).format(FileFormat::Toml).required(is_required)
}

fn environment(variables: impl IntoIterator<Item = (String, String)>) -> Environment {
    Environment::with_prefix("PETR4")
        .prefix_separator("__")
        .separator("__")
        .source(Some(variables.into_iter().collect()))
}

/// How to reach MLflow: the variables, and the file in which MLflow's own client looks too.
fn client(variables: &Variables) -> mlflow_client::Result<ClientOptions> {
    let home = variables.get("HOME").filter(|home| !home.is_empty());
    let file = home.map(|home| CredentialsFile::read(home.as_ref())).transpose()?;
    options_with(|name| variables.get(name).cloned(), file.unwrap_or_default())
}

fn check_api(api: &ApiSection) -> Result<()> {
    if !(1..=DAYS_MAX_MAX).contains(&api.days_max) {
        bail!("api.days_max is {}, it must be from 1 to {DAYS_MAX_MAX}", api.days_max);
    }
    if api.workers.is_some_and(|workers| !(1..=WORKERS_MAX).contains(&workers)) {
        bail!("api.workers must be from 1 to {WORKERS_MAX}");
    }
    if !INVOCATIONS_BYTES.contains(&api.invocations_bytes_max) {
        let (least, most) = (INVOCATIONS_BYTES.start(), INVOCATIONS_BYTES.end());
        let found = api.invocations_bytes_max;
        bail!("api.invocations_bytes_max is {found}, it must be from {least} to {most}");
    }
    for (name, seconds) in
        [("request_seconds", api.request_seconds), ("idle_seconds", api.idle_seconds)]
    {
        if !CLIENT_S.contains(&seconds) {
            let (least, most) = (CLIENT_S.start(), CLIENT_S.end());
            bail!("api.{name} is {seconds}, it must be from {least} to {most}");
        }
    }
    if !(0.0..=DRAIN_S_MAX).contains(&api.drain_seconds) {
        bail!("api.drain_seconds is {}, it must be from 0 to {DRAIN_S_MAX}", api.drain_seconds);
    }
    Ok(())
}

fn check(wire: SettingsWire, cli: &Cli, variables: &Variables) -> Result<Settings> {
    let SettingsWire { api, registry, mlflow, webhook, monitor, clock, log, symbol } = wire;
    check_api(&api)?;
    let rate_limit = rate_limit(api.rate_limit, api.rate_burst)?;
    let trusted_proxies = api.trusted_proxies.entries().iter().map(|text| text.parse()).collect();
    let trusted_proxies: Result<Vec<Network>, _> = trusted_proxies;
    let origins = Origins::parse(&api.cors_origins.entries()).context("api.cors_origins")?;
    if !POLL_S.contains(&registry.poll_seconds) {
        let (least, most) = (POLL_S.start(), POLL_S.end());
        bail!(
            "registry.poll_seconds is {}, it must be from {least} to {most}",
            registry.poll_seconds
        );
    }
    if registry.model.trim().is_empty() {
        bail!("registry.model is empty, it must name a registered model");
    }
    let (today, starts_at) = times(&clock)?;
    let tracking_uri = TrackingUri::parse(&mlflow.tracking_uri.unwrap_or_default())?;
    check_registry_uri(|name| variables.get(name).cloned(), &tracking_uri)?;
    let client = client(variables)?;
    let monitor = monitor_settings(monitor, &tracking_uri)?;
    let otlp_endpoint = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT").cloned();
    let filter = log.filter.or_else(|| variables.get("RUST_LOG").cloned());
    Ok(Settings {
        http: HttpSettings {
            host: api.host,
            port: api.port,
            workers: api.workers,
            token: api.token.filter(|token| !token.is_empty()).map(Token::new),
            rate_limit,
            trusted_proxies: trusted_proxies.context("api.trusted_proxies")?,
            origins,
            days_max: api.days_max,
            invocations_bytes_max: api.invocations_bytes_max,
            request_timeout: Duration::from_secs_f64(api.request_seconds),
            idle_timeout: Duration::from_secs_f64(api.idle_seconds),
            drain: Duration::from_secs_f64(api.drain_seconds),
        },
        target: Target {
            name: registry.model,
            selector: registry.selector.parse().context("registry.selector is not usable")?,
        },
        poll: Duration::from_secs_f64(registry.poll_seconds),
        last_good: (!registry.cache_dir.is_empty())
            .then(|| LastGood::in_folder(registry.cache_dir)),
        tracking_uri,
        client,
        monitor,
        webhook_secret: webhook.secret.filter(|it| !it.is_empty()).map(Secret::new),
        symbol: Symbol::parse(&symbol)?,
        today,
        starts_at,
        logs: Logs {
            verbosity: Verbosity::from_flags(Verbosity::Info, cli.verbose, cli.quiet),
            format: if log.json { Format::Json } else { Format::Text },
            filter: filter.filter(|filter| !filter.is_empty()),
        },
        otlp_endpoint: otlp_endpoint.filter(|endpoint| !endpoint.is_empty()),
    })
}

fn monitor_settings(
    section: MonitorSection,
    tracking_uri: &TrackingUri,
) -> Result<Option<MonitorSettings>> {
    let MonitorSection { enabled, spool, drain_seconds, experiment, instance, ui } = section;
    if !enabled {
        return Ok(None);
    }
    if spool.is_empty() {
        bail!("monitor.spool is empty, it must name a file; monitor.enabled = false keeps nothing");
    }
    if !DRAIN_EVERY_S.contains(&drain_seconds) {
        let (least, most) = (DRAIN_EVERY_S.start(), DRAIN_EVERY_S.end());
        bail!("monitor.drain_seconds is {drain_seconds}, it must be from {least} to {most}");
    }
    if experiment.trim().is_empty() {
        bail!("monitor.experiment is empty, it must name an experiment");
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if INSTANCE_CHARS_MAX < instance.len() || !instance.chars().all(is_plain) {
        bail!(
            "monitor.instance is `{instance}`, it must be at most {INSTANCE_CHARS_MAX} letters, \
             digits, hyphens, dots and underscores"
        );
    }
    let server = tracking_uri.to_string();
    let ui = ui
        .filter(|ui| !ui.is_empty())
        .unwrap_or_else(|| if server.starts_with("http") { server } else { UI_DEFAULT.to_owned() });
    let drain = Duration::from_secs_f64(drain_seconds);
    Ok(Some(MonitorSettings { spool: spool.into(), drain, experiment, instance, ui }))
}

/// What is taken for today's date, and for the time at the start.
fn times(clock: &ClockSection) -> Result<(Option<NaiveDate>, Option<SystemTime>)> {
    let today = clock.today.as_deref().filter(|text| !text.is_empty());
    let starts_at = clock.starts_at.as_deref().filter(|text| !text.is_empty());
    if today.and(starts_at).is_some() {
        bail!("clock.today and clock.starts_at are both set, one of them says what day it is");
    }
    Ok((today.map(date).transpose()?, starts_at.map(moment).transpose()?))
}

/// The limit of requests, or none where 0 are set. Unless it is set, as many may come at once as
/// in a second.
fn rate_limit(per_second: f64, burst: Option<u32>) -> Result<Option<RateLimit>> {
    if per_second == 0.0 {
        if burst.is_some() {
            bail!("api.rate_burst is set and api.rate_limit is not");
        }
        return Ok(None);
    }
    if !RATE_LIMIT.contains(&per_second) {
        let (least, most) = (RATE_LIMIT.start(), RATE_LIMIT.end());
        bail!("api.rate_limit is {per_second}, it must be 0 or from {least} to {most}");
    }
    if burst == Some(0) {
        bail!("api.rate_burst is 0, it must be at least 1");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 to a million"
    )]
    let burst = burst.unwrap_or(per_second.ceil() as u32);
    Ok(Some(RateLimit { per_second, burst }))
}

fn date(text: &str) -> Result<NaiveDate> {
    Ok(NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .with_context(|| format!("clock.today is `{text}`"))
        .with_hint("write it as YYYY-MM-DD, for example PETR4__CLOCK__TODAY=2025-07-01")?)
}

fn moment(text: &str) -> Result<SystemTime> {
    Ok(DateTime::parse_from_rfc3339(text)
        .with_context(|| format!("clock.starts_at is `{text}`"))
        .with_hint("write it as 2025-07-01T23:59:50-03:00")?
        .into())
}

#[cfg(test)]
mod tests;
