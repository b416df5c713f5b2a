//! Where the ticks go and what they say.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A linear map from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    px_from: f64,
    px_to: f64,
}

impl Scale {
    /// Maps `from..to` to `px_from..px_to`; an empty range is widened so that it can be divided.
    pub(super) fn new((from, to): (f64, f64), (px_from, px_to): (f64, f64)) -> Self {
        let to = if from < to { to } else { from + 1.0 };
        Self { from, to, px_from, px_to }
    }

    pub(super) fn px(&self, value: f64) -> f64 {
        self.px_from + (value - self.from) / (self.to - self.from) * (self.px_to - self.px_from)
    }
}

/// A mark on an axis: where, what it says, and a second line where there is one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
    pub(super) below: String,
}

/// A date as a number of days.
pub(super) fn day_number(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce())
}

/// The range of `values`, rounded outwards to the step of the ticks, and the ticks.
///
/// Values that are not finite are ignored; without any the range is 0 to 1.
pub(super) fn value_axis(
    values: impl IntoIterator<Item = f64>,
    n_ticks_wanted: f64,
) -> ((f64, f64), Vec<Tick>) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.into_iter().filter(|v| v.is_finite()) {
        low = low.min(v);
        high = high.max(v);
    }
    if high < low {
        (low, high) = (0.0, 1.0);
    }
    if high - low <= 1e-9 * high.abs().max(1e-9) {
        // A flat line stands in the middle of its panel.
        let around = (0.05 * high.abs()).max(0.5);
        (low, high) = (low - around, high + around);
    }
    let step = round_step((high - low) / n_ticks_wanted);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let n_steps = last - first;
    let mut ticks = Vec::new();
    let mut i = 0.0;
    while i <= n_steps {
        let at = (first + i) * step;
        ticks.push(Tick { at, label: number(at, step), below: String::new() });
        i += 1.0;
    }
    ((first * step, last * step), ticks)
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|f| step <= f * power * (1.0 + 1e-9));
    factor.unwrap_or(10.0) * power
}

/// `value` with as many decimals as tell two steps apart, and a true minus sign.
pub(super) fn number(value: f64, step: f64) -> String {
    let mut decimals = 0_usize;
    let mut scaled = step;
    // Eight decimals are more than any axis has room for.
    while decimals < 8 && (scaled - scaled.round()).abs() > 1e-6 * scaled.abs() {
        decimals += 1;
        scaled *= 10.0;
    }
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}

/// Ticks on years, months or days between two dates, at most one every `px_per_label`.
pub(super) fn date_axis(from: NaiveDate, to: NaiveDate, n_labels_max: f64) -> Vec<Tick> {
    let n_days = day_number(to) - day_number(from);
    let step = [
        Step::Days(1),
        Step::Days(2),
        Step::Days(7),
        Step::Days(14),
        Step::Months(1),
        Step::Months(2),
        Step::Months(3),
        Step::Months(6),
        Step::Months(12),
        Step::Months(24),
        Step::Months(60),
    ]
    .into_iter()
    .find(|step| n_days / step.days() <= n_labels_max)
    .unwrap_or(Step::Months(120));
    let mut ticks: Vec<Tick> = Vec::new();
    let mut year = None;
    for date in step.dates(from, to) {
        let (label, says_year) = step.label(date);
        // The year stands below its first tick only.
        let below = if says_year || year == Some(date.year()) {
            String::new()
        } else {
            date.format("%Y").to_string()
        };
        year = Some(date.year());
        ticks.push(Tick { at: day_number(date), label, below });
    }
    ticks
}

#[derive(Clone, Copy)]
enum Step {
    Days(u32),
    Months(u32),
}

impl Step {
    fn days(self) -> f64 {
        match self {
            Self::Days(n) => f64::from(n),
            Self::Months(n) => 30.44 * f64::from(n),
        }
    }

    fn label(self, date: NaiveDate) -> (String, bool) {
        match self {
            Self::Days(_) => (date.format("%-d %b").to_string(), false),
            Self::Months(n) if n < 12 => (date.format("%b").to_string(), false),
            Self::Months(_) => (date.format("%Y").to_string(), true),
        }
    }

    /// The dates of the grid in `from..=to`; days begin on a Monday, months on their first.
    fn dates(self, from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
        let mut dates = Vec::new();
        let mut next = self.first(from);
        while let Some(date) = next.filter(|d| *d <= to) {
            if from <= date {
                dates.push(date);
            }
            next = match self {
                Self::Days(n) => date.checked_add_days(Days::new(u64::from(n))),
                Self::Months(n) => date.checked_add_months(Months::new(n)),
            };
        }
        dates
    }

    /// A date of the grid at or before `from`.
    fn first(self, from: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(n) if n < 7 => Some(from),
            Self::Days(_) => {
                from.checked_sub_days(Days::new(u64::from(from.weekday().num_days_from_monday())))
            }
            Self::Months(n) => {
                let months = i64::from(from.year()) * 12 + i64::from(from.month0());
                let start = months - months.rem_euclid(i64::from(n));
                let year = i32::try_from(start.div_euclid(12)).ok()?;
                let month = u32::try_from(start.rem_euclid(12)).ok()?;
                NaiveDate::from_ymd_opt(year, month + 1, 1)
            }
        }
    }
}
