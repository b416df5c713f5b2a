//! `versions`: what is registered.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::DateTime;
use mlflow_client::{ModelVersion, Store};

use super::{Access, connect, versions_of};
use crate::{cli::Cli, print, settings::Settings, wire::VersionWire};

/// Metrics of the run that are worth a column.
const METRICS: [&str; 4] = ["mae", "mape", "naive_mape", "skill"];

pub(super) async fn run(cli: &Cli, settings: &Settings) -> Result<()> {
    let store = connect(settings, Access::Existing).await?;
    let model = &settings.model_name;
    let mut rows = Vec::new();
    for version in versions_of(store.as_ref(), model).await? {
        rows.push(row(store.as_ref(), &version).await);
    }
    if cli.common.json {
        return print::json(&rows);
    }
    if rows.is_empty() {
        return print::text(&format!(
            "model `{model}` has no version in {}\nnext  cargo run -p trainer\n",
            store.uri()
        ));
    }
    let headers = [
        "version",
        "stage",
        "aliases",
        "symbol",
        "trained through",
        "MAPE %",
        "naive %",
        "skill",
        "created",
    ];
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let next = "next  cargo run -p trainer -- promote --version N --stage Production";
    print::text(&format!(
        "model `{model}` in {}\n\n{}\n{next}\n",
        store.uri(),
        print::table(&headers, &cells)
    ))
}

async fn row(store: &dyn Store, version: &ModelVersion) -> VersionWire {
    // A run may have been deleted; the version is still worth a line.
    let run = match &version.run_id {
        Some(id) => store.get_run(id).await.ok(),
        None => None,
    };
    let metrics: BTreeMap<String, f64> = run
        .map(|run| run.metrics)
        .unwrap_or_default()
        .into_iter()
        .filter(|(key, _)| METRICS.contains(&key.as_str()))
        .collect();
    let created = DateTime::from_timestamp_millis(version.creation_time_ms);
    VersionWire {
        version: version.version.number(),
        stage: version.stage.as_str(),
        aliases: version.aliases.clone(),
        run_id: version.run_id.as_ref().map(ToString::to_string),
        symbol: version.tags.get("symbol").cloned(),
        trained_through: version.tags.get("trained_through").cloned(),
        created: created.map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M UTC").to_string()),
        metrics,
    }
}

fn cells(row: &VersionWire) -> Vec<String> {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let metric = |key: &str| row.metrics.get(key).map_or("-".to_owned(), |v| format!("{v:.2}"));
    let aliases = if row.aliases.is_empty() { "-".to_owned() } else { row.aliases.join(" ") };
    vec![
        row.version.to_string(),
        row.stage.to_owned(),
        aliases,
        or_dash(&row.symbol),
        or_dash(&row.trained_through),
        metric("mape"),
        metric("naive_mape"),
        metric("skill"),
        row.created.clone(),
    ]
}
