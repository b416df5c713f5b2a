use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::record::tests::{day, moment};
use crate::window::{BANDS, Scores};

/// Twenty sessions in which nothing is wrong.
fn good() -> Scores {
    Scores {
        n: 20,
        n_targets: 20,
        n_effective: 20.0,
        mae: 1.0,
        rmse: 1.2,
        mape: 3.0,
        bias: 0.0,
        mase: Some(1.0),
        naive_mae: 1.0,
        coverage: Some(0.8),
        interval_width: Some(0.8),
        pinball: Some(0.3),
        winkler: Some(4.0),
        tracking_signal: 0.0,
    }
}

const LIMITS: Limits = Limits { mean: 1.0, sd: 0.25, mase: None };

/// What is said of scores: level, subject and limit of each alert.
fn said(scores: Scores, limits: Option<Limits>) -> Vec<(Level, What, String)> {
    let (level, alerts) = assess(BANDS[1], Some(&scores), limits);
    let worst = alerts.iter().map(|alert| alert.level).max();
    assert_eq!(level, worst.unwrap_or(Level::Ok));
    for alert in &alerts {
        assert_eq!(alert.band, Some(BANDS[1]));
        let begin = format!("2 to 5 sessions ahead, over {} sessions: ", scores.n_targets);
        assert!(alert.sentence.starts_with(&begin), "{}", alert.sentence);
    }
    alerts.into_iter().map(|a| (a.level, a.what, format!("{:.3}", a.limit))).collect()
}

fn one(level: Level, what: What, limit: &str) -> Vec<(Level, What, String)> {
    vec![(level, what, limit.to_owned())]
}

#[test]
fn what_is_within_its_limits_is_ok() {
    assert!(said(good(), Some(LIMITS)).is_empty());
    assert!(said(good(), None).is_empty());
    let none = Scores { mase: None, coverage: None, interval_width: None, ..good() };
    assert!(said(none, None).is_empty());
}

#[test]
fn an_error_beyond_two_and_three_deviations_of_the_backtest() {
    let mae = |mae| said(Scores { mae, ..good() }, Some(LIMITS));
    assert!(mae(1.5).is_empty());
    assert_eq!(mae(1.51), one(Level::Warn, What::Mae, "1.500"));
    assert_eq!(mae(1.75), one(Level::Warn, What::Mae, "1.500"));
    assert_eq!(mae(1.76), one(Level::Alert, What::Mae, "1.750"));
    assert!(said(Scores { mae: 9.0, ..good() }, None).is_empty(), "no backtest, no limit");
    for broken in [f64::NAN, f64::INFINITY, -1.0] {
        let limits = Limits { sd: broken, ..LIMITS };
        assert!(said(Scores { mae: 9.0, ..good() }, Some(limits)).is_empty());
    }
}

#[test]
fn an_error_beyond_the_last_closes_is_measured_by_what_the_backtest_had() {
    let mase = |mase, n_targets, known| {
        let limits = Limits { mase: known, ..LIMITS };
        said(Scores { mase: Some(mase), n_targets, ..good() }, Some(limits))
    };
    assert!(mase(1.2, 20, None).is_empty());
    assert_eq!(mase(1.21, 20, None), one(Level::Alert, What::Mase, "1.200"));
    assert_eq!(mase(1.21, 19, None), one(Level::Warn, What::Mase, "1.200"));
    assert_eq!(mase(1.21, 20, Some(0.5)), one(Level::Alert, What::Mase, "1.200"));
    // As far above 3 as the error may be above 1: 1.5 and 1.75 times.
    assert!(mase(4.5, 20, Some(3.0)).is_empty());
    assert_eq!(mase(4.6, 20, Some(3.0)), one(Level::Warn, What::Mase, "4.500"));
    assert_eq!(mase(5.3, 20, Some(3.0)), one(Level::Alert, What::Mase, "5.250"));
    assert_eq!(mase(5.3, 19, Some(3.0)), one(Level::Warn, What::Mase, "4.500"));
    assert_eq!(mase(1.21, 20, Some(f64::NAN)), one(Level::Alert, What::Mase, "1.200"));
    let flat = Limits { mean: 0.0, sd: 0.0, mase: Some(0.0) };
    let found = said(Scores { mae: 0.0, mase: Some(1.3), ..good() }, Some(flat));
    assert_eq!(found, one(Level::Alert, What::Mase, "1.200"));
    let without = said(Scores { mase: Some(1.3), ..good() }, None);
    assert_eq!(without, one(Level::Alert, What::Mase, "1.200"));
}

#[test]
fn a_coverage_that_chance_does_not_explain() {
    let coverage = |coverage, n_effective| {
        said(Scores { coverage: Some(coverage), n_effective, ..good() }, None)
    };
    // 0.8 - 3 * sqrt(0.16 / 20) = 0.532; with 60 both sides have a limit.
    assert!(coverage(0.55, 20.0).is_empty());
    assert_eq!(coverage(0.5, 20.0), one(Level::Alert, What::Coverage, "0.532"));
    assert!(coverage(1.0, 20.0).is_empty());
    assert_eq!(coverage(1.0, 60.0), one(Level::Alert, What::Coverage, "0.955"));
    assert_eq!(coverage(0.6, 60.0), one(Level::Alert, What::Coverage, "0.645"));
    assert!(coverage(0.0, 2.0).is_empty(), "two independent errors prove nothing");
}

#[test]
fn errors_to_one_side_that_chance_does_not_explain() {
    let signal = |tracking_signal, n_effective| {
        said(Scores { n_effective, tracking_signal, ..good() }, None)
    };
    // 4 * 20 / sqrt(20) = 17.889.
    assert!(signal(17.8, 20.0).is_empty());
    assert_eq!(signal(18.0, 20.0), one(Level::Warn, What::TrackingSignal, "17.889"));
    assert_eq!(signal(-18.0, 20.0), one(Level::Warn, What::TrackingSignal, "-17.889"));
    assert!(signal(20.0, 5.0).is_empty());
    let many = Scores { n: 60, n_effective: 60.0, n_targets: 60, tracking_signal: 50.0, ..good() };
    assert_eq!(said(many, None), one(Level::Alert, What::TrackingSignal, "46.476"));
    let sentence = |tracking_signal| {
        let scores = Scores { tracking_signal, ..good() };
        assess(BANDS[0], Some(&scores), None).1.remove(0).sentence
    };
    let wanted = "1 session ahead, over 20 sessions: forecasts are too low: the tracking signal \
                  is 19.0, beyond 17.9";
    assert_eq!(sentence(19.0), wanted);
    assert!(sentence(-19.0).contains("too high"));
}

#[test]
fn too_few_sessions_are_not_judged() {
    let bad = Scores { mae: 99.0, mase: Some(99.0), ..good() };
    let judged = |n_targets| assess(BANDS[0], Some(&Scores { n_targets, ..bad }), Some(LIMITS)).0;
    assert_eq!(judged(TARGETS_MIN - 1), Level::TooFew);
    assert_eq!(judged(TARGETS_MIN), Level::Alert);
    assert_eq!(assess(BANDS[0], None, Some(LIMITS)), (Level::TooFew, vec![]));
}

#[test]
fn closes_that_do_not_come_are_an_alert_of_the_data() {
    let through = Some(day("2026-11-20"));
    assert_eq!(closes_missing(through, 2), None);
    let alert = closes_missing(through, 3).unwrap();
    assert_eq!((alert.level, alert.what, alert.band), (Level::Alert, What::Closes, None));
    assert_eq!(format!("{} {}", alert.value, alert.limit), "3 2");
    assert!(alert.sentence.starts_with("no close is known of 3 sessions since 2026-11-20"));
    assert!(closes_missing(None, 0).unwrap().sentence.contains("no close is known at all"));
}

#[test]
fn sessions_that_have_closed_and_have_no_close_are_counted() {
    use chrono::{Datelike as _, Weekday};
    let is_session = |day: NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    // In a zone west of Greenwich: 18:00 there.
    let closes_at =
        |day: NaiveDate| -> DateTime<Utc> { day.and_hms_opt(21, 0, 0).unwrap().and_utc() };
    let missing =
        |now: &str| sessions_missing(day("2026-11-20"), moment(now), &is_session, &closes_at);
    assert_eq!(missing("2026-11-20T23:00:00Z"), 0);
    assert_eq!(missing("2026-11-23T20:59:59Z"), 0);
    assert_eq!(missing("2026-11-23T21:00:00Z"), 1);
    assert_eq!(missing("2026-11-29T12:00:00Z"), 5);
    assert_eq!(missing("2020-01-01T00:00:00Z"), 0);
    assert_eq!(missing("9999-01-01T00:00:00Z"), 260, "a clock far ahead does not count for ever");
}

#[test]
fn the_names_and_numbers_of_levels() {
    let names = Level::ALL.map(|level| format!("{level} {}", level.number()));
    assert_eq!(names, ["too_few 0", "ok 0", "warn 1", "alert 2"]);
    assert!(Level::TooFew < Level::Ok && Level::Ok < Level::Warn && Level::Warn < Level::Alert);
    let names = What::ALL.map(What::as_str);
    assert_eq!(names, ["mae", "mase", "coverage", "tracking_signal", "closes"]);
}
