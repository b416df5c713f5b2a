//! Specifications and rows that cannot be, and what is said about them.

use std::error::Error;

use chrono::NaiveDate;
use forecast_core::{
    FitError, Fitted, Future, Growth, Series, Spec,
    ds::{Ds, midnight},
    fit,
    spec::Holiday,
};

use crate::support::{days, series};

/// A model that needs every kind of column: cap, floor, a regressor, a condition.
fn demanding() -> Fitted {
    let rows = full(Future::new(days(60)), &[]);
    let mut history = series(60);
    for (name, values) in columns(60) {
        history = history.with_column(name, values).unwrap();
    }
    let mut spec = Spec { growth: Growth::Logistic, ..Spec::default() }
        .add_regressor("price")
        .add_seasonality("term", 7.0, 2);
    spec.seasonalities[0].condition_name = Some("open".to_owned());
    let fitted = fit(&spec, &history).unwrap();
    fitted.predict_rows(&rows, 1).unwrap();
    fitted
}

fn columns(n: u32) -> [(&'static str, Vec<f64>); 4] {
    let of = |value: fn(u32) -> f64| (0..n).map(value).collect();
    [
        ("cap", of(|_| 80.0)),
        ("floor", of(|_| 1.0)),
        ("price", of(|i| f64::from(i % 13))),
        ("open", of(|i| f64::from(i % 2))),
    ]
}

fn full(mut rows: Future, but: &[&str]) -> Future {
    let n = u32::try_from(rows.ds().len()).unwrap();
    for (name, values) in columns(n) {
        if !but.contains(&name) {
            rows = rows.with_column(name, values).unwrap();
        }
    }
    rows
}

#[test]
fn rows_without_a_column_that_the_model_needs_are_refused_by_its_name() {
    let fitted = demanding();
    for name in ["cap", "floor", "price", "open"] {
        let rows = full(Future::new(days(3)), &[name]);
        let error = fitted.predict_rows(&rows, 1).unwrap_err();
        assert_eq!(error.to_string(), "the rows to predict do not fit the model");
        let cause = error.source().unwrap().to_string();
        assert!(cause.starts_with(&format!("column `{name}` is missing: ")), "{cause}");
    }
}

#[test]
fn values_that_cannot_be_are_refused_with_their_row() {
    let fitted = demanding();
    let cause = |name: &str, values: Vec<f64>| {
        let rows = full(Future::new(days(2)), &[]).with_column(name, values).unwrap();
        fitted.predict_rows(&rows, 1).unwrap_err().source().unwrap().to_string()
    };
    assert_eq!(
        cause("cap", vec![80.0, 1.0]),
        "`cap` is 1 on 2020-01-02 00:00:00, it must be greater than the floor 1"
    );
    assert_eq!(
        cause("open", vec![0.5, 1.0]),
        "condition `open` is 0.5 on 2020-01-01 00:00:00, it must be 0 or 1"
    );
    let error = |column: Result<Future, FitError>| column.unwrap_err().to_string();
    let rows = || Future::new(days(2));
    assert_eq!(
        error(rows().with_column("price", vec![1.0, f64::NEG_INFINITY])),
        "`price` is -inf on 2020-01-02 00:00:00, it must be a finite number"
    );
    assert_eq!(
        error(rows().with_column("price", vec![1.0])),
        "column `price` has 1 values, `ds` has 2"
    );
    let half = series(20).with_column("open", vec![0.5; 20]).unwrap();
    let mut spec = Spec::default().add_seasonality("term", 7.0, 2);
    spec.seasonalities[0].condition_name = Some("open".to_owned());
    let refused = fit(&spec, &half).unwrap_err();
    assert!(matches!(refused, FitError::Condition { .. }), "{refused}");
}

#[test]
fn dates_are_sorted_and_a_duplicate_is_refused_with_its_date() {
    let mut ds: Vec<Ds> = days(5);
    ds.reverse();
    let series = Series::new(ds.clone(), vec![5.0, 4.0, 3.0, 2.0, 1.5]).unwrap();
    let fitted = fit(&Spec::default(), &series).unwrap();
    assert_eq!(fitted.history().0, days(5));
    assert_eq!(fitted.history().1, [1.5, 2.0, 3.0, 4.0, 5.0]);
    // Also where one of the two has no value.
    ds[4] = ds[2];
    let error = Series::new(ds, vec![5.0, 4.0, 3.0, 2.0, f64::NAN]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "time stamp 2020-01-03 00:00:00 is there twice; keep one row of it"
    );
}

#[test]
fn names_are_refused_where_python_refuses_them() {
    let refused = |spec: Spec, expected: &str| {
        assert_eq!(spec.check().unwrap_err().to_string(), expected);
    };
    for name in ["yhat_lower", "daily_upper", "cap_scaled", "extra_regressors_additive"] {
        let expected = format!("name `{name}` of a regressor is reserved by Prophet");
        refused(Spec::default().add_regressor(name), &expected);
    }
    let mut twice = Spec::default().add_regressor("open").add_seasonality("term", 7.0, 2);
    twice.seasonalities[0].condition_name = Some("open".to_owned());
    refused(twice.clone(), "name `open` of a condition is used twice");
    twice.seasonalities[0].condition_name = Some("cap".to_owned());
    refused(twice, "name `cap` of a condition is reserved by Prophet");
    let day = NaiveDate::from_ymd_opt(2024, 12, 25).unwrap();
    let christmas = |prior_scale| Holiday { prior_scale, ..Holiday::new("Christmas Day", day) };
    let with = |prior_scale| {
        let holidays = vec![christmas(prior_scale)];
        Spec { holidays, ..Spec::default() }.add_country_holidays("US")
    };
    refused(
        with(Some(3.0)),
        "name `Christmas Day` of a holiday is public too, at `holidays_prior_scale`",
    );
    assert!(with(Some(10.0)).check().is_ok(), "the same prior scale");
    assert!(with(None).check().is_ok());
    let holidays = vec![christmas(None), christmas(Some(10.0))];
    assert!(Spec { holidays, ..Spec::default() }.check().is_ok(), "said twice");
    assert!(Spec::default().add_seasonality("weekly", 7.0, 5).check().is_ok());
    let once = Spec::default().add_regressor("a").add_regressor("a");
    assert_eq!(once.regressors.len(), 1, "the later one counts");
}

#[test]
fn changepoints_outside_the_history_are_refused() {
    let late = midnight(NaiveDate::from_ymd_opt(2021, 1, 1).unwrap());
    let spec = Spec { changepoints: Some(vec![days(3)[2], late]), ..Spec::default() };
    assert_eq!(
        fit(&spec, &series(30)).unwrap_err().to_string(),
        "changepoint 2021-01-01 00:00:00 is outside the history, \
         2020-01-01 00:00:00 to 2020-01-30 00:00:00"
    );
}

#[test]
fn a_regressor_whose_squares_overflow_is_refused() {
    let wide = (0..60).map(|i| if i % 2 == 0 { 1e200 } else { -1e200 }).collect();
    let history = series(60).with_column("price", wide).unwrap();
    let mut spec = Spec::default().add_regressor("price");
    spec.regressors[0].standardize = Some(false);
    let error = fit(&spec, &history).unwrap_err();
    assert!(matches!(error, FitError::Overflow { .. }), "{error}");
}
