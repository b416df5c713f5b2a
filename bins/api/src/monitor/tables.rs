//! The tables of a run: where a forecast lies, whether it is there already, which of them the
//! run's page lists.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use forecast_monitor::{Forecast, Kind};
use mlflow_client::{Run, Store};

/// Tables that the run's page lists; the rest is in its folders. Longer lists do not fit a tag.
const TABLES_LISTED_MAX: usize = 60;

/// The tag by which the UI knows which files are tables.
const TABLES_TAG: &str = "mlflow.loggedArtifacts";

/// Where a forecast lies in its run.
pub(super) fn path(forecast: &Forecast) -> String {
    let origin = forecast.origin;
    match forecast.kind {
        Kind::Ready => format!("forecasts/{}/{origin}.json", origin.format("%Y")),
        Kind::Asked => format!("asked/{origin}.json"),
    }
}

/// What the folders of the runs hold; each is listed once a pass.
#[derive(Default)]
pub(super) struct Listing(BTreeMap<String, BTreeSet<String>>);

impl Listing {
    pub(super) async fn has(
        &mut self,
        store: &dyn Store,
        runs: &[Run],
        path: &str,
    ) -> Result<bool> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !self.0.contains_key(folder) {
            let mut paths = BTreeSet::new();
            for run in runs {
                let files = store.list_artifacts(&run.artifact_uri, folder).await;
                let files = files.with_context(|| format!("run `{}` cannot be listed", run.id))?;
                paths.extend(files.into_iter().map(|file| file.path));
            }
            self.0.insert(folder.to_owned(), paths);
        }
        Ok(self.0.get(folder).is_some_and(|paths| paths.contains(path)))
    }
}

/// Lists the newest tables on the run's page, beside those of others.
pub(super) async fn list_tables(store: &dyn Store, run: &Run, paths: Vec<String>) -> Result<()> {
    let listed = run.tags.get(TABLES_TAG).map_or("[]", String::as_str);
    let listed: Vec<serde_json::Value> = serde_json::from_str(listed).unwrap_or_default();
    let listed = listed.iter().filter_map(|table| Some(table.get("path")?.as_str()?.to_owned()));
    let (ours, others): (BTreeSet<String>, BTreeSet<String>) =
        listed.chain(paths).partition(|path| path.starts_with("forecasts/"));
    let newest = ours.iter().rev().take(TABLES_LISTED_MAX);
    let tables = others.iter().take(TABLES_LISTED_MAX).chain(newest);
    let tables: Vec<_> =
        tables.map(|path| serde_json::json!({ "path": path, "type": "table" })).collect();
    let text = serde_json::Value::Array(tables).to_string();
    store.set_tag(&run.id, TABLES_TAG, &text).await.context("the tables cannot be listed")?;
    Ok(())
}
