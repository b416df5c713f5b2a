use super::*;

const POLL: Duration = Duration::from_secs(5);
const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn unreachable() -> Step {
    Step::Unreachable { why: "connection refused".to_owned() }
}

fn nothing() -> Step {
    Step::NothingSelected { why: "no version".to_owned() }
}

#[track_caller]
fn check(pause: Duration, nominal: Duration) {
    assert!(nominal.mul_f64(1.0 - JITTER) <= pause, "{pause:?} of {nominal:?}");
    assert!(pause <= nominal, "{pause:?} of {nominal:?}");
}

#[test]
fn the_poll_interval_is_never_exceeded_while_the_registry_answers() {
    let mut pace = Pace::new(Schedule::every(POLL, 1));
    for _ in 0..1000 {
        check(pace.after(&nothing(), NOW), POLL);
    }
}

#[test]
fn files_that_do_not_come_never_slow_the_poll_down() {
    let mut pace = Pace::new(Schedule::every(POLL, 1));
    let (version, why) = (1.into(), "no answer".to_owned());
    let step = Step::ArtifactsUnreachable { version, why, tried: true };
    for _ in 0..100 {
        check(pace.after(&step, NOW), POLL);
    }
}

#[test]
fn a_registry_that_is_away_doubles_the_pause_up_to_the_bound_and_an_answer_resets_it() {
    let poll = Duration::from_secs(1);
    let mut pace = Pace::new(Schedule::every(poll, 2));
    for nominal_s in [1, 2, 4, 5, 5] {
        check(pace.after(&unreachable(), NOW), Duration::from_secs(nominal_s));
    }
    for _ in 0..100 {
        check(pace.after(&unreachable(), NOW), BACKOFF_MAX);
    }
    check(pace.after(&nothing(), NOW), poll);
    check(pace.after(&unreachable(), NOW), poll);
}

#[test]
fn at_the_default_interval_an_outage_never_delays_a_promotion() {
    let mut pace = Pace::new(Schedule::every(POLL, 4));
    for _ in 0..100 {
        check(pace.after(&unreachable(), NOW), POLL);
    }
}

#[test]
fn a_choice_that_changed_during_a_load_is_next_at_once() {
    let mut pace = Pace::new(Schedule::every(POLL, 5));
    check(pace.after(&Step::Superseded { version: 1.into(), by: 2.into() }, NOW), SUPERSEDED_PAUSE);
    let mut pace = Pace::new(Schedule::every(SUPERSEDED_PAUSE / 2, 5));
    let pause = pace.after(&Step::Superseded { version: 1.into(), by: 2.into() }, NOW);
    check(pause, SUPERSEDED_PAUSE / 2);
}

#[test]
fn a_poll_interval_above_the_bound_is_kept() {
    let poll = Duration::from_mins(10);
    let mut pace = Pace::new(Schedule::every(poll, 3));
    check(pace.after(&unreachable(), NOW), poll);
    check(pace.after(&unreachable(), NOW), poll);
}

#[test]
fn replicas_with_other_seeds_pause_differently() {
    let pauses =
        [4, 5, 6].map(|seed| Pace::new(Schedule::every(POLL, seed)).after(&nothing(), NOW));
    assert_ne!(pauses[0], pauses[1]);
    assert_ne!(pauses[1], pauses[2]);
}

#[test]
fn a_version_that_waits_is_due_at_its_moment_and_the_registry_is_asked_until_then() {
    let mut pace = Pace::new(Schedule::every(POLL, 6));
    let staged = |until| Step::Staged { version: 1.into(), until };
    let soon = Duration::from_millis(1_234);
    assert_eq!(pace.after(&staged(NOW + soon), NOW), soon, "no jitter");
    assert_eq!(pace.after(&staged(NOW), NOW + soon), Duration::ZERO);
    check(pace.after(&staged(NOW + Duration::from_mins(9)), NOW), POLL);
}
