use super::*;

const POLL: Duration = Duration::from_secs(5);

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
    let mut pace = Pace::new(Schedule { poll: POLL, seed: 1 });
    for _ in 0..1000 {
        check(pace.after(&nothing()), POLL);
    }
}

#[test]
fn failures_in_a_row_double_the_pause_up_to_the_bound_and_an_answer_resets_it() {
    let mut pace = Pace::new(Schedule { poll: POLL, seed: 2 });
    for nominal_s in [5, 10, 15, 15] {
        check(pace.after(&unreachable()), Duration::from_secs(nominal_s));
    }
    for _ in 0..100 {
        check(pace.after(&unreachable()), BACKOFF_MAX);
    }
    check(pace.after(&nothing()), POLL);
    check(pace.after(&unreachable()), POLL);
}

#[test]
fn a_poll_interval_above_the_bound_is_kept() {
    let poll = Duration::from_mins(10);
    let mut pace = Pace::new(Schedule { poll, seed: 3 });
    check(pace.after(&unreachable()), poll);
    check(pace.after(&unreachable()), poll);
}

#[test]
fn replicas_with_other_seeds_pause_differently() {
    let pauses = [4, 5, 6].map(|seed| Pace::new(Schedule { poll: POLL, seed }).after(&nothing()));
    assert_ne!(pauses[0], pauses[1]);
    assert_ne!(pauses[1], pauses[2]);
}
