use std::time::Duration;

use super::{Program, WaitError};

fn sh(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

#[test]
fn both_streams_and_the_exit_code_are_kept() {
    let out = sh("echo out; echo err >&2; exit 3").run().unwrap();
    assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (Some(3), "out\n", "err\n"));
    assert!(!out.timed_out);
}

#[test]
fn a_program_that_hangs_is_killed_with_what_it_started() {
    let out = sh("echo began; sleep 600 & sleep 600").timeout(Duration::from_millis(200)).run();
    let out = out.unwrap();
    assert!(out.timed_out);
    assert_eq!((out.code, out.stdout.as_str()), (None, "began\n"));
}

#[test]
fn settings_of_the_caller_are_not_inherited() {
    let out = sh("env").env("MLFLOW_TRACKING_URI", "http://here").run().unwrap();
    let ours: Vec<&str> = out
        .stdout
        .lines()
        .filter(|l| l.starts_with("MLFLOW_") || l.starts_with("PETR4__"))
        .collect();
    assert_eq!(ours, ["MLFLOW_TRACKING_URI=http://here"]);
}

#[test]
fn the_address_is_read_from_the_line_that_names_it() {
    let script = "echo starting; echo '{\"message\":\"listening on http://127.0.0.1:81/\",\"x\":1}' >&2; read x";
    let mut running = sh(script).start().unwrap();
    let url = running.listening_on(Duration::from_secs(10)).unwrap();
    assert_eq!(url, "http://127.0.0.1:81");
}

#[test]
fn a_program_that_ends_before_its_line_is_told_from_one_that_is_slow() {
    let mut ended = sh("echo bye").start().unwrap();
    let said = ended.listening_on(Duration::from_secs(10)).unwrap_err();
    assert!(matches!(&said, WaitError::Ended(text) if text.contains("bye")), "{said}");
    let mut slow = sh("sleep 600").start().unwrap();
    let said = slow.listening_on(Duration::from_millis(50)).unwrap_err();
    assert!(matches!(said, WaitError::TimedOut(_)), "{said}");
}

#[test]
fn terminate_lets_the_program_say_goodbye() {
    let script = "trap 'echo goodbye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let mut running = sh(script).start().unwrap();
    running.wait_for_line(Duration::from_secs(10), |line| line == "ready").unwrap();
    let out = running.terminate(Duration::from_secs(10)).unwrap();
    assert_eq!((out.code, out.stdout.as_str()), (Some(0), "ready\ngoodbye\n"));
}

#[test]
fn a_missing_program_is_named() {
    let error = Program::new("no-such-program").run().unwrap_err();
    assert!(error.to_string().contains("no-such-program"), "{error}");
}
