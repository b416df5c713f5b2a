//! Intervals and draws: against Python's simulation, against our own, and in themselves.

use std::{fs, path::PathBuf};

use forecast_core::{
    Fitted, Forecast, Future, Growth, Mode, Spec, ds::Ds, fit, prophet_json, spec::Regressor,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Golden, days, noise, series};

/// The ends of an interval of some column.
fn ends(forecast: &Forecast) -> [&Vec<f64>; 4] {
    [&forecast.yhat_lower, &forecast.yhat_upper, &forecast.trend_lower, &forecast.trend_upper]
}

/// A model whose parameters are those of `golden`, `draws` times, each draw's
/// seasonal coefficients a little larger than those of the one before.
fn posterior(golden: &Golden, draws: u32, step: f64) -> Fitted {
    let mut model: Value = serde_json::from_str(golden.model_json()).unwrap();
    for (name, values) in model["params"].as_object_mut().unwrap() {
        let one = values[0].clone();
        let draw = |i: u32| {
            let factor = if name == "beta" { 1.0 + step * f64::from(i) } else { 1.0 };
            match &one {
                Value::Array(row) => {
                    row.iter().map(|x| x.as_f64().unwrap() * factor).collect::<Vec<_>>().into()
                }
                number => number.clone(),
            }
        };
        *values = (0..draws).map(draw).collect();
    }
    prophet_json::read(&model.to_string()).unwrap()
}

/// `spec` fitted to 200 days, logistic ones below a cap of 80.
fn fitted(spec: &Spec) -> Fitted {
    fit(spec, &series(200).with_column("cap", vec![80.0; 200]).unwrap()).unwrap()
}

fn capped(ds: Vec<Ds>) -> Future {
    let cap = vec![80.0; ds.len()];
    Future::new(ds).with_column("cap", cap).unwrap()
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}

#[test]
fn interval_ends_are_those_of_pythons_simulation() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/intervals");
    let text = fs::read_to_string(path.join("intervals.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for (name, golden) in Golden::all() {
        let Some(table) = expected[&name].as_object() else { continue };
        let table = Golden(serde_json::json!({ "rows": table }));
        let mut rows = Future::new(table.ds("rows"));
        if golden.0["config"]["growth"] == "logistic" {
            let cap = vec![12.0; rows.ds().len()];
            rows = rows.with_column("cap", cap).unwrap();
        }
        let fitted = prophet_json::read(golden.model_json()).unwrap();
        let forecast = fitted.predict_rows(&rows, 1).unwrap();
        let columns = ["yhat_lower", "yhat_upper", "trend_lower", "trend_upper"];
        for (column, found) in columns.iter().zip(ends(&forecast)) {
            let python = table.numbers("rows", column).unwrap();
            let last = found.len() - 1;
            let width = match *column {
                "yhat_lower" | "yhat_upper" => {
                    forecast.yhat_upper[last] - forecast.yhat_lower[last]
                }
                _ => forecast.trend_upper[last] - forecast.trend_lower[last],
            };
            for (i, (found, python)) in found.iter().zip(&python).enumerate() {
                // Four standard errors of a 10 % point of 20,000 draws: 2 % of a normal
                // distribution's width, 3 % of that of the trend, which has heavier tails.
                assert!(
                    (found - python).abs() <= 0.03 * width + 1e-9,
                    "{name}, {column}, row {i}: {found}, Python {python}, width {width}"
                );
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn plain_sampling_is_twenty_times_as_wrong_and_right_on_average() {
    const SEEDS: u32 = 200;
    // As many draws as may be asked for: their error is √10 below that of 1,000.
    let spec = Spec { uncertainty_samples: 10_000, ..Spec::default() };
    let model = fit(&spec, &series(730)).unwrap();
    let rows = Future::new(vec![days(760)[759], days(1_095)[1_094]]);
    let exact = model.predict_rows(&rows, 1).unwrap();
    let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
    for seed in 0..SEEDS {
        let mut samples = model.predictive_samples(&rows, seed.into()).unwrap();
        for (row, draws) in samples.yhat.chunks_exact_mut(samples.draws).enumerate() {
            let upper = *draws.select_nth_unstable_by(9_000, f64::total_cmp).1;
            sums[row] += upper - exact.yhat_upper[row];
            squares[row] += (upper - exact.yhat_upper[row]).powi(2);
        }
    }
    for row in 0..2 {
        let error_of_1_000 = (10.0 * squares[row] / f64::from(SEEDS)).sqrt();
        // The mean's own standard error is a 45th of that.
        let mean = sums[row] / f64::from(SEEDS);
        assert!(mean.abs() < error_of_1_000 / 20.0, "row {row}: {mean} of {error_of_1_000}");
    }
}

#[test]
fn draws_have_the_ends_of_the_intervals() {
    for growth in [Growth::Linear, Growth::Logistic, Growth::Flat] {
        for seasonality_mode in [Mode::Additive, Mode::Multiplicative] {
            let spec = Spec {
                growth,
                seasonality_mode,
                uncertainty_samples: 10_000,
                changepoint_prior_scale: 0.5,
                ..Spec::default()
            };
            let model = fitted(&spec);
            let rows = capped(vec![days(201)[200], days(215)[214], days(300)[299], days(9)[8]]);
            let forecast = model.predict_rows(&rows, 1).unwrap();
            let samples = model.predictive_samples(&rows, 2).unwrap();
            assert_eq!(samples.draws, 10_000);
            let share = |values: &[f64], row: usize, low: f64, high: f64| {
                let draws = &values[row * samples.draws..(row + 1) * samples.draws];
                let inside = draws.iter().filter(|draw| low <= **draw && **draw <= high);
                inside.count() as f64 / samples.draws as f64
            };
            for row in 0..4 {
                let (low, high) = (forecast.yhat_lower[row], forecast.yhat_upper[row]);
                let found = share(&samples.yhat, row, low, high);
                // Four standard errors of the share are 0.016.
                assert!((found - 0.8).abs() < 0.016, "{growth:?} {seasonality_mode:?}: {found}");
                let slack = 1e-9 * forecast.trend[row].abs();
                let low = forecast.trend_lower[row] - slack;
                let high = forecast.trend_upper[row] + slack;
                // Where most futures have no change, they all lie on the trend.
                let found = share(&samples.trend, row, low, high);
                assert!(0.784 < found, "{growth:?} {seasonality_mode:?}, trend: {found}");
            }
        }
    }
}

#[test]
fn the_interval_of_the_past_is_that_of_the_noise() {
    let model = fit(&Spec::default(), &series(200)).unwrap();
    let forecast = model.predict(&days(200), 1).unwrap();
    let y_scale = series(200).y().iter().fold(0.0_f64, |max, y| max.max(y.abs()));
    let half = 1.281_551_565_544_6 * model.params().sigma_obs * y_scale;
    for i in 0..200 {
        assert!((forecast.yhat_upper[i] - forecast.yhat[i] - half).abs() < 1e-9);
        assert!((forecast.yhat[i] - forecast.yhat_lower[i] - half).abs() < 1e-9);
    }
    assert_eq!(forecast.trend_lower, forecast.trend);
    assert_eq!(forecast.trend_upper, forecast.trend);
}

#[test]
fn a_row_does_not_know_the_other_rows() {
    let golden = Golden::all().into_iter().find(|(name, _)| name == "linear_bent").unwrap().1;
    let logistic = Spec { growth: Growth::Logistic, ..Spec::default() };
    let first = golden.ds("history")[0];
    let models = [
        (fitted(&Spec::default()), days(1)[0]),
        (fitted(&logistic), days(1)[0]),
        (posterior(&golden, 3, 0.01), first),
    ];
    for (model, first) in models {
        let day = |i: i64| first + chrono::TimeDelta::days(i);
        let all: Vec<Ds> = (90..320).map(day).collect();
        let whole = model.predict_rows(&capped(all.clone()), 3).unwrap();
        // Backwards, with gaps, and some twice.
        let some: Vec<usize> = (0..200).rev().step_by(7).chain([4, 4, 199, 60]).collect();
        let rows = capped(some.iter().map(|&i| all[i]).collect());
        let part = model.predict_rows(&rows, 3).unwrap();
        assert_eq!(part.yhat, pick(&whole.yhat, &some));
        for (part, whole) in ends(&part).into_iter().zip(ends(&whole)) {
            assert_eq!(*part, pick(whole, &some));
        }
        let quick = model.predict_yhat(&rows, 3).unwrap();
        assert_eq!(quick.yhat, part.yhat);
        assert_eq!((&quick.yhat_lower, &quick.yhat_upper), (&part.yhat_lower, &part.yhat_upper));
        assert!(quick.trend.is_empty() && quick.trend_lower.is_empty());
    }
}

#[test]
fn seeds_matter_only_where_something_is_drawn() {
    let golden = &Golden::all()[0].1;
    let (optimum, draws) =
        (prophet_json::read(golden.model_json()).unwrap(), posterior(golden, 4, 0.01));
    let rows = golden.future();
    assert_eq!(optimum.predict_rows(&rows, 1).unwrap(), optimum.predict_rows(&rows, 2).unwrap());
    let of = |seed| draws.predict_rows(&rows, seed).unwrap();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1).yhat_lower, of(2).yhat_lower);
    assert_eq!(of(1).yhat, of(2).yhat);
    let samples = |seed| optimum.predictive_samples(&rows, seed).unwrap();
    assert_eq!(samples(1), samples(1));
    assert_ne!(samples(1).trend, samples(2).trend);
    assert_ne!(samples(1).yhat, samples(2).yhat);
}

#[test]
fn posterior_draws_that_agree_have_the_intervals_of_the_optimum() {
    for (name, golden) in Golden::all() {
        let rows = golden.future();
        let one = prophet_json::read(golden.model_json()).unwrap().predict_rows(&rows, 1).unwrap();
        let many = posterior(&golden, 50, 0.0).predict_rows(&rows, 1).unwrap();
        for i in 0..rows.ds().len() {
            let width = one.yhat_upper[i] - one.yhat_lower[i];
            for (found, expected) in ends(&many)[..2].iter().zip(ends(&one)) {
                let error = (found[i] - expected[i]).abs();
                // A thousand trends, noise integrated: the trend's own error remains,
                // at most 2.5 % of the width; four standard errors are allowed.
                assert!(error <= 0.1 * width + 1e-9, "{name}, row {i}: {error} of {width}");
            }
        }
        assert_eq!(many.components.len(), one.components.len());
        for (found, expected) in many.components.iter().zip(&one.components) {
            for i in 0..rows.ds().len() {
                assert!((found.lower[i] - expected.values[i]).abs() < 1e-9, "{name}");
                assert!((found.upper[i] - expected.values[i]).abs() < 1e-9, "{name}");
            }
        }
    }
}

#[test]
#[expect(clippy::float_cmp, reason = "a sum of one component is that component")]
fn components_have_the_quantiles_of_the_posterior_draws() {
    let golden = Golden::all().into_iter().find(|(name, _)| name == "linear_bent").unwrap().1;
    let rows = golden.future();
    let one = prophet_json::read(golden.model_json()).unwrap().predict_rows(&rows, 1).unwrap();
    // Coefficients 1 to 2 times as large in 11 draws: the second and the tenth are the ends.
    let many = posterior(&golden, 11, 0.1).predict_rows(&rows, 1).unwrap();
    let weekly = many.components.iter().find(|component| component.name == "weekly").unwrap();
    for (i, value) in one.component("weekly").unwrap().iter().enumerate() {
        let (low, high) = (1.1 * value.min(1.9 / 1.1 * value), 1.1 * value.max(1.9 / 1.1 * value));
        assert!((weekly.values[i] - 1.5 * value).abs() < 1e-9);
        assert!((weekly.lower[i] - low).abs() < 1e-9 && (weekly.upper[i] - high).abs() < 1e-9);
        assert_eq!(many.additive_terms_lower[i], weekly.lower[i]);
        assert_eq!(many.additive_terms_upper[i], weekly.upper[i]);
        assert_eq!(many.multiplicative_terms_lower[i], 0.0);
    }
}

#[test]
#[expect(clippy::float_cmp, reason = "a sum of one component is that component")]
fn sums_of_regressors_are_components() {
    let regressor = |name: &str, mode| Regressor {
        name: name.to_owned(),
        prior_scale: 10.0,
        standardize: None,
        mode,
        predictor: None,
    };
    let spec = Spec {
        regressors: vec![
            regressor("a", Mode::Additive),
            regressor("b", Mode::Additive),
            regressor("c", Mode::Multiplicative),
        ],
        ..Spec::default()
    };
    let column = |salt: u64, n: u64| (0..n).map(|i| noise(i + salt)).collect::<Vec<f64>>();
    let mut history = series(200);
    let mut rows = Future::new(days(220));
    for (salt, name) in [(1_000, "a"), (2_000, "b"), (3_000, "c")] {
        history = history.with_column(name, column(salt, 200)).unwrap();
        rows = rows.with_column(name, column(salt, 220)).unwrap();
    }
    let forecast = fit(&spec, &history).unwrap().predict_rows(&rows, 1).unwrap();
    let of = |name: &str| forecast.component(name).unwrap();
    for i in 0..220 {
        let sum = of("a")[i] + of("b")[i];
        assert!((of("extra_regressors_additive")[i] - sum).abs() < 1e-12);
        assert_eq!(of("extra_regressors_multiplicative")[i], of("c")[i]);
        assert_eq!(forecast.multiplicative_terms[i], of("c")[i]);
        assert!((forecast.additive_terms[i] - sum - of("weekly")[i]).abs() < 1e-12);
    }
    assert!(forecast.component("holidays").is_none());
    // One set of parameters leaves no doubt about components.
    assert!(forecast.components.iter().all(|c| c.lower == c.values && c.upper == c.values));
}

#[test]
fn without_uncertainty_samples_there_are_no_ends() {
    let spec = Spec { uncertainty_samples: 0, ..Spec::default() };
    let forecast = fitted(&spec).predict(&days(220)[200..], 1).unwrap();
    assert!(ends(&forecast).iter().all(|ends| ends.is_empty()));
    assert!(forecast.components.iter().all(|c| c.lower.is_empty() && c.values.len() == 20));
    let one = fitted(&spec).predictive_samples(&Future::new(days(220)), 1).unwrap();
    assert_eq!((one.draws, one.yhat.len()), (1, 220));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_rows_are_forecast_with_numbers_or_refused(
        growth in 0..3_usize,
        multiplicative in any::<bool>(),
        tau in 1e-3..10.0_f64,
        n_changepoints in 0..40_usize,
        interval_width in prop_oneof![1e-6..0.999_999_f64, Just(1.0 - f64::EPSILON)],
        y in prop::collection::vec(-1e3..1e3_f64, 3..40),
        offsets in prop::collection::vec(-2_000..60_000_i64, 1..30),
    ) {
        let spec = Spec {
            growth: [Growth::Linear, Growth::Logistic, Growth::Flat][growth],
            seasonality_mode: [Mode::Additive, Mode::Multiplicative][usize::from(multiplicative)],
            changepoint_prior_scale: tau,
            n_changepoints,
            interval_width,
            uncertainty_samples: 20,
            ..Spec::default()
        };
        let n = y.len();
        let history = forecast_core::Series::new(days(n as u64), y).unwrap();
        let history = history.with_column("cap", vec![2e3; n]).unwrap();
        let model = fit(&spec, &history).unwrap();
        let first = days(1)[0];
        let ds: Vec<Ds> = offsets.iter().map(|&i| first + chrono::TimeDelta::hours(i)).collect();
        let rows = Future::new(ds.clone()).with_column("cap", vec![2e3; ds.len()]).unwrap();
        if let Ok(forecast) = model.predict_rows(&rows, 1) {
            for values in ends(&forecast).into_iter().chain([&forecast.yhat, &forecast.trend]) {
                prop_assert!(values.iter().all(|value| value.is_finite()));
            }
            for i in 0..ds.len() {
                prop_assert!(forecast.yhat_lower[i] <= forecast.yhat_upper[i]);
                prop_assert!(forecast.trend_lower[i] <= forecast.trend[i]);
                prop_assert!(forecast.trend[i] <= forecast.trend_upper[i]);
            }
        }
        if let Ok(samples) = model.predictive_samples(&rows, 1) {
            prop_assert_eq!(samples.yhat.len(), 20 * ds.len());
            let all = samples.yhat.iter().chain(&samples.trend);
            prop_assert!(all.clone().all(|value| value.is_finite()));
        }
    }
}
