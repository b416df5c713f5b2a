//! Many series at once.

use std::{num::NonZeroUsize, ops::ControlFlow, sync::Mutex};

use forecast_core::{
    Future, Series, Spec,
    batch::{BatchError, BatchOptions, Progress, Threads, fit_many, forecast_many, predict_many},
    fit,
};

use crate::support::{days, series};

/// Five series, of which the third has too few rows.
fn jobs() -> Vec<(Spec, Series)> {
    let lengths = [60, 45, 1, 80, 30];
    lengths.map(|rows| (Spec::default(), series(rows))).to_vec()
}

fn threads() -> [Threads; 3] {
    [Threads::One, Threads::All, Threads::Exactly(NonZeroUsize::new(3).unwrap())]
}

#[test]
fn results_stand_in_the_order_of_the_jobs_on_any_threads() {
    let jobs = jobs();
    for threads in threads() {
        let results = fit_many(&jobs, &BatchOptions { threads, on_progress: None });
        assert_eq!(results.len(), jobs.len());
        for ((spec, series), result) in jobs.iter().zip(results) {
            match (result, fit(spec, series)) {
                (Ok(found), Ok(alone)) => assert_eq!(found, alone),
                (Err(BatchError::Fit(found)), Err(alone)) => {
                    assert_eq!(found.to_string(), alone.to_string());
                }
                (found, alone) => panic!("{found:?} in the batch, {alone:?} alone"),
            }
        }
    }
}

#[test]
fn series_of_the_same_dates_are_fitted_as_each_alone() {
    let spec = Spec { country_holidays: Some("BR".to_owned()), ..Spec::default() };
    let base = series(800);
    let with = |y: Vec<f64>| Series::new(base.ds().to_vec(), y).unwrap();
    let mut all: Vec<Series> = (1..=11)
        .map(|i| {
            with(base.y().iter().map(|y| y + f64::from(i) * (y * f64::from(i)).sin()).collect())
        })
        .collect();
    // One that never changes, one with a gap, one of other dates.
    all.insert(3, with(vec![5.0; 800]));
    let mut gap = base.y().to_vec();
    gap[17] = f64::NAN;
    all.insert(6, with(gap));
    all.insert(8, series(700));
    let jobs: Vec<_> = all.iter().map(|series| (&spec, series)).collect();
    for threads in threads() {
        let results = fit_many(&jobs, &BatchOptions { threads, on_progress: None });
        for (series, result) in all.iter().zip(results) {
            assert_eq!(result.unwrap(), fit(&spec, series).unwrap());
        }
    }
}

#[test]
fn forecasts_of_a_batch_are_the_same_to_the_bit_on_any_threads() {
    let jobs = jobs();
    let rows = Future::new(days(100)[90..].to_vec());
    let fitted: Vec<_> =
        fit_many(&jobs, &BatchOptions::default()).into_iter().filter_map(Result::ok).collect();
    let to_predict: Vec<_> = fitted.iter().map(|fitted| (fitted, &rows)).collect();
    let all: Vec<_> = jobs.iter().map(|(spec, series)| (spec, series, &rows)).collect();
    let [one, pool, three] = threads().map(|threads| {
        let options = BatchOptions { threads, on_progress: None };
        let predicted = predict_many(&to_predict, 7, &options);
        let at_once = forecast_many(&all, 7, &options);
        assert!(matches!(at_once[2], Err(BatchError::Fit(_))));
        // Seeds go by place, and the first two places are the same in both.
        assert_eq!(predicted[1].as_ref().unwrap(), at_once[1].as_ref().unwrap());
        predicted.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    });
    assert_eq!(one, pool);
    assert_eq!(one, three);
}

#[test]
fn a_cancelled_batch_keeps_what_is_done() {
    let jobs = jobs();
    let seen = Mutex::new(Vec::new());
    let stop_after_two = |progress: Progress| {
        seen.lock().unwrap().push(progress);
        if progress.done < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let options = BatchOptions { threads: Threads::One, on_progress: Some(&stop_after_two) };
    let results = fit_many(&jobs, &options);
    assert!(results[..2].iter().all(Result::is_ok));
    assert!(results[2..].iter().all(|result| matches!(result, Err(BatchError::Cancelled))));
    let expected = [1, 2].map(|done| Progress { done, total: 5 });
    assert_eq!(*seen.lock().unwrap(), expected);
}
