//! The forecasts that are ready, and the day that changes.

use api::slot::ServedForecast;
use api::table::{Counting, TableKey};
use chrono::NaiveDate;
use market_data::Calendar;

use crate::prophet;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn served(today: &str) -> ServedForecast {
    let fitted = forecast_core::prophet_json::read(&prophet::flat_at(10.0)).unwrap();
    ServedForecast::new(fitted, 7.into(), Calendar::b3(), 365, date(today)).unwrap()
}

fn sessions(first: &str) -> TableKey {
    TableKey { counting: Counting::Sessions, first: date(first) }
}

#[test]
fn tomorrows_answer_is_ready_today_and_stays_the_same_after_midnight() {
    let served = served("2026-01-05");
    let before = served.ready(sessions("2026-01-06")).expect("made a day early").body(365).text();
    assert!(!served.is_stale(date("2026-01-05")));
    assert!(served.is_stale(date("2026-01-06")));
    served.publish(served.prepare(date("2026-01-06")).unwrap());
    assert_eq!(served.ready(sessions("2026-01-06")).unwrap().body(365).text(), before);
    assert!(served.ready(sessions("2026-01-07")).is_some());
    assert!(served.ready(sessions("2026-01-05")).is_none(), "yesterday is let go");
}

#[test]
fn a_clock_that_jumps_finds_its_forecast_made_when_asked_and_then_ready() {
    let served = served("2026-01-05");
    let key = sessions("2026-03-02");
    assert!(served.ready(key).is_none());
    let made = served.ready_or_made(key).unwrap().body(30).text();
    assert_eq!(served.ready(key).unwrap().body(30).text(), made);
    served.publish(served.prepare(date("2026-03-02")).unwrap());
    assert_eq!(served.ready(key).unwrap().body(30).text(), made);
}

#[test]
fn forecasts_from_many_dates_do_not_pile_up() {
    let served = served("2026-01-05");
    let first = sessions("2026-02-02");
    let mut day = date("2026-02-02");
    for _ in 0..40 {
        let counting = Counting::Days;
        served.ready_or_made(TableKey { counting, first: day }).unwrap();
        day = day.succ_opt().unwrap();
    }
    assert!(served.ready(TableKey { counting: Counting::Days, ..first }).is_none());
    assert!(served.ready(sessions("2026-01-05")).is_some(), "today's stays");
}

#[test]
fn who_names_no_date_gets_the_table_of_the_day_also_on_a_weekend() {
    // Saturday and Sunday both begin on Monday.
    let served = served("2026-01-10");
    let monday = served.ready(sessions("2026-01-12")).unwrap();
    for day in ["2026-01-10", "2026-01-11"] {
        let found = served.ready_on(date(day), Counting::Sessions).unwrap();
        assert!(std::sync::Arc::ptr_eq(&found, &monday), "{day}");
    }
    assert!(served.ready_on(date("2026-01-12"), Counting::Sessions).is_none(), "not yet made");
    assert!(served.is_stale(date("2026-01-11")), "Monday is to be made ready on Sunday");
}

#[test]
fn a_short_body_is_a_prefix_of_rows() {
    let table = served("2026-01-05").ready(sessions("2026-01-05")).unwrap();
    assert_eq!(table.body(0).text(), "[]");
    let (one, two) = (table.body(1).text(), table.body(2).text());
    assert!(two.starts_with(one.trim_end_matches(']')), "{one} {two}");
    assert_eq!(table.body(9999), table.body(365), "never more than there is");
}
