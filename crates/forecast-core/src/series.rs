//! Tables that go in: the history of a series, and the rows to predict.

use std::collections::BTreeMap;

use crate::{ds::Ds, error::FitError};

/// The history of a series: rows of `ds` and `y`, and the columns that the
/// specification names (`cap`, `floor`, regressors, conditions).
///
/// Rows may come in any order; a NaN in `y` is a missing value, as in Python.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    ds: Vec<Ds>,
    y: Vec<f64>,
    columns: BTreeMap<String, Vec<f64>>,
}

impl Series {
    /// Puts `ds` and `y` side by side.
    ///
    /// # Errors
    ///
    /// [`FitError::ColumnLength`] if they differ in length,
    /// [`FitError::NotFinite`] for an infinite `y`, and [`FitError::DuplicateDs`] for a
    /// time stamp that is there twice: Python would weigh it double without a word.
    pub fn new(ds: Vec<Ds>, y: Vec<f64>) -> Result<Self, FitError> {
        check_length("y", y.len(), ds.len())?;
        if let Some(i) = y.iter().position(|value| value.is_infinite()) {
            return Err(FitError::NotFinite { column: "y".to_owned(), ds: ds[i], value: y[i] });
        }
        if let Some(ds) = duplicate(&ds) {
            return Err(FitError::DuplicateDs { ds });
        }
        Ok(Self { ds, y, columns: BTreeMap::new() })
    }

    /// Adds a column: `cap`, `floor`, a regressor, or a condition (0 or 1).
    ///
    /// # Errors
    ///
    /// [`FitError::ColumnLength`] or [`FitError::NotFinite`].
    pub fn with_column(mut self, name: &str, values: Vec<f64>) -> Result<Self, FitError> {
        check_column(name, &self.ds, &values)?;
        self.columns.insert(name.to_owned(), values);
        Ok(self)
    }

    /// The time stamps, in the order given.
    pub fn ds(&self) -> &[Ds] {
        &self.ds
    }

    /// The values, in the order given.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// A column by name, or an error that says what needs it.
    pub(crate) fn require(&self, name: &str, why: &'static str) -> Result<&[f64], FitError> {
        require(&self.columns, name, why)
    }

    /// The rows that have a value, in order of time, and the sorted time stamps
    /// of all rows.
    pub(crate) fn prepared(&self) -> (Vec<f64>, Future, Vec<Ds>) {
        let sorted = self.ds.windows(2).all(|pair| pair[0] < pair[1]);
        if sorted && self.y.iter().all(|y| !y.is_nan()) {
            // The common case needs no order, only copies.
            let rows = Future { ds: self.ds.clone(), columns: self.columns.clone() };
            return (self.y.clone(), rows, self.ds.clone());
        }
        let mut order: Vec<usize> = (0..self.ds.len()).filter(|&i| !self.y[i].is_nan()).collect();
        order.sort_by_key(|&i| self.ds[i]);
        let mut all = self.ds.clone();
        all.sort_unstable();
        let y = order.iter().map(|&i| self.y[i]).collect();
        let pick = |values: &Vec<f64>| order.iter().map(|&i| values[i]).collect();
        let columns = self.columns.iter().map(|(k, v)| (k.clone(), pick(v))).collect();
        (y, Future { ds: order.iter().map(|&i| self.ds[i]).collect(), columns }, all)
    }
}

/// Rows to predict: `ds`, and the columns that the model needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Future {
    ds: Vec<Ds>,
    columns: BTreeMap<String, Vec<f64>>,
}

impl Future {
    /// Rows that need nothing but their time stamps.
    pub fn new(ds: Vec<Ds>) -> Self {
        Self { ds, columns: BTreeMap::new() }
    }

    /// Adds a column: `cap`, `floor`, a regressor, or a condition (0 or 1).
    ///
    /// # Errors
    ///
    /// [`FitError::ColumnLength`] or [`FitError::NotFinite`].
    pub fn with_column(mut self, name: &str, values: Vec<f64>) -> Result<Self, FitError> {
        check_column(name, &self.ds, &values)?;
        self.columns.insert(name.to_owned(), values);
        Ok(self)
    }

    /// The time stamps, in the order given.
    pub fn ds(&self) -> &[Ds] {
        &self.ds
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    /// A column by name, or an error that says what needs it.
    pub(crate) fn require(&self, name: &str, why: &'static str) -> Result<&[f64], FitError> {
        require(&self.columns, name, why)
    }

    /// All extra columns, by name.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.columns.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}

fn require<'a>(
    columns: &'a BTreeMap<String, Vec<f64>>,
    name: &str,
    why: &'static str,
) -> Result<&'a [f64], FitError> {
    let found = columns.get(name).map(Vec::as_slice);
    found.ok_or_else(|| FitError::MissingColumn { column: name.to_owned(), why })
}

/// A time stamp that is there twice.
fn duplicate(ds: &[Ds]) -> Option<Ds> {
    if ds.windows(2).all(|pair| pair[0] < pair[1]) {
        return None;
    }
    let mut sorted = ds.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn check_column(name: &str, ds: &[Ds], values: &[f64]) -> Result<(), FitError> {
    check_length(name, values.len(), ds.len())?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(i) => {
            Err(FitError::NotFinite { column: name.to_owned(), ds: ds[i], value: values[i] })
        }
        None => Ok(()),
    }
}

fn check_length(name: &str, len: usize, rows: usize) -> Result<(), FitError> {
    if len == rows {
        return Ok(());
    }
    Err(FitError::ColumnLength { column: name.to_owned(), len, rows })
}
