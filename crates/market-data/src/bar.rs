//! One session's prices, and a series of them that cannot be out of order.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// How many characters of the SHA-256 a digest shows: MLflow allows 36.
const DIGEST_CHARS: usize = 32;

/// Which of a session's two closes is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Price {
    /// The close as traded, adjusted for splits only: the same whenever it is fetched.
    #[default]
    Close,
    /// The close with later dividends taken out: every new dividend changes the whole past.
    AdjClose,
}

impl Price {
    /// The name of its column in files: `Close` or `Adj Close`.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Close => "Close",
            Self::AdjClose => "Adj Close",
        }
    }

    /// The name in settings: `close` or `adj_close`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::AdjClose => "adj_close",
        }
    }
}

impl std::str::FromStr for Price {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "close" => Ok(Self::Close),
            "adj_close" => Ok(Self::AdjClose),
            other => Err(Error::BadSetting {
                name: "price",
                value: other.to_owned(),
                reason: "is neither `close` nor `adj_close`".to_owned(),
            }),
        }
    }
}

impl std::fmt::Display for Price {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A row as the source gave it: nothing is checked, anything may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct RawBar {
    /// The row's time in the exchange's zone; midnight where the source knows only a date.
    pub at: NaiveDateTime,
    /// The row's line in the file that it came from.
    pub line: Option<usize>,
    /// First price of the session.
    pub open: Option<f64>,
    /// Highest price of the session.
    pub high: Option<f64>,
    /// Lowest price of the session.
    pub low: Option<f64>,
    /// Last price of the session.
    pub close: Option<f64>,
    /// Last price with later dividends taken out.
    pub adj_close: Option<f64>,
    /// Shares traded.
    pub volume: Option<f64>,
}

/// One session. In [`Bars`] every price that is there is finite and positive.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The session's date at the exchange.
    pub date: NaiveDate,
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: f64,
    /// Last price with later dividends taken out.
    pub adj_close: Option<f64>,
    /// Shares traded.
    pub volume: Option<u64>,
}

/// Sessions in order: dates strictly increase, prices are finite and positive.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    rows: Vec<Bar>,
    dates: Vec<NaiveDate>,
    closes: Vec<f64>,
    /// Only where every row has one.
    adj_closes: Option<Vec<f64>>,
}

impl Bars {
    /// Takes rows that are already in order.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotInOrder`] if a date does not follow the one before it, and
    /// [`Error::BadPrice`] if a price is not finite and positive.
    pub fn new(bars: Vec<Bar>) -> Result<Self, Error> {
        for pair in bars.windows(2) {
            if let [before, after] = pair
                && after.date <= before.date
            {
                return Err(Error::NotInOrder { date: after.date, before: before.date });
            }
        }
        for bar in &bars {
            let columns = [
                ("Open", bar.open),
                ("High", bar.high),
                ("Low", bar.low),
                ("Close", Some(bar.close)),
                ("Adj Close", bar.adj_close),
            ];
            for (column, value) in columns {
                if let Some(value) = value
                    && !is_price(value)
                {
                    return Err(Error::BadPrice { date: bar.date, line: None, column, value });
                }
            }
        }
        Ok(Self::from_checked(bars))
    }

    fn from_checked(bars: Vec<Bar>) -> Self {
        let dates = bars.iter().map(|bar| bar.date).collect();
        let closes = bars.iter().map(|bar| bar.close).collect();
        let adj_closes = bars.iter().map(|bar| bar.adj_close).collect();
        Self { rows: bars, dates, closes, adj_closes }
    }

    /// The rows.
    pub fn as_slice(&self) -> &[Bar] {
        &self.rows
    }

    /// The sessions' dates, strictly increasing.
    pub fn dates(&self) -> &[NaiveDate] {
        &self.dates
    }

    /// The closes as traded, one for each date.
    pub fn close(&self) -> &[f64] {
        &self.closes
    }

    /// The closes of the wanted kind, one for each date.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoAdjClose`] if adjusted closes are wanted and a row has none.
    pub fn closes(&self, price: Price) -> Result<&[f64], Error> {
        match price {
            Price::Close => Ok(&self.closes),
            Price::AdjClose => self.adj_closes.as_deref().ok_or_else(|| Error::NoAdjClose {
                date: self.rows.iter().find(|bar| bar.adj_close.is_none()).map(|bar| bar.date),
            }),
        }
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no session.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first session's date.
    pub fn first_date(&self) -> Option<NaiveDate> {
        self.dates.first().copied()
    }

    /// The last session's date.
    pub fn last_date(&self) -> Option<NaiveDate> {
        self.dates.last().copied()
    }

    /// Copies the rows of `range`.
    ///
    /// # Panics
    ///
    /// Panics if `range` does not lie within `0..len()`.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self::from_checked(self.rows[range].to_vec())
    }

    /// Checks that there are at least `needed` sessions.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooFewRows`] if there are fewer.
    pub fn require(&self, needed: usize) -> Result<(), Error> {
        if self.len() < needed {
            return Err(Error::TooFewRows { rows: self.len(), needed });
        }
        Ok(())
    }

    /// A short hash of the dates and the closes of the wanted kind: equal data, equal digest.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoAdjClose`] if adjusted closes are wanted and a row has none.
    pub fn digest(&self, price: Price) -> Result<String, Error> {
        let closes = self.closes(price)?;
        let mut hasher = Sha256::new();
        for (date, close) in self.dates.iter().zip(closes) {
            hasher.update(date.format("%Y-%m-%d").to_string().as_bytes());
            hasher.update(close.to_bits().to_be_bytes());
        }
        let mut hex = crate::hex::encode(&hasher.finalize());
        hex.truncate(DIGEST_CHARS);
        Ok(hex)
    }
}

/// Whether `value` can be a price.
pub(crate) fn is_price(value: f64) -> bool {
    value.is_finite() && 0.0 < value
}

#[cfg(test)]
mod tests;
