//! The table of errors: every forecast that was scored, with its close, and how often that was
//! corrected. It is what the last scoring knew, so it shows what has changed since.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use forecast_monitor::{Band, Close, Pair};
use serde_json::{Value, json};

/// Where the table lies in the run.
pub(super) const PATH: &str = "live/errors.json";

/// The columns, in the order in which they are written.
const COLUMNS: [&str; 12] = [
    "origin",
    "ds",
    "horizon",
    "band",
    "yhat",
    "lower",
    "upper",
    "actual",
    "naive",
    "error",
    "naive_error",
    "revision",
];

/// Rows that a table may have: those of ten years of sessions.
const ROWS_MAX: usize = 100_000;

/// Relative difference up to which two prices are one, as for closes that were revised: sources
/// round to seven digits.
const ROUNDING: f64 = 1e-5;

/// Closes that must have changed by one ratio before that is taken for a split.
const SPLIT_CLOSES_MIN: usize = 3;

/// How far a ratio must be from 1, and how near to the others, to be a split's.
const SPLIT_RATIO: f64 = 0.005;

/// A forecast that was scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    horizon: u32,
    yhat: f64,
    lower: Option<f64>,
    upper: Option<f64>,
    actual: f64,
    naive: f64,
    /// How often its numbers were corrected.
    revision: u32,
}

/// The rows by target, then by origin.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Errors(BTreeMap<(NaiveDate, NaiveDate), Row>);

/// What differs from the last scoring, in sessions that it had scored.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Changes {
    /// Targets with a row that is new, gone or other.
    pub(super) targets: BTreeSet<NaiveDate>,
    /// What all closes were multiplied by, if they were.
    pub(super) split: Option<f64>,
}

impl Errors {
    /// The rows of `pairs`, none corrected yet.
    pub(super) fn of(pairs: &[Pair]) -> Self {
        let row = |pair: &Pair| Row {
            horizon: pair.horizon,
            yhat: pair.yhat,
            lower: pair.lower,
            upper: pair.upper,
            actual: pair.actual,
            naive: pair.naive,
            revision: 0,
        };
        Self(pairs.iter().map(|pair| ((pair.ds, pair.origin), row(pair))).collect())
    }

    /// The highest number of corrections of a row.
    pub(super) fn revision(&self) -> u32 {
        self.0.values().map(|row| row.revision).max().unwrap_or(0)
    }

    /// The closes as they were scored.
    pub(super) fn closes(&self) -> Vec<Close> {
        let closes = self.0.iter().map(|(key, row)| Close { ds: key.0, close: row.actual });
        closes.collect()
    }

    /// The last session with a row.
    pub(super) fn last_target(&self) -> Option<NaiveDate> {
        self.0.keys().next_back().map(|key| key.0)
    }

    /// Finds what differs from `before`, which knew the closes through `through`.
    pub(super) fn changes_since(&self, before: &Self, through: Option<NaiveDate>) -> Changes {
        let known = |ds: NaiveDate| through.is_some_and(|through| ds <= through);
        let mut changes = Changes::default();
        let mut common: BTreeMap<NaiveDate, (f64, f64)> = BTreeMap::new();
        for (key, old) in &before.0 {
            match self.0.get(key) {
                Some(new) => {
                    common.insert(key.0, (old.actual, new.actual));
                    if !new.equals(old) {
                        changes.targets.insert(key.0);
                    }
                }
                None => {
                    changes.targets.insert(key.0);
                }
            }
        }
        let added = self.0.keys().filter(|key| known(key.0) && !before.0.contains_key(key));
        changes.targets.extend(added.map(|key| key.0));
        changes.split = common_ratio(&common);
        changes
    }

    /// Takes over the numbers of corrections; what is other than `before` in `changes` gets
    /// `revision`.
    pub(super) fn revised(mut self, before: &Self, changes: &Changes, revision: u32) -> Self {
        for (key, row) in &mut self.0 {
            row.revision = match before.0.get(key) {
                Some(old) if row.equals(old) => old.revision,
                None if !changes.targets.contains(&key.0) => 0,
                _ => revision,
            };
        }
        self
    }

    /// The table as MLflow's `log_table` writes one, the newest targets first, as its pages show
    /// the first rows.
    pub(super) fn to_json(&self) -> String {
        let data: Vec<Value> = self
            .0
            .iter()
            .rev()
            .map(|((ds, origin), row)| {
                json!([
                    origin.to_string(),
                    ds.to_string(),
                    row.horizon,
                    Band::of(row.horizon).map(Band::key),
                    row.yhat,
                    row.lower,
                    row.upper,
                    row.actual,
                    row.naive,
                    row.yhat - row.actual,
                    row.naive - row.actual,
                    row.revision,
                ])
            })
            .collect();
        json!({ "columns": COLUMNS, "data": data }).to_string()
    }

    /// Reads what [`Errors::to_json`] wrote; none if it is something else.
    pub(super) fn from_json(bytes: &[u8]) -> Option<Self> {
        let table: Value = serde_json::from_slice(bytes).ok()?;
        let columns: Vec<&str> =
            table["columns"].as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        let at = |name: &str| columns.iter().position(|column| *column == name);
        let positions = COLUMNS.map(at);
        let data = table["data"].as_array().filter(|rows| rows.len() <= ROWS_MAX)?;
        let row = |cells: &Value| -> Option<((NaiveDate, NaiveDate), Row)> {
            let cell = |i: usize| positions[i].and_then(|at| cells.get(at));
            let date = |i: usize| cell(i)?.as_str()?.parse::<NaiveDate>().ok();
            let whole = |i: usize| u32::try_from(cell(i)?.as_u64()?).ok();
            let number = |i: usize| cell(i)?.as_f64();
            let row = Row {
                horizon: whole(2)?,
                yhat: number(4)?,
                lower: number(5),
                upper: number(6),
                actual: number(7)?,
                naive: number(8)?,
                revision: whole(11)?,
            };
            Some(((date(1)?, date(0)?), row))
        };
        data.iter().map(row).collect::<Option<_>>().map(Self)
    }
}

impl Row {
    /// Whether nothing of it differs but rounding.
    fn equals(&self, other: &Self) -> bool {
        let ends = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        self.horizon == other.horizon
            && same(self.yhat, other.yhat)
            && same(self.actual, other.actual)
            && same(self.naive, other.naive)
            && ends(self.lower, other.lower)
            && ends(self.upper, other.upper)
    }
}

/// Whether two prices differ by rounding at most.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs())
}

/// What all closes were multiplied by, if they were by one ratio: a split since then.
fn common_ratio(closes: &BTreeMap<NaiveDate, (f64, f64)>) -> Option<f64> {
    let mut ratios: Vec<f64> = closes.values().map(|(was, is)| is / was).collect();
    ratios.sort_by(f64::total_cmp);
    let middle = *ratios.get(ratios.len() / 2)?;
    let is_one = |ratio: &f64| (ratio / middle - 1.0).abs() <= SPLIT_RATIO;
    let is_split = SPLIT_CLOSES_MIN <= ratios.len() && SPLIT_RATIO < (middle - 1.0).abs();
    (is_split && ratios.iter().all(is_one)).then_some(middle)
}

#[cfg(test)]
mod tests;
