//! What the page says, before it is said in a language: gathered from memory, bounded.

use std::sync::Arc;

use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use forecast_monitor::Report;
use market_data::Symbol;
use market_data::zone::exchange_zone;
use registry_watcher::{Served, Status};

use crate::slot::ServedForecast;
use crate::state::AppState;
use crate::table::{Counting, Row};

/// Sessions of the forecast: a quarter of a year, a fifth of the picture.
const SESSIONS_MAX: usize = 60;

/// The closes before it.
const HISTORY_MONTHS: Months = Months::new(12);

/// Rows of history, whatever a model was fitted to: a year has 250 sessions and 366 days.
const CLOSES_MAX: usize = 370;

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
    /// Which version was served from when on, the newest first.
    pub(crate) changes: Vec<Change>,
    /// What the watcher knows.
    pub(crate) status: Arc<Status>,
    /// How the forecasts of the version that answers did; none before it was scored.
    pub(crate) report: Option<Arc<Report>>,
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

/// A version began to be served.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// Its number.
    pub(crate) version: u32,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Why, as the watcher names it: `promoted`, `rolled_back`, ….
    pub(crate) reason: String,
}

impl View {
    /// What the service knows now. Touches memory only.
    pub(crate) fn of(state: &AppState) -> Self {
        let status = state.status.load();
        let served = state.reader.current();
        Self {
            symbol: state.symbol.to_string(),
            currency: currency(&state.symbol),
            zone: exchange_zone(&state.symbol),
            model: state.target.name.clone(),
            selector: state.target.selector.to_string(),
            served: served.map(|served| ServedVersion::of(state, &served)),
            changes: changes(&status),
            status,
            report: None,
        }
    }
}

impl ServedVersion {
    fn of(state: &AppState, served: &Served<ServedForecast>) -> Self {
        let model = &served.model;
        let needed = model.needed_columns();
        let table = model.ready_on(state.clock.today(), Counting::Sessions);
        let rows = table.map(|table| table.values().iter().take(SESSIONS_MAX).copied().collect());
        Self {
            version: served.version().number(),
            since: served.since.into(),
            trained_through: model.trained_through(),
            needed_columns: needed.into_iter().map(str::to_owned).collect(),
            interval_width: model.fitted().spec().interval_width,
            closes: last_year(model.fitted().history()),
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

/// The last year of a history; of several rows of a day the last.
fn last_year((ds, y): (&[forecast_core::ds::Ds], &[f64])) -> Vec<(NaiveDate, f64)> {
    let Some(last) = ds.last().map(chrono::NaiveDateTime::date) else { return Vec::new() };
    let first = last.checked_sub_months(HISTORY_MONTHS).unwrap_or(NaiveDate::MIN);
    let newest_first = ds.iter().map(chrono::NaiveDateTime::date).zip(y.iter().copied()).rev();
    let mut closes: Vec<(NaiveDate, f64)> =
        newest_first.take_while(|(date, _)| first <= *date).collect();
    closes.dedup_by_key(|(date, _)| *date);
    closes.retain(|(_, close)| close.is_finite());
    closes.truncate(CLOSES_MAX);
    closes.reverse();
    closes
}

fn changes(status: &Status) -> Vec<Change> {
    let newest_first = status.swaps.iter().rev().take(CHANGES_MAX);
    let changes = newest_first.map(|swap| Change {
        version: swap.to.number(),
        at: swap.at.into(),
        reason: swap.reason.to_string(),
    });
    changes.collect()
}
