use anyhow::{Context as _, anyhow};

use super::*;

#[track_caller]
fn check(error: &anyhow::Error, hint: Option<&str>, expect: &str) {
    assert_eq!(report_error(error, hint), expect);
}

#[test]
fn every_cause_is_a_line() {
    let error = anyhow!("connection refused").context("get model version 3").context("start");
    check(
        &error,
        None,
        "error: start\n  because: get model version 3\n  because: connection refused\n",
    );
}

#[test]
fn a_cause_repeated_by_the_line_above_is_left_out() {
    let error = anyhow!("disk full").context("write: disk full").context("log artifact");
    check(&error, None, "error: log artifact\n  because: write: disk full\n");
}

#[test]
fn a_hint_is_found_below_later_context() {
    let error = Err::<(), _>(std::io::Error::other("403"))
        .with_hint("check the token")
        .context("log in")
        .unwrap_err();
    check(&error, None, "error: log in\n  because: 403\nhint: check the token\n");
}

#[test]
fn the_outermost_hint_counts_and_an_argument_wins() {
    let inner = Hinted::new("no rows", "widen the range");
    let outer = anyhow::Error::from(Hinted::new(anyhow::Error::from(inner), "pass --start"));
    check(&outer, None, "error: no rows\nhint: pass --start\n");
    check(&outer, Some("ask"), "error: no rows\nhint: ask\n");
}

#[test]
fn a_sentence_can_carry_a_hint() {
    let error = anyhow::Error::from(Hinted::new("symbol `X` is unknown", "did you mean `XP`?"));
    check(&error, None, "error: symbol `X` is unknown\nhint: did you mean `XP`?\n");
}
