//! What the page says, before it is said in a language: gathered from memory, bounded.

use std::sync::Arc;

use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use forecast_core::ds::Ds;
use forecast_monitor::{Close, Level, Report, ServiceChange, recorder};
use market_data::Symbol;
use market_data::zone::exchange_zone;
use registry_watcher::{Served, Status};

use crate::monitor::board::Board;
use crate::slot::ServedForecast;
use crate::state::AppState;
use crate::table::{Counting, Row};

/// Sessions of the forecast: a quarter of a year, a fifth of the picture.
const SESSIONS_MAX: usize = 60;

/// The closes before it.
const HISTORY_MONTHS: Months = Months::new(12);

/// Rows of history, whatever a model was fitted to: a year has 250 sessions and 366 days.
const CLOSES_MAX: usize = 370;

/// Rows of a model's history that are looked at: it may have several a day.
const HISTORY_ROWS_MAX: usize = 10 * CLOSES_MAX;

/// Changes of the served version that are listed.
const CHANGES_MAX: usize = 12;

/// Everything on the page.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// Whose forecasts these are.
    pub(crate) symbol: String,
    /// The currency's sign; empty where it is not known.
    pub(crate) currency: &'static str,
    /// The zone of the exchange, in which times are told.
    pub(crate) zone: Tz,
    /// The registered model.
    pub(crate) model: String,
    /// What is followed, as the settings write it.
    pub(crate) selector: String,
    /// The version that answers; none while none does.
    pub(crate) served: Option<ServedVersion>,
    /// Which version was served from when on, the newest first, and why, as the watcher names
    /// it: `promoted`, `rolled_back`, ….
    pub(crate) changes: Vec<ServiceChange>,
    /// What the watcher knows.
    pub(crate) status: Arc<Status>,
    /// How the forecasts did, and how it goes with keeping them.
    pub(crate) board: Arc<Board>,
    /// How it goes with writing them down; none if they are not.
    pub(crate) recorder: Option<recorder::Stats>,
}

/// The version that answers.
#[derive(Debug, Clone)]
pub(crate) struct ServedVersion {
    /// Its number.
    pub(crate) version: u32,
    /// When it began to answer.
    pub(crate) since: DateTime<Utc>,
    /// The last date that it was fitted to.
    pub(crate) trained_through: Option<NaiveDate>,
    /// What rows must bring besides dates; if anything, dates alone have no forecast.
    pub(crate) needed_columns: Vec<String>,
    /// The share of cases that the band is to hold.
    pub(crate) interval_width: f64,
    /// The last year of closes, in order of date.
    pub(crate) closes: Vec<(NaiveDate, f64)>,
    /// The next sessions.
    pub(crate) rows: Vec<Row>,
}

impl View {
    /// What the service knows now. Touches memory only.
    pub(crate) fn of(state: &AppState) -> Self {
        let (status, board) = (state.status.load(), state.board());
        let served = state.reader.current();
        Self {
            symbol: state.symbol.to_string(),
            currency: currency(&state.symbol),
            zone: exchange_zone(&state.symbol),
            model: state.target.name.clone(),
            selector: state.target.selector.to_string(),
            served: served.map(|served| ServedVersion::of(state, &served, &board)),
            changes: changes(&board.service, &status),
            status,
            board,
            recorder: state.ledger.stats(),
        }
    }

    /// How the forecasts of the version that answers did; none before it was scored.
    pub(crate) fn report(&self) -> Option<&Report> {
        self.board.report(self.served.as_ref()?.version).map(AsRef::as_ref)
    }

    /// Where a person reads more of a version. What is no address of a page is none.
    pub(crate) fn run_url(&self, version: u32) -> Option<&str> {
        let url = self.board.run_urls.get(&version)?;
        ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)).then_some(url)
    }

    /// What a person should look at, the worst first; nothing if all is in order.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        let is_failing = self.recorder.as_ref().is_some_and(|it| it.failing_since.is_some());
        match self.report().map(Report::level) {
            _ if self.status.degraded.is_some() => Some(Trouble::Degraded),
            Some(Level::Alert) => Some(Trouble::Alert),
            Some(Level::Warn) => Some(Trouble::Warning),
            _ if is_failing => Some(Trouble::NotKept),
            _ if self.board.failure.is_some() => Some(Trouble::NotDelivered),
            _ => None,
        }
    }
}

/// What a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// What is served may not be what the registry asks for.
    Degraded,
    /// The forecasts are far worse than they should be.
    Alert,
    /// The forecasts are worse than they should be.
    Warning,
    /// Forecasts cannot be written down.
    NotKept,
    /// Forecasts are written down, and MLflow does not have them.
    NotDelivered,
}

impl ServedVersion {
    fn of(state: &AppState, served: &Served<ServedForecast>, board: &Board) -> Self {
        let model = &served.model;
        let version = served.version().number();
        let needed = model.needed_columns();
        let table = model.ready_on(state.clock.today(), Counting::Sessions);
        let rows = table.map(|table| table.values().iter().take(SESSIONS_MAX).copied().collect());
        Self {
            version,
            since: served.since.into(),
            trained_through: model.trained_through(),
            needed_columns: needed.into_iter().map(str::to_owned).collect(),
            interval_width: model.fitted().spec().interval_width,
            closes: last_year(&closes(model.fitted().history(), version, board)),
            rows: rows.unwrap_or_default(),
        }
    }

    /// The last close that is known.
    pub(crate) fn last_close(&self) -> Option<(NaiveDate, f64)> {
        self.closes.last().copied()
    }
}

/// The currency in which the exchange of a symbol quotes, where it is known.
fn currency(symbol: &Symbol) -> &'static str {
    match symbol.as_str().rsplit_once('.') {
        Some((_, "SA")) => "R$",
        _ => "",
    }
}

/// The closes that the model was fitted to, and those since that a score brought.
///
/// If prices were rescaled since, those are in another unit and stay away.
fn closes((ds, y): (&[Ds], &[f64]), version: u32, board: &Board) -> Vec<(NaiveDate, f64)> {
    let from = ds.len().saturating_sub(HISTORY_ROWS_MAX);
    let history = ds.iter().map(chrono::NaiveDateTime::date).zip(y.iter().copied());
    let mut closes: Vec<(NaiveDate, f64)> = history.skip(from).collect();
    let is_rescaled = |report: &Arc<Report>| report.rescaled.iter().any(|it| it.version == version);
    if board.reports.iter().any(is_rescaled) {
        return closes;
    }
    // All scores are of the same market; the newest knows the most of it.
    let newest = board.reports.iter().max_by_key(|report| report.through);
    let last = closes.last().map(|(date, _)| *date);
    let since = newest.iter().flat_map(|report| &report.closes);
    let since = since.filter(|close| last.is_some_and(|last| last < close.ds));
    closes.extend(since.map(|Close { ds, close }| (*ds, *close)));
    closes
}

/// The last year of a history; of several rows of a day the last.
fn last_year(closes: &[(NaiveDate, f64)]) -> Vec<(NaiveDate, f64)> {
    let Some((last, _)) = closes.last() else { return Vec::new() };
    let first = last.checked_sub_months(HISTORY_MONTHS).unwrap_or(NaiveDate::MIN);
    let newest_first = closes.iter().rev().copied();
    let mut year: Vec<_> = newest_first.take_while(|(date, _)| first <= *date).collect();
    year.dedup_by_key(|(date, _)| *date);
    year.retain(|(_, close)| close.is_finite());
    year.truncate(CLOSES_MAX);
    year.reverse();
    year
}

/// What was written down of all processes, and what this one did meanwhile.
fn changes(written: &[ServiceChange], status: &Status) -> Vec<ServiceChange> {
    let swaps = status.swaps.iter().map(|swap| ServiceChange {
        version: swap.to.number(),
        at: swap.at.into(),
        reason: swap.reason.to_string(),
    });
    let mut changes: Vec<ServiceChange> = written.iter().cloned().chain(swaps).collect();
    changes.sort_by_key(|change| change.at);
    // A version that goes on being served after a restart is no change.
    changes.dedup_by_key(|change| change.version);
    changes.into_iter().rev().take(CHANGES_MAX).collect()
}

#[cfg(test)]
mod tests;
