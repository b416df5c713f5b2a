//! The rows that are fitted and those that are predicted, with their columns.

use std::path::Path;

use anyhow::{Context as _, Result};
use forecast_core::{
    FitError, Fitted, Forecast, Future, Growth, PredictError, Series, Spec, ds::Ds,
};
use telemetry::Hinted;

use crate::{
    cli::{BoundArgs, FutureArgs, SeriesArgs},
    table::Table,
};

/// A history as it was read.
#[derive(Debug)]
pub(crate) struct History {
    ds: Vec<Ds>,
    y: Vec<f64>,
    columns: Vec<(String, Vec<f64>)>,
}

impl History {
    /// Reads the columns that `spec` needs.
    pub(crate) fn read(args: &SeriesArgs, spec: &Spec, bounds: BoundArgs) -> Result<Self> {
        let table = Table::read(&args.csv)?;
        let (ds, y) = (table.ds(&args.ds_column)?, table.numbers(&args.y_column)?);
        Ok(Self { columns: columns(&table, spec, bounds)?, ds, y })
    }

    /// The rows and columns, to be fitted.
    pub(crate) fn series(&self) -> Result<Series, FitError> {
        let mut series = Series::new(self.ds.clone(), self.y.clone())?;
        for (name, values) in &self.columns {
            series = series.with_column(name, values.clone())?;
        }
        Ok(series)
    }
}

/// The columns that a model needs besides `ds` and `y`, as far as they are there:
/// what is missing is for the model to say.
fn columns(table: &Table, spec: &Spec, bounds: BoundArgs) -> Result<Vec<(String, Vec<f64>)>> {
    let mut columns = Vec::new();
    if spec.growth == Growth::Logistic {
        for (name, value) in [("cap", bounds.cap), ("floor", bounds.floor)] {
            let values = match value {
                Some(value) => Some(vec![value; table.len()]),
                None => table.optional(name)?,
            };
            columns.extend(values.map(|values| (name.to_owned(), values)));
        }
    }
    let regressors = spec.regressors.iter().map(|r| r.name.as_str());
    let conditions = spec.seasonalities.iter().filter_map(|s| s.condition_name.as_deref());
    for name in regressors.chain(conditions) {
        if !columns.iter().any(|(known, _)| known == name) {
            columns.extend(table.optional(name)?.map(|values| (name.to_owned(), values)));
        }
    }
    Ok(columns)
}

/// What to predict.
pub(crate) enum Wanted<'a> {
    /// The rows of a file.
    File { path: &'a Path, ds_column: &'a str },
    /// So many rows after the history.
    Periods(usize),
}

/// The rows to predict, with their columns.
pub(crate) fn future(
    fitted: &Fitted,
    wanted: &Wanted<'_>,
    args: &FutureArgs,
    bounds: BoundArgs,
) -> Result<Future> {
    match *wanted {
        Wanted::File { path, ds_column } => {
            let table = Table::read(path)?;
            let rows = Future::new(table.ds(ds_column)?);
            with_columns(rows, columns(&table, fitted.spec(), bounds)?)
        }
        Wanted::Periods(periods) => {
            let rows = if periods == 0 {
                // No rows need no step, which irregular dates do not have.
                Future::new(Vec::new())
            } else {
                let rows = fitted.make_future_dataframe(periods, args.freq, false);
                rows.map_err(with_freq_hint)?
            };
            let rows = constant(rows, fitted.spec(), bounds)?;
            if args.include_history { joined(fitted.history_rows(), &rows) } else { Ok(rows) }
        }
    }
}

fn with_freq_hint(error: forecast_core::frequency::FutureError) -> anyhow::Error {
    use forecast_core::frequency::FutureError;
    match error {
        FutureError::NotInferred { .. } => {
            Hinted::new(error, "say it with --freq, such as --freq D, B, W, MS, h or 5min").into()
        }
        other => other.into(),
    }
}

/// Adds a cap and a floor that are the same everywhere.
fn constant(rows: Future, spec: &Spec, bounds: BoundArgs) -> Result<Future> {
    if spec.growth != Growth::Logistic {
        return Ok(rows);
    }
    let n = rows.ds().len();
    let bounds = [("cap", bounds.cap), ("floor", bounds.floor)];
    let given = bounds.into_iter().filter_map(|(name, value)| Some((name, value?)));
    with_columns(rows, given.map(|(name, value)| (name.to_owned(), vec![value; n])).collect())
}

fn with_columns(mut rows: Future, columns: Vec<(String, Vec<f64>)>) -> Result<Future> {
    for (name, values) in columns {
        rows = rows.with_column(&name, values)?;
    }
    Ok(rows)
}

/// The rows of the history and those after it, with the columns that both have.
pub(crate) fn joined(history: &Future, after: &Future) -> Result<Future> {
    let rows = Future::new([history.ds(), after.ds()].concat());
    let both = history.columns().filter_map(|(name, values)| {
        let after = if after.ds().is_empty() { &[][..] } else { after.column(name)? };
        Some((name.to_owned(), [values, after].concat()))
    });
    with_columns(rows, both.collect())
}

/// Forecasts, and says what to do where a column is missing.
pub(crate) fn predict(fitted: &Fitted, rows: &Future, seed: u64) -> Result<Forecast> {
    let failed = |error: PredictError| {
        let missing = matches!(&error, PredictError::Rows(FitError::MissingColumn { .. }));
        if !missing {
            return anyhow::Error::from(error);
        }
        let hint = "give the rows and their columns in a file with --ds FILE.csv; \
                    a cap or a floor that never changes with --cap and --floor";
        Hinted::new(error, hint).into()
    };
    fitted.predict_rows(rows, seed).map_err(failed).context("cannot forecast")
}
