//! From values and dates to places in a picture, and the round ones among them.

use chrono::{Datelike as _, Months, NaiveDate};

use crate::dashboard::Lang;

/// Lines across the picture: enough to read a value, few enough not to be looked at.
const STEPS_ABOUT: f64 = 5.0;

/// More lines than any range has by the rule above; where values are so large that a step
/// changes nothing, it ends the search.
const TICKS_MAX: usize = 16;

/// Dates below the picture.
const DATES_MAX: u32 = 9;

/// Months between two dates below a picture.
const MONTH_STEPS: [u32; 9] = [1, 2, 3, 6, 12, 24, 60, 120, 600];

/// The values of a picture, from its lower to its upper edge.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values {
    low: f64,
    high: f64,
    /// Round values between the edges, and with how many decimals they are told apart.
    pub(super) ticks: Vec<f64>,
    pub(super) decimals: usize,
}

impl Values {
    /// A range that holds `low` and `high`, both finite, and begins and ends at a round value.
    pub(super) fn around(low: f64, high: f64) -> Self {
        // A flat line has room above and below.
        let room = if low < high { 0.0 } else { low.abs().max(1.0) * 0.05 };
        let (low, high) = (low - room, high + room);
        let rough = (high / STEPS_ABOUT - low / STEPS_ABOUT).max(f64::MIN_POSITIVE);
        let exponent = rough.log10().floor();
        let unit = 10_f64.powf(exponent);
        let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| rough <= factor * unit);
        let factor = factor.unwrap_or(10.0);
        let step = factor * unit;
        let first = (low / step).floor();
        let steps = (0..TICKS_MAX).map(|idx| (first + idx as f64) * step);
        let mut ticks: Vec<f64> = Vec::new();
        for tick in steps.filter(|tick| tick.is_finite()) {
            ticks.push(tick);
            if high <= tick {
                break;
            }
        }
        ticks.dedup_by(|a, b| a <= b);
        // A step of 2.5 has a decimal more than its power of ten.
        let decimals = -exponent + f64::from(u8::from((factor - 2.5).abs() < 0.1));
        let decimals = (0..8_u8).find(|n| decimals <= f64::from(*n)).unwrap_or(8);
        let low = ticks.first().map_or(low, |tick| tick.min(low));
        let high = ticks.last().map_or(high, |tick| tick.max(high));
        Self { low, high, ticks, decimals: usize::from(decimals) }
    }

    /// How far below the upper edge a value lies: 0 there, 1 at the lower edge.
    pub(super) fn down(&self, value: f64) -> f64 {
        // In two parts, since the range may be more than a number can hold.
        let (low, high, value) = (self.low / 2.0, self.high / 2.0, value / 2.0);
        ((high - value) / (high - low)).clamp(0.0, 1.0)
    }
}

/// The dates of a picture, from its left to its right edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dates {
    first: NaiveDate,
    last: NaiveDate,
}

impl Dates {
    /// The range of rising dates; none if there are none.
    pub(super) fn of(dates: &[NaiveDate]) -> Option<Self> {
        Some(Self { first: *dates.first()?, last: *dates.last()? })
    }

    /// How far right a date lies: 0 at the left edge, 1 at the right.
    pub(super) fn right(self, date: NaiveDate) -> f64 {
        let span = (self.last - self.first).num_days().max(1);
        ((date - self.first).num_days() as f64 / span as f64).clamp(0.0, 1.0)
    }

    /// The first days of months, or single dates where the range is short, as they are
    /// written below a picture.
    pub(super) fn ticks(self, lang: Lang) -> Vec<(NaiveDate, String)> {
        let months = i64::from(self.last.year() - self.first.year()) * 12
            + i64::from(self.last.month())
            - i64::from(self.first.month());
        if months < 2 {
            return self.single_dates(lang);
        }
        let is_few = |step: &&u32| months / i64::from(**step) < i64::from(DATES_MAX);
        let step = MONTH_STEPS.iter().find(is_few).copied().unwrap_or(MONTH_STEPS[8]);
        let january = NaiveDate::from_ymd_opt(self.first.year(), 1, 1);
        let firsts =
            std::iter::successors(january, |date| date.checked_add_months(Months::new(step)));
        let within =
            firsts.skip_while(|date| *date < self.first).take_while(|date| *date <= self.last);
        let label = |date: NaiveDate| match (date.month(), step) {
            (1, _) | (_, 12..) => date.year().to_string(),
            _ => lang.month(date).to_owned(),
        };
        within.map(|date| (date, label(date))).collect()
    }

    fn single_dates(self, lang: Lang) -> Vec<(NaiveDate, String)> {
        // At most two months: five dates or so.
        let step = usize::try_from((self.last - self.first).num_days() / 5).unwrap_or_default();
        let dates = self.first.iter_days().step_by(step.max(1));
        let dates = dates.take_while(|date| *date <= self.last);
        dates.map(|date| (date, lang.short_date(date))).collect()
    }
}

#[cfg(test)]
mod tests;
