use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::bar::Bar;

fn bars(n: usize) -> Bars {
    let first = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
    let days = first.iter_days().step_by(3).take(n);
    let rows = days.enumerate().map(|(idx, date)| Bar {
        date,
        open: None,
        high: None,
        low: None,
        close: 1.0 + idx as f64,
        adj_close: None,
        volume: None,
    });
    Bars::new(rows.collect()).unwrap()
}

#[test]
fn a_short_series_is_refused_with_both_numbers() {
    let error = last_sessions(&bars(12), 5).unwrap_err();
    assert_eq!(error.to_string(), "series has 12 rows, at least 100 are needed");
    assert_eq!(error.hint().unwrap(), "choose an earlier --start");
}

#[test]
fn a_split_without_a_side_is_refused() {
    let series = bars(150);
    let message = last_sessions(&series, 200).unwrap_err().to_string();
    assert_eq!(
        message,
        "split before the last 200 sessions leaves 0 of 150 rows to train on and 150 to test"
    );
    assert!(last_sessions(&series, 0).is_err());
    assert!(last_sessions(&series, 149).is_err());
    assert!(by_cutoff(&series, series.last_date().unwrap()).is_err());
    assert!(by_cutoff(&series, NaiveDate::MIN).is_err());
}

#[test]
fn rolling_origins_end_with_the_series_and_keep_their_initial_history() {
    let series = bars(200);
    let rolling = Rolling { initial: 120, step: 20, horizon: 30 };
    let folds: Vec<Split> = rolling_origins(&series, rolling).unwrap().collect();
    let lengths: Vec<(usize, usize)> =
        folds.iter().map(|fold| (fold.train.len(), fold.test.len())).collect();
    assert_eq!(lengths, [(130, 30), (150, 30), (170, 30)]);
    assert_eq!(folds.last().unwrap().test.last_date(), series.last_date());
}

#[test]
fn rolling_origins_without_room_are_refused() {
    let fail = |rolling| rolling_origins(&bars(120), rolling).err().unwrap().to_string();
    let message = fail(Rolling { initial: 100, step: 10, horizon: 30 });
    assert!(message.contains("leaves 100 of 120 rows to train on and 20 to test"), "{message}");
    let message = fail(Rolling { initial: 50, step: 0, horizon: 30 });
    assert!(message.starts_with("setting `step`: `0`"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(20_180_102), ..ProptestConfig::default() })]

    #[test]
    fn a_split_loses_and_reorders_nothing(rows in MIN_ROWS..300_usize, n in 1..98_usize) {
        let series = bars(rows);
        let split = last_sessions(&series, n).unwrap();
        prop_assert_eq!(split.test.len(), n);
        prop_assert_eq!(Some(split.cutoff), split.train.last_date());
        let mut joined = split.train.as_slice().to_vec();
        joined.extend_from_slice(split.test.as_slice());
        prop_assert_eq!(joined.as_slice(), series.as_slice());
        prop_assert_eq!(by_cutoff(&series, split.cutoff).unwrap(), split);
    }

    #[test]
    fn no_fold_sees_what_it_is_scored_on(
        rows in MIN_ROWS..300_usize, initial in 2..60_usize, step in 1..40_usize, horizon in 1..40_usize,
    ) {
        let series = bars(rows);
        let mut before = None;
        for fold in rolling_origins(&series, Rolling { initial, step, horizon }).unwrap() {
            prop_assert!(initial <= fold.train.len());
            prop_assert_eq!(fold.test.len(), horizon);
            prop_assert!(fold.train.dates().iter().all(|date| *date <= fold.cutoff));
            prop_assert!(fold.test.dates().iter().all(|date| fold.cutoff < *date));
            prop_assert!(before < Some(fold.cutoff));
            before = Some(fold.cutoff);
        }
    }
}
