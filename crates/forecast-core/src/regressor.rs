//! Regressors that forecast themselves: a model beside the model.

use std::borrow::Cow;

use crate::{
    ds::Ds,
    error::{FitError, PredictError},
    fit,
    fitted::Fitted,
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
