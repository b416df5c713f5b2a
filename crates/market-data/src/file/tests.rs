use std::io::Write;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::calendar::Calendar;
use crate::clean::clean;
use crate::symbol::Symbol;

fn request(price: Price) -> Request {
    Request {
        symbol: Symbol::parse("PETR4.SA").unwrap(),
        start: "2018-01-01".parse().unwrap(),
        end: "2025-01-01".parse().unwrap(),
        price,
        now: "2025-01-01T12:00:00Z".parse().unwrap(),
        wall: "2025-01-01T12:00:00Z".parse().unwrap(),
    }
}

async fn read_as(text: &str, price: Price) -> Result<Fetched, Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    CsvSource::new(file.path()).fetch(&request(price)).await
}

async fn read(text: &str) -> Fetched {
    read_as(text, Price::Close).await.unwrap()
}

/// The message without the path of the temporary file, and the hint.
async fn refused(text: &str) -> (String, String) {
    let error = read_as(text, Price::Close).await.unwrap_err();
    let message = error.to_string();
    let after_path = message.split_once("` ").unwrap().1.to_owned();
    (after_path, error.hint().unwrap())
}

#[tokio::test]
async fn columns_come_in_any_order_and_others_are_ignored() {
    let fetched = read(
        "Volume,Close,Ticker,Date,Adj Close,Open\n\
         100,16.55,PETR4,2018-01-02,4.28,16.19\n\
         ,16.70,PETR4,2018-01-03,null,\n",
    )
    .await;
    let [first, second] = fetched.rows.as_slice() else { panic!("{:?}", fetched.rows) };
    assert_eq!((first.close, first.adj_close, first.open), (Some(16.55), Some(4.28), Some(16.19)));
    assert_eq!((first.volume, first.high, first.line), (Some(100.0), None, Some(2)));
    assert_eq!((second.volume, second.adj_close, second.open), (None, None, None));
    assert_eq!(fetched.provenance.to_string().split_once(' ').unwrap().0, "file");
}

#[tokio::test]
async fn a_date_may_have_a_time_and_an_offset_and_is_taken_as_written() {
    for text in [
        "2018-01-02",
        "2018-01-02 00:00:00-02:00",
        "2018-01-02T00:00:00Z",
        "2018-01-02 13:00:00+0000",
        "2018-01-02T10:00:00.123-02",
        "2018-01-02 10:00",
        "2018-01-02 10:00:00 UTC",
        "2018-01-02 23:00:00-03:00",
        "2018-01-02 22:00",
    ] {
        let fetched = read(&format!("Date,Close\n{text},16.55\n2018-01-03,1\n")).await;
        assert_eq!(fetched.rows[0].at.date().to_string(), "2018-01-02", "{text}");
        let request = request(Price::Close);
        let (bars, quality) = clean(&fetched, &Calendar::b3(), &request).unwrap();
        assert_eq!(bars.first_date().unwrap().to_string(), "2018-01-02", "{text}");
        assert_eq!(quality.n_repairs(), 0, "{text}");
    }
}

#[tokio::test]
async fn what_is_no_date_is_refused_with_its_line() {
    for text in [
        "02/01/2018",
        "2018-1-2",
        "2018-02-30",
        "2018-01-0",
        "20180102",
        "2018-01-02x",
        "2018-01-02 25:00",
        "2018-01-02 10:00+1",
        "+018-01-02",
        "two",
    ] {
        let (message, hint) = refused(&format!("Date,Close\n2018-01-02,1\n{text},2\n")).await;
        assert_eq!(message, format!("line 3: `{text}` is no date"));
        assert_eq!(hint, "write dates as YYYY-MM-DD");
    }
}

#[tokio::test]
async fn what_is_no_number_is_refused_with_its_line_and_column() {
    let (message, hint) = refused("Date,Open,Close\n2018-01-02,1,2\n2018-01-03,R$ 3,4\n").await;
    assert_eq!(message, "line 3: Open `R$ 3` is no number");
    assert!(hint.contains("decimal point"));
    let (message, _) = refused("Date,Close\n2018-01-02,\"16,55\"\n").await;
    assert_eq!(message, "line 2: Close `16,55` is no number");
}

#[tokio::test]
async fn a_missing_column_is_named_with_those_that_are_there() {
    let (message, hint) = refused("ds,y\n2018-01-02,1\n").await;
    assert_eq!(message, "has no column `Date`, it has `ds`, `y`");
    assert!(hint.contains("Date and Close are required"));
    let (message, hint) = refused("Date;Close\n2018-01-02;1\n").await;
    assert_eq!(message, "has no column `Date`, it has `Date;Close`");
    assert!(hint.contains("commas"));
    let error = read_as("Date,Close\n2018-01-02,1\n", Price::AdjClose).await.unwrap_err();
    assert!(error.to_string().contains("no column `Adj Close`"));
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    for text in ["", "\n", "Date,Close\n"] {
        let (message, hint) = refused(text).await;
        assert_eq!(message, "has no row", "{text:?}");
        assert!(hint.contains("Date,Open,High,Low,Close"));
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_refused_by_name() {
    let source = CsvSource::new("no/such/prices.csv");
    let error = source.fetch(&request(Price::Close)).await.unwrap_err();
    assert_eq!(error.to_string(), "no file `no/such/prices.csv`");
    assert_eq!(error.hint().unwrap(), "check the path after `--source file:`");
}

#[tokio::test]
async fn infinities_and_nan_count_as_missing() {
    let fetched = read("Date,Close,Adj Close\n2018-01-02,1,inf\n2018-01-03,nan,2\n").await;
    assert_eq!((fetched.rows[0].adj_close, fetched.rows[1].close), (None, None));
    assert_eq!(fetched.findings.len(), 2);
}

#[tokio::test]
async fn blank_lines_carriage_returns_and_a_byte_order_mark_do_no_harm() {
    let fetched = read("\u{feff}Date,Close\r\n2018-01-02,1\r\n\r\n2018-01-03,2\r\n\r\n").await;
    let closes: Vec<Option<f64>> = fetched.rows.iter().map(|row| row.close).collect();
    assert_eq!(closes, [Some(1.0), Some(2.0)]);
}

#[tokio::test]
async fn a_row_with_more_cells_than_columns_is_refused_with_its_line_and_their_number() {
    for (text, expected) in [
        ("Date,Close\n2018-01-02,1,2,3\n", "line 2: 4 fields, the header has 2"),
        (
            "Date,Open,Close\n2018-01-02,1,2\n2018-01-03,16,55,17\n",
            "line 3: 4 fields, the header has 3",
        ),
        ("Date,Close\n2018-01-02,1\n\n2018-01-03,16,55", "line 4: 3 fields, the header has 2"),
        (
            "Date,Note,Close\r\n2018-01-02,\"a, \"\"b\"\"\",1\r\n2018-01-03,,1,5\r\n",
            "line 3: 4 fields, the header has 3",
        ),
    ] {
        let (message, hint) = refused(text).await;
        assert_eq!(message, expected, "{text:?}");
        assert!(hint.contains("1.5 and not 1,5"), "{hint}");
    }
}

#[test]
fn commas_and_line_ends_within_quotes_separate_nothing() {
    let text = "a,b\n\"1,\n2\",3\n\"1,2\",\"3\n\",4\n";
    let found = ragged::TooLong { line: 4, fields: 3, columns: 2 };
    assert_eq!(ragged::first_too_long(text.as_bytes()), Some(found));
    for text in ["", "\n\n", "a,b", "a,b\n1\n", "a,b\n\"1,2,3\n4,5,6"] {
        assert_eq!(ragged::first_too_long(text.as_bytes()), None, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(20_180_102), ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(
        text in r#"(Date|Close|Open|Volume|[0-9]{1,4}|2018-01-0[1-9]|[-+:.,;"TZ ]|null|nan|\n|\r|é){0,60}"#,
    ) {
        for head in ["", "Date,Close,Open,Volume\n"] {
            let text = format!("{head}{text}");
            // It may be read or refused.
            drop(parse(Path::new("prices.csv"), text.as_bytes(), Price::Close));
        }
    }

    #[test]
    fn a_date_cell_never_panics(text in "\\PC{0,30}") {
        cell::date(&text);
    }
}
