//! What was found in the rows: findings, not errors.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

/// How many dates a summary names for each kind of finding.
///
/// Enough to recognise the days, few enough for one line.
const DATES_SHOWN_MAX: usize = 3;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// A bare `Infinity` or `NaN` in the answer, taken as missing.
    NotANumber,
    /// A row stamped at 22 or 23 h, moved to the session of the next day.
    ShiftedStamp,
    /// Rows that were not in the order of their dates, sorted.
    Unsorted,
    /// A row without a close, dropped.
    NullRow,
    /// The candle of a session that is still open, dropped.
    LiveLastRow,
    /// A last row whose open, high, low and volume are zero, dropped.
    ZeroLastRow,
    /// An earlier row of a date that comes twice, dropped.
    DuplicateDate,
    /// A flat row of a day without session, dropped.
    HolidayFiller,
    /// A flat row without volume on a day of trade, alone, dropped.
    FlatRow,
    /// A flat row without volume in a run of such rows, dropped.
    FlatRun,
    /// An open, high or low that is no price, taken as missing.
    BadOhl,
    /// An adjusted close that is no price, taken as missing.
    BadAdjClose,
    /// A row on a day on which the exchange is closed, kept.
    OffCalendar,
    /// A session of the exchange without a row.
    MissingSession,
    /// A close far from the one before it, kept.
    Jump,
    /// Sessions have passed since the last row.
    StaleEnd,
}

impl FindingKind {
    /// The stable name, for tags and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::ShiftedStamp => "shifted_stamp",
            Self::Unsorted => "unsorted",
            Self::NullRow => "null_row",
            Self::LiveLastRow => "live_last_row",
            Self::ZeroLastRow => "zero_last_row",
            Self::DuplicateDate => "duplicate_date",
            Self::HolidayFiller => "holiday_filler",
            Self::FlatRow => "flat_row",
            Self::FlatRun => "flat_run",
            Self::BadOhl => "bad_ohl",
            Self::BadAdjClose => "bad_adj_close",
            Self::OffCalendar => "off_calendar",
            Self::MissingSession => "missing_session",
            Self::Jump => "jump",
            Self::StaleEnd => "stale_end",
        }
    }

    /// Whether the data was changed, rather than only remarked upon.
    pub const fn is_repair(self) -> bool {
        !matches!(self, Self::OffCalendar | Self::MissingSession | Self::Jump | Self::StaleEnd)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// On which date, where it has one.
    pub date: Option<NaiveDate>,
    /// The values, for a reader.
    pub note: Option<String>,
}

impl Finding {
    /// A finding on `date`.
    pub(crate) const fn on(kind: FindingKind, date: NaiveDate) -> Self {
        Self { kind, date: Some(date), note: None }
    }

    /// A finding without a date.
    pub(crate) const fn somewhere(kind: FindingKind) -> Self {
        Self { kind, date: None, note: None }
    }

    /// The same finding, with `note`.
    pub(crate) fn noting(self, note: String) -> Self {
        Self { note: Some(note), ..self }
    }
}

/// Everything that was found while a series was cleaned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quality {
    /// Rows that the source gave.
    pub rows_in: usize,
    /// Rows outside the wanted range: left out, not a fault.
    pub rows_outside: usize,
    /// Rows that are left.
    pub rows_out: usize,
    /// What was found, in the order in which it was looked for.
    pub findings: Vec<Finding>,
}

impl Quality {
    /// How many findings there are of each kind, by the kind's stable name.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.kind.name()).or_insert(0) += 1;
        }
        counts
    }

    /// How many findings changed the data.
    pub fn n_repairs(&self) -> usize {
        self.findings.iter().filter(|finding| finding.kind.is_repair()).count()
    }

    /// How many findings there are of one kind.
    pub fn count(&self, kind: FindingKind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    /// The dates of the findings of one kind.
    pub fn dates(&self, kind: FindingKind) -> Vec<NaiveDate> {
        self.findings.iter().filter(|found| found.kind == kind).filter_map(|f| f.date).collect()
    }

    /// One line for a reader: repairs first, then what was only remarked upon.
    pub fn summary_line(&self) -> String {
        let mut kinds: Vec<FindingKind> = self.findings.iter().map(|found| found.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let part = |repairs: bool| -> Vec<String> {
            let chosen = kinds.iter().filter(|kind| kind.is_repair() == repairs);
            chosen.map(|kind| self.describe(*kind)).collect()
        };
        let (repairs, remarks) = (part(true), part(false));
        let mut line = if repairs.is_empty() {
            "nothing to repair".to_owned()
        } else {
            format!("repaired {}", repairs.join(", "))
        };
        if !remarks.is_empty() {
            line.push_str("; noticed ");
            line.push_str(&remarks.join(", "));
        }
        line
    }

    /// `2 holiday_filler (2018-01-25, 2018-11-20)`.
    fn describe(&self, kind: FindingKind) -> String {
        let dates = self.dates(kind);
        let mut shown: Vec<String> =
            dates.iter().take(DATES_SHOWN_MAX).map(ToString::to_string).collect();
        if DATES_SHOWN_MAX < dates.len() {
            shown.push("…".to_owned());
        }
        let count = self.count(kind);
        if shown.is_empty() {
            format!("{count} {kind}")
        } else {
            format!("{count} {kind} ({})", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
