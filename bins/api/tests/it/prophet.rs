//! The smallest JSON that is a Prophet model: a straight trend, a few rows of history.

use chrono::{Days, NaiveDate};
use forecast_core::spec::{Regressor, Seasonality};
use forecast_core::{Growth, Mode, Series, Spec, ds::midnight, prophet_json};
use serde_json::{Value, json};

/// The last date of the made-up history.
pub(crate) const TRAINED_THROUGH: &str = "2025-12-30";

const HISTORY: [&str; 4] = ["2025-12-23", "2025-12-26", "2025-12-29", TRAINED_THROUGH];

/// A model that predicts `level` for every day, with a band around it.
pub(crate) fn flat_at(level: f64) -> String {
    model(level, 0.0).to_string()
}

/// A model whose trend overflows: it reads well and predicts an infinity.
pub(crate) fn overflowing() -> String {
    model(1.0, 1e308).to_string()
}

/// A model as Python writes one whose fit went wrong: `NaN` is not JSON.
pub(crate) fn with_nan() -> String {
    flat_at(1.0).replace("\"sigma_obs\":[[0.01]]", "\"sigma_obs\":[[NaN]]")
}

/// A model with Prophet's own settings, fitted to the last so many days.
pub(crate) fn fitted_to(n_days: u16) -> String {
    let last: NaiveDate = TRAINED_THROUGH.parse().unwrap();
    let first = last - Days::new(u64::from(n_days) - 1);
    let ds: Vec<_> = first.iter_days().take(usize::from(n_days)).map(midnight).collect();
    let y = (0..n_days).map(|day| 30.0 + (f64::from(day) / 50.0).sin()).collect();
    let series = Series::new(ds, y).unwrap();
    prophet_json::write(&forecast_core::fit(&Spec::default(), &series).unwrap())
}

/// A fitted model with logistic growth, a regressor `x` and a seasonality only where `on`.
pub(crate) fn needing_columns() -> String {
    let first = NaiveDate::from_ymd_opt(2025, 10, 1).unwrap();
    let ds: Vec<_> = (0..60).map(|day| midnight(first + Days::new(day))).collect();
    let x: Vec<f64> = (0..60).map(|day| f64::from(day % 7)).collect();
    let y = x.iter().map(|x| 20.0 + x).collect();
    let on = (0..60).map(|day| f64::from(day % 2)).collect();
    let series = Series::new(ds, y).unwrap().with_column("cap", vec![40.0; 60]).unwrap();
    let series = series.with_column("x", x).unwrap().with_column("on", on).unwrap();
    let regressor = Regressor {
        name: "x".to_owned(),
        prior_scale: 10.0,
        standardize: None,
        mode: Mode::Additive,
        predictor: None,
    };
    let seasonality = Seasonality {
        name: "every_other".to_owned(),
        period: 5.0,
        fourier_order: 1,
        prior_scale: 10.0,
        mode: Mode::Additive,
        condition_name: Some("on".to_owned()),
    };
    let spec = Spec {
        growth: Growth::Logistic,
        regressors: vec![regressor],
        seasonalities: vec![seasonality],
        ..Spec::default()
    };
    prophet_json::write(&forecast_core::fit(&spec, &series).unwrap())
}

fn model(level: f64, k: f64) -> Value {
    const Y_SCALE: f64 = 40.0;
    let times: Vec<String> = HISTORY.iter().map(|ds| format!("{ds}T00:00:00.000")).collect();
    let rows: Vec<Value> = times.iter().map(|ds| json!({"ds": ds, "y": level, "t": 0.0})).collect();
    let history = json!({"schema": {"fields": [], "pandas_version": "1.4.0"}, "data": rows});
    let dates = json!({"name": "ds", "index": [0, 1, 2, 3], "data": times});
    let mut model = json!({
        "growth": "linear", "n_changepoints": 0, "specified_changepoints": false,
        "changepoint_range": 0.8, "yearly_seasonality": false, "weekly_seasonality": false,
        "daily_seasonality": false, "seasonality_mode": "additive",
        "seasonality_prior_scale": 10.0, "changepoint_prior_scale": 0.05,
        "holidays_prior_scale": 10.0, "mcmc_samples": 0, "interval_width": 0.8,
        "uncertainty_samples": 50, "scaling": "absmax", "logistic_floor": false,
        "country_holidays": null, "component_modes": null, "holidays_mode": "additive"
    });
    let fitted = json!({
        "y_scale": Y_SCALE, "y_min": 0.0, "start": 1_766_448_000.0, "t_scale": 604_800.0,
        "changepoints": null, "changepoints_t": [0.0], "history_dates": dates.to_string(),
        "history": history.to_string(), "holidays": null, "train_holiday_names": null,
        "train_component_cols": null, "seasonalities": [[], {}], "extra_regressors": [[], {}],
        "fit_kwargs": {}, "__prophet_version": "1.5.0",
        "params": {
            "k": [[k]], "m": [[level / Y_SCALE]], "delta": [[0.0]], "sigma_obs": [[0.01]],
            "beta": [[0.0]]
        }
    });
    model.as_object_mut().unwrap().extend(fitted.as_object().unwrap().clone());
    model
}
