//! Forecasts that cost nothing.

use chrono::TimeDelta;
use forecast_core::baseline::{Baseline, Season};

use crate::support::days;

fn forecast(baseline: Baseline, known: usize, ahead: usize) -> Option<Vec<f64>> {
    let all = days((known + ahead) as u64);
    let y: Vec<f64> = (0..known).map(|i| (i * i) as f64).collect();
    baseline.forecast(&all[..known], &y, &all[known..])
}

#[test]
fn the_last_value_is_repeated() {
    assert_eq!(forecast(Baseline::Naive, 5, 3), Some(vec![16.0; 3]));
    assert_eq!(forecast(Baseline::Naive, 0, 3), None);
}

#[test]
fn the_line_through_the_ends_goes_on() {
    // From 0 to 16 in four days.
    assert_eq!(forecast(Baseline::Drift, 5, 3), Some(vec![20.0, 24.0, 28.0]));
    assert_eq!(forecast(Baseline::Drift, 1, 3), None);
}

#[test]
fn a_season_in_rows_is_repeated_in_order() {
    let season = |rows| Baseline::SeasonalNaive(Season::Rows(rows));
    assert_eq!(forecast(season(2), 5, 5), Some(vec![9.0, 16.0, 9.0, 16.0, 9.0]));
    assert_eq!(forecast(season(5), 5, 1), Some(vec![0.0]));
    assert_eq!(forecast(season(6), 5, 1), None);
    assert_eq!(forecast(season(0), 5, 1), None);
}

#[test]
fn a_season_in_time_is_whole_seasons_back() {
    let season = |days| Baseline::SeasonalNaive(Season::Time(TimeDelta::days(days)));
    // Days 5, 6, 7 repeat 3, 4, then 3 again: two seasons back.
    assert_eq!(forecast(season(2), 5, 3), Some(vec![9.0, 16.0, 9.0]));
    assert_eq!(forecast(season(7), 5, 3), None);
    assert_eq!(forecast(season(0), 5, 1), None);
    // A day that is missing a season ago stands for the one before it.
    let all = days(10);
    let known = [all[0], all[1], all[4]];
    let found = season(7).forecast(&known, &[1.0, 2.0, 3.0], &all[8..]);
    assert_eq!(found, Some(vec![2.0, 2.0]));
}
