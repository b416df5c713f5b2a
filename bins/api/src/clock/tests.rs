use std::time::Duration;

use super::*;

fn at(text: &str) -> SystemTime {
    SystemTime::from(DateTime::parse_from_rfc3339(text).unwrap())
}

#[track_caller]
fn check(clock: &Clock, at_text: &str, date: &str) {
    assert_eq!(clock.on(at(at_text)).to_string(), date, "{at_text}");
}

#[test]
fn the_day_changes_at_midnight_on_the_exchange_and_back_when_the_clock_jumps() {
    let clock = Clock::new(&"PETR4.SA".parse().unwrap(), None);
    for _ in 0..2 {
        check(&clock, "2026-01-06T02:59:59.999Z", "2026-01-05");
        check(&clock, "2026-01-06T03:00:00Z", "2026-01-06");
        check(&clock, "2026-01-06T03:00:00.5Z", "2026-01-06");
        check(&clock, "2026-01-06T02:59:59Z", "2026-01-05");
        check(&clock, "1969-12-31T03:00:00Z", "1969-12-31");
    }
}

#[test]
fn the_date_is_that_of_the_zone_in_every_second_around_a_change_of_the_clocks() {
    // New York put its clocks back at 06:00 UTC on 1 November 2026; midnight was at 04:00.
    let clock = Clock::new(&"AAPL".parse().unwrap(), None);
    let zone = exchange_zone(&"AAPL".parse().unwrap());
    for minute in 0..(26 * 60) {
        let at = at("2026-11-01T03:30:00Z") + Duration::from_secs(60 * minute);
        assert_eq!(clock.on(at), today_in(zone, DateTime::<Utc>::from(at)), "{at:?}");
    }
}
