//! `forecast`: what a version, or a model file, says about the next sessions.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use forecast_core::{Fitted, ds::midnight, prophet_json};
use market_data::{Calendar, Symbol};
use mlflow_client::{ModelVersion, Stage, Store, flavor, newest, newest_in_stage};
use telemetry::{Hinted, WithHint as _};

use super::{Access, connect, none_registered, version_named, versions_of};
use crate::{
    cli::{Cli, ForecastArgs, TableFormat},
    print,
    settings::Settings,
    wire::RowWire,
};

/// A model file of more than this is no model of ours: history and draws of
/// decades take some megabytes.
const MODEL_BYTES_MAX: u64 = 256 << 20;

pub(super) async fn run(cli: &Cli, settings: &Settings, args: &ForecastArgs) -> Result<()> {
    let Loaded { name, fitted, symbol } = match &args.model.model_file {
        Some(path) => {
            Loaded { name: path.display().to_string(), fitted: read_file(path)?, symbol: None }
        }
        None => read_version(settings, args).await?,
    };
    // The sessions are those of the exchange that the model was trained on.
    let mut settings = settings.clone();
    match symbol {
        Some(trained) if cli.common.symbol.is_none() => settings.symbol = trained,
        Some(trained) if trained != settings.symbol => {
            tracing::warn!(%trained, asked = %settings.symbol, "the version is of another symbol");
        }
        _ => {}
    }
    let from = args.from.unwrap_or_else(|| settings.clock().today());
    let calendar = Calendar::for_symbol(&settings.symbol);
    let sessions = calendar.sessions_from(from, usize::from(args.days));
    if sessions.is_empty() {
        bail!("the calendar has no sessions from {from}");
    }
    let ds: Vec<_> = sessions.iter().map(|&date| midnight(date)).collect();
    let forecast = fitted.predict(&ds, settings.seed).context("the model cannot forecast")?;
    let rows: Vec<RowWire> = sessions
        .iter()
        .enumerate()
        .map(|(i, date)| RowWire {
            ds: date.to_string(),
            yhat: forecast.yhat[i],
            yhat_lower: forecast.yhat_lower.get(i).copied(),
            yhat_upper: forecast.yhat_upper.get(i).copied(),
        })
        .collect();
    match args.format {
        _ if cli.common.json => print::json(&rows),
        TableFormat::Json => print::json(&rows),
        TableFormat::Csv => print::text(&csv(&rows)),
        TableFormat::Table => print::text(&table(&name, &fitted, &rows)),
    }
}

fn read_file(path: &Path) -> Result<Fitted> {
    let subject = || format!("cannot read the model file {}", path.display());
    let size = std::fs::metadata(path).with_context(subject)?.len();
    if MODEL_BYTES_MAX < size {
        bail!("{} has {size} bytes, a model has at most {MODEL_BYTES_MAX}", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(subject)?;
    Ok(prophet_json::read(&text)
        .with_context(subject)
        .with_hint("give a file that `trainer` or Python's `model_to_json` wrote")?)
}

/// A model, and what is known of it.
struct Loaded {
    name: String,
    fitted: Fitted,
    symbol: Option<Symbol>,
}

async fn read_version(settings: &Settings, args: &ForecastArgs) -> Result<Loaded> {
    let store = connect(settings, Access::Existing).await?;
    let version = wanted(store.as_ref(), settings, args).await?;
    let name = format!("{} v{} ({})", version.name, version.version, version.stage);
    let json = flavor::load_model_json(store.as_ref(), &version.name, version.version)
        .await
        .with_context(|| format!("cannot load {name}"))?;
    let fitted =
        prophet_json::read(&json).with_context(|| format!("{name} is no Prophet model"))?;
    let symbol = version.tags.get("symbol").and_then(|text| Symbol::parse(text).ok());
    Ok(Loaded { name, fitted, symbol })
}

async fn wanted(
    store: &dyn Store,
    settings: &Settings,
    args: &ForecastArgs,
) -> Result<ModelVersion> {
    let model = settings.model_name.as_str();
    if let Some(version) = args.model.version {
        return version_named(store, model, version).await;
    }
    let versions = versions_of(store, model).await?;
    if let Some(alias) = &args.model.alias {
        let found = versions.iter().find(|version| version.aliases.contains(alias));
        return found.cloned().with_context(|| format!("alias `{model}@{alias}` names no version"));
    }
    if let Some(stage) = args.model.stage {
        return newest_in_stage(&versions, stage).cloned().ok_or_else(|| {
            let hint = format!(
                "promote one with `cargo run -p trainer -- promote --version latest --stage {stage}`"
            );
            Hinted::new(format!("model `{model}` has no version in stage {stage}"), hint).into()
        });
    }
    let best = newest_in_stage(&versions, Stage::Production).or_else(|| newest(&versions));
    best.cloned().ok_or_else(|| none_registered(model).into())
}

fn csv(rows: &[RowWire]) -> String {
    let end = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut out = "ds,yhat,yhat_lower,yhat_upper\n".to_owned();
    for row in rows {
        let (lower, upper) = (end(row.yhat_lower), end(row.yhat_upper));
        out.push_str(&format!("{},{},{lower},{upper}\n", row.ds, row.yhat));
    }
    out
}

fn table(name: &str, fitted: &Fitted, rows: &[RowWire]) -> String {
    let end =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.ds.clone(),
                format!("{:.2}", row.yhat),
                end(row.yhat_lower),
                end(row.yhat_upper),
            ]
        })
        .collect();
    let trained = fitted.last_ds().map_or_else(|| "-".to_owned(), |ds| ds.date().to_string());
    let lower = format!("lower {:.0} %", 100.0 * fitted.spec().interval_width);
    format!(
        "{name}, trained through {trained}\n\n{}",
        print::table(&["session", "forecast", &lower, "upper"], &cells)
    )
}
