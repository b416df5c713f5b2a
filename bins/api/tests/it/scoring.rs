//! MLflow's scoring protocol, beside MLflow: both are asked the same, of models that Python made.

use std::time::Duration;

use serde_json::Value;
use testkit::program::{Program, workdir};
use testkit::python;

/// Python imports, migrates and fits: 15 s on a quiet machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// Logs, promotes, asks; ends with a line of all answers.
const ASK_BOTH: &str = include_str!("../python/ask_both.py");

/// The same sums in another order.
const EXACT: f64 = 1e-9;

/// Python draws the ends of these intervals without a seed.
fn is_drawn(column: &str) -> bool {
    ["yhat_lower", "yhat_upper", "trend_lower", "trend_upper"].contains(&column)
}

#[test]
fn the_answers_are_those_of_mlflow_models_serve() {
    let dir = workdir().unwrap();
    let script = python::program().unwrap().current_dir(dir.path());
    let mut script = script.args(["-W", "ignore", "-c", ASK_BOTH]).start().unwrap();
    script.wait_for_line(PATIENCE, |line| line == "logged").unwrap();
    let mut running = Program::new(env!("CARGO_BIN_EXE_api"))
        .current_dir(dir.path())
        .args(["--port", "0", "--poll-seconds", "0.05"])
        .start()
        .unwrap();
    std::fs::write(dir.path().join("url"), running.listening_on(PATIENCE).unwrap()).unwrap();
    let output = script.finish(PATIENCE).unwrap();
    let last = output.stdout.lines().last().unwrap_or_default();
    let answers: Vec<Value> =
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {}", output.report()));
    assert!(100 < answers.len(), "{}", answers.len());
    for question in &answers {
        check(question);
    }
    let clients = answers.iter().filter_map(|question| question.get("client"));
    let versions: Vec<_> = clients.map(|client| client["version"].as_str().unwrap()).collect();
    assert_eq!(versions, [python::main_release(); 4], "through MLflow's own client");
    running.terminate(PATIENCE).unwrap();
}

#[track_caller]
fn check(question: &Value) {
    let what = format!("{} of version {}", question["name"], question["version"]);
    let [theirs, ours] = [0, 1].map(|who| &question["answers"][who]);
    let status = question["ours"].as_u64().or_else(|| theirs["status"].as_u64());
    assert_eq!(ours["status"].as_u64(), status, "{what}: {ours} {theirs}");
    if theirs["status"] != 200 || ours["status"] != 200 {
        let is_answer = ours["status"] == 200;
        let media = if is_answer { "application/json" } else { "application/problem+json" };
        assert_eq!(ours["media"], media, "{what}");
        let body = body(ours);
        assert_eq!(body.get("predictions").is_some(), is_answer, "{what}: {body}");
        assert_eq!(body["error"].is_string(), !is_answer, "{what}: {body}");
        return;
    }
    assert_eq!(ours["media"], theirs["media"], "{what}");
    if question["name"].as_str().is_some_and(|name| name.starts_with('/')) {
        assert_eq!(ours["body"], theirs["body"], "{what}");
        return;
    }
    let (ours, theirs) = (predictions(&body(ours)), predictions(&body(theirs)));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let names = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(ours), names(theirs), "{what}");
        for (name, value) in theirs.as_object().unwrap() {
            match (ours[name].as_f64(), value.as_f64()) {
                (Some(ours), Some(_)) if is_drawn(name) => assert!(ours.is_finite(), "{what}"),
                (Some(ours), Some(theirs)) => {
                    let error = (ours - theirs).abs();
                    // A component is as exact as the sum that it is part of.
                    let scale = theirs.abs().max(if name == "yhat" { 0.0 } else { 1.0 });
                    assert!(error <= EXACT * scale, "{what}: {name} is {ours}, not {theirs}");
                }
                _ => assert_eq!(&ours[name], value, "{what}: {name}"),
            }
        }
    }
}

#[track_caller]
fn body(answer: &Value) -> Value {
    let text = answer["body"].as_str().unwrap();
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn predictions(body: &Value) -> Vec<Value> {
    body["predictions"].as_array().unwrap_or_else(|| panic!("{body}")).clone()
}
