use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// How many weekdays of `year` B3 is closed.
fn closures_in(year: i32) -> usize {
    let (first, last) = (day(&format!("{year}-01-01")), day(&format!("{year}-12-31")));
    Calendar::weekdays().sessions_between(first, last).count()
        - Calendar::b3().sessions_between(first, last).count()
}

#[test]
fn b3_closes_as_often_as_it_did() {
    let counts: Vec<usize> = (2018..=2027).map(closures_in).collect();
    assert_eq!(counts, [16, 13, 13, 14, 10, 12, 11, 11, 14, 12]);
}

#[test]
fn b3_is_closed_on_known_days_and_open_on_others() {
    let b3 = Calendar::b3();
    for closed in [
        "2014-06-12",
        "2018-01-25",
        "2019-07-09",
        "2021-11-20",
        "2021-11-15",
        "2024-11-20",
        "2024-12-24",
        "2024-12-31",
        "2025-03-03",
        "2025-03-04",
        "2025-06-19",
        "2026-12-24",
        "2027-02-08",
        "2025-01-04",
    ] {
        assert!(!b3.is_session(day(closed)), "{closed}");
    }
    for open in [
        "2018-02-14",
        "2020-07-09",
        "2020-11-20",
        "2022-01-25",
        "2022-07-08",
        "2023-11-20",
        "2024-12-23",
        "2024-12-30",
        "2025-03-05",
        "2025-07-09",
        "2026-01-26",
    ] {
        assert!(b3.is_session(day(open)), "{open}");
    }
}

#[test]
fn next_and_previous_do_not_include_the_day_itself() {
    let b3 = Calendar::b3();
    assert_eq!(b3.next_session(day("2024-12-30")), Some(day("2025-01-02")));
    assert_eq!(b3.previous_session(day("2025-01-02")), Some(day("2024-12-30")));
    assert_eq!(b3.sessions_from(day("2024-12-30"), 2), [day("2024-12-30"), day("2025-01-02")]);
    assert_eq!(b3.sessions_from(day("2024-12-31"), 1), [day("2025-01-02")]);
    assert_eq!(b3.sessions_from(day("2024-12-31"), 0), []);
}

#[test]
fn a_configured_closure_is_no_session() {
    let b3 = Calendar::b3().with_closures([day("2025-01-02")]);
    assert_eq!(b3.next_session(day("2024-12-30")), Some(day("2025-01-03")));
}

#[test]
fn the_symbol_chooses_the_calendar() {
    let name = |text| Calendar::for_symbol(&Symbol::parse(text).unwrap()).name();
    assert_eq!(name("PETR4.SA"), "B3");
    assert_eq!(name("^BVSP"), "B3");
    assert_eq!(name("BTC-USD"), "24/7");
    assert_eq!(name("AAPL"), "weekdays");
    assert!(Calendar::always_open().is_session(day("2025-01-04")));
    assert!(!Calendar::weekdays().is_session(day("2025-01-04")));
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let b3 = Calendar::b3();
    assert_eq!(b3.next_session(NaiveDate::MAX), None);
    assert_eq!(b3.previous_session(NaiveDate::MIN), None);
    assert!(b3.sessions_from(NaiveDate::MIN, 5).len() == 5);
    assert!(b3.sessions_from(day("1500-01-01"), 5).len() == 5);
}
