//! Cutoffs, cross-validations and metrics of Python Prophet 1.5
//! (`make_golden_diagnostics.py`).

use std::{fs, path::PathBuf};

use chrono::TimeDelta;
use forecast_core::{
    Fitted, Growth, SeasonalityChoice, Series, Spec,
    baseline::{Baseline, Season},
    diagnostics::{
        CrossValidation, CrossValidationOptions, Cutoffs, Horizon, Metric, PerformanceMetrics,
        cross_validation, generate_cutoffs, parse_timedelta, performance_metrics, prophet_copy,
    },
    ds::{self, Ds},
    fit,
    spec::{Holiday, Mode, Regressor, Seasonality},
};
use serde_json::Value;

use crate::support::assert_close;

/// Python's numbers are printed to 17 digits; what remains is the order of sums.
const EXACT: f64 = 1e-9;

fn golden(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/diagnostics");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().into_iter().flatten();
    values.map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn times(value: &Value) -> Vec<Ds> {
    let values = value.as_array().into_iter().flatten();
    values.map(|value| ds::parse(value.as_str().unwrap()).unwrap()).collect()
}

fn time(value: &Value) -> Option<TimeDelta> {
    value.as_str().map(|text| parse_timedelta(text).unwrap())
}

fn frame(cv: &Value) -> CrossValidation {
    CrossValidation {
        ds: times(&cv["ds"]),
        cutoff: times(&cv["cutoff"]),
        y: numbers(&cv["y"]),
        yhat: numbers(&cv["yhat"]),
        yhat_lower: numbers(&cv["yhat_lower"]),
        yhat_upper: numbers(&cv["yhat_upper"]),
        ..CrossValidation::default()
    }
}

fn history(golden: &Value) -> Series {
    let table = &golden["history"];
    let mut series = Series::new(times(&table["ds"]), numbers(&table["y"])).unwrap();
    for name in ["cap", "floor", "promo", "price", "on"] {
        if table[name].is_array() {
            series = series.with_column(name, numbers(&table[name])).unwrap();
        }
    }
    series
}

/// The models of `make_golden_diagnostics.py`.
fn model(name: &str) -> Fitted {
    let day = |text: &str| ds::parse(text).unwrap();
    let off = SeasonalityChoice::Off;
    let plain = Spec {
        yearly_seasonality: off,
        weekly_seasonality: off,
        daily_seasonality: off,
        ..Spec::default()
    };
    let spec = match name {
        "cv_daily" => Spec {
            weekly_seasonality: SeasonalityChoice::On,
            n_changepoints: 6,
            changepoint_prior_scale: 10.0,
            uncertainty_samples: 200,
            ..plain
        },
        "cv_hours" => Spec {
            growth: Growth::Flat,
            daily_seasonality: SeasonalityChoice::Auto,
            uncertainty_samples: 100,
            interval_width: 0.6,
            ..plain
        },
        "cv_rich" => Spec {
            growth: Growth::Logistic,
            changepoints: Some(
                ["2022-03-15", "2022-05-02", "2022-06-20", "2022-07-29"].map(day).to_vec(),
            ),
            changepoint_prior_scale: 10.0,
            uncertainty_samples: 0,
            holidays: ["2022-04-11", "2022-08-08"]
                .map(|text| Holiday {
                    name: "fair".to_owned(),
                    date: day(text).date(),
                    lower_window: 0,
                    upper_window: 1,
                    prior_scale: None,
                })
                .to_vec(),
            seasonalities: vec![Seasonality {
                name: "phase".to_owned(),
                period: 29.4,
                fourier_order: 2,
                prior_scale: 10.0,
                mode: Mode::Additive,
                condition_name: Some("on".to_owned()),
            }],
            regressors: [("promo", 10.0), ("price", 5.0)]
                .map(|(name, prior_scale)| Regressor {
                    name: name.to_owned(),
                    prior_scale,
                    standardize: None,
                    mode: Mode::Additive,
                    predictor: None,
                })
                .to_vec(),
            ..plain
        },
        other => panic!("no model is known for {other}"),
    };
    fit(&spec, &history(&golden(name))).unwrap()
}

fn validate(name: &str, golden: &Value) -> CrossValidation {
    let cutoffs = if golden["cutoffs"].is_array() {
        Cutoffs::At(times(&golden["cutoffs"]))
    } else {
        Cutoffs::Every { initial: time(&golden["initial"]), period: time(&golden["period"]) }
    };
    let extra = ["trend", "weekly", "cap", "floor"].into_iter();
    let extra = extra.filter(|&column| golden["cv"][column].is_array());
    let options = CrossValidationOptions {
        cutoffs,
        extra_output_columns: extra.map(str::to_owned).collect(),
        ..CrossValidationOptions::default()
    };
    cross_validation(&model(name), time(&golden["horizon"]).unwrap(), &options).unwrap()
}

#[track_caller]
fn assert_metrics(what: &str, found: &PerformanceMetrics, expected: &Value) {
    for (name, values) in expected["columns"].as_object().unwrap() {
        let values = numbers(values);
        match found.column(name) {
            Some(found) => assert_close(&format!("{what}: {name}"), found, &values, EXACT),
            // Python gives infinite metrics, we leave them out.
            None => assert!(values.iter().any(|value| value.is_nan()), "{what}: {name}"),
        }
    }
    let ours = found.columns.iter().map(|(name, _)| name.as_str());
    assert!(ours.into_iter().all(|name| expected["columns"][name].is_array()), "{what}");
    let horizon = expected["horizon"].as_array().unwrap().iter().map(|value| {
        let months = || i32::try_from(value.as_i64().unwrap()).unwrap();
        time(value).map_or_else(|| Horizon::Months(months()), Horizon::Time)
    });
    assert_eq!(found.horizon, horizon.collect::<Vec<_>>(), "{what}");
}

fn assert_all_metrics(what: &str, cv: &CrossValidation, tables: &Value) {
    for table in tables.as_array().unwrap() {
        let (window, monthly) = (&table["rolling_window"], &table["monthly"]);
        let what = format!("{what}, window {window}, monthly {monthly}");
        let (window, monthly) = (window.as_f64().unwrap(), monthly.as_bool().unwrap());
        let found = performance_metrics(cv, &Metric::DEFAULT, window, monthly).unwrap();
        assert_metrics(&what, &found, table);
    }
}

#[test]
fn cutoffs_are_pythons() {
    let golden = golden("cutoffs");
    for asked in golden["asked"].as_array().unwrap() {
        let ds = times(&golden["series"][asked["series"].as_str().unwrap()]);
        let [horizon, initial, period] =
            ["horizon", "initial", "period"].map(|key| time(&asked[key]).unwrap());
        let found = generate_cutoffs(&ds, horizon, initial, period);
        match asked["cutoffs"].as_str() {
            Some(refusal) => {
                let message = found.unwrap_err().to_string();
                let ours = if refusal.contains("initial") { "has no room" } else { "is shorter" };
                assert!(message.contains(ours), "{asked}: {message}");
            }
            None => assert_eq!(found.unwrap(), times(&asked["cutoffs"]), "{asked}"),
        }
    }
}

#[test]
fn metrics_of_pythons_frames_are_pythons() {
    for name in ["cv_daily", "cv_rich", "cv_hours"] {
        let golden = golden(name);
        assert_all_metrics(name, &frame(&golden["cv"]), &golden["metrics"]);
    }
    for (name, golden) in golden("frames").as_object().unwrap() {
        assert_all_metrics(name, &frame(&golden["cv"]), &golden["metrics"]);
    }
}

#[test]
fn metrics_that_prophet_lacks_follow_their_definitions() {
    for name in ["cv_daily", "cv_rich", "cv_hours"] {
        let golden = golden(name);
        let (cv, history) = (frame(&golden["cv"]), history(&golden));
        let scale = cv.mase_scale(3, &history).unwrap();
        let naive = cv.baseline(&Baseline::Naive, &history).unwrap();
        let season = Season::Time(time(&golden["season"]).unwrap());
        let seasonal = cv.baseline(&Baseline::SeasonalNaive(season), &history).unwrap();
        let interval_width = golden["interval_width"].as_f64().unwrap();
        let metrics = [
            Metric::Mase { scale: &scale },
            Metric::Skill { baseline: &naive },
            Metric::Pinball { interval_width },
            Metric::Winkler { interval_width },
        ];
        let expected = golden["more_metrics"].as_object().unwrap();
        let found = performance_metrics(&cv, &metrics, 0.1, false).unwrap();
        for (metric, values) in expected.iter().filter(|(metric, _)| *metric != "seasonal_skill") {
            let found = found.column(metric).unwrap();
            assert_close(&format!("{name}: {metric}"), found, &numbers(values), EXACT);
        }
        let skill = [Metric::Skill { baseline: &seasonal }];
        let found = performance_metrics(&cv, &skill, 0.1, false).unwrap();
        let expected = numbers(&expected["seasonal_skill"]);
        assert_close(&format!("{name}: seasonal"), &found.columns[0].1, &expected, EXACT);
    }
}

#[test]
fn cross_validations_are_pythons_as_far_as_the_optimum_is() {
    // Stan goes on until the log posterior gains less than 1e-8.
    for (name, tolerance) in [("cv_daily", 1e-5), ("cv_rich", 1e-5), ("cv_hours", 1e-6)] {
        let golden = golden(name);
        let (found, expected) = (validate(name, &golden), &golden["cv"]);
        assert_eq!(found.ds, times(&expected["ds"]), "{name}");
        assert_eq!(found.cutoff, times(&expected["cutoff"]), "{name}");
        assert_eq!(found.y, numbers(&expected["y"]), "{name}");
        assert_eq!(found.yhat_lower.is_empty(), expected["yhat_lower"].is_null(), "{name}");
        assert!(found.warnings.is_empty(), "{name}: {:?}", found.warnings);
        assert_close(name, &found.yhat, &numbers(&expected["yhat"]), tolerance);
        for (column, values) in &found.extra {
            let expected = numbers(&expected[column.as_str()]);
            assert_close(&format!("{name}: {column}"), values, &expected, 10.0 * tolerance);
        }
        let widths = |low: &[f64], high: &[f64]| -> f64 {
            low.iter().zip(high).map(|(low, high)| high - low).sum()
        };
        let ours = widths(&found.yhat_lower, &found.yhat_upper);
        let theirs = widths(&numbers(&expected["yhat_lower"]), &numbers(&expected["yhat_upper"]));
        assert!((ours - theirs).abs() <= 0.1 * theirs, "{name}: width {ours}, Python {theirs}");
    }
}

#[test]
fn copies_keep_the_changepoints_before_the_cutoff() {
    let golden = golden("cv_rich");
    let model = model("cv_rich");
    let expected = golden["changepoints_kept"].as_array().unwrap();
    for (cutoff, kept) in times(&golden["cutoff_list"]).into_iter().zip(expected) {
        assert_eq!(prophet_copy(&model, Some(cutoff)).changepoints, Some(times(kept)), "{cutoff}");
    }
    assert_eq!(prophet_copy(&model, None).changepoints, model.spec().changepoints);
}
