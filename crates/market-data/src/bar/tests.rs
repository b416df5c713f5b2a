use super::*;

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, d).unwrap()
}

fn bar(d: u32, close: f64, adj_close: Option<f64>) -> Bar {
    Bar { date: day(d), open: None, high: None, low: None, close, adj_close, volume: None }
}

#[test]
fn dates_must_increase() {
    let message = Bars::new(vec![bar(3, 1.0, None), bar(3, 1.0, None)]).unwrap_err().to_string();
    assert_eq!(
        message,
        "row of 2025-01-03 stands after the row of 2025-01-03, dates must increase"
    );
}

#[test]
fn prices_must_be_finite_and_positive() {
    for close in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Bars::new(vec![bar(2, close, None)]).unwrap_err();
        assert!(matches!(error, Error::BadPrice { column: "Close", .. }), "{error}");
    }
    let error = Bars::new(vec![bar(2, 1.0, Some(-2.5))]).unwrap_err();
    assert_eq!(error.to_string(), "Adj Close of 2025-01-02 is -2.5, prices are above 0");
}

#[test]
fn adjusted_closes_are_there_only_if_every_row_has_one() {
    let all = Bars::new(vec![bar(2, 10.0, Some(9.0)), bar(3, 11.0, Some(9.9))]).unwrap();
    assert_eq!(all.closes(Price::AdjClose).unwrap(), [9.0, 9.9]);
    assert_eq!(all.closes(Price::Close).unwrap(), [10.0, 11.0]);
    let some = Bars::new(vec![bar(2, 10.0, Some(9.0)), bar(3, 11.0, None)]).unwrap();
    let error = some.closes(Price::AdjClose).unwrap_err();
    assert_eq!(error.to_string(), "no adjusted close for 2025-01-03");
}

#[test]
fn the_digest_depends_on_dates_and_the_chosen_closes_only() {
    let bars = Bars::new(vec![bar(2, 10.0, Some(9.0)), bar(3, 11.0, Some(9.9))]).unwrap();
    let digest = bars.digest(Price::Close).unwrap();
    assert_eq!(digest.len(), DIGEST_CHARS);
    assert!(digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let readjusted = Bars::new(vec![bar(2, 10.0, Some(8.0)), bar(3, 11.0, Some(9.9))]).unwrap();
    assert_eq!(readjusted.digest(Price::Close).unwrap(), digest);
    assert_ne!(readjusted.digest(Price::AdjClose).unwrap(), bars.digest(Price::AdjClose).unwrap());
    let moved = Bars::new(vec![bar(2, 10.0, None), bar(4, 11.0, None)]).unwrap();
    assert_ne!(moved.digest(Price::Close).unwrap(), digest);
    assert_ne!(bars.slice(0..1).digest(Price::Close).unwrap(), digest);
}

#[test]
fn prices_have_the_names_of_the_settings() {
    for price in [Price::Close, Price::AdjClose] {
        assert_eq!(price.to_string().parse::<Price>().unwrap(), price);
    }
    let message = "open".parse::<Price>().unwrap_err().to_string();
    assert_eq!(message, "setting `price`: `open` is neither `close` nor `adj_close`");
}
