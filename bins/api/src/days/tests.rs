use super::*;

#[track_caller]
fn refused(text: &str, code: &str) {
    let problem = Days::parse(text, 365).unwrap_err();
    assert_eq!((problem.code(), problem.status().as_u16()), (code, 400), "{text:?}");
}

#[test]
fn days_from_one_to_the_limit_are_accepted() {
    for (text, rows) in [("1", 1), ("30", 30), ("365", 365), (" 007 ", 7), ("+5", 5)] {
        assert_eq!(Days::parse(text, 365).unwrap().rows(), rows, "{text:?}");
    }
}

#[test]
fn days_outside_the_limit_are_refused_by_name() {
    for text in ["0", "-5", "000", "-0", "-99999999999999999999"] {
        refused(text, "days_not_positive");
    }
    for text in ["366", "100000", "1000000000", "99999999999999999999999"] {
        refused(text, "days_too_many");
    }
    for text in ["", " ", "abc", "30.5", "1e9", "3_0", "٣", "-", "0x10", "5;drop"] {
        refused(text, "days_not_a_number");
    }
}

#[test]
fn the_sentence_for_no_days_is_the_documented_one() {
    let problem = Days::parse("0", 365).unwrap_err();
    assert_eq!(problem.detail(), "Number of days must be positive");
}

#[test]
fn the_default_stays_within_the_limit() {
    assert_eq!(Days::default_within(365).rows(), 30);
    assert_eq!(Days::default_within(7).rows(), 7);
}
