//! The executable, as a user starts it.

use std::time::{Duration, Instant};

use mlflow_client::{ClientOptions, TrackingUri, connect};
use testkit::program::{Program, workdir};

const PATIENCE: Duration = Duration::from_secs(30);

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_api"))
}

#[track_caller]
fn ends(program: Program, code: i32, texts: &[&str]) {
    let output = program.run().unwrap();
    assert_eq!(output.code, Some(code), "{}", output.report());
    let said = format!("{}{}", output.stdout, output.stderr);
    for text in texts {
        assert!(said.contains(text), "{text:?} in {}", output.report());
    }
}

#[test]
fn help_names_every_flag_and_where_settings_come_from() {
    let flags = ["--config", "--host", "--port", "--tracking-uri", "--selector", "--poll-seconds"];
    let more = ["--symbol", "PETR4__SECTION__KEY", "MLFLOW_TRACKING_URI"];
    ends(program().args(["--help"]), 0, &[flags.as_slice(), &more].concat());
}

#[test]
fn wrong_usage_and_settings_end_with_two_and_a_sentence() {
    ends(program().args(["--nonsense"]), 2, &["--nonsense"]);
    ends(program().args(["--port", "99999"]), 2, &["99999"]);
    ends(program().args(["--selector", "live"]), 2, &["error:", "`live`", "stage:Production"]);
    ends(program().args(["--config", "no.toml"]), 2, &["no.toml"]);
    ends(program().args(["--tracking-uri", "s3://x"]), 2, &["s3", "hint:", "sqlite:///"]);
    ends(program().env("PETR4__CLOCK__TODAY", "soon"), 2, &["`soon`", "hint:", "YYYY-MM-DD"]);
}

#[test]
fn a_port_that_is_taken_ends_with_one_and_a_hint() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let uri = ["--tracking-uri", "http://127.0.0.1:1"];
    ends(program().args(uri).args(["--port", &port]), 1, &["error:", &port, "hint:", "--port"]);
}

#[test]
fn a_file_that_is_not_mlflows_ends_with_one_and_a_hint() {
    let dir = workdir().unwrap();
    std::fs::write(dir.path().join("mlflow.db"), "Date,Close\n2026-01-02,30.1\n".repeat(100))
        .unwrap();
    ends(
        program().current_dir(dir.path()).args(["--port", "0"]),
        1,
        &["error:", "mlflow.db", "hint:"],
    );
}

/// MLflow's file in `dir`, and a connection that lets nobody else read it.
async fn locked_file(dir: &std::path::Path) -> rusqlite::Connection {
    let path = dir.join("mlflow.db");
    let uri = TrackingUri::parse(&format!("sqlite:///{}", path.display())).unwrap();
    drop(connect(&uri, &ClientOptions::new()).await.unwrap());
    let holder = rusqlite::Connection::open(path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    holder
}

#[tokio::test]
async fn a_file_that_is_locked_at_the_start_is_opened_once_it_is_free() {
    let dir = workdir().unwrap();
    let holder = locked_file(dir.path()).await;
    let mut running = program()
        .current_dir(dir.path())
        .args(["--port", "0", "--poll-seconds", "0.05"])
        .start()
        .unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let code = async || {
        let answer = reqwest::get(format!("{url}/ready")).await.unwrap();
        assert_eq!(answer.status().as_u16(), 503);
        let body: serde_json::Value = answer.json().await.unwrap();
        body["code"].as_str().unwrap().to_owned()
    };
    let first = code().await;
    assert!(["starting", "registry_unreachable"].contains(&first.as_str()), "{first}");
    holder.execute_batch("ROLLBACK").unwrap();
    let began = Instant::now();
    while code().await != "no_version_selected" {
        assert!(began.elapsed() < PATIENCE, "the file is free, and still not read");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let output = running.terminate(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
}

#[tokio::test]
async fn sigterm_ends_it_within_seconds_while_a_read_of_the_database_is_stuck() {
    let dir = workdir().unwrap();
    let holder = locked_file(dir.path()).await;
    let mut running = program().current_dir(dir.path()).args(["--port", "0"]).start().unwrap();
    running.listening_on(PATIENCE).unwrap();
    let began = Instant::now();
    let output = running.terminate(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
    let lock_timeout = ClientOptions::new().lock_timeout;
    assert!(began.elapsed() < lock_timeout / 2, "waited for the lock: {}", output.report());
    drop(holder);
}

#[tokio::test]
async fn it_listens_says_where_and_stops_on_sigterm() {
    let dir = workdir().unwrap();
    let mut running = program()
        .current_dir(dir.path())
        .args(["--port", "0", "--poll-seconds", "0.05"])
        .env("PETR4__CLOCK__TODAY", "2026-01-02")
        .start()
        .unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let health = reqwest::get(format!("{url}/health")).await.unwrap();
    assert_eq!(health.status().as_u16(), 200);
    let ready = reqwest::get(format!("{url}/ready")).await.unwrap();
    assert_eq!(ready.status().as_u16(), 503);
    let output = running.terminate(PATIENCE).unwrap();
    assert_eq!(output.code, Some(0), "{}", output.report());
    assert!(output.stderr.contains("clock is set"), "{}", output.report());
    assert!(output.elapsed < PATIENCE, "{}", output.report());
}

/// The command of the first health check in a file that asks by bash.
fn health_check(text: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.contains("\"bash\"")).unwrap();
    let command: Vec<String> = serde_json::from_str(&line[line.find('[').unwrap()..]).unwrap();
    // The compose file says in the list itself that it is a command.
    command.into_iter().skip_while(|word| word == "CMD").collect()
}

#[test]
fn the_health_checks_of_the_images_tell_this_program_from_none() {
    let dir = workdir().unwrap();
    let mut running = program().current_dir(dir.path()).args(["--port", "0"]).start().unwrap();
    let url = running.listening_on(PATIENCE).unwrap();
    let port = url.rsplit_once(':').unwrap().1;
    for text in [
        include_str!("../../../../deploy/Dockerfile"),
        include_str!("../../../../deploy/compose.yaml"),
    ] {
        let command = health_check(text);
        let ask = |port: &str| {
            let command = command
                .iter()
                .map(|word| word.replace("127.0.0.1/8000", &format!("127.0.0.1/{port}")));
            let command: Vec<_> = command.collect();
            let output = Program::new(&command[0]).args(command[1..].iter().cloned()).run();
            output.unwrap().code
        };
        assert_eq!(ask(port), Some(0), "{command:?}");
        assert_ne!(ask("1"), Some(0), "{command:?}");
    }
    running.terminate(PATIENCE).unwrap();
}
