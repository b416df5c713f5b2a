//! The forecasts of a version, read from its runs.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use forecast_monitor::{BANDS, Forecast, table};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use mlflow_client::{Run, Store};

use super::runs::Subject;

/// The folder of what was answered to whoever asked on the day.
const FOLDER: &str = "forecasts";

/// Tables of one run that are read: ten years of sessions.
const TABLES_MAX: usize = 2_600;

/// Tables that are read at a time: enough to hide the way to a server, few enough for it.
const AT_ONCE: usize = 8;

/// Names that are told of files that are passed over.
const NAMED_MAX: usize = 5;

/// What a version forecast.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// The forecasts, by origin, rows beyond the last horizon that is scored cut off.
    pub(super) forecasts: Vec<Forecast>,
    /// What lies among them and is none.
    pub(super) passed_over: PassedOver,
}

/// Files in the folder of forecasts that are not scored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Files that no API writes there, and forecasts of something else.
    pub foreign: usize,
    /// Tables that cannot be read.
    pub unreadable: usize,
    /// More tables than are read.
    pub too_many: usize,
    /// The first of them, and why.
    pub named: Vec<String>,
}

impl PassedOver {
    /// How many there are.
    pub fn total(&self) -> usize {
        self.foreign + self.unreadable + self.too_many
    }

    fn name(&mut self, path: &str, why: &str) {
        tracing::warn!(path, why, "file is not scored");
        if self.named.len() < NAMED_MAX {
            self.named.push(format!("{path}: {why}"));
        }
    }

    fn foreign(&mut self, path: &str, why: &str) {
        self.foreign += 1;
        self.name(path, why);
    }
}

/// What the tables of a run are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) model: &'a str,
    pub(super) version: u32,
    pub(super) symbol: &'a str,
}

impl Of<'_> {
    fn is(self, forecast: &Forecast) -> bool {
        let Forecast { model, version, symbol, .. } = forecast;
        (model.as_str(), *version, symbol.as_str()) == (self.model, self.version, self.symbol)
    }
}

/// Where a forecast lies.
#[derive(Debug)]
pub(super) struct Place<'a> {
    run: &'a Run,
    path: String,
    origin: NaiveDate,
}

/// Finds the tables of a version's runs, by origin.
pub(super) async fn list<'a>(
    store: &dyn Store,
    subject: &'a Subject,
) -> Result<(Vec<Place<'a>>, PassedOver)> {
    let (mut places, mut passed_over) = (Vec::new(), PassedOver::default());
    for run in &subject.runs {
        let failed = || format!("cannot list the forecasts of run `{}`", run.id);
        let years = store.list_artifacts(&run.artifact_uri, FOLDER).await.with_context(failed)?;
        for year in years {
            if !year.is_dir {
                passed_over.foreign(&year.path, "it lies beside the years");
                continue;
            }
            let files = store.list_artifacts(&run.artifact_uri, &year.path).await;
            for file in files.with_context(failed)? {
                match origin_of(&file.path).filter(|_| !file.is_dir) {
                    Some(origin) => places.push(Place { run, path: file.path, origin }),
                    None => passed_over.foreign(&file.path, "its name is no date of its year"),
                }
            }
        }
    }
    places.sort_by_key(|place| place.origin);
    if let Some(n_more) = places.len().checked_sub(TABLES_MAX).filter(|n| 0 < *n) {
        passed_over.too_many = n_more;
        passed_over.name(&places[0].path, "only the newest tables are read");
        places.drain(..n_more);
    }
    Ok((places, passed_over))
}

/// The origin of a table, `forecasts/2026/2026-11-23.json`.
fn origin_of(path: &str) -> Option<NaiveDate> {
    let date: NaiveDate = path.rsplit('/').next()?.strip_suffix(".json")?.parse().ok()?;
    (path == format!("{FOLDER}/{}/{date}.json", date.format("%Y"))).then_some(date)
}

/// Reads the tables.
pub(super) async fn read(
    store: &dyn Store,
    places: Vec<Place<'_>>,
    passed_over: PassedOver,
    of: Of<'_>,
) -> Result<Tables> {
    let mut tables = Tables { passed_over, ..Tables::default() };
    let texts = places.into_iter().map(|place| async {
        let bytes = store.get_artifact(&place.run.artifact_uri, &place.path).await;
        let bytes = bytes
            .with_context(|| format!("cannot read `{}` of run `{}`", place.path, place.run.id))?;
        anyhow::Ok((place, bytes))
    });
    let mut texts = stream::iter(texts).buffered(AT_ONCE);
    while let Some((place, bytes)) = texts.try_next().await? {
        let text = String::from_utf8_lossy(&bytes);
        match table::from_json(&text) {
            Ok(forecast) if !of.is(&forecast) => {
                let Forecast { model, version, symbol, .. } = forecast;
                let why = format!("it is of {model} v{version} for {symbol}");
                tables.passed_over.foreign(&place.path, &why);
            }
            Ok(forecast) if forecast.origin != place.origin => {
                let why = format!("its origin is {}", forecast.origin);
                tables.passed_over.foreign(&place.path, &why);
            }
            Ok(mut forecast) => {
                forecast.rows.truncate(horizon_max());
                tables.forecasts.push(forecast);
            }
            Err(error) => {
                tables.passed_over.unreadable += 1;
                tables.passed_over.name(&place.path, &error.to_string());
            }
        }
    }
    Ok(tables)
}

/// The longest horizon that is scored, in sessions.
pub(super) fn horizon_max() -> usize {
    BANDS.iter().map(|band| band.to() as usize).max().unwrap_or(0)
}
