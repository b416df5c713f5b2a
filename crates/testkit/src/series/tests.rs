use std::collections::BTreeSet;
use std::path::Path;

use chrono::{Datelike, NaiveDate, Weekday};

use super::{Prices, is_session, timestamp};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn walk() -> Prices {
    Prices::random_walk("PETR4.SA", day("2023-01-02"), 300, 42)
}

#[test]
fn the_same_seed_gives_the_same_prices_and_another_seed_others() {
    assert_eq!(walk(), walk());
    assert_ne!(walk(), Prices::random_walk("PETR4.SA", day("2023-01-02"), 300, 43));
}

#[test]
fn rows_are_sessions_in_order_with_consistent_prices() {
    let prices = walk();
    assert_eq!(prices.rows.len(), 300);
    assert!(prices.rows.windows(2).all(|w| w[0].date < w[1].date));
    for r in &prices.rows {
        assert!(is_session(r.date), "{}", r.date);
        assert!(r.low <= r.open.min(r.close) && r.open.max(r.close) <= r.high, "{r:?}");
        assert!(0.0 < r.adj_close && r.adj_close <= r.close, "{r:?}");
    }
}

#[test]
fn a_walk_that_begins_on_a_holiday_begins_on_the_next_session() {
    let prices = Prices::random_walk("PETR4.SA", day("2023-01-01"), 3, 1);
    assert_eq!(prices.rows[0].date, day("2023-01-02"));
}

#[test]
fn the_chart_answer_holds_the_rows_of_the_period_only() {
    let prices = walk();
    let (from, to) = (timestamp(prices.rows[10].date), timestamp(prices.rows[20].date));
    let chart = prices.chart_json(from, to);
    let result = &chart["chart"]["result"][0];
    assert_eq!(result["timestamp"].as_array().unwrap().len(), 10);
    assert_eq!(result["indicators"]["quote"][0]["close"].as_array().unwrap().len(), 10);
    assert_eq!(result["meta"]["dataGranularity"], "1d");
}

#[test]
fn a_period_without_a_session_has_no_timestamps() {
    let chart = walk().chart_json(0, 1);
    let result = &chart["chart"]["result"][0];
    assert!(result.get("timestamp").is_none());
    assert_eq!(result["indicators"]["quote"][0], serde_json::json!({}));
}

#[test]
fn the_calendar_agrees_with_the_list_of_closed_weekdays() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/b3_closed_weekdays_2010_2027.txt");
    let Ok(text) = std::fs::read_to_string(&list) else {
        eprintln!("not compared: no list of closed weekdays beside the repository");
        return;
    };
    let closed: BTreeSet<NaiveDate> = text
        .lines()
        .filter_map(|line| line.get(..10)?.parse().ok())
        .filter(|d: &NaiveDate| 2018 <= d.year())
        .collect();
    let ours: BTreeSet<NaiveDate> = day("2018-01-01")
        .iter_days()
        .take_while(|d| d.year() <= 2027)
        .filter(|d| !matches!(d.weekday(), Weekday::Sat | Weekday::Sun) && !is_session(*d))
        .collect();
    assert_eq!(ours.symmetric_difference(&closed).collect::<Vec<_>>(), Vec::<&NaiveDate>::new());
}
