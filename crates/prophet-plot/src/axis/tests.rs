use chrono::{NaiveDateTime, TimeDelta};

use super::time::time_axis;
use super::value::{Numbers, number, value_axis};
use super::{Scale, Tick};

fn at(text: &str) -> NaiveDateTime {
    forecast_core::ds::parse(text).expect("a date")
}

fn labels(ticks: &[Tick]) -> Vec<&str> {
    ticks.iter().map(|t| t.label.as_str()).collect()
}

fn below(ticks: &[Tick]) -> Vec<&str> {
    ticks.iter().map(|t| t.below.as_str()).filter(|b| !b.is_empty()).collect()
}

#[test]
fn value_axes_end_on_round_numbers_around_the_values() {
    let ((low, high), ticks) = value_axis([23.4, 41.9, f64::NAN], 5.0, Numbers::Plain);
    assert!(low <= 23.4 && 41.9 <= high);
    assert_eq!(labels(&ticks), ["20", "25", "30", "35", "40", "45"]);
    let ((low, high), _) = value_axis([7.0, 7.0], 5.0, Numbers::Plain);
    assert!(low < 7.0 && 7.0 < high);
    assert_eq!(value_axis([], 4.0, Numbers::Plain).0, (0.0, 1.0));
}

#[test]
fn every_size_of_number_has_a_short_label() {
    let cases: [([f64; 2], &[&str]); 6] = [
        ([0.0, 3e6], &["0", "1M", "2M", "3M"]),
        ([2.5e9, 4e9], &["2.5G", "3.0G", "3.5G", "4.0G"]),
        ([0.0, 3e-9], &["0", "1e-9", "2e-9", "3e-9"]),
        ([1e20, 4e20], &["1e20", "2e20", "3e20", "4e20"]),
        ([-2.0, 1.0], &["\u{2212}2", "\u{2212}1", "0", "1"]),
        ([0.001, 0.003], &["0.001", "0.002", "0.003"]),
    ];
    for (values, expected) in cases {
        assert_eq!(labels(&value_axis(values, 3.0, Numbers::Plain).1), expected);
    }
    let ticks = value_axis([-0.02, 0.04], 3.0, Numbers::Percent).1;
    assert_eq!(labels(&ticks), ["\u{2212}2%", "0%", "2%", "4%"]);
    assert_eq!(number(-0.025, 0.005), "\u{2212}0.025");
    assert_eq!(number(-0.0, 0.5), "0.0");
    assert_eq!(Numbers::Plain.signed(0.1234, 1.65), "+0.12");
    assert_eq!(Numbers::Percent.signed(-0.0123, 0.0456), "\u{2212}1.23%");
    assert_eq!(Numbers::Plain.signed(0.0, 0.0), "0");
}

#[test]
fn months_name_each_year_once_and_years_stand_alone() {
    let ticks = time_axis(at("2024-11-12"), at("2025-12-18"), 20.0);
    assert_eq!(labels(&ticks)[0], "Dec");
    assert_eq!(below(&ticks), ["2024", "2025"]);
    let ticks = time_axis(at("1990-01-01"), at("2025-12-18"), 10.0);
    assert_eq!(labels(&ticks), ["1990", "1995", "2000", "2005", "2010", "2015", "2020", "2025"]);
    assert!(below(&ticks).is_empty());
}

#[test]
fn hours_and_minutes_name_each_day_once() {
    let ticks = time_axis(at("2024-03-09 18:00"), at("2024-03-10 09:00"), 8.0);
    assert_eq!(
        labels(&ticks),
        ["18:00", "20:00", "22:00", "00:00", "02:00", "04:00", "06:00", "08:00"]
    );
    assert_eq!(below(&ticks), ["9 Mar 2024", "10 Mar 2024"]);
    let ticks = time_axis(at("2024-03-09 18:00:07"), at("2024-03-09 18:00:31"), 6.0);
    assert_eq!(labels(&ticks), ["18:00:10", "18:00:15", "18:00:20", "18:00:25", "18:00:30"]);
}

#[test]
fn any_span_has_at_least_one_tick_and_not_many() {
    let from = at("1969-12-31 23:59:58");
    let mut span = TimeDelta::milliseconds(1);
    while let Some(to) = from.checked_add_signed(span) {
        let ticks = time_axis(from, to, 12.0);
        assert!((1..=14).contains(&ticks.len()), "{span}: {}", ticks.len());
        let Some(longer) = span.checked_mul(3) else { break };
        span = longer;
    }
    assert_eq!(time_axis(from, from, 20.0).len(), 1);
}

#[test]
fn a_single_value_stands_in_the_middle() {
    assert!((Scale::new((5.0, 5.0), (0.0, 100.0)).px(5.0) - 50.0).abs() < 1e-12);
    assert!((Scale::new((0.0, 10.0), (100.0, 0.0)).px(2.0) - 80.0).abs() < 1e-12);
}
