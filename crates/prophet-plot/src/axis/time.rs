//! Axes of time, from seconds to centuries.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use forecast_core::ds::midnight;

use super::Tick;

/// Seconds since 1970-01-01: where a time stands on an axis.
pub(crate) fn seconds(ds: NaiveDateTime) -> f64 {
    ds.and_utc().timestamp_millis() as f64 / 1e3
}

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
/// Mean length of a month.
const MONTH_S: f64 = 30.44 * 86_400.0;
/// An axis with more ticks than this is a mistake: labels are wider than a pixel.
const TICKS_MAX: usize = 2_000;

/// Eleven of these span the whole calendar.
const COARSEST: Step = Step::Months(50_000 * 12);

/// Steps from fine to coarse; those in seconds divide the day.
const STEPS: [Step; 34] = [
    Step::Seconds(1),
    Step::Seconds(5),
    Step::Seconds(15),
    Step::Seconds(30),
    Step::Seconds(MINUTE_S),
    Step::Seconds(2 * MINUTE_S),
    Step::Seconds(5 * MINUTE_S),
    Step::Seconds(10 * MINUTE_S),
    Step::Seconds(15 * MINUTE_S),
    Step::Seconds(30 * MINUTE_S),
    Step::Seconds(HOUR_S),
    Step::Seconds(2 * HOUR_S),
    Step::Seconds(3 * HOUR_S),
    Step::Seconds(6 * HOUR_S),
    Step::Seconds(12 * HOUR_S),
    Step::Days(1),
    Step::Days(2),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(2 * 12),
    Step::Months(5 * 12),
    Step::Months(10 * 12),
    Step::Months(20 * 12),
    Step::Months(50 * 12),
    Step::Months(100 * 12),
    Step::Months(500 * 12),
    Step::Months(2_000 * 12),
    Step::Months(10_000 * 12),
    COARSEST,
];

/// Ticks between two times, at most about `n_labels_max` of them.
pub(crate) fn time_axis(from: NaiveDateTime, to: NaiveDateTime, n_labels_max: f64) -> Vec<Tick> {
    let span_s = seconds(to) - seconds(from);
    let fits = |step: &Step| span_s / step.seconds() <= n_labels_max.max(1.0);
    let step = STEPS.into_iter().find(fits).unwrap_or(COARSEST);
    let mut ticks: Vec<Tick> = Vec::new();
    let mut said = String::new();
    for at in step.times(from, to) {
        let (label, below) = step.labels(at);
        // What holds for several ticks stands below the first of them only.
        let is_new = below != said;
        ticks.push(Tick {
            at: seconds(at),
            label,
            below: if is_new { below.clone() } else { String::new() },
        });
        said = below;
    }
    if ticks.is_empty() {
        // Too short a span for the grid: its beginning is better than nothing.
        let (label, below) = step.labels(from);
        ticks.push(Tick { at: seconds(from), label, below });
    }
    ticks
}

#[derive(Clone, Copy)]
enum Step {
    Seconds(i64),
    Days(u32),
    Months(u32),
}

impl Step {
    fn seconds(self) -> f64 {
        match self {
            Self::Seconds(n) => n as f64,
            Self::Days(n) => f64::from(n) * 86_400.0,
            Self::Months(n) => f64::from(n) * MONTH_S,
        }
    }

    /// What a tick says, and the larger unit that it lies in.
    fn labels(self, at: NaiveDateTime) -> (String, String) {
        let text = |format: &str| at.format(format).to_string();
        match self {
            Self::Seconds(n) if n < MINUTE_S => (text("%H:%M:%S"), text("%-d %b %Y")),
            Self::Seconds(_) => (text("%H:%M"), text("%-d %b %Y")),
            Self::Days(_) => (text("%-d %b"), text("%Y")),
            Self::Months(n) if n < 12 => (text("%b"), text("%Y")),
            Self::Months(_) => (at.year().to_string(), String::new()),
        }
    }

    /// The times of the grid in `from..=to`; weeks begin on a Monday, months on their first.
    fn times(self, from: NaiveDateTime, to: NaiveDateTime) -> Vec<NaiveDateTime> {
        let mut times = Vec::new();
        let mut next = self.first(from);
        while let Some(at) = next.filter(|at| *at <= to && times.len() < TICKS_MAX) {
            if from <= at {
                times.push(at);
            }
            next = match self {
                Self::Seconds(n) => at.checked_add_signed(TimeDelta::seconds(n)),
                Self::Days(n) => at.checked_add_days(Days::new(u64::from(n))),
                Self::Months(n) => at.checked_add_months(Months::new(n)),
            };
        }
        times
    }

    /// A time of the grid at or before `from`, or the first in the calendar.
    fn first(self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = from.date();
        match self {
            Self::Seconds(n) => {
                let into_day = i64::from(from.num_seconds_from_midnight());
                let start = NaiveTime::MIN + TimeDelta::seconds(into_day - into_day.rem_euclid(n));
                Some(date.and_time(start))
            }
            Self::Days(n) if n < 7 => Some(midnight(date)),
            Self::Days(_) => {
                let back = u64::from(date.weekday().num_days_from_monday());
                date.checked_sub_days(Days::new(back)).map(midnight)
            }
            Self::Months(n) => {
                let months = i64::from(date.year()) * 12 + i64::from(date.month0());
                let start = months - months.rem_euclid(i64::from(n));
                let year = i32::try_from(start.div_euclid(12)).ok()?;
                let month = u32::try_from(start.rem_euclid(12)).ok()?;
                NaiveDate::from_ymd_opt(year, month + 1, 1).map(midnight)
            }
        }
    }
}
