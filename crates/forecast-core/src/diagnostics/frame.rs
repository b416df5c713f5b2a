//! The table that a cross-validation makes, and what else can be laid beside it.

use std::{collections::BTreeMap, ops::Range};

use super::{CrossValidationWarning, MetricsError, cutoffs::rows_until};
use crate::{
    baseline::Baseline,
    ds::Ds,
    evaluate::{self, EvaluateError},
    series::Series,
};

/// Forecasts from cutoffs in a history, beside what came.
///
/// Row by row; all columns are as long as `ds`, except that without intervals
/// `yhat_lower` and `yhat_upper` are empty. Values are in the unit of `y`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CrossValidation {
    /// What was forecast.
    pub ds: Vec<Ds>,
    /// The prediction.
    pub yhat: Vec<f64>,
    /// Lower end of the interval.
    pub yhat_lower: Vec<f64>,
    /// Upper end of the interval.
    pub yhat_upper: Vec<f64>,
    /// What came.
    pub y: Vec<f64>,
    /// The last moment that the forecast knew of.
    pub cutoff: Vec<Ds>,
    /// The columns of `extra_output_columns`, in their order.
    pub extra: Vec<(String, Vec<f64>)>,
    /// What its reader should be careful about.
    pub warnings: Vec<CrossValidationWarning>,
}

impl CrossValidation {
    /// An extra column by name.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let found = self.extra.iter().find(|(known, _)| known == name);
        found.map(|(_, values)| values.as_slice())
    }

    /// What `baseline` would have forecast for each row from the history up to
    /// the row's cutoff.
    ///
    /// # Errors
    ///
    /// [`MetricsError::NoBaseline`] if the history up to a cutoff is too short.
    pub fn baseline(
        &self,
        baseline: &Baseline,
        history: &Series,
    ) -> Result<Vec<f64>, MetricsError> {
        let (y, rows, _) = history.prepared();
        self.by_cutoff("baseline", |cutoff, block| {
            let until = rows_until(rows.ds(), cutoff);
            baseline.forecast(&rows.ds()[..until], &y[..until], &self.ds[block])
        })
    }

    /// The scale of MASE for each row: the mean absolute change over `season`
    /// rows of the history up to the row's cutoff.
    ///
    /// # Errors
    ///
    /// [`MetricsError::NoBaseline`] if the history up to a cutoff is too short or
    /// never changes.
    pub fn mase_scale(&self, season: usize, history: &Series) -> Result<Vec<f64>, MetricsError> {
        let (y, rows, _) = history.prepared();
        let mut scales: BTreeMap<Ds, Result<f64, EvaluateError>> = BTreeMap::new();
        self.by_cutoff("scale of MASE", |cutoff, block| {
            let scale = scales.entry(cutoff).or_insert_with(|| {
                evaluate::seasonal_mase_scale(&y[..rows_until(rows.ds(), cutoff)], season)
            });
            scale.as_ref().ok().map(|&scale| vec![scale; block.len()])
        })
    }

    /// Values for blocks of rows that share their cutoff.
    fn by_cutoff(
        &self,
        what: &'static str,
        mut values: impl FnMut(Ds, Range<usize>) -> Option<Vec<f64>>,
    ) -> Result<Vec<f64>, MetricsError> {
        self.check()?;
        let mut all = Vec::with_capacity(self.ds.len());
        while let Some(&cutoff) = self.cutoff.get(all.len()) {
            let start = all.len();
            let count = self.cutoff[start..].iter().take_while(|&&at| at == cutoff).count();
            let block = values(cutoff, start..start + count);
            all.extend(block.ok_or(MetricsError::NoBaseline { cutoff, what })?);
        }
        Ok(all)
    }

    /// Whether the table has intervals.
    pub(super) fn has_intervals(&self) -> bool {
        !self.yhat_lower.is_empty() && !self.yhat_upper.is_empty()
    }

    /// Checks that the columns are equally long and finite.
    pub(super) fn check(&self) -> Result<(), MetricsError> {
        if self.ds.is_empty() {
            return Err(MetricsError::NoRows);
        }
        check_length("cutoff", self.cutoff.len(), self.ds.len())?;
        check_column("y", &self.y, &self.ds)?;
        check_column("yhat", &self.yhat, &self.ds)?;
        if self.has_intervals() {
            check_column("yhat_lower", &self.yhat_lower, &self.ds)?;
            check_column("yhat_upper", &self.yhat_upper, &self.ds)?;
        }
        Ok(())
    }

    /// Puts `other` below.
    pub(super) fn append(&mut self, other: Self) {
        self.ds.extend(other.ds);
        self.yhat.extend(other.yhat);
        self.yhat_lower.extend(other.yhat_lower);
        self.yhat_upper.extend(other.yhat_upper);
        self.y.extend(other.y);
        self.cutoff.extend(other.cutoff);
        if self.extra.is_empty() {
            self.extra = other.extra;
        } else {
            for ((_, all), (_, more)) in self.extra.iter_mut().zip(other.extra) {
                all.extend(more);
            }
        }
    }
}

/// Checks a column that is to lie beside `ds`.
pub(super) fn check_column(column: &str, values: &[f64], ds: &[Ds]) -> Result<(), MetricsError> {
    check_length(column, values.len(), ds.len())?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(i) => {
            let column = column.to_owned();
            Err(MetricsError::NotFinite { column, ds: ds[i], value: values[i] })
        }
        None => Ok(()),
    }
}

fn check_length(column: &str, len: usize, rows: usize) -> Result<(), MetricsError> {
    if len == rows {
        return Ok(());
    }
    Err(MetricsError::ColumnLength { column: column.to_owned(), len, rows })
}
