use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::{Failure, YahooFake};
use crate::series::{Prices, timestamp};

fn fake() -> (YahooFake, Prices) {
    let prices = Prices::random_walk("PETR4.SA", "2024-01-02".parse().unwrap(), 50, 1);
    (YahooFake::start(prices.clone()).unwrap(), prices)
}

fn get(yahoo: &YahooFake, target: &str) -> String {
    let mut stream = TcpStream::connect(yahoo.base_url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nhost: fake\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn rows(answer: &str) -> usize {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    json["chart"]["result"][0]["timestamp"].as_array().unwrap().len()
}

#[test]
fn a_known_symbol_is_answered_for_the_period() {
    let (yahoo, prices) = fake();
    let (from, to) = (timestamp(prices.rows[5].date), timestamp(prices.rows[9].date) + 1);
    let query = format!("/v8/finance/chart/PETR4.SA?period1={from}&period2={to}&interval=1d");
    assert_eq!(rows(&get(&yahoo, &query)), 5);
    assert_eq!(yahoo.requests(), [query]);
}

#[test]
fn an_unknown_symbol_is_404_with_yahoos_words() {
    let (yahoo, _) = fake();
    let answer = get(&yahoo, "/v8/finance/chart/PETR9.SA?period1=0");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(answer.contains("symbol may be delisted"), "{answer}");
}

#[test]
fn failures_last_as_long_as_they_were_ordered() {
    let (yahoo, _) = fake();
    let target = "/v8/finance/chart/PETR4.SA";
    yahoo.fail_times(1, Failure::Status { code: 503, body: "no".into(), retry_after_s: Some(2) });
    assert!(get(&yahoo, target).contains("retry-after: 2"));
    assert_eq!(rows(&get(&yahoo, target)), 50);
    yahoo.fail(Failure::too_many_requests());
    assert!(get(&yahoo, target).starts_with("HTTP/1.1 429 "));
    assert!(get(&yahoo, target).ends_with("Edge: Too Many Requests"));
    yahoo.fail(Failure::HangUp);
    assert_eq!(get(&yahoo, target), "");
    yahoo.fail(Failure::HalfBody);
    assert!(get(&yahoo, target).starts_with("HTTP/1.1 200 "));
    yahoo.recover();
    assert_eq!(rows(&get(&yahoo, target)), 50);
    assert_eq!(yahoo.n_requests(), 7);
}

#[test]
fn new_prices_are_served_at_once() {
    let (yahoo, prices) = fake();
    let more = Prices::random_walk("PETR4.SA", prices.rows[0].date, 51, 1);
    yahoo.set_prices(more);
    assert_eq!(rows(&get(&yahoo, "/v8/finance/chart/PETR4.SA")), 51);
}
