//! The rows after the history.

use chrono::{Days, NaiveDate};

use crate::{
    Fitted, Future,
    ds::Ds,
    frequency::{DAYS_WITHOUT_SESSION_MAX, Frequency, FutureError, PERIODS_MAX},
};

/// Time stamps at the end of a history that show its frequency; more make a gap among
/// them likelier.
const INFER_ROWS: usize = 5;

impl Fitted {
    /// Makes the rows to predict: `periods` time stamps after the last of the history,
    /// after those of the history itself if it is to be there.
    ///
    /// The last of the history is the last that was given, with or without a value.
    /// Without `freq` it is inferred from the last five; Python's default is
    /// [`Frequency::DAY`].
    /// A model that needs columns (`cap`, regressors) needs them added.
    ///
    /// # Errors
    ///
    /// [`FutureError`], for a model without history, too many periods, dates beyond the
    /// calendar, or a frequency that cannot be inferred.
    ///
    /// # Source
    ///
    /// `make_future_dataframe` in Prophet 1.5, `forecaster.py`.
    pub fn make_future_dataframe(
        &self,
        periods: usize,
        freq: Option<Frequency>,
        include_history: bool,
    ) -> Result<Future, FutureError> {
        let history = self.history_dates()?;
        let freq = freq.map_or_else(|| inferred(history), Ok)?;
        let dates = freq.after(history[history.len() - 1], periods)?;
        Ok(joined(history, dates, include_history))
    }

    /// Makes the rows to predict as [`Fitted::make_future_dataframe`] does, for the days
    /// that an exchange's calendar has sessions on.
    ///
    /// # Errors
    ///
    /// [`FutureError`], for a model without history, too many periods, or a calendar that
    /// has no session for a year.
    pub fn make_future_sessions(
        &self,
        periods: usize,
        is_session: impl Fn(NaiveDate) -> bool,
        include_history: bool,
    ) -> Result<Future, FutureError> {
        if PERIODS_MAX < periods {
            return Err(FutureError::Periods { periods });
        }
        let history = self.history_dates()?;
        let mut after = history[history.len() - 1];
        let mut dates = Vec::with_capacity(periods);
        while dates.len() < periods {
            let days = 1..=u64::from(DAYS_WITHOUT_SESSION_MAX);
            after = days
                .map_while(|days| after.checked_add_days(Days::new(days)))
                .find(|at| is_session(at.date()))
                .ok_or(FutureError::NoSession { after })?;
            dates.push(after);
        }
        Ok(joined(history, dates, include_history))
    }

    fn history_dates(&self) -> Result<&[Ds], FutureError> {
        let dates = self.history.all_ds.as_slice();
        if dates.is_empty() { Err(FutureError::NoHistory) } else { Ok(dates) }
    }
}

fn inferred(history: &[Ds]) -> Result<Frequency, FutureError> {
    let tail = &history[history.len().saturating_sub(INFER_ROWS)..];
    Frequency::infer(tail).ok_or(FutureError::NotInferred { rows: tail.len() })
}

fn joined(history: &[Ds], dates: Vec<Ds>, include_history: bool) -> Future {
    Future::new(if include_history { [history, &dates].concat() } else { dates })
}
