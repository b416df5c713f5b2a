//! A forecast made ready: rows as JSON, of which any first few are an answer.

use std::fmt;
use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use chrono::{Days as ChronoDays, NaiveDate};
use forecast_core::{Fitted, PredictError};
pub use forecast_monitor::Row;
use market_data::Calendar;
use mlflow_client::Version;

use crate::rows::Rows;
use crate::wire::{NaiveDateWire, RowWire, to_json};

/// Which days a forecast counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counting {
    /// The exchange's sessions.
    Sessions,
    /// Calendar days.
    Days,
}

impl Counting {
    /// The first date of a forecast that starts at `from`: `from` itself if it counts.
    pub fn first(self, calendar: &Calendar, from: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Sessions => calendar.sessions_from(from, 1).first().copied(),
            Self::Days => Some(from),
        }
    }

    fn dates(self, calendar: &Calendar, first: NaiveDate, n: usize) -> Vec<NaiveDate> {
        match self {
            Self::Sessions => calendar.sessions_from(first, n),
            Self::Days => first.iter_days().take(n).collect(),
        }
    }
}

/// What a table is a forecast of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableKey {
    /// Which days it counts.
    pub counting: Counting,
    /// Its first date, which counts.
    pub first: NaiveDate,
}

impl TableKey {
    /// The tables that requests without `from` need today and tomorrow, each with its day.
    ///
    /// Tomorrow's are made a day early, so that midnight changes the answers at once and no
    /// request waits for it. On a Saturday both days may start at the same session.
    pub fn upcoming(calendar: &Calendar, today: NaiveDate) -> Vec<(NaiveDate, Self)> {
        let tomorrow = today.checked_add_days(ChronoDays::new(1));
        let days = [Some(today), tomorrow].into_iter().flatten();
        let keys = [Counting::Sessions, Counting::Days].into_iter().flat_map(|counting| {
            days.clone().filter_map(move |from| {
                Some((from, Self { counting, first: counting.first(calendar, from)? }))
            })
        });
        keys.collect()
    }
}

/// The rows of a forecast, made ready to send.
pub struct Table {
    key: TableKey,
    values: Vec<Row>,
    /// The rows' JSON after the bracket that opens the array, separated by commas.
    rows: Bytes,
    /// Where each row ends in `rows`.
    ends: Vec<usize>,
    digest: u64,
    /// The tag of the answer of each number of rows, made when it is first asked for.
    etags: Vec<OnceLock<HeaderValue>>,
}

impl Table {
    /// Forecasts the whole horizon at once, so that a short answer is the beginning of a
    /// long one, intervals included.
    ///
    /// # Errors
    ///
    /// Returns [`TableError`] if the model cannot predict these dates, or predicts anything
    /// that is not a finite number.
    pub fn make(
        fitted: &Fitted,
        seed: u64,
        calendar: &Calendar,
        key: TableKey,
        days_max: u16,
    ) -> Result<Self, TableError> {
        let dates = key.counting.dates(calendar, key.first, usize::from(days_max));
        let ds: Vec<_> = dates.iter().map(|date| forecast_core::ds::midnight(*date)).collect();
        let forecast = fitted.predict(&ds, seed)?;
        let mut rows = String::with_capacity(ROW_BYTES * dates.len());
        rows.push('[');
        let mut ends = Vec::with_capacity(dates.len());
        let mut values = Vec::with_capacity(dates.len());
        for (idx, date) in dates.into_iter().enumerate() {
            let yhat = forecast.yhat[idx];
            // A model without uncertainty samples has no bounds at all.
            let yhat_lower = forecast.yhat_lower.get(idx).copied();
            let yhat_upper = forecast.yhat_upper.get(idx).copied();
            if let Some(value) = [Some(yhat), yhat_lower, yhat_upper]
                .into_iter()
                .flatten()
                .find(|value| !value.is_finite())
            {
                return Err(TableError::NotFinite { date, value });
            }
            if idx != 0 {
                rows.push(',');
            }
            rows.push_str(&to_json(&RowWire {
                ds: NaiveDateWire(date),
                yhat,
                yhat_lower,
                yhat_upper,
            }));
            ends.push(rows.len());
            values.push(Row { ds: date, yhat, yhat_lower, yhat_upper });
        }
        let digest = fnv1a(rows.as_bytes());
        let etags = vec![OnceLock::new(); ends.len() + 1];
        Ok(Self { key, values, rows: rows.into(), ends, digest, etags })
    }

    /// What it is a forecast of.
    pub fn key(&self) -> TableKey {
        self.key
    }

    /// The rows as numbers: those that the JSON spells.
    pub fn values(&self) -> &[Row] {
        &self.values
    }

    /// The JSON array of the first `n` rows, or of all that there are.
    pub fn body(&self, n: usize) -> Rows {
        // Without rows there is the bracket.
        let end = n.min(self.ends.len()).checked_sub(1).map_or(1, |last| self.ends[last]);
        Rows::of(self.rows.slice(..end))
    }

    /// The tag of the answer of `n` rows by `version`: another one whenever a row changes.
    pub fn etag(&self, n: usize, version: Version) -> HeaderValue {
        let n = n.min(self.ends.len());
        let make = || {
            let counting = match self.key.counting {
                Counting::Sessions => 's',
                Counting::Days => 'd',
            };
            let first = self.key.first.format("%Y%m%d");
            let text = format!("\"v{version}-{first}-{counting}{n}-{:016x}\"", self.digest);
            // Letters, digits and dashes always make a header.
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
        };
        self.etags[n].get_or_init(make).clone()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("key", &self.key)
            .field("n_rows", &self.ends.len())
            .finish_non_exhaustive()
    }
}

/// About what a row takes: a date, three numbers of 17 digits, their names.
const ROW_BYTES: usize = 120;

/// A model cannot forecast a horizon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The model says so itself.
    #[error("the model does not predict")]
    Predict(#[from] PredictError),
    /// A row or a bound is NaN or infinite.
    #[error("the model predicts {value} for {date}")]
    NotFinite {
        /// The row.
        date: NaiveDate,
        /// The value.
        value: f64,
    },
}

/// FNV-1a, 64 bits: enough to tell two forecasts or pages apart, and no dependency.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests;
