//! Reads the settings: defaults, file, environment, flags. Nothing else reads the environment.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Result, bail};
use chrono::NaiveDate;
use config::{ConfigBuilder, Environment, File, FileFormat, builder::DefaultState};
use forecast_core::{Growth, Mode, Scaling, SeasonalityChoice, Spec};
use market_data::{Price, Symbol, YahooOptions};
use mlflow_client::env::{CredentialsFile, check_registry_uri, options_with, run_context_from};
use mlflow_client::{ClientOptions, RunContext, TrackingUri};
use telemetry::{Format, Logs, Verbosity, WithHint as _};

use crate::{
    cli::{Cli, Command, TrainArgs},
    failure::usage,
    score::AlertHook,
    settings::{Settings, Source, TrainSettings, trades_in_brazil},
    train::EXPERIMENT,
    wire::{ModelSection, SettingsWire},
};

/// The file that is read if it is there.
const FILE_DEFAULT: &str = "petr4.toml";

/// Longest time that an answer of Yahoo may take, in seconds.
const TIMEOUT_S_MAX: f64 = 600.0;

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
    misplaced(cli).map_err(usage)?;
    let wire = layers(cli, variables)
        .and_then(|builder| Ok(builder.build()?.try_deserialize::<SettingsWire>()?))
        .map_err(usage)?;
    check(wire, cli, variables).map_err(usage)
}

/// The options of train: those behind the command, else those before it.
pub fn train_args(cli: &Cli) -> &TrainArgs {
    match &cli.command {
        Some(Command::Train(args)) => args,
        _ => &cli.train,
    }
}

/// Options of train before a command are not for that command.
fn misplaced(cli: &Cli) -> Result<()> {
    if cli.command.is_some() && cli.train != TrainArgs::default() {
        bail!("options of train stand before the command, they must stand behind `train`");
    }
    Ok(())
}

fn layers(cli: &Cli, variables: &Variables) -> Result<ConfigBuilder<DefaultState>> {
    let mut builder = defaults()?;
    builder = match &cli.common.config {
        Some(path) => builder.add_source(file(path, true)),
        None => builder.add_source(file(Path::new(FILE_DEFAULT), false)),
    };
    // MLflow's variable is the weakest of the environment: ours is more specific.
    if let Some(uri) = variables.get("MLFLOW_TRACKING_URI").filter(|uri| !uri.is_empty()) {
        let key = "PETR4__MLFLOW__TRACKING_URI".to_owned();
        builder = builder.add_source(environment([(key, uri.clone())]));
    }
    builder = builder.add_source(environment(variables.clone()));
    flags(builder, cli)
}

fn defaults() -> Result<ConfigBuilder<DefaultState>> {
    let spec = Spec::default();
    Ok(config::Config::builder()
        .set_default("symbol", "PETR4.SA")?
        .set_default("source", "yahoo")?
        .set_default("start", "2018-01-01")?
        .set_default("price", "close")?
        .set_default("seed", 42)?
        .set_default("yahoo.cache_dir", ".petr4/cache")?
        .set_default("registry.model", "ProphetModel")?
        .set_default("monitor.experiment", "petr4_forecast_api")?
        .set_default("train.test_sessions", 60)?
        .set_default("model.growth", "linear")?
        .set_default("model.n_changepoints", spec.n_changepoints as u64)?
        .set_default("model.changepoint_range", spec.changepoint_range)?
        .set_default("model.changepoint_prior_scale", spec.changepoint_prior_scale)?
        .set_default("model.yearly_seasonality", "true")?
        .set_default("model.weekly_seasonality", "true")?
        .set_default("model.daily_seasonality", "false")?
        .set_default("model.seasonality_mode", "additive")?
        .set_default("model.seasonality_prior_scale", spec.seasonality_prior_scale)?
        .set_default("model.holidays_prior_scale", spec.holidays_prior_scale)?
        .set_default("model.country_holidays", "auto")?
        .set_default("model.interval_width", spec.interval_width)?
        .set_default("model.uncertainty_samples", spec.uncertainty_samples as u64)?
        .set_default("model.scaling", "absmax")?)
}

fn flags(builder: ConfigBuilder<DefaultState>, cli: &Cli) -> Result<ConfigBuilder<DefaultState>> {
    let common = &cli.common;
    let train = train_args(cli);
    let model = &train.model;
    let count = |n: Option<usize>| n.map(|n| n as u64);
    Ok(builder
        .set_override_option("symbol", common.symbol.clone())?
        .set_override_option("source", common.source.clone())?
        .set_override_option("start", common.start.clone())?
        .set_override_option("end", common.end.clone())?
        .set_override_option("mlflow.tracking_uri", common.tracking_uri.clone())?
        .set_override_option("seed", common.seed)?
        .set_override_option("price", train.price.clone())?
        .set_override_option("train.test_sessions", count(train.test_sessions))?
        .set_override_option("model.growth", model.growth.clone())?
        .set_override_option("model.n_changepoints", count(model.n_changepoints))?
        .set_override_option("model.changepoint_range", model.changepoint_range)?
        .set_override_option("model.changepoint_prior_scale", model.changepoint_prior_scale)?
        .set_override_option("model.yearly_seasonality", model.yearly_seasonality.clone())?
        .set_override_option("model.weekly_seasonality", model.weekly_seasonality.clone())?
        .set_override_option("model.daily_seasonality", model.daily_seasonality.clone())?
        .set_override_option("model.seasonality_mode", model.seasonality_mode.clone())?
        .set_override_option("model.seasonality_prior_scale", model.seasonality_prior_scale)?
        .set_override_option("model.holidays_prior_scale", model.holidays_prior_scale)?
        .set_override_option("model.country_holidays", model.country_holidays.clone())?
        .set_override_option("model.interval_width", model.interval_width)?
        .set_override_option("model.uncertainty_samples", count(model.uncertainty_samples))?
        .set_override_option("model.scaling", model.scaling.clone())?)
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

fn check(wire: SettingsWire, cli: &Cli, variables: &Variables) -> Result<Settings> {
    let symbol = Symbol::parse(&wire.symbol)?;
    let mut yahoo = YahooOptions::default();
    yahoo.base_url = wire.yahoo.base_url.unwrap_or(yahoo.base_url);
    yahoo.user_agent = wire.yahoo.user_agent.unwrap_or(yahoo.user_agent);
    yahoo.proxy = wire.yahoo.proxy;
    if let Some(seconds) = wire.yahoo.timeout_seconds {
        if !(0.0 < seconds && seconds <= TIMEOUT_S_MAX) {
            bail!(
                "yahoo.timeout_seconds is {seconds}, it must be above 0 and at most {TIMEOUT_S_MAX}"
            );
        }
        yahoo.timeout = Duration::from_secs_f64(seconds);
    }
    if wire.registry.model.trim().is_empty() {
        bail!("registry.model is empty, it must name a registered model");
    }
    if wire.train.test_sessions == 0 {
        bail!("train.test_sessions is 0, at least 1 session must be left to test on");
    }
    if wire.monitor.experiment.trim().is_empty() {
        bail!("monitor.experiment is empty, it must name the experiment of the API's forecasts");
    }
    let filter = wire.log.filter.or_else(|| variables.get("RUST_LOG").cloned());
    let today = wire.clock.today.as_deref().filter(|text| !text.is_empty());
    let tracking_uri = TrackingUri::parse(&wire.mlflow.tracking_uri.unwrap_or_default())?;
    let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
    check_registry_uri(variable, &tracking_uri)?;
    Ok(Settings {
        source: parse_source(&wire.source)?,
        start: date("start", &wire.start)?,
        end: wire.end.as_deref().map(|end| date("end", end)).transpose()?,
        price: parse_price(&wire.price)?,
        seed: wire.seed,
        yahoo,
        cache_dir: wire.yahoo.cache_dir.into(),
        tracking_uri,
        experiment: variable("MLFLOW_EXPERIMENT_NAME").unwrap_or_else(|| EXPERIMENT.to_owned()),
        monitor_experiment: wire.monitor.experiment,
        alert_webhook: alert_webhook(wire.score.alert_webhook.as_deref())?,
        run_context: run_context_from(variable, RunContext::default())?,
        client: client(variables)?,
        model_name: wire.registry.model,
        train: TrainSettings {
            test_sessions: wire.train.test_sessions,
            optimizer: train_args(cli).optimizer,
            spec: spec(&wire.model, &symbol)?,
        },
        symbol,
        today: today.map(|text| date("clock.today", text)).transpose()?,
        user: user(variables),
        logs: Logs {
            verbosity: Verbosity::from_flags(
                Verbosity::Warnings,
                cli.common.verbose,
                cli.common.quiet,
            ),
            format: if wire.log.json { Format::Json } else { Format::Text },
            filter: filter.filter(|filter| !filter.is_empty()),
        },
    })
}

/// Who runs the program: as the environment says, else as the system does, for
/// containers and schedulers set no variable.
fn user(variables: &Variables) -> Option<String> {
    let named = ["LOGNAME", "USER", "USERNAME"].iter().find_map(|name| variables.get(*name));
    named.filter(|name| !name.is_empty()).cloned().or_else(|| {
        let output = std::process::Command::new("id").arg("-un").output().ok()?;
        let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !name.is_empty()).then_some(name)
    })
}

fn date(name: &str, text: &str) -> Result<NaiveDate> {
    Ok(parse_date(text)
        .map_err(|problem| anyhow::anyhow!("{name} is `{text}`, {problem}"))
        .with_hint("write dates as YYYY-MM-DD, for example 2018-01-01")?)
}

/// Reads a date of four, two and two digits; a year of two would be one of antiquity.
pub(crate) fn parse_date(text: &str) -> Result<NaiveDate, String> {
    let shaped = text.len() == "YYYY-MM-DD".len();
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| shaped);
    date.ok_or_else(|| "it must be a date such as 2018-01-31".to_owned())
}

/// Reads the address without ever showing it: whoever knows it may write to it.
fn alert_webhook(text: Option<&str>) -> Result<Option<AlertHook>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let hook = AlertHook::parse(text);
    Ok(Some(hook.map_err(|problem| anyhow::anyhow!("score.alert_webhook {problem}"))?))
}

fn parse_source(text: &str) -> Result<Source> {
    match text.split_once(':') {
        None if text == "yahoo" => Ok(Source::Yahoo),
        Some(("file", path)) if !path.is_empty() => Ok(Source::File(path.into())),
        _ => bail!("source is `{text}`, it must be `yahoo` or `file:PATH.csv`"),
    }
}

fn parse_price(text: &str) -> Result<Price> {
    match text {
        "close" => Ok(Price::Close),
        "adj_close" => Ok(Price::AdjClose),
        _ => bail!("price is `{text}`, it must be `close` or `adj_close`"),
    }
}

fn spec(model: &ModelSection, symbol: &Symbol) -> Result<Spec> {
    let growth = Growth::from_name(&model.growth).filter(|growth| *growth != Growth::Logistic);
    let Some(growth) = growth else {
        bail!("model.growth is `{}`, it must be `linear` or `flat`", model.growth)
    };
    let Some(seasonality_mode) = Mode::from_name(&model.seasonality_mode) else {
        let mode = &model.seasonality_mode;
        bail!("model.seasonality_mode is `{mode}`, it must be `additive` or `multiplicative`")
    };
    let Some(scaling) = Scaling::from_name(&model.scaling) else {
        bail!("model.scaling is `{}`, it must be `absmax` or `minmax`", model.scaling)
    };
    let country = match model.country_holidays.as_str() {
        "auto" => trades_in_brazil(symbol).then(|| "BR".to_owned()),
        "none" | "" => None,
        country => Some(country.to_owned()),
    };
    let spec = Spec {
        growth,
        n_changepoints: model.n_changepoints,
        changepoint_range: model.changepoint_range,
        changepoint_prior_scale: model.changepoint_prior_scale,
        yearly_seasonality: choice("yearly_seasonality", &model.yearly_seasonality)?,
        weekly_seasonality: choice("weekly_seasonality", &model.weekly_seasonality)?,
        daily_seasonality: choice("daily_seasonality", &model.daily_seasonality)?,
        seasonality_mode,
        seasonality_prior_scale: model.seasonality_prior_scale,
        holidays_prior_scale: model.holidays_prior_scale,
        country_holidays: country,
        interval_width: model.interval_width,
        uncertainty_samples: model.uncertainty_samples,
        scaling,
        ..Spec::default()
    };
    spec.check()?;
    Ok(spec)
}

fn choice(name: &str, text: &str) -> Result<SeasonalityChoice> {
    /// Above a period's half in days, terms repeat each other.
    const ORDER_MAX: u32 = 100;
    match text {
        "auto" => Ok(SeasonalityChoice::Auto),
        "true" => Ok(SeasonalityChoice::On),
        "false" => Ok(SeasonalityChoice::Off),
        other => match other.parse() {
            Ok(order @ 1..=ORDER_MAX) => Ok(SeasonalityChoice::Order(order)),
            _ => bail!(
                "model.{name} is `{other}`, it must be auto, true, false or an order of 1 to {ORDER_MAX}"
            ),
        },
    }
}
