use proptest::prelude::*;

use super::*;
use crate::record::tests::{day, example, moment};

#[test]
fn a_table_is_what_pandas_calls_split() {
    let mut forecast = example();
    forecast.rows.truncate(2);
    let wanted = r#"{"columns":["model","version","symbol","kind","origin","answers_from","ds","horizon","yhat","yhat_lower","yhat_upper","issued_at","trained_through","interval_width","anchors"],"data":[["ProphetModel",3,"PETR4.SA","ready","2026-11-20","2026-11-21","2026-11-23",1,31.1,30.6,31.6,"2026-11-21T03:00:00.250Z","2026-11-19",0.8,"[[\"2026-11-18\",31.25],[\"2026-11-19\",31.5]]"],["ProphetModel",3,"PETR4.SA","ready","2026-11-20","2026-11-21","2026-11-24",2,31.2,30.45,31.95,"2026-11-21T03:00:00.250Z","2026-11-19",0.8,null]]}"#;
    assert_eq!(to_json(&forecast), wanted);
    assert_eq!(from_json(wanted).unwrap(), forecast);
}

#[test]
fn columns_are_found_by_name_and_others_ignored() {
    let mut table: Value = serde_json::from_str(&to_json(&example())).unwrap();
    table["columns"].as_array_mut().unwrap().insert(0, "note".into());
    for row in table["data"].as_array_mut().unwrap() {
        row.as_array_mut().unwrap().insert(0, Value::Null);
    }
    table["columns"].as_array_mut().unwrap().reverse();
    for row in table["data"].as_array_mut().unwrap() {
        row.as_array_mut().unwrap().reverse();
    }
    assert_eq!(from_json(&table.to_string()).unwrap(), example());
}

#[test]
fn values_that_are_no_numbers_become_null_and_come_back_as_nan() {
    let mut forecast = example();
    forecast.rows[0].yhat = f64::NAN;
    forecast.rows[1].yhat = f64::INFINITY;
    forecast.rows[1].yhat_lower = Some(f64::NAN);
    forecast.anchors[1].1 = f64::NAN;
    let text = to_json(&forecast);
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    let read = from_json(&text).unwrap();
    assert!(read.rows[0].yhat.is_nan() && read.rows[1].yhat.is_nan());
    assert_eq!((read.rows[0].yhat_lower, read.rows[1].yhat_lower), (Some(30.6), None));
    assert!(read.anchors[1].1.is_nan());
    assert_eq!(read.rows[2], example().rows[2]);
}

/// Changes one cell of the example's table and returns what is said of it.
fn refused(row: usize, column: &str, value: Value) -> String {
    let mut table: Value = serde_json::from_str(&to_json(&example())).unwrap();
    let at = COLUMNS.iter().position(|name| *name == column).unwrap();
    table["data"][row][at] = value;
    chain(&from_json(&table.to_string()).unwrap_err())
}

fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(chain);
    source.map_or(error.to_string(), |source| format!("{error}: {source}"))
}

#[test]
fn a_table_of_something_else_is_refused_with_row_and_column() {
    let cases = [
        (refused(0, "version", "three".into()), "row 1: `version` is `\"three\"`, it must be a"),
        (refused(1, "version", 4.into()), "row 2: `version` is `4`, the first row has another"),
        (refused(1, "origin", "2026-11-19".into()), "row 2: `origin`"),
        (refused(2, "issued_at", Value::Null), "row 3: `issued_at` is `null`, the first row"),
        (refused(2, "horizon", 4.into()), "row 3: `horizon` is `4`, horizons count from 1"),
        (refused(1, "ds", "tomorrow".into()), "row 2: `ds` is `\"tomorrow\"`, it must be a date"),
        (refused(1, "ds", "2026-11-23".into()), "row of 2026-11-23 follows 2026-11-23"),
        (refused(0, "yhat", "31,2".into()), "row 1: `yhat` is `\"31,2\"`, it must be a number"),
        (refused(0, "anchors", "[[1,2]]".into()), "row 1: `anchors`"),
        (from_json("").unwrap_err().to_string(), "table is not JSON"),
        (from_json("{\"columns\":[],\"data\":[]}").unwrap_err().to_string(), "table has no rows"),
        (
            from_json("{\"columns\":[\"model\"],\"data\":[[1]]}").unwrap_err().to_string(),
            "no column `version`",
        ),
    ];
    for (said, wanted) in cases {
        assert!(said.contains(wanted), "`{said}` does not say `{wanted}`");
    }
    let whole = to_json(&example());
    for length in 0..whole.len() {
        assert!(whole.is_char_boundary(length) && from_json(&whole[..length]).is_err());
    }
    // A row that was cut short has nulls at its end.
    let short = r#"{"columns":["model"],"data":[[]]}"#;
    assert!(from_json(short).is_err());
}

/// Any forecast that can be kept, with values that JSON can hold.
fn forecasts() -> impl Strategy<Value = Forecast> {
    let number = || prop_oneof![-1e12..1e12, Just(0.1 + 0.2), Just(f64::MIN_POSITIVE)];
    let rows = prop::collection::vec(
        (1_u64..5, number(), prop::option::of(number()), prop::option::of(number())),
        1..40,
    );
    let anchors = prop::collection::vec((0_i64..20_000, number()), 0..6);
    let head = ("[^\\x00]{1,12}", any::<u32>(), "\\PC{1,12}", any::<bool>(), 0_i64..20_000);
    let tail = (0_i64..4_102_444_800_000, prop::option::of(0_i64..20_000), 0.001..0.999);
    (head, tail, anchors, rows).prop_map(|(head, tail, anchors, rows)| {
        let date = |n: i64| day("1970-01-02") + chrono::Days::new(n.unsigned_abs());
        let mut ds = date(head.4);
        Forecast {
            model: head.0,
            version: head.1,
            symbol: head.2,
            kind: if head.3 { Kind::Ready } else { Kind::Asked },
            origin: ds,
            answers_from: date(head.4 + 1),
            issued_at: DateTime::from_timestamp_millis(tail.0).unwrap(),
            trained_through: tail.1.map(date),
            interval_width: tail.2,
            anchors: anchors.into_iter().map(|(n, y)| (date(n), y)).collect(),
            rows: rows
                .into_iter()
                .map(|(gap, yhat, yhat_lower, yhat_upper)| {
                    ds = ds + chrono::Days::new(gap);
                    Row { ds, yhat, yhat_lower, yhat_upper }
                })
                .collect(),
        }
    })
}

proptest! {
    #[test]
    fn every_forecast_is_read_as_it_was_written(forecast in forecasts()) {
        forecast.check().unwrap();
        prop_assert_eq!(from_json(&to_json(&forecast)).unwrap(), forecast);
    }
}

#[test]
fn times_are_kept_to_the_millisecond() {
    let mut forecast = example();
    forecast.issued_at = moment("2026-11-21T03:00:00.250999Z");
    assert_eq!(from_json(&to_json(&forecast)).unwrap(), example());
}

proptest! {
    /// What is there by accident or by malice: an error, or a forecast that can be kept.
    #[test]
    fn no_text_is_more_than_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = to_json(&example()).into_bytes();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        for text in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(forecast) = from_json(&String::from_utf8_lossy(text)) {
                forecast.check().unwrap();
                from_json(&to_json(&forecast)).unwrap();
            }
        }
    }
}
