use super::*;

fn bars() -> Bars {
    let bar = |date: &str, close: f64, adj_close, volume| Bar {
        date: date.parse().unwrap(),
        open: Some(close - 0.1),
        high: None,
        low: Some(0.1 + 0.2),
        close,
        adj_close,
        volume,
    };
    let first = bar("2018-01-02", 16.549_999_237_060_547, Some(4.28), Some(33_461_800));
    Bars::new(vec![first, bar("2018-01-03", 16.7, None, None)]).unwrap()
}

#[test]
fn the_table_has_the_columns_of_the_contract_and_their_types() {
    let table = to_frame(&bars()).unwrap();
    assert_eq!(table.get_column_names(), COLUMNS);
    let types: Vec<&DataType> = table.columns().iter().map(Column::dtype).collect();
    assert_eq!(types[0], &DataType::Date);
    assert_eq!(types[4], &DataType::Float64);
    assert_eq!(types[6], &DataType::UInt64);
    assert_eq!(table.height(), 2);
}

#[test]
fn the_file_shows_dates_and_every_digit() {
    let mut text = Vec::new();
    write_csv(&bars(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("Date,Open,High,Low,Close,Adj Close,Volume"));
    let first = lines.next().unwrap();
    assert!(first.starts_with("2018-01-02,"), "{first}");
    assert!(first.ends_with(",16.549999237060547,4.28,33461800"), "{first}");
    assert!(lines.next().unwrap().ends_with(",16.7,,"));
}

#[test]
fn an_empty_series_is_a_table_of_no_rows() {
    assert_eq!(to_frame(&Bars::default()).unwrap().height(), 0);
}
