//! Every option of Prophet 1.5, against what Python makes of it (`make_golden_features.py`).

mod case;

use std::ops::Range;

use forecast_core::{
    FitError, Fitted, Frequency, Future, Params, Series, Spec, compact, ds, fit, fit_from,
    posterior::log_posterior,
    prepare, prophet_json,
    utilities::{regressor_coefficients, regressor_index, warm_start_params},
};
use serde_json::Value;

use self::case::{Case, columns, list, numbers};
use crate::support::{assert_close, days, series};

/// Python's numbers are printed to 17 digits; what remains is the order of sums.
const EXACT: f64 = 1e-9;

#[test]
fn the_data_of_the_fit_is_pythons() {
    for case in Case::fitted().into_iter().chain(Case::group("auto")) {
        let name = case.name();
        let (data, init) = prepare(&case.spec(), &case.series()).unwrap();
        let close = |what: &str, found: &[f64], key: &str| {
            let expected = case.numbers(&format!("/python/data/{key}"));
            assert_close(&format!("{name}: {what}"), found, &expected, 1e-11);
        };
        close("start", &[init.k, init.m, *init.sigma_obs], "init");
        assert!(init.delta.iter().chain(&init.beta).all(|&value| value == 0.0), "{name}");
        let width = data.sigmas.len();
        let columns = list(&case.0["python"]["data"]["columns"]).count();
        assert_eq!(width, columns, "{name}: {}", case.0["python"]["data"]["columns"]);
        close(
            "prior scales",
            &data.sigmas.iter().map(|scale| **scale).collect::<Vec<_>>(),
            "sigmas",
        );
        let flags = |flags: &[i32]| flags.iter().map(|&flag| f64::from(flag)).collect::<Vec<_>>();
        assert_eq!(flags(&data.s_a), case.numbers("/python/data/s_a"), "{name}");
        assert_eq!(flags(&data.s_m), case.numbers("/python/data/s_m"), "{name}");
        close("changepoints", &data.t_change, "t_change");
        let ends = |values: &[f64]| [values[0], values[values.len() - 1]];
        close("scaled values", &ends(&data.y), "y");
        close("scaled caps", &ends(&data.cap), "cap");
        assert!((*data.tau - case.0["python"]["data"]["tau"].as_f64().unwrap()).abs() < 1e-15);
        // Two sums a column stand for the matrix: one alone would not see rows swapped.
        let rows = data.y.len() as f64;
        let sums = |weight: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let cell = |j: usize, (i, row): (usize, &[f64])| weight(i) * row[j];
            let column = |j| data.X.chunks_exact(width).enumerate().map(|row| cell(j, row)).sum();
            (0..width).map(column).collect()
        };
        let weighted = sums(&|i| (i + 1) as f64 / rows);
        for (key, found) in [("sums", sums(&|_| 1.0)), ("weighted_sums", weighted)] {
            for (j, expected) in case.numbers(&format!("/python/data/{key}")).iter().enumerate() {
                let error = (found[j] - expected).abs();
                assert!(error <= 1e-9 * rows, "{name}: {key} of {j}: {} {expected}", found[j]);
            }
        }
    }
}

#[test]
fn pythons_parameters_predict_what_python_predicts() {
    for case in Case::fitted() {
        let fitted = prophet_json::read(case.model_json()).unwrap();
        let forecast = fitted.predict_rows(&case.future(), 1).unwrap();
        for (column, expected) in columns(&case.0["python"]["forecast"]) {
            let found = match column {
                "yhat" => forecast.yhat.as_slice(),
                "trend" => forecast.trend.as_slice(),
                "additive_terms" => forecast.additive_terms.as_slice(),
                "multiplicative_terms" => forecast.multiplicative_terms.as_slice(),
                other => forecast.component(other).unwrap(),
            };
            let scale = 1.0f64.max(expected.iter().fold(0.0, |max, value| value.abs().max(max)));
            for (found, expected) in found.iter().zip(&expected) {
                let close = (found - expected).abs() <= EXACT * scale;
                assert!(close, "{}: {column} {found} is not {expected}", case.name());
            }
        }
    }
}

#[test]
fn our_optimum_is_at_least_as_likely_as_stans() {
    for case in Case::fitted() {
        let Some(stan) = case.0["python"]["log_posterior"].as_f64() else { continue };
        let (spec, series) = (case.spec(), case.series());
        let (data, _) = prepare(&spec, &series).unwrap();
        let theirs = prophet_json::read(case.model_json()).unwrap();
        let checked = log_posterior(&data, theirs.params());
        let fitted = fit(&spec, &series).unwrap();
        // Without changepoints both fold the one dummy into the rate.
        assert!(
            (checked - stan).abs() <= 1e-6 * stan.abs(),
            "{}: Stan's parameters are at {checked}, Python says {stan}",
            case.name()
        );
        let ours = fitted.report().unwrap();
        assert!(ours.converged, "{}: {ours:?}", case.name());
        // Where the level could be a seasonality's, it is the trend's, whose prior is closer.
        let slack = if ours.unidentified.is_empty() { 1e-3 } else { 0.02 };
        assert!(stan - slack <= ours.log_posterior, "{}: {ours:?}, Stan {stan}", case.name());
    }
}

#[test]
fn scales_and_the_next_date_are_pythons() {
    for case in Case::fitted() {
        let (spec, series) = (case.spec(), case.series());
        let fitted = fit(&spec, &series).unwrap();
        let written: Value = serde_json::from_str(&prophet_json::write(&fitted)).unwrap();
        for key in ["y_scale", "y_min"] {
            let expected = case.0["python"][key].as_f64().unwrap();
            let found = written[key].as_f64().unwrap();
            let error = (found - expected).abs();
            assert!(error <= 1e-12 * expected.abs().max(1.0), "{}: {key} {found}", case.name());
        }
        let next = fitted.make_future_dataframe(1, Some(Frequency::DAY), false);
        let expected = ds::parse(case.0["python"]["last_ds"].as_str().unwrap()).unwrap();
        assert_eq!(next.unwrap().ds(), [expected], "{}", case.name());
    }
}

#[test]
fn names_of_holidays_seen_in_the_fit_are_pythons() {
    for case in Case::group("holidays") {
        let fitted = fit(&case.spec(), &case.series()).unwrap();
        let written: Value = serde_json::from_str(&prophet_json::write(&fitted)).unwrap();
        let table: Value =
            serde_json::from_str(written["train_holiday_names"].as_str().unwrap()).unwrap();
        let mut names: Vec<&str> =
            list(&table["data"]).map(|name| name.as_str().unwrap()).collect();
        names.sort_unstable();
        let expected: Vec<&str> = list(&case.0["python"]["train_holiday_names"])
            .map(|name| name.as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{}", case.name());
    }
}

fn assert_coefficients(fitted: &Fitted, expected: &Value) {
    let found = regressor_coefficients(fitted);
    assert_eq!(found.len(), list(expected).count());
    for (found, expected) in found.iter().zip(list(expected)) {
        assert_eq!(found.regressor, expected["regressor"]);
        assert_eq!(found.regressor_mode.name(), expected["regressor_mode"]);
        let values = [found.center, found.coef_lower, found.coef, found.coef_upper];
        let keys = ["center", "coef_lower", "coef", "coef_upper"];
        let numbers = keys.map(|key| expected[key].as_f64().unwrap());
        assert_close(&found.regressor, &values, &numbers, 1e-12);
    }
}

#[test]
fn coefficients_of_regressors_are_pythons() {
    for case in Case::group("regressors") {
        let theirs = prophet_json::read(case.model_json()).unwrap();
        assert_coefficients(&theirs, &case.0["python"]["coefficients"]);
        let columns = &case.0["python"]["data"]["columns"];
        for regressor in &theirs.spec().regressors {
            let index = regressor_index(&theirs, &regressor.name).unwrap();
            assert_eq!(columns[index], regressor.name);
        }
        // Over draws they have intervals, and the start is the mean.
        let drawn = &case.0["python"]["drawn"];
        let sampled = prophet_json::read(drawn["model_json"].as_str().unwrap()).unwrap();
        assert_coefficients(&sampled, &drawn["coefficients"]);
        let start = warm_start_params(&sampled);
        let expected = |key: &str| numbers(&drawn["warm_start"][key]);
        assert_close("k", &[start.k], &expected("k"), 1e-13);
        assert_close("delta", &start.delta, &expected("delta"), 1e-13);
        assert_close("beta", &start.beta, &expected("beta"), 1e-13);
        assert_eq!(regressor_index(&theirs, "weekly"), None);
        // The same scales from our own fit.
        let ours = fit(&case.spec(), &case.series()).unwrap();
        let written: Value = serde_json::from_str(&prophet_json::write(&ours)).unwrap();
        let regressors = &written["extra_regressors"];
        for (name, scales) in list(&regressors[0]).zip(list(&case.0["python"]["scales"])) {
            let regressor = &regressors[1][name.as_str().unwrap()];
            let found = ["mu", "std"].map(|key| regressor[key].as_f64().unwrap());
            assert_close(case.name(), &found, &numbers(scales), 1e-13);
        }
    }
}

#[test]
fn a_warm_start_leads_to_the_same_optimum() {
    for case in Case::fitted() {
        let (spec, series) = (case.spec(), case.series());
        let theirs = prophet_json::read(case.model_json()).unwrap();
        let start = warm_start_params(&theirs);
        let expected = &case.0["python"]["warm_start"];
        for (key, found) in [
            ("k", vec![start.k]),
            ("m", vec![start.m]),
            ("sigma_obs", vec![start.sigma_obs]),
            ("delta", start.delta.clone()),
            ("beta", start.beta.clone()),
        ] {
            assert_eq!(found, numbers(&expected[key]), "{}: {key}", case.name());
        }
        let (cold, warm) =
            (fit(&spec, &series).unwrap(), fit_from(&spec, &series, &start).unwrap());
        let (at_cold, at_warm) = (cold.report().unwrap(), warm.report().unwrap());
        assert!(at_warm.converged, "{}", case.name());
        assert!(
            (at_cold.log_posterior - at_warm.log_posterior).abs() <= 1e-4,
            "{}: {at_cold:?}, {at_warm:?}",
            case.name()
        );
    }
}

#[test]
fn a_warm_start_of_another_model_is_refused() {
    let case = &Case::group("regressors")[0];
    let (spec, series) = (case.spec(), case.series());
    let good = warm_start_params(&fit(&spec, &series).unwrap());
    let refused = |start: Params| fit_from(&spec, &series, &start).unwrap_err().to_string();
    let mut short = good.clone();
    short.beta.pop();
    assert!(refused(short).starts_with("`beta` to start from has 10 values, the model has 11"));
    let longer = Params { delta: vec![0.0; 30], ..good.clone() };
    assert!(refused(longer).starts_with("`delta` to start from has 30 values"));
    let broken = Params { k: f64::NAN, ..good.clone() };
    assert!(refused(broken).starts_with("`k` is NaN"));
    let negative = Params { sigma_obs: 0.0, ..good };
    assert!(refused(negative).starts_with("`sigma_obs` is 0"));
}

#[test]
fn a_regressor_with_a_model_of_its_own_is_forecast_by_it() {
    for case in Case::group("predictors") {
        let (spec, series) = (case.spec(), case.series());
        let fitted = fit(&spec, &series).unwrap();
        let rows = case.future();
        let forecast = fitted.predict_rows(&rows, 1).unwrap();
        // Stan stops before the optimum of either model, so the forecasts are near, not equal.
        for (column, found) in
            [("yhat", &*forecast.yhat), ("price", forecast.component("price").unwrap())]
        {
            let expected = case.numbers(&format!("/python/forecast/{column}"));
            let range = expected.iter().fold(f64::NEG_INFINITY, |max, v| v.max(max))
                - expected.iter().fold(f64::INFINITY, |min, v| v.min(min));
            for (found, expected) in found.iter().zip(&expected) {
                let near = (found - expected).abs() <= 0.04 * range;
                assert!(near, "{}: {column} {found}, Python {expected}", case.name());
            }
        }
        // It is what the two models give one after the other.
        let own = spec.regressors[0].predictor.as_deref().unwrap();
        let price = Series::new(series.ds().to_vec(), case.numbers("/history/price")).unwrap();
        let mut given = fit(own, &price).unwrap().predict(rows.ds(), 1).unwrap().yhat;
        let (past, prices) = (series.ds(), case.numbers("/history/price"));
        let last = fitted.history().0.last().unwrap();
        for (value, ds) in given.iter_mut().zip(rows.ds()) {
            if ds <= last {
                *value = prices[past.binary_search(ds).unwrap()];
            }
        }
        let mut alone = spec.clone();
        alone.regressors[0].predictor = None;
        let plain = fit(&alone, &series).unwrap();
        assert!(plain.predict_rows(&rows, 1).is_err(), "the column is missing");
        let with = Future::new(rows.ds().to_vec()).with_column("price", given).unwrap();
        assert_eq!(plain.predict_rows(&with, 1).unwrap().yhat, forecast.yhat, "{}", case.name());
        // The compact form has both models.
        let bytes = compact::write(&fitted);
        assert_eq!(compact::read(&bytes).unwrap(), fitted, "{}", case.name());
        // Values that the rows bring for the future give way.
        let mut misled = case.numbers("/history/price")[..rows.ds().len()].to_vec();
        for (value, ds) in misled.iter_mut().zip(rows.ds()) {
            if ds <= last {
                *value = prices[past.binary_search(ds).unwrap()];
            }
        }
        let misled = rows.with_column("price", misled).unwrap();
        assert_eq!(fitted.predict_rows(&misled, 1).unwrap().yhat, forecast.yhat);
    }
}

#[test]
fn intervals_have_the_doubt_about_a_forecast_regressor() {
    for case in Case::group("predictors") {
        let mut spec = case.spec();
        spec.uncertainty_samples = 1000;
        let fitted = fit(&spec, &case.series()).unwrap();
        let rows = case.future();
        let forecast = fitted.predict_rows(&rows, 1).unwrap();
        let mean = |lower: &[f64], upper: &[f64], rows: Range<usize>| {
            let width = |i: usize| upper[i] - lower[i];
            rows.clone().map(width).sum::<f64>() / rows.len() as f64
        };
        let (lower, upper) = (&forecast.yhat_lower, &forecast.yhat_upper);
        let python = |end| case.numbers(&format!("/python/forecast/yhat_{end}"));
        let last = fitted.history().0.last().unwrap();
        let past = rows.ds().partition_point(|ds| ds <= last);
        let n = rows.ds().len();
        // Python draws 1,000 paths, and its optimum is not quite ours.
        for part in [0..past, past..n] {
            let found = mean(lower, upper, part.clone());
            let expected = mean(&python("lower"), &python("upper"), part.clone());
            let error = (found / expected - 1.0).abs();
            assert!(error < 0.12, "{}: {part:?}: {found}, Python {expected}", case.name());
        }
        // Without doubt about the regressor they are narrower.
        let mut sure = spec.clone();
        sure.regressors[0].predictor.as_mut().unwrap().uncertainty_samples = 0;
        let sure = fit(&sure, &case.series()).unwrap().predict_rows(&rows, 1).unwrap();
        let narrow = mean(&sure.yhat_lower, &sure.yhat_upper, past..n);
        assert!(1.02 * narrow < mean(lower, upper, past..n), "{}: {narrow}", case.name());
        assert_eq!(fitted.predict_rows(&rows, 1).unwrap(), forecast, "the same seed");
        let samples = fitted.predictive_samples(&rows, 1).unwrap();
        let mut drawn: Vec<f64> = samples.yhat[samples.yhat.len() - samples.draws..].to_vec();
        drawn.sort_unstable_by(f64::total_cmp);
        let (low, high) = (drawn[samples.draws / 10], drawn[samples.draws * 9 / 10]);
        let error = (high - low) / (upper[n - 1] - lower[n - 1]) - 1.0;
        assert!(error.abs() < 0.15, "{}: {low} {high}", case.name());
    }
}

#[test]
fn a_model_of_a_regressor_needs_dates_alone() {
    let with = |own: Spec| {
        let mut spec = Spec::default().add_regressor("price");
        spec.regressors[0].predictor = Some(Box::new(own));
        spec
    };
    let mut conditional = Spec::default().add_seasonality("term", 7.0, 2);
    conditional.seasonalities[0].condition_name = Some("open".to_owned());
    for (own, value) in [
        (Spec::default().add_regressor("other"), "a model with regressors"),
        (Spec { growth: forecast_core::Growth::Logistic, ..Spec::default() }, "a model with a cap"),
        (conditional, "a model with conditions"),
    ] {
        let error = with(own).check().unwrap_err().to_string();
        let expected = format!("`predictor` is {value}, it must be a model that needs dates alone");
        assert_eq!(error, expected);
    }
    let error = with(Spec { interval_width: 2.0, ..Spec::default() }).check().unwrap_err();
    assert!(matches!(error, FitError::Option { option: "interval_width", .. }));
    // A row before the history has no value, and no forecast.
    let price = (0..50).map(f64::from).collect();
    let history = series(50).with_column("price", price).unwrap();
    let fitted = fit(&with(Spec::default()), &history).unwrap();
    let early = days(1)[0] - chrono::TimeDelta::days(3);
    let error = fitted.predict(&[early], 1).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "column `price` is missing: a row of the past is not in the history");
}
