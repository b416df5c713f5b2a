//! What holds for every cross-validation, and what bad input meets.

use std::num::NonZeroUsize;

use chrono::TimeDelta;
use forecast_core::{
    Fitted, Future, Series, Spec,
    batch::Threads,
    diagnostics::{
        CrossValidation, CrossValidationError, CrossValidationOptions, CrossValidationWarning,
        Cutoffs, Horizon, Metric, MetricsError, Rolling, Window, cross_validation,
        generate_cutoffs, parse_timedelta, performance_metrics, prophet_copy,
        register_performance_metric, rolling_mean_by_h, single_cutoff_forecast,
    },
    ds::Ds,
    fit, prophet_json,
};
use proptest::prelude::*;

use crate::support::{days, noise, series};

fn few_paths() -> Spec {
    Spec { uncertainty_samples: 50, ..Spec::default() }
}

fn fitted(rows: u64) -> Fitted {
    fit(&few_paths(), &series(rows)).unwrap()
}

fn at(cutoffs: &[Ds]) -> CrossValidationOptions {
    CrossValidationOptions {
        cutoffs: Cutoffs::At(cutoffs.to_vec()),
        seed: 5,
        ..CrossValidationOptions::default()
    }
}

const DAY: TimeDelta = TimeDelta::days(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn nothing_after_a_cutoff_reaches_its_forecast(cutoff in 40usize..100, seed in 0u64..1000) {
        let original = series(120);
        let spec = few_paths().add_regressor("x");
        let x: Vec<f64> = (0..120).map(|i| noise(i + 500)).collect();
        let changed_y: Vec<f64> = original.y().iter().enumerate()
            .map(|(i, y)| if i <= cutoff { *y } else { y * 3.0 + noise(seed + i as u64) })
            .collect();
        let horizon = DAY * 10;
        let run = |y: Vec<f64>, x: Vec<f64>| {
            let series = Series::new(days(120), y).unwrap().with_column("x", x).unwrap();
            let model = fit(&spec, &series).unwrap();
            single_cutoff_forecast(&model, days(120)[cutoff], horizon, &[], 1).unwrap()
        };
        let (first, second) = (run(original.y().to_vec(), x.clone()), run(changed_y, x.clone()));
        prop_assert_eq!(&first.yhat, &second.yhat);
        prop_assert_eq!(&first.yhat_lower, &second.yhat_lower);
        prop_assert_ne!(&first.y, &second.y);
        // Values of a regressor beyond the horizon do not scale it.
        let far: Vec<f64> = x.iter().enumerate()
            .map(|(i, x)| if i <= cutoff + 10 { *x } else { x + 100.0 }).collect();
        prop_assert_eq!(&first.yhat, &run(original.y().to_vec(), far).yhat);
    }

    #[test]
    fn rows_of_a_table_may_come_in_any_order(shift in 1usize..60) {
        let cv = cross_validation(&fitted(120), DAY * 20, &at(&[days(120)[60], days(120)[90]]));
        let cv = cv.unwrap();
        let order: Vec<usize> = (0..40).map(|i| (i * 7 + shift) % 40).collect();
        let pick = |values: &[f64]| order.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let shuffled = CrossValidation {
            ds: order.iter().map(|&i| cv.ds[i]).collect(),
            cutoff: order.iter().map(|&i| cv.cutoff[i]).collect(),
            y: pick(&cv.y),
            yhat: pick(&cv.yhat),
            yhat_lower: pick(&cv.yhat_lower),
            yhat_upper: pick(&cv.yhat_upper),
            ..CrossValidation::default()
        };
        // Whole horizons, so that it does not matter which rows of one count.
        for window in [0.0, 0.1, 1.0] {
            let [first, second] = [&cv, &shuffled].map(|cv| {
                performance_metrics(cv, &Metric::DEFAULT, window, false).unwrap()
            });
            for ((name, first), (_, second)) in first.columns.iter().zip(&second.columns) {
                crate::support::assert_close(name, first, second, 1e-12);
            }
        }
    }

    #[test]
    fn lengths_of_time_read_back(seconds in -4_000_000i64..4_000_000, millis in 0i64..1000) {
        let time = TimeDelta::seconds(seconds) + TimeDelta::milliseconds(millis);
        let text = Horizon::Time(time).to_string();
        prop_assert_eq!(parse_timedelta(&text), Some(time), "{}", text);
    }

    #[test]
    fn any_text_is_a_length_of_time_or_none(text in "[0-9:. dhms+-]{0,12}|.{0,12}") {
        if let Some(time) = parse_timedelta(&text) {
            // Nanoseconds are exact both ways as far as a double counts them.
            let again = parse_timedelta(&Horizon::Time(time).to_string()).unwrap();
            prop_assert!((again - time).abs() < TimeDelta::seconds(1), "{}", text);
        }
    }
}

#[test]
fn lengths_of_time_are_written_as_pandas_writes_them() {
    let texts = [
        ("365 days", "365 days"),
        ("1.5 hours", "0 days 01:30:00"),
        ("2W", "14 days"),
        ("1 days 06:00:00", "1 days 06:00:00"),
        ("-3 minutes", "-1 days 23:57:00"),
        ("10s", "0 days 00:00:10"),
    ];
    for (text, expected) in texts {
        assert_eq!(Horizon::Time(parse_timedelta(text).unwrap()).to_string(), expected);
    }
    assert_eq!(["", "days", "3", "3 moons", "1e9 W"].map(parse_timedelta), [None; 5]);
    assert!(Horizon::Time(TimeDelta::MIN).to_string().starts_with('-'));
}

#[test]
fn threads_change_no_bit() {
    let model = fitted(200);
    let run = |threads| {
        let cutoffs = Cutoffs::Every { initial: Some(DAY * 60), period: Some(DAY * 11) };
        let options = CrossValidationOptions { cutoffs, threads, ..at(&[]) };
        cross_validation(&model, DAY * 20, &options).unwrap()
    };
    let one = run(Threads::One);
    assert_eq!(one.cutoff.windows(2).filter(|pair| pair[0] != pair[1]).count(), 10);
    assert_eq!(one, run(Threads::All));
    assert_eq!(one, run(Threads::Exactly(NonZeroUsize::new(5).unwrap())));
}

#[test]
fn a_cutoffs_forecast_does_not_depend_on_the_other_cutoffs() {
    let model = fitted(120);
    let [first, second] = [days(120)[70], days(120)[95]];
    let both = cross_validation(&model, DAY * 10, &at(&[second, first])).unwrap();
    let alone = cross_validation(&model, DAY * 10, &at(&[first])).unwrap();
    assert_eq!(both.cutoff[..10], [second; 10]);
    assert_eq!(both.yhat_lower[10..], alone.yhat_lower);
    assert_eq!(both.ds[10..], alone.ds);
}

#[test]
fn a_copy_has_the_seasonalities_that_the_whole_history_decided() {
    // Twelve days decide for no weekly seasonality; the whole history has one.
    let model = fitted(60);
    let cv = CrossValidationOptions {
        extra_output_columns: vec!["weekly".to_owned(), "trend_upper".to_owned()],
        ..at(&[days(60)[11]])
    };
    let cv = cross_validation(&model, DAY * 5, &cv).unwrap();
    assert!(cv.column("weekly").unwrap().iter().any(|&value| 0.0 < value));
    assert_eq!(cv.extra.iter().map(|(_, values)| values.len()).collect::<Vec<_>>(), [5, 5]);
    let copy = fit(&prophet_copy(&model, None), &series(60)).unwrap();
    assert_eq!(copy.params(), model.params());
}

#[test]
fn a_model_that_was_written_and_read_is_validated_alike() {
    let model = fitted(120);
    let again = prophet_json::read(&prophet_json::write(&model)).unwrap();
    let [first, second] = [&model, &again].map(|model| {
        cross_validation(model, DAY * 10, &at(&[days(120)[60], days(120)[90]])).unwrap()
    });
    assert_eq!(first, second);
}

#[test]
fn a_short_first_window_is_warned_of() {
    let cv = cross_validation(&fitted(60), DAY * 5, &at(&[days(60)[5], days(60)[30]])).unwrap();
    let expected = CrossValidationWarning::InitialShorterThanSeasonality {
        period_days: 7.0,
        initial: DAY * 5,
    };
    assert_eq!(cv.warnings, [expected]);
    assert_eq!(
        cv.warnings[0].to_string(),
        "seasonality has period of 7 days, which is larger than the initial window of 5 days; \
         consider increasing `initial`"
    );
}

#[test]
fn bad_cross_validations_are_refused_with_their_values() {
    let model = fitted(60);
    let check = |horizon: TimeDelta, options: &CrossValidationOptions, expected: &str| {
        let error = cross_validation(&model, horizon, options).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let every = |initial: i64, period: i64| CrossValidationOptions {
        cutoffs: Cutoffs::Every {
            initial: Some(TimeDelta::days(initial)),
            period: Some(TimeDelta::days(period)),
        },
        ..CrossValidationOptions::default()
    };
    let plain = CrossValidationOptions::default();
    check(-DAY, &plain, "`horizon` is -1 days, it must be above 0 days");
    check(DAY, &every(20, 0), "`period` is 0 days, it must be above 0 days");
    check(DAY, &every(-1, 1), "`initial` is -1 days, it must be at least 0 days");
    check(
        DAY * 60,
        &plain,
        "history from 2020-01-01 00:00:00 to 2020-02-29 00:00:00 is shorter than `horizon` 60 \
         days; make it shorter",
    );
    check(DAY, &at(&[]), "`cutoffs` is empty, at least one is needed");
    let first = days(60)[0];
    check(
        DAY,
        &at(&[first]),
        "cutoff 2020-01-01 00:00:00 must be after the first row, 2020-01-01 00:00:00",
    );
    check(
        DAY * 2,
        &at(&[days(60)[30], days(60)[58]]),
        "cutoff 2020-02-28 00:00:00 must be at most 2020-02-27 00:00:00, the last row less \
         `horizon`",
    );
    check(
        DAY,
        &at(&[first + TimeDelta::hours(5)]),
        "1 rows up to the cutoff 2020-01-01 05:00:00, at least 2 are needed; make `initial` longer",
    );
    let extra = vec!["cap".to_owned()];
    let unknown = CrossValidationOptions { extra_output_columns: extra, ..at(&[days(60)[40]]) };
    let error = cross_validation(&model, DAY, &unknown).unwrap_err().to_string();
    assert!(error.starts_with("`extra_output_columns` has `cap`, the forecast has trend, "));
    let nanosecond = TimeDelta::nanoseconds(1);
    let many = generate_cutoffs(&days(60), DAY, DAY, nanosecond).unwrap_err();
    assert!(matches!(many, CrossValidationError::TooManyCutoffs { .. }));
    let no_rows = cross_validation(&model, TimeDelta::hours(1), &at(&[days(60)[40]])).unwrap_err();
    assert!(matches!(no_rows, CrossValidationError::Predict { .. }), "{no_rows}");
}

#[test]
fn a_metric_of_the_callers_own_is_computed() {
    let cv = cross_validation(&fitted(120), DAY * 10, &at(&[days(120)[60]])).unwrap();
    let bias = |rows: &forecast_core::diagnostics::HorizonRows, window: Window| {
        rolling_mean_by_h(&rows.errors(|y, yhat| yhat - y), &rows.horizon, window)
    };
    let metrics = [Metric::Mae, register_performance_metric("bias", bias)];
    let found = performance_metrics(&cv, &metrics, -1.0, false).unwrap();
    let expected: Vec<f64> = cv.yhat.iter().zip(&cv.y).map(|(yhat, y)| yhat - y).collect();
    assert_eq!(found.column("bias").unwrap(), expected);
    let empty = register_performance_metric("empty", |_, _| Rolling::default());
    assert_eq!(
        performance_metrics(&cv, &[empty], 0.1, false),
        Err(MetricsError::OtherHorizons { name: "empty".to_owned(), found: 0, expected: 10 })
    );
}

#[test]
fn bad_tables_are_refused_and_nothing_infinite_comes_out() {
    let cv = cross_validation(&fitted(120), DAY * 10, &at(&[days(120)[60]])).unwrap();
    let check = |cv: &CrossValidation, metrics: &[Metric<'_>], window: f64, expected: &str| {
        let error = performance_metrics(cv, metrics, window, false).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let all = &Metric::DEFAULT;
    check(&CrossValidation::default(), all, 0.1, "the cross-validation has no rows");
    check(
        &cv,
        all,
        f64::NAN,
        "`rolling_window` is NaN, it must be a finite number, 0 to 1 to average",
    );
    check(&cv, &[Metric::Mae, Metric::Mae], 0.1, "metric `mae` is asked for twice");
    let short = CrossValidation { y: vec![1.0], ..cv.clone() };
    check(&short, all, 0.1, "column `y` has 1 values, `ds` has 10");
    let mut infinite = cv.clone();
    infinite.yhat[3] = f64::INFINITY;
    let expected = "`yhat` is inf on 2020-03-05 00:00:00, it must be a finite number";
    check(&infinite, all, 0.1, expected);
    check(
        &cv,
        &[Metric::Winkler { interval_width: 1.0 }],
        0.1,
        "`interval_width` is 1, it must be between 0 and 1",
    );
    let zero = [0.0; 10];
    check(&cv, &[Metric::Mase { scale: &zero }], 0.1, "`scale` is 0, it must be above 0");
    // Relative errors of zero: left out, and named.
    let zeros = CrossValidation { y: vec![0.0; 10], ..cv };
    let found = performance_metrics(&zeros, all, 0.1, false).unwrap();
    let skipped: Vec<&str> = found.skipped.iter().map(|skipped| skipped.name.as_str()).collect();
    assert_eq!(skipped, ["mape", "mdape"]);
    assert_eq!(found.column("smape").unwrap(), [2.0; 10]);
    let nothing = performance_metrics(&zeros, &[Metric::Mape], 0.1, false).unwrap();
    assert!(nothing.horizon.is_empty());
}

#[test]
fn held_out_rows_bring_their_columns_along() {
    let limited = series(120).with_column("cap", vec![80.0; 120]).unwrap();
    let spec = Spec { growth: forecast_core::Growth::Logistic, ..few_paths() };
    let model = fit(&spec, &limited).unwrap();
    let cv = cross_validation(&model, DAY * 10, &at(&[days(120)[80]])).unwrap();
    let known = Series::new(days(81), limited.y()[..81].to_vec()).unwrap();
    let known = known.with_column("cap", vec![80.0; 81]).unwrap();
    let alone = fit(&prophet_copy(&model, None), &known).unwrap();
    let rows = Future::new(days(91)[81..].to_vec()).with_column("cap", vec![80.0; 10]).unwrap();
    assert_eq!(cv.yhat, alone.predict_rows(&rows, 1).unwrap().yhat);
}
