//! Regressors that forecast themselves: a model beside the model.

use std::borrow::Cow;

use crate::{
    ds::Ds,
    error::{FitError, PredictError},
    fit,
    fitted::Fitted,
    seed,
    series::{Future, Series},
    spec::{Growth, Regressor, Spec},
};

/// Checks that a regressor's own model needs nothing but dates.
pub(crate) fn check_predictor(spec: &Spec) -> Result<(), FitError> {
    let refuse = |value: &str| {
        Err(FitError::Option {
            option: "predictor",
            value: value.to_owned(),
            allowed: "a model that needs dates alone",
        })
    };
    if !spec.regressors.is_empty() {
        return refuse("a model with regressors");
    }
    if spec.growth == Growth::Logistic {
        return refuse("a model with a cap");
    }
    if spec.seasonalities.iter().any(|seasonality| seasonality.condition_name.is_some()) {
        return refuse("a model with conditions");
    }
    spec.check()
}

/// Fits the model of a regressor itself, to all rows of the series, also to those without
/// a value.
///
/// # Source
///
/// `_fit_regressor_models` in Prophet 1.5, `forecaster.py`.
pub(crate) fn fit_predictor(
    regressor: &Regressor,
    series: &Series,
) -> Result<Option<Box<Fitted>>, FitError> {
    let Some(spec) = &regressor.predictor else { return Ok(None) };
    let values = series.require(&regressor.name, "the specification names it as regressor")?;
    let own = Series::new(series.ds().to_vec(), values.to_vec())?;
    Ok(Some(Box::new(fit(spec, &own)?)))
}

/// The rows with the columns of the regressors that have models of their own: forecast
/// after the history, and looked up in it where the rows do not bring the column.
///
/// Values that the rows bring for the future give way to the forecast.
///
/// # Errors
///
/// [`PredictError`] if a row of the past is not in the history.
///
/// # Source
///
/// `_prepare_regressors_for_predict` in Prophet 1.5, `forecaster.py`.
pub(crate) fn complete<'a>(
    fitted: &Fitted,
    rows: &'a Future,
) -> Result<Cow<'a, Future>, PredictError> {
    let mut rows = Cow::Borrowed(rows);
    for scaled in &fitted.design.regressors {
        let Some(predictor) = &scaled.predictor else { continue };
        let name = &scaled.regressor.name;
        let history = &fitted.history.rows;
        let last = history.ds().last().copied();
        let after: Vec<_> = rows.ds().iter().copied().filter(|ds| last < Some(*ds)).collect();
        let mut forecast = point_forecast(predictor, &after)?.into_iter();
        let past = history.column(name).unwrap_or_default();
        let mut values = Vec::with_capacity(rows.ds().len());
        for (i, &ds) in rows.ds().iter().enumerate() {
            let value = if last < Some(ds) {
                forecast.next()
            } else if let Some(given) = rows.column(name) {
                Some(given[i])
            } else {
                history.ds().binary_search(&ds).ok().and_then(|at| past.get(at).copied())
            };
            values.push(value.ok_or_else(|| {
                let (column, why) = (name.clone(), "a row of the past is not in the history");
                PredictError::Rows(FitError::MissingColumn { column, why })
            })?);
        }
        let completed = rows.into_owned().with_column(name, values);
        rows = Cow::Owned(completed.map_err(PredictError::Rows)?);
    }
    Ok(rows)
}

/// Where a regressor may be instead of at its forecast, draw by draw.
#[derive(Debug)]
pub(crate) struct Deviations {
    /// Its column of the design.
    pub(crate) column: usize,
    draws: usize,
    /// In the scale of the design: N rows × draws, row-major.
    values: Vec<f64>,
}

impl Deviations {
    /// How far the regressor is from its forecast in `row` of path `path`; draws are taken
    /// in turn.
    pub(crate) fn at(&self, row: usize, path: usize) -> f64 {
        self.values[row * self.draws + path % self.draws]
    }
}

/// Draws the regressors that have models of their own, for rows that [`complete`] made: in
/// the past they are known.
///
/// A regressor whose model has no `uncertainty_samples` is where it is forecast.
///
/// # Source
///
/// `_prepare_regressors_for_predict` and `sample_posterior_predictive` in Prophet 1.5,
/// `forecaster.py`.
pub(crate) fn deviations(
    fitted: &Fitted,
    rows: &Future,
    seed: u64,
) -> Result<Vec<Deviations>, PredictError> {
    let last = fitted.history.rows.ds().last().copied();
    let ahead: Vec<usize> = (0..rows.ds().len()).filter(|&i| last < Some(rows.ds()[i])).collect();
    let dates = Future::new(ahead.iter().map(|&i| rows.ds()[i]).collect());
    let mut found = Vec::new();
    // Regressors are the last columns.
    let first = fitted.mean.beta.len().saturating_sub(fitted.design.regressors.len());
    for (j, scaled) in fitted.design.regressors.iter().enumerate() {
        let Some(predictor) = &scaled.predictor else { continue };
        if ahead.is_empty() || predictor.spec.uncertainty_samples == 0 {
            continue;
        }
        let name = &scaled.regressor.name;
        let forecast = rows.require(name, "it is a regressor").map_err(PredictError::Rows)?;
        // A stream for each, apart from that of the trend.
        let seed = seed::derive(seed, j as u64 + 1);
        let samples = predictor.predictive_samples(&dates, seed)?;
        let draws = samples.draws;
        let mut values = vec![0.0; rows.ds().len() * draws];
        for (&i, drawn) in ahead.iter().zip(samples.yhat.chunks_exact(draws)) {
            for (cell, value) in values[i * draws..(i + 1) * draws].iter_mut().zip(drawn) {
                *cell = (value - forecast[i]) / scaled.std;
            }
        }
        found.push(Deviations { column: first + j, draws, values });
    }
    Ok(found)
}

/// The forecast of a regressor's own model, without its interval.
fn point_forecast(predictor: &Fitted, ds: &[Ds]) -> Result<Vec<f64>, PredictError> {
    if ds.is_empty() {
        return Ok(Vec::new());
    }
    let mut point = predictor.clone();
    point.spec.uncertainty_samples = 0;
    // Without an interval nothing is drawn, so any seed will do.
    Ok(point.predict(ds, 0)?.yhat)
}
