use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_edges_are_round_and_hold_the_values() {
    let values = Values::around(26.13, 41.9);
    assert_eq!(values.ticks, [25.0, 30.0, 35.0, 40.0, 45.0]);
    assert_eq!(values.decimals, 0);
    let values = Values::around(30.02, 30.61);
    assert_eq!((values.low, values.high, values.decimals), (30.0, 30.8, 1));
    assert_eq!(Values::around(1.01, 1.1).decimals, 2);
}

#[test]
fn every_range_of_finite_numbers_has_places() {
    for (low, high) in [
        (10.0, 10.0),
        (0.0, 0.0),
        (-1e308, 1e308),
        (1e300, 1e300),
        (5e-324, 1e-323),
        (9_007_199_254_740_991.0, 9_007_199_254_740_992.0),
        (-3.0, -3.0),
    ] {
        let values = Values::around(low, high);
        assert!((1..=TICKS_MAX).contains(&values.ticks.len()), "{low} {high}: {values:?}");
        assert!(values.ticks.is_sorted() && values.decimals <= 8, "{values:?}");
        for value in [low, high].into_iter().chain(values.ticks.iter().copied()) {
            assert!((0.0..=1.0).contains(&values.down(value)), "{value} in {values:?}");
        }
    }
}

#[track_caller]
fn labels(first: &str, last: &str, expect: &[&str]) {
    let dates = Dates::of(&[date(first), date(last)]).unwrap();
    let labels: Vec<String> = dates.ticks(Lang::En).into_iter().map(|(_, label)| label).collect();
    assert_eq!(labels, expect, "{first} to {last}");
}

#[test]
fn a_year_shows_its_months_years_their_januaries_and_a_week_its_days() {
    labels("2025-11-21", "2027-02-22", &["2026", "Mar", "May", "Jul", "Sep", "Nov", "2027"]);
    labels("2026-09-15", "2026-12-15", &["Oct", "Nov", "Dec"]);
    labels("2019-05-02", "2026-03-01", &["2020", "2021", "2022", "2023", "2024", "2025", "2026"]);
    labels("2026-01-05", "2026-01-08", &["5 Jan", "6 Jan", "7 Jan", "8 Jan"]);
    labels("2026-01-05", "2026-01-05", &["5 Jan"]);
}

#[test]
fn dates_lie_between_the_edges() {
    let dates = Dates::of(&[date("2026-01-01"), date("2026-01-11")]).unwrap();
    assert!((dates.right(date("2026-01-06")) - 0.5).abs() < 1e-12);
    assert!(Dates::of(&[]).is_none());
}
