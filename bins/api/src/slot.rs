//! What the watcher serves: a fitted model and the forecasts made of it in advance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::HeaderValue;
use arc_swap::ArcSwap;
use chrono::NaiveDate;
use forecast_core::Fitted;
use market_data::Calendar;
use mlflow_client::Version;

use crate::table::{Counting, Table, TableError, TableKey};

/// The seed of version N is this plus N: the same version draws the same intervals in every
/// replica and after every restart, and two versions do not share their draws.
/// The number itself is the date of the first commit and has no meaning.
pub const SEED_BASE: u64 = 20_261_123;

/// Forecasts kept for requests with `from`: people page through a few dates, and each table
/// takes some 50 kB.
const ASKED_KEPT_MAX: usize = 16;

/// A fitted model with its forecasts.
#[derive(Debug)]
pub struct ServedForecast {
    fitted: Fitted,
    seed: u64,
    /// The version as a header says it, made once.
    version_header: HeaderValue,
    days_max: u16,
    calendar: Calendar,
    /// For requests without `from`, by the day on which they come; replaced when the date
    /// changes.
    upcoming: ArcSwap<Upcoming>,
    /// For requests with `from`, newest first.
    asked: ArcSwap<Vec<Arc<Table>>>,
    /// Requests that were answered and not yet counted elsewhere.
    n_asked: AtomicU64,
}

/// Forecasts with the day on which they are given to who names no date.
pub type Upcoming = Vec<(NaiveDate, Arc<Table>)>;

impl ServedForecast {
    /// Forecasts everything that requests without `from` need today and tomorrow.
    ///
    /// # Errors
    ///
    /// Returns [`TableError`] if any of it cannot be forecast or is not finite: such a model
    /// must not be served.
    pub fn new(
        fitted: Fitted,
        version: Version,
        calendar: Calendar,
        days_max: u16,
        today: NaiveDate,
    ) -> Result<Self, TableError> {
        let seed = SEED_BASE.wrapping_add(u64::from(version.number()));
        let (upcoming, asked) = (ArcSwap::default(), ArcSwap::default());
        let version_header = HeaderValue::from(version.number());
        let n_asked = AtomicU64::new(0);
        let served =
            Self { fitted, seed, version_header, days_max, calendar, upcoming, asked, n_asked };
        if served.needed_columns().is_empty() {
            served.publish(served.prepare(today)?);
        } else {
            served.try_history()?;
        }
        Ok(served)
    }

    /// What rows to predict must bring besides `ds`. If it is anything, there are no forecasts
    /// from dates alone.
    pub fn needed_columns(&self) -> Vec<&str> {
        self.fitted.needed_columns()
    }

    /// The model itself.
    pub fn fitted(&self) -> &Fitted {
        &self.fitted
    }

    /// The sessions that it forecasts.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// With which its forecasts are drawn.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Its version, as a header says it.
    pub fn version_header(&self) -> HeaderValue {
        self.version_header.clone()
    }

    /// Predicts the rows that were fitted, which have every column.
    fn try_history(&self) -> Result<(), TableError> {
        self.fitted.predict_rows(self.fitted.history_rows(), self.seed)?;
        Ok(())
    }

    /// The last date of the rows that were fitted.
    pub fn trained_through(&self) -> Option<NaiveDate> {
        self.fitted.last_ds().map(|ds| ds.date())
    }

    /// The first date of the rows that were fitted; none if the model came without them.
    pub fn trained_from(&self) -> Option<NaiveDate> {
        self.fitted.history().0.first().map(chrono::NaiveDateTime::date)
    }

    /// The forecast of who asks on that day and names no date. Touches memory only, and not
    /// even the calendar.
    pub fn ready_on(&self, today: NaiveDate, counting: Counting) -> Option<Arc<Table>> {
        let upcoming = self.upcoming.load();
        let mut tables = upcoming.iter();
        let found =
            tables.find(|(day, table)| *day == today && table.key().counting == counting)?;
        Some(Arc::clone(&found.1))
    }

    /// A forecast that is ready. Touches memory only.
    pub fn ready(&self, key: TableKey) -> Option<Arc<Table>> {
        let is_it = |table: &&Arc<Table>| table.key() == key;
        let upcoming = self.upcoming.load();
        let found = upcoming.iter().map(|(_, table)| table).find(is_it).cloned();
        found.or_else(|| self.asked.load().iter().find(is_it).cloned())
    }

    /// A forecast that is ready, or made now and kept. Takes the time of a prediction.
    ///
    /// # Errors
    ///
    /// Returns [`TableError`] if the model cannot forecast these dates.
    pub fn ready_or_made(&self, key: TableKey) -> Result<Arc<Table>, TableError> {
        if let Some(table) = self.ready(key) {
            return Ok(table);
        }
        let table = self.make(key)?;
        self.asked.rcu(|asked| {
            let kept = asked.iter().filter(|other| other.key() != key).take(ASKED_KEPT_MAX - 1);
            std::iter::once(&table).chain(kept).cloned().collect::<Vec<_>>()
        });
        Ok(table)
    }

    /// Whether there is something to [`prepare`](Self::prepare).
    pub fn is_stale(&self, today: NaiveDate) -> bool {
        if !self.needed_columns().is_empty() {
            return false;
        }
        let keys = TableKey::upcoming(&self.calendar, today);
        let upcoming = self.upcoming.load();
        let is_there = |(from, key): &(NaiveDate, TableKey)| {
            upcoming.iter().any(|(day, table)| day == from && table.key() == *key)
        };
        !keys.iter().all(is_there)
    }

    /// Makes what requests without `from` need today and tomorrow, each with its day; what is
    /// there stays as it is. Nobody is answered with it before it is [published](Self::publish).
    ///
    /// # Errors
    ///
    /// Returns [`TableError`] if the model cannot forecast these dates.
    pub fn prepare(&self, today: NaiveDate) -> Result<Upcoming, TableError> {
        let mut tables = Upcoming::new();
        for (from, key) in TableKey::upcoming(&self.calendar, today) {
            // Two days may begin at the same session.
            let made = tables.iter().map(|(_, table)| table).find(|table| table.key() == key);
            let table = match made.cloned().or_else(|| self.ready(key)) {
                Some(table) => table,
                None => self.make(key)?,
            };
            tables.push((from, table));
        }
        Ok(tables)
    }

    /// Answers requests without `from` with these from now on.
    pub fn publish(&self, tables: Upcoming) {
        self.upcoming.store(Arc::new(tables));
    }

    /// What requests without `from` are answered with.
    pub fn upcoming(&self) -> Arc<Upcoming> {
        self.upcoming.load_full()
    }

    /// A request was answered.
    pub fn add_asked(&self, n: u64) {
        self.n_asked.fetch_add(n, Ordering::Relaxed);
    }

    /// The requests that were answered since this was last called.
    pub fn take_asked(&self) -> u64 {
        self.n_asked.swap(0, Ordering::Relaxed)
    }

    fn make(&self, key: TableKey) -> Result<Arc<Table>, TableError> {
        Table::make(&self.fitted, self.seed, &self.calendar, key, self.days_max).map(Arc::new)
    }
}
