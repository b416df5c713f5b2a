use super::*;

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, n).unwrap()
}

/// Forecasts of two sessions from each of `origins`, closes of `closes`.
fn pairs(closes: &[f64], skip: Option<u32>) -> Vec<Pair> {
    let close = |n: u32| closes[n as usize - 1];
    let n = u32::try_from(closes.len()).unwrap();
    (1..n)
        .filter(|origin| Some(*origin) != skip)
        .flat_map(|origin| (1..=2).map(move |horizon| (origin, horizon)))
        .filter(|(origin, horizon)| origin + horizon <= n)
        .map(|(origin, horizon)| Pair {
            version: 3,
            origin: day(origin),
            ds: day(origin + horizon),
            horizon,
            yhat: 30.0,
            lower: Some(29.0),
            upper: None,
            actual: close(origin + horizon),
            naive: close(origin),
            interval_width: 0.8,
        })
        .collect()
}

const CLOSES: [f64; 6] = [30.1, 30.7, 29.9, 31.3, 31.0, 30.4];

#[test]
fn a_table_reads_back_and_something_else_is_none() {
    let errors = Errors::of(&pairs(&CLOSES, None));
    assert_eq!(Errors::from_json(errors.to_json().as_bytes()), Some(errors.clone()));
    assert_eq!(Errors::from_json(Errors::default().to_json().as_bytes()), Some(Errors::default()));
    let no_number = errors.to_json().replace("30.7", "\"30.7\"");
    for text in ["", "{}", "[1]", r#"{"columns":["a"],"data":[[1]]}"#, &no_number] {
        assert_eq!(Errors::from_json(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn later_sessions_are_no_change() {
    let before = Errors::of(&pairs(&CLOSES[..4], None));
    let now = Errors::of(&pairs(&CLOSES, None));
    assert_eq!(now.changes_since(&before, Some(day(4))), Changes::default());
    assert_eq!(now.changes_since(&Errors::default(), None), Changes::default());
}

#[test]
fn a_revised_close_marks_every_row_that_it_is_in_and_raises_their_number() {
    let before = Errors::of(&pairs(&CLOSES, None));
    let mut closes = CLOSES;
    closes[2] = 29.5;
    let now = Errors::of(&pairs(&closes, None));
    let changes = now.changes_since(&before, Some(day(6)));
    // The close of the third, and what was measured against it as the naive forecast.
    assert_eq!(changes.targets, BTreeSet::from([day(3), day(4), day(5)]));
    assert_eq!(changes.split, None);
    let now = now.revised(&before, &changes, 4);
    let numbers =
        |errors: &Errors| -> Vec<u32> { errors.0.values().map(|row| row.revision).collect() };
    // Targets 2 to 6 with their origins: (1), (1 2), (2 3), (3 4), (4 5).
    assert_eq!(numbers(&now), [0, 4, 4, 0, 4, 4, 0, 0, 0]);
    assert_eq!(now.revision(), 4);
    let again = Errors::of(&pairs(&closes, None));
    let none = again.changes_since(&now, Some(day(6)));
    assert_eq!(none, Changes::default());
    assert_eq!(again.revised(&now, &none, 5), now);
}

#[test]
fn rounding_is_no_change() {
    let before = Errors::of(&pairs(&CLOSES, None));
    let rounded = CLOSES.map(|close| close * (1.0 + 2e-6));
    let now = Errors::of(&pairs(&rounded, None));
    assert_eq!(now.changes_since(&before, Some(day(6))), Changes::default());
}

#[test]
fn forecasts_that_come_late_or_go_change_their_targets() {
    let all = Errors::of(&pairs(&CLOSES, None));
    let fewer = Errors::of(&pairs(&CLOSES, Some(2)));
    for (now, before) in [(&all, &fewer), (&fewer, &all)] {
        let changes = now.changes_since(before, Some(day(6)));
        assert_eq!(changes.targets, BTreeSet::from([day(3), day(4)]));
        assert_eq!(changes.split, None);
    }
}

#[test]
fn a_split_is_told_from_closes_that_were_revised() {
    let before = Errors::of(&pairs(&CLOSES, None));
    let now = Errors::of(&pairs(&CLOSES.map(|close| close / 2.0), None));
    let changes = now.changes_since(&before, Some(day(6)));
    assert_eq!(changes.split, Some(0.5));
    assert_eq!(changes.targets.len(), 5);
}
