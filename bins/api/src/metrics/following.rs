//! How the service follows the registry, from the watcher's own status.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, Result};
use registry_watcher::{Status, SwapReason};

use crate::state::AppState;

pub(super) fn families(state: &AppState) -> Result<Vec<MetricFamily>> {
    let page = Page(Registry::new());
    served(&page, state)?;
    watched(&page, &state.status.load())?;
    kept(&page, state)?;
    let n_computing = count(state.computing.n_running());
    page.gauge("forecasts_computing", "Forecasts being made for requests.", n_computing)?;
    Ok(page.0.gather())
}

fn served(page: &Page, state: &AppState) -> Result<()> {
    let info = Opts::new("model_info", "1 for the version that is served; none while none is.");
    let info = IntGaugeVec::new(info, &["name", "version"])?;
    let Some(served) = state.reader.current() else { return Ok(()) };
    info.with_label_values(&[served.name(), &served.version().to_string()]).set(1);
    page.add(info)?;
    page.moment("model_loaded_timestamp_seconds", "When it began to be served.", served.since)
}

fn watched(page: &Page, status: &Status) -> Result<()> {
    let totals = status.totals;
    let swaps = Opts::new("model_swaps_total", "Changes of the served version, by reason.");
    let swaps = IntCounterVec::new(swaps, &["reason"])?;
    for reason in SwapReason::ALL {
        swaps.with_label_values(&[&reason.to_string()]).inc_by(totals.n_swaps(reason));
    }
    page.add(swaps)?;
    page.counter("model_refused_total", "Versions found wanting.", totals.n_refused)?;
    let help = "Loads of a version whose files did not come.";
    page.counter("model_load_failures_total", help, totals.n_load_failures)?;
    page.counter("registry_polls_total", "Questions to the registry.", totals.n_polls)?;
    let help = "Questions that the registry did not answer.";
    page.counter("registry_poll_failures_total", help, totals.n_poll_failures)?;
    let help = "1 while what is served is not what the registry asks for.";
    page.gauge("registry_degraded", help, i64::from(status.degraded.is_some()))?;
    let help = "The version that is loaded and waits for its moment, or 0.";
    let staged = status.staged.map_or(0, |staged| i64::from(staged.version.number()));
    page.gauge("model_staged_version", help, staged)?;
    let help = "Other versions in the stage that is followed.";
    page.gauge("model_rivals", help, count(status.rivals.len()))?;
    let help = "1 while there is no copy on disk of what is served, or it could not be used.";
    page.gauge("last_good_copy_failed", help, i64::from(status.copy_failure.is_some()))?;
    let Some(at) = status.stepped_at else { return Ok(()) };
    page.moment("registry_last_poll_timestamp_seconds", "When the watcher last acted.", at)
}

/// How it goes with keeping predictions; nothing if none are kept.
fn kept(page: &Page, state: &AppState) -> Result<()> {
    let Some(stats) = state.ledger.stats() else { return Ok(()) };
    let board = state.board();
    page.counter("forecasts_kept_total", "Forecasts that were written to the spool.", stats.kept)?;
    let help = "Forecasts in memory that the spool has not taken yet.";
    page.gauge("forecasts_waiting", help, count(stats.waiting))?;
    let lost = stats.lost + state.ledger.n_asked_left();
    page.counter("forecasts_lost_total", "Forecasts that were answered and not kept.", lost)?;
    if let Some(spool) = &board.spool {
        let help = "Forecasts in the spool that MLflow does not have yet.";
        page.gauge("spool_pending", help, clamped(spool.pending))?;
        let help = "Rows of the spool that cannot be read; they are set aside.";
        page.gauge("spool_corrupt", help, clamped(spool.corrupt))?;
    }
    let help = "1 while predictions cannot be brought to MLflow.";
    page.gauge("monitor_failing", help, i64::from(board.failure.is_some()))?;
    let Some(at) = board.delivered_at else { return Ok(()) };
    page.moment("monitor_last_delivery_timestamp_seconds", "When MLflow had everything.", at)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn clamped(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Metrics that are made for one answer.
struct Page(Registry);

impl Page {
    fn add(&self, collector: impl Collector + 'static) -> Result<()> {
        self.0.register(Box::new(collector))
    }

    fn gauge(&self, name: &str, help: &str, value: i64) -> Result<()> {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(value);
        self.add(gauge)
    }

    fn counter(&self, name: &str, help: &str, value: u64) -> Result<()> {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        self.add(counter)
    }

    fn moment(&self, name: &str, help: &str, at: SystemTime) -> Result<()> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        self.add(gauge)
    }
}
