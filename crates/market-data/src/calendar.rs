//! On which days an exchange has a session.

use std::collections::BTreeSet;

use bdays::HolidayCalendar;
use bdays::calendars::brazil::BrazilExchange;
use chrono::{Datelike, NaiveDate, Weekday};

use crate::market::Market;
use crate::symbol::Symbol;

/// Closures of B3 that no rule foresees: the opening of the World Cup in São Paulo.
const B3_EXTRA_CLOSURES: [(i32, u32, u32); 1] = [(2014, 6, 12)];

/// The years for which the rules of Easter hold in `bdays`.
///
/// Outside them (dates that only a mistyped year gives) every weekday counts as a session.
const B3_YEARS: std::ops::RangeInclusive<i32> = 1583..=9999;

/// The rule by which days are sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    B3,
    AlwaysOpen,
    Weekdays,
}

/// The sessions of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    rule: Rule,
    closures: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// B3, the exchange of São Paulo.
    pub fn b3() -> Self {
        let closures = B3_EXTRA_CLOSURES
            .iter()
            .filter_map(|(year, month, day)| NaiveDate::from_ymd_opt(*year, *month, *day))
            .collect();
        Self { rule: Rule::B3, closures }
    }

    /// A market that never closes.
    pub const fn always_open() -> Self {
        Self { rule: Rule::AlwaysOpen, closures: BTreeSet::new() }
    }

    /// Monday to Friday; holidays are not known.
    pub const fn weekdays() -> Self {
        Self { rule: Rule::Weekdays, closures: BTreeSet::new() }
    }

    /// The calendar of the market that `symbol` is traded on.
    ///
    /// B3 for `.SA` and its indices, always open for crypto-currencies, else weekdays.
    pub fn for_symbol(symbol: &Symbol) -> Self {
        match Market::of(symbol) {
            Market::B3 => Self::b3(),
            Market::Crypto => Self::always_open(),
            Market::Other => Self::weekdays(),
        }
    }

    /// The same calendar, closed on `closures` too: days that the rules do not foresee.
    #[must_use]
    pub fn with_closures(mut self, closures: impl IntoIterator<Item = NaiveDate>) -> Self {
        self.closures.extend(closures);
        self
    }

    /// The name: `B3`, `24/7` or `weekdays`.
    pub const fn name(&self) -> &'static str {
        match self.rule {
            Rule::B3 => "B3",
            Rule::AlwaysOpen => "24/7",
            Rule::Weekdays => "weekdays",
        }
    }

    /// Whether the calendar knows the exchange's holidays, so that an absent row is a fault.
    pub const fn knows_holidays(&self) -> bool {
        !matches!(self.rule, Rule::Weekdays)
    }

    /// Whether there is a session on `date`.
    pub fn is_session(&self, date: NaiveDate) -> bool {
        if self.closures.contains(&date) {
            return false;
        }
        match self.rule {
            Rule::AlwaysOpen => true,
            Rule::Weekdays => is_weekday(date),
            Rule::B3 => {
                is_weekday(date)
                    && !(B3_YEARS.contains(&date.year()) && BrazilExchange.is_holiday(date))
            }
        }
    }

    /// The first session after `date`; none at the end of time.
    pub fn next_session(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.sessions_after(date).next()
    }

    /// The last session before `date`; none at the beginning of time.
    pub fn previous_session(&self, date: NaiveDate) -> Option<NaiveDate> {
        std::iter::successors(date.pred_opt(), NaiveDate::pred_opt)
            .find(|day| self.is_session(*day))
    }

    /// The first `n` sessions at or after `date`, `date` itself included if it is one.
    pub fn sessions_from(&self, date: NaiveDate, n: usize) -> Vec<NaiveDate> {
        let days = std::iter::successors(Some(date), NaiveDate::succ_opt);
        days.filter(|day| self.is_session(*day)).take(n).collect()
    }

    /// The sessions after `date`, without end.
    pub fn sessions_after(&self, date: NaiveDate) -> impl Iterator<Item = NaiveDate> + '_ {
        std::iter::successors(date.succ_opt(), NaiveDate::succ_opt)
            .filter(|day| self.is_session(*day))
    }

    /// The sessions from `first` to `last`, both included.
    pub fn sessions_between(
        &self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> impl Iterator<Item = NaiveDate> + '_ {
        std::iter::successors(Some(first), NaiveDate::succ_opt)
            .take_while(move |day| *day <= last)
            .filter(|day| self.is_session(*day))
    }
}

fn is_weekday(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests;
