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
