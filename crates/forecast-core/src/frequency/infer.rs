//! The frequency that time stamps show.

use std::num::NonZeroU32;

use chrono::{Datelike, Days, Month, NaiveDate, TimeDelta, Weekday};

use super::{Frequency, Unit};
use crate::ds::Ds;

/// Fewer time stamps show nothing.
const ROWS_MIN: usize = 3;

const SECONDS: [(i64, Unit); 3] = [(3_600, Unit::Hour), (60, Unit::Minute), (1, Unit::Second)];

impl Frequency {
    /// The frequency of `ds`, which are in order of time, or `None` where they are fewer
    /// than three or have none that this type can say.
    ///
    /// # Source
    ///
    /// `infer_freq` of pandas 3, which `make_future_dataframe` calls with the last five time
    /// stamps where no frequency is given.
    pub fn infer(ds: &[Ds]) -> Option<Self> {
        let steps: Vec<TimeDelta> = ds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if ds.len() < ROWS_MIN || steps.iter().any(|step| *step <= TimeDelta::zero()) {
            return None;
        }
        let regular = steps.windows(2).all(|pair| pair[0] == pair[1]).then(|| steps[0]);
        let whole_days = steps.iter().all(|step| *step == TimeDelta::days(step.num_days()));
        if !whole_days {
            let step = regular?;
            let seconds = step.num_seconds();
            let exact = step == TimeDelta::seconds(seconds);
            let (size, unit) =
                SECONDS.into_iter().find(|(size, _)| exact && seconds % size == 0)?;
            return of(seconds / size, unit);
        }
        by_months(ds).or_else(|| match regular {
            Some(step) => by_days(step.num_days(), ds[0].weekday()),
            None => is_business_daily(ds).then_some(Self::new(NonZeroU32::MIN, Unit::BusinessDay)),
        })
    }
}

fn of(every: i64, unit: Unit) -> Option<Frequency> {
    let every = NonZeroU32::new(u32::try_from(every).ok()?)?;
    Some(Frequency { every, unit })
}

fn by_days(days: i64, weekday: Weekday) -> Option<Frequency> {
    if days % 7 == 0 { of(days / 7, Unit::Week(weekday)) } else { of(days, Unit::Day) }
}

/// Years, quarters or months: equal steps from one edge of a month to another.
fn by_months(ds: &[Ds]) -> Option<Frequency> {
    let starts = ds.iter().all(|ds| ds.day() == 1);
    let ends = ds.iter().all(|ds| is_last_of_month(ds.date()));
    if !starts && !ends {
        return None;
    }
    let month = |ds: &Ds| 12 * i64::from(ds.year()) + i64::from(ds.month0());
    let mut steps = ds.windows(2).map(|pair| month(&pair[1]) - month(&pair[0]));
    let step = steps.next()?;
    if steps.any(|other| other != step) {
        return None;
    }
    let anchor = Month::try_from(u8::try_from(ds[0].month()).ok()?).ok()?;
    match (step % 12, step % 3) {
        (0, _) if starts => of(step / 12, Unit::YearStart(anchor)),
        (0, _) => of(step / 12, Unit::YearEnd(anchor)),
        // Of the four months that would do, pandas names the first of the year, or the last.
        (_, 0) if starts => of(step / 3, Unit::QuarterStart(alike(anchor, 1)?)),
        (_, 0) => of(step / 3, Unit::QuarterEnd(alike(anchor, 10)?)),
        _ if starts => of(step, Unit::MonthStart),
        _ => of(step, Unit::MonthEnd),
    }
}

/// The month of the quarter that starts with month `first` whose place in it is that of `month`.
fn alike(month: Month, first: u32) -> Option<Month> {
    Month::try_from(u8::try_from(first + (month.number_from_month() - 1) % 3).ok()?).ok()
}

fn is_last_of_month(date: NaiveDate) -> bool {
    date.checked_add_days(Days::new(1)).is_none_or(|next| next.day() == 1)
}

/// Whether steps of one day, and of three over a weekend, are all there are.
fn is_business_daily(ds: &[Ds]) -> bool {
    ds.windows(2).all(|pair| {
        let days = (pair[1].date() - pair[0].date()).num_days();
        match pair[1].weekday() {
            Weekday::Mon => days == 3,
            Weekday::Sat | Weekday::Sun => false,
            _ => days == 1,
        }
    })
}
