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
fn files_that_do_not_come_never_slow_the_poll_down() {
    let mut pace = Pace::new(Schedule { poll: POLL, seed: 1 });
    let (version, why) = (1.into(), "no answer".to_owned());
    let step = Step::ArtifactsUnreachable { version, why, tried: true };
    for _ in 0..100 {
        check(pace.after(&step), POLL);
    }
}

#[test]
fn a_registry_that_is_away_doubles_the_pause_up_to_the_bound_and_an_answer_resets_it() {
    let poll = Duration::from_secs(1);
    let mut pace = Pace::new(Schedule { poll, seed: 2 });
    for nominal_s in [1, 2, 4, 5, 5] {
        check(pace.after(&unreachable()), Duration::from_secs(nominal_s));
    }
    for _ in 0..100 {
        check(pace.after(&unreachable()), BACKOFF_MAX);
    }
    check(pace.after(&nothing()), poll);
    check(pace.after(&unreachable()), poll);
}

#[test]
fn at_the_default_interval_an_outage_never_delays_a_promotion() {
    let mut pace = Pace::new(Schedule { poll: POLL, seed: 4 });
    for _ in 0..100 {
        check(pace.after(&unreachable()), POLL);
    }
}

#[test]
fn a_choice_that_changed_during_a_load_is_next_at_once() {
    let mut pace = Pace::new(Schedule { poll: POLL, seed: 5 });
    check(pace.after(&Step::Superseded { version: 1.into(), by: 2.into() }), SUPERSEDED_PAUSE);
    let mut pace = Pace::new(Schedule { poll: SUPERSEDED_PAUSE / 2, seed: 5 });
    let pause = pace.after(&Step::Superseded { version: 1.into(), by: 2.into() });
    check(pause, SUPERSEDED_PAUSE / 2);
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
