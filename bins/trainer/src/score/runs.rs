//! The runs in which the API keeps what it forecast, and what they say of their version.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveDate};
use forecast_monitor::{BANDS, Band, Limits, report::DAYS_MAX};
use market_data::{Price, Symbol};
use mlflow_client::{ExperimentId, LoggedModelId, Run, RunId, RunStatus, Search, Store};

use crate::settings::Settings;

/// Runs that are looked at: a version a day for forty years.
const RUNS_MAX: usize = 10_000;

/// Runs in one answer.
const PAGE: u32 = 1_000;

/// A version that the API served.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) version: u32,
    /// Its runs, the one that is written to first. A second one is an accident of two replicas.
    pub(super) runs: Vec<Run>,
}

impl Subject {
    /// The run that is written to: the oldest.
    pub(super) fn run(&self) -> &Run {
        self.runs.first().expect("invariant: a subject is found by its runs")
    }

    pub(super) fn tag(&self, key: &str) -> Option<&str> {
        self.run().tags.get(key).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Whether the version is served: the API leaves the runs of others ended.
    pub(super) fn is_served(&self) -> bool {
        self.runs.iter().any(|run| run.status == RunStatus::Running)
    }

    /// The last session before the first forecast, from which sessions of service are counted.
    pub(super) fn first_origin(&self) -> Option<NaiveDate> {
        self.tag("first_origin")?.parse().ok()
    }

    pub(super) fn model_id(&self) -> Option<LoggedModelId> {
        self.tag("model_id").map(LoggedModelId::new)
    }
}

/// The runs of the experiment, by version.
pub(super) async fn find(
    store: &dyn Store,
    experiment: &ExperimentId,
    settings: &Settings,
    version: Option<u32>,
) -> Result<Vec<Subject>> {
    let mut found: BTreeMap<u32, Vec<Run>> = BTreeMap::new();
    let mut search =
        Search::default().with_max_results(PAGE).with_order_by("attributes.start_time ASC");
    let (mut n_runs, mut n_others) = (0, 0);
    loop {
        let page = store.search_runs(std::slice::from_ref(experiment), &search).await;
        let page = page.with_context(|| {
            format!("cannot search the runs of experiment `{}`", settings.monitor_experiment)
        })?;
        n_runs += page.items.len();
        for run in page.items {
            match version_of(&run, &settings.model_name) {
                Some(number) if version.is_none_or(|wanted| wanted == number) => {
                    found.entry(number).or_default().push(run);
                }
                Some(_) => {}
                None => n_others += 1,
            }
        }
        match page.next_page_token {
            Some(_) if RUNS_MAX <= n_runs => {
                tracing::warn!(n_runs, "the experiment has more runs, which are not looked at");
                break;
            }
            Some(token) => search = search.with_page_token(token),
            None => break,
        }
    }
    if 0 < n_others {
        tracing::info!(n_others, model = settings.model_name, "runs of other models are left");
    }
    let mut subjects = Vec::with_capacity(found.len());
    for (version, mut runs) in found {
        runs.sort_by(|a, b| (a.start_time_ms, &a.id).cmp(&(b.start_time_ms, &b.id)));
        if let Some(second) = runs.get(1) {
            tracing::warn!(version, run.id = %second.id, "version has a second run, read too");
        }
        subjects.push(Subject { version, runs });
    }
    Ok(subjects)
}

/// The version that a run is of, if it is one of that model.
fn version_of(run: &Run, model: &str) -> Option<u32> {
    let is_ours = run.tags.get("model_name").is_some_and(|name| name == model);
    run.tags.get("model_version").filter(|_| is_ours)?.parse().ok()
}

/// What the training run says of a version.
#[derive(Debug)]
pub(super) struct Origin {
    /// Whose price it forecasts.
    pub(super) symbol: Symbol,
    /// Which price.
    pub(super) price: Price,
    /// What its backtest says of the bands.
    pub(super) limits: Vec<(Band, Limits)>,
    /// Why there are no limits, where there are none.
    pub(super) no_limits: Option<String>,
}

impl Origin {
    /// The limits in a unit that closes have come in since.
    pub(super) fn limits_times(&self, ratio: f64) -> Vec<(Band, Limits)> {
        let scaled = |limits: Limits| Limits {
            mean: ratio * limits.mean,
            sd: ratio * limits.sd,
            mase: limits.mase,
        };
        self.limits.iter().map(|(band, limits)| (*band, scaled(*limits))).collect()
    }
}

/// Reads what a version came from. Nothing of it has to be there any more.
pub(super) async fn origin(
    store: &dyn Store,
    subject: &Subject,
    settings: &Settings,
) -> Result<Origin> {
    let (source, absent) = match subject.tag("source_run_id") {
        None => (None, Some("the run names no training run".to_owned())),
        Some(id) => source_run(store, id).await?,
    };
    let param = |key: &str| source.as_ref().and_then(|run| run.params.get(key));
    let symbol = subject.tag("symbol").or_else(|| param("symbol").map(String::as_str));
    let symbol = symbol.map(Symbol::parse).transpose().context("the run's symbol is none")?;
    let price = param("price").and_then(|text| text.parse().ok()).unwrap_or(settings.price);
    let of_band = |band: Band| Some((band, limits(source.as_ref()?, band.key())?));
    let limits: Vec<(Band, Limits)> = BANDS.into_iter().filter_map(of_band).collect();
    let untested = || "it was trained without a backtest".to_owned();
    let no_limits = limits.is_empty().then(|| absent.unwrap_or_else(untested));
    Ok(Origin {
        symbol: symbol.unwrap_or_else(|| settings.symbol.clone()),
        price,
        limits,
        no_limits,
    })
}

async fn source_run(store: &dyn Store, id: &str) -> Result<(Option<Run>, Option<String>)> {
    let gone = || Some(format!("its training run `{id}` is gone"));
    match store.get_run(&RunId::new(id)).await {
        Ok(run) => Ok((Some(run), None)),
        Err(error) if error.is_not_found() => Ok((None, gone())),
        Err(error) => Err(error).with_context(|| format!("cannot read training run `{id}`")),
    }
}

/// What a training's backtest says of a band.
fn limits(run: &Run, key: &str) -> Option<Limits> {
    let metric = |name: String| run.metrics.get(&name).copied().filter(|value| value.is_finite());
    Some(Limits {
        mean: metric(format!("backtest/mae_{key}_mean"))?,
        sd: metric(format!("backtest/mae_{key}_sd"))?,
        mase: metric(format!("backtest/mase_{key}_mean")),
    })
}

/// How often the version was asked on each day, over all replicas.
pub(super) async fn requests(store: &dyn Store, run: &Run) -> Result<Vec<(NaiveDate, u64)>> {
    let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    let keys = run.metrics.keys().filter(|key| {
        key.strip_prefix("live/requests")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    });
    for key in keys {
        let history = store.metric_history(&run.id, key).await;
        let history =
            history.with_context(|| format!("cannot read `{key}` of run `{}`", run.id))?;
        // The last point of a day counts: a count may have been sent again.
        let last: BTreeMap<NaiveDate, f64> = history
            .into_iter()
            .filter_map(|point| {
                let at = DateTime::from_timestamp_millis(point.timestamp_ms)?;
                Some((at.date_naive(), point.value))
            })
            .collect();
        for (day, value) in last {
            *days.entry(day).or_default() += count(value);
        }
    }
    let first = days.len().saturating_sub(DAYS_MAX);
    Ok(days.into_iter().skip(first).collect())
}

/// A metric's value as a number of requests.
fn count(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is no count becomes the nearest one, NaN becomes 0"
    )]
    let count = value.round() as u64;
    count
}
