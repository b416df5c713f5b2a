use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn the_day_is_the_exchanges_not_that_of_utc() {
    let sao_paulo = exchange_zone(&Symbol::parse("PETR4.SA").unwrap());
    let night = at("2025-07-02T01:30:00Z");
    assert_eq!(today_in(sao_paulo, night).to_string(), "2025-07-01");
    assert_eq!(today_in(Tz::UTC, night).to_string(), "2025-07-02");
}

#[test]
fn zones_follow_the_symbol() {
    let zone = |text| exchange_zone(&Symbol::parse(text).unwrap());
    assert_eq!(zone("^BVSP"), Tz::America__Sao_Paulo);
    assert_eq!(zone("BTC-USD"), Tz::UTC);
    assert_eq!(zone("AAPL"), Tz::America__New_York);
}

#[test]
fn a_day_without_midnight_begins_at_one() {
    // Brazil's summer time of 2018 began at 00:00 of 4 November.
    let date = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
    assert_eq!(start_of_day(Tz::America__Sao_Paulo, date), at("2018-11-04T03:00:00Z"));
    let usual = NaiveDate::from_ymd_opt(2025, 7, 1).unwrap();
    assert_eq!(start_of_day(Tz::America__Sao_Paulo, usual), at("2025-07-01T03:00:00Z"));
}

#[test]
fn a_session_closes_in_its_exchanges_time_as_early_as_any_day() {
    let close = |symbol: &str, date: &str| {
        let moment = earliest_close(&Symbol::parse(symbol).unwrap(), date.parse().unwrap());
        moment.to_rfc3339()
    };
    assert_eq!(close("PETR4.SA", "2026-11-23"), "2026-11-23T20:00:00+00:00");
    // Brazil had summer time then.
    assert_eq!(close("PETR4.SA", "2018-12-03"), "2018-12-03T19:00:00+00:00");
    assert_eq!(close("AAPL", "2026-11-27"), "2026-11-27T18:00:00+00:00");
    assert_eq!(close("BTC-USD", "2026-11-23"), "2026-11-24T00:00:00+00:00");
    let last = NaiveDate::MAX.to_string();
    assert!(close("BTC-USD", &last).starts_with(&last[..6]));
}
