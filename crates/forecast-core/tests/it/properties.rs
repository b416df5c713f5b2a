//! What holds for every series, and what bad input meets.

use chrono::{Datelike as _, NaiveDate};
use forecast_core::{
    FitError, Future, Growth, Mode, PredictError, Scaling, SeasonalityChoice, Series, Spec,
    baseline,
    ds::{Ds, midnight},
    evaluate::{EvaluateError, Point, mase_scale, score},
    fit, holidays, prophet_json,
    spec::{Holiday, Regressor, Seasonality},
};
use proptest::prelude::*;

use crate::support::{assert_close, days, noise, series};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_rows_does_not_matter(shift in 1u64..200) {
        let original = series(200);
        let order: Vec<usize> = (0..200u64).map(|i| ((i * 7 + shift) % 200) as usize).collect();
        let ds = order.iter().map(|&i| original.ds()[i]).collect();
        let y = order.iter().map(|&i| original.y()[i]).collect();
        let shuffled = Series::new(ds, y).unwrap();
        let spec = Spec::default();
        prop_assert_eq!(fit(&spec, &original).unwrap(), fit(&spec, &shuffled).unwrap());
    }

    #[test]
    fn scaling_the_series_scales_the_forecast(factor in 0.01f64..1000.0) {
        let original = series(200);
        let scaled = original.y().iter().map(|y| y * factor).collect();
        let scaled = Series::new(original.ds().to_vec(), scaled).unwrap();
        let future = &days(230)[200..];
        let first = fit(&Spec::default(), &original).unwrap().predict(future, 1).unwrap();
        let second = fit(&Spec::default(), &scaled).unwrap().predict(future, 1).unwrap();
        let expected: Vec<f64> = first.yhat.iter().map(|y| y * factor).collect();
        assert_close("yhat", &second.yhat, &expected, 1e-6);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        prop_assert!(prophet_json::read(&text).is_err());
    }

    #[test]
    fn a_damaged_model_is_read_or_refused(at in 0usize..100_000, byte in 32u8..127) {
        let json = prophet_json::write(&fit(&Spec::default(), &series(60)).unwrap());
        let mut bytes = json.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(fitted) = prophet_json::read(&String::from_utf8(bytes).unwrap()) {
            // Whatever it is now, it predicts or says why not.
            let _outcome = fitted.predict(&days(90)[60..], 1).is_ok();
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let fitted = fit(&Spec::default(), &series(200)).unwrap();
    let future = &days(260)[200..];
    assert_eq!(fitted.predict(future, 5).unwrap(), fitted.predict(future, 5).unwrap());
}

#[test]
fn intervals_widen_with_the_horizon_and_hold_the_forecast() {
    let fitted = fit(&Spec::default(), &series(400)).unwrap();
    let forecast = fitted.predict(&days(765)[400..], 5).unwrap();
    let width = |i: usize| forecast.yhat_upper[i] - forecast.yhat_lower[i];
    assert!(width(0) < width(364));
    for i in 0..365 {
        assert!(
            forecast.yhat_lower[i] < forecast.yhat[i] && forecast.yhat[i] < forecast.yhat_upper[i]
        );
    }
}

#[test]
fn missing_values_are_left_out() {
    let full = series(200);
    let mut y = full.y().to_vec();
    y[50] = f64::NAN;
    let without: Vec<usize> = (0..200).filter(|&i| i != 50).collect();
    let gap = Series::new(full.ds().to_vec(), y).unwrap();
    let shorter = Series::new(
        without.iter().map(|&i| full.ds()[i]).collect(),
        without.iter().map(|&i| full.y()[i]).collect(),
    )
    .unwrap();
    let spec = Spec::default();
    assert_eq!(fit(&spec, &gap).unwrap().params(), fit(&spec, &shorter).unwrap().params());
}

#[test]
fn small_and_degenerate_series_fit() {
    for n in 2..=30 {
        let fitted = fit(&Spec::default(), &series(n)).unwrap();
        let forecast = fitted.predict(&days(n + 10), 1).unwrap();
        assert!(forecast.yhat.iter().all(|value| value.is_finite()), "{n} rows");
    }
    let constant = Series::new(days(50), vec![7.5; 50]).unwrap();
    let fitted = fit(&Spec::default(), &constant).unwrap();
    assert_close("yhat", &fitted.predict(&days(60), 1).unwrap().yhat, &[7.5; 60], 1e-9);
    let none =
        Spec { n_changepoints: 0, weekly_seasonality: SeasonalityChoice::Off, ..Spec::default() };
    let fitted = fit(&none, &series(100)).unwrap();
    assert!(fitted.changepoints().is_empty());
    assert!(fitted.report().unwrap().converged);
}

#[test]
fn bad_input_is_refused_with_its_value() {
    let check = |result: Result<forecast_core::Fitted, FitError>, expected: &str| {
        assert_eq!(result.unwrap_err().to_string(), expected);
    };
    let spec = Spec::default();
    check(
        fit(&spec, &Series::new(days(3), vec![1.0, f64::NAN, f64::NAN]).unwrap()),
        "series has 1 rows with a value, at least 2 are needed",
    );
    let twice = Series::new(days(2).into_iter().chain(days(1)).collect(), vec![1.0, 2.0, 3.0]);
    assert_eq!(
        twice.unwrap_err().to_string(),
        "time stamp 2020-01-01 00:00:00 is there twice; keep one row of it"
    );
    check(
        fit(&Spec { changepoint_prior_scale: -1.0, ..Spec::default() }, &series(50)),
        "`changepoint_prior_scale` is -1, it must be above 0",
    );
    check(
        fit(&Spec { country_holidays: Some("XX".to_owned()), ..Spec::default() }, &series(50)),
        "no holidays are known for country `XX`; known are BR, US",
    );
    check(
        fit(&Spec { growth: Growth::Logistic, ..Spec::default() }, &series(50)),
        "column `cap` is missing: growth is logistic",
    );
    assert!(Series::new(days(2), vec![1.0]).is_err());
    assert!(Series::new(days(1), vec![f64::INFINITY]).is_err());
    let fitted = fit(&spec, &series(50)).unwrap();
    assert!(matches!(fitted.predict(&[], 1), Err(PredictError::NoRows)));
    assert!(Future::new(days(2)).with_column("cap", vec![f64::NAN, 1.0]).is_err());
}

#[test]
#[expect(clippy::float_cmp, reason = "halves and quarters are exact")]
fn a_forecast_for_a_holiday_is_ignored() {
    let at = |day: u32| midnight(NaiveDate::from_ymd_opt(2025, 1, day).unwrap());
    let point =
        |day: u32, yhat: f64| Point { ds: at(day), yhat, interval: Some((yhat - 1.0, yhat + 1.0)) };
    let actual: Vec<(Ds, f64)> = vec![(at(2), 10.0), (at(3), 20.0)];
    let metrics = score(&[point(1, 99.0), point(3, 22.0), point(2, 10.5)], &actual, 0.8).unwrap();
    assert_eq!(metrics.n, 2);
    assert_eq!(metrics.mae, 1.25);
    assert_eq!(metrics.bias, 1.25);
    assert_eq!(metrics.mape, 100.0 * (0.05 + 0.1) / 2.0);
    assert_eq!(metrics.coverage, Some(0.5));
    assert!((metrics.rmse - (4.25f64 / 2.0).sqrt()).abs() < 1e-12);
    assert!(matches!(
        score(&[point(1, 1.0)], &actual, 0.8),
        Err(EvaluateError::NoCommonDates { forecast: 1, actual: 2 })
    ));
    assert!(matches!(
        score(&[point(2, 1.0)], &[(at(2), 0.0)], 0.8),
        Err(EvaluateError::ZeroActual { .. })
    ));
    assert_eq!(mase_scale(&[1.0, 2.0, 4.0]), Ok(1.5));
    assert_eq!(mase_scale(&[1.0, 1.0]), Err(EvaluateError::NoScale { rows: 2 }));
}

#[test]
fn baselines_go_on_from_the_last_value() {
    let ds = days(6);
    assert_eq!(baseline::naive_last(&[1.0, 4.0], 2), Some(vec![4.0, 4.0]));
    assert_eq!(baseline::drift(&ds[..4], &[1.0, 9.0, 3.0, 4.0], &ds[4..]), Some(vec![5.0, 6.0]));
    assert_eq!(baseline::naive_last(&[], 2), None);
    assert_eq!(baseline::drift(&ds[..1], &[1.0], &ds[4..]), None);
}

#[test]
fn brazilian_holidays_are_prophets() {
    let names = |year: i32| -> Vec<String> {
        let days = holidays::of_year("BR", year).unwrap();
        days.iter().map(|(day, name)| format!("{} {name}", day.format("%m-%d"))).collect()
    };
    assert_eq!(
        names(2025),
        [
            "01-01 Universal Fraternization Day",
            "04-18 Good Friday",
            "04-21 Tiradentes' Day",
            "05-01 Worker's Day",
            "09-07 Independence Day",
            "10-12 Our Lady of Aparecida",
            "11-02 All Souls' Day",
            "11-15 Republic Proclamation Day",
            "11-20 National Day of Zumbi and Black Awareness",
            "12-25 Christmas Day",
        ]
    );
    assert_eq!(names(2023).len(), 9, "20 November is national since 2024");
    assert_eq!(names(2000)[1..3], ["04-21 Good Friday", "04-21 Tiradentes' Day"]);
    // Easter's earliest and latest dates, and a century without a leap day.
    for (year, day) in [(1818, "03-20"), (1943, "04-23"), (2038, "04-23"), (2100, "03-26")] {
        let good_friday = format!("{day} Good Friday");
        if year >= 1890 {
            assert!(names(year).contains(&good_friday), "{year}");
        }
    }
    assert!(noise(1) < 1.0);
}

#[test]
fn names_that_python_refuses_are_refused() {
    let holiday = |name: &str, prior_scale: Option<f64>| Holiday {
        name: name.to_owned(),
        date: days(1)[0].date(),
        lower_window: 0,
        upper_window: 0,
        prior_scale,
    };
    let refused = |spec: Spec, why: &str| {
        let error = spec.check().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    for name in ["weekly", "holidays", "trend", "a_delim_b", ""] {
        refused(Spec { holidays: vec![holiday(name, None)], ..Spec::default() }, "name `");
    }
    let two = vec![holiday("Carnival", Some(1.0)), holiday("Carnival", Some(2.0))];
    refused(Spec { holidays: two, ..Spec::default() }, "more than one `prior_scale`");
    let regressor = Regressor {
        name: "Christmas Day".to_owned(),
        prior_scale: 1.0,
        standardize: None,
        mode: Mode::Additive,
        predictor: None,
    };
    let country_holidays = Some("BR".to_owned());
    refused(
        Spec { regressors: vec![regressor], country_holidays, ..Spec::default() },
        "is used twice",
    );
    let wide = Holiday { lower_window: i32::MIN, ..holiday("Carnival", None) };
    refused(Spec { holidays: vec![wide], ..Spec::default() }, "-366 to 0");
    let order = SeasonalityChoice::Order(u32::MAX);
    refused(Spec { weekly_seasonality: order, ..Spec::default() }, "1 to 1000");
}

#[test]
fn a_seasonality_of_the_models_own_survives_reading_and_refitting() {
    let own = Seasonality {
        name: "weekly".to_owned(),
        period: 7.0,
        fourier_order: 2,
        prior_scale: 0.1,
        mode: Mode::Additive,
        condition_name: None,
    };
    let fitted = fit(&Spec { seasonalities: vec![own], ..Spec::default() }, &series(200)).unwrap();
    let read = prophet_json::read(&prophet_json::write(&fitted)).unwrap();
    assert_eq!(read.refit(&series(200)).unwrap().params(), fitted.params());
}

#[test]
fn a_level_in_the_seasonality_is_never_the_trends() {
    // A multiplicative week on weekdays could carry the level, at the cost of absurd weekends.
    let weekdays: Vec<Ds> =
        days(900).into_iter().filter(|ds| ds.date().weekday().number_from_monday() < 6).collect();
    let n = weekdays.len() as u64;
    let y = (0..n).map(|i| 30.0 + 5.0 * (i as f64 / 90.0).sin() + noise(i)).collect();
    let history = Series::new(weekdays, y).unwrap();
    for spec in [
        Spec { seasonality_mode: Mode::Multiplicative, ..Spec::default() },
        Spec { growth: Growth::Logistic, ..Spec::default() },
    ] {
        let capped = history.clone().with_column("cap", vec![80.0; history.ds().len()]).unwrap();
        let fitted = fit(&spec, &capped).unwrap();
        let week =
            Future::new(days(907)[900..].to_vec()).with_column("cap", vec![80.0; 7]).unwrap();
        let yhat = fitted.predict_rows(&week, 1).unwrap().yhat;
        assert!(
            yhat.iter().all(|value| (15.0..45.0).contains(value)),
            "{:?}: {yhat:?}",
            spec.growth
        );
        assert!(fitted.report().unwrap().unidentified.contains(&"weekly".to_owned()));
    }
}

#[test]
fn additive_and_multiplicative_features_do_not_spoil_each_other() {
    let base = series(400);
    let campaign: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i % 9 < 3))).collect();
    let y = base.y().iter().zip(&campaign).map(|(y, r)| y * (1.0 + 0.3 * r)).collect();
    let history =
        Series::new(base.ds().to_vec(), y).unwrap().with_column("campaign", campaign).unwrap();
    let regressor = Regressor {
        name: "campaign".to_owned(),
        prior_scale: 10.0,
        standardize: None,
        mode: Mode::Multiplicative,
        predictor: None,
    };
    let fitted = fit(&Spec { regressors: vec![regressor], ..Spec::default() }, &history).unwrap();
    let report = fitted.report().unwrap();
    assert!(report.converged, "{report:?}");
    let rows = Future::new(history.ds().to_vec())
        .with_column("campaign", (0..400).map(|i| f64::from(u8::from(i % 9 < 3))).collect())
        .unwrap();
    let yhat = fitted.predict_rows(&rows, 1).unwrap().yhat;
    let error = yhat.iter().zip(history.y()).map(|(a, b)| (a - b).abs()).sum::<f64>() / 400.0;
    assert!(error < 0.6, "mean error {error} of noise of 1 times 1 or 1.3");
}

#[test]
fn a_perfect_line_is_forecast_and_huge_values_are_refused() {
    let line = |n: u64| (0..n).map(|i| 10.0 + 0.01 * i as f64).collect::<Vec<f64>>();
    let spec = Spec {
        yearly_seasonality: SeasonalityChoice::On,
        weekly_seasonality: SeasonalityChoice::On,
        daily_seasonality: SeasonalityChoice::On,
        ..Spec::default()
    };
    for n in [30, 120, 500] {
        let fitted = fit(&spec, &Series::new(days(n), line(n)).unwrap()).unwrap();
        let found = fitted.predict(&days(n + 5), 1).unwrap().yhat;
        assert_close(&format!("{n} rows"), &found, &line(n + 5), 1e-2);
    }
    let mut y = vec![1e308; 20];
    y[3] = -1e308;
    let spec = Spec { scaling: Scaling::MinMax, ..Spec::default() };
    let error = fit(&spec, &Series::new(days(20), y).unwrap()).unwrap_err();
    assert!(error.to_string().contains("must be finite"), "{error}");
}
