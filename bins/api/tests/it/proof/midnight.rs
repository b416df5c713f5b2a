//! Midnight on the exchange, in the program.

use std::time::Instant;

use testkit::program::workdir;

use super::bad_versions::promote;
use super::running::{Api, PATIENCE, file_in, program};
use crate::app::register;
use crate::prophet;

/// A Monday and a Tuesday with sessions.
const DAYS: [&str; 2] = ["2026-01-05", "2026-01-06"];

#[tokio::test]
async fn answers_begin_a_day_later_from_midnight_on_and_no_request_fails() {
    let dir = workdir().unwrap();
    let (store, uri) = file_in(dir.path()).await;
    let version = register(store.as_ref(), &prophet::fitted_to(400)).await;
    promote(store.as_ref(), version).await;
    // In UTC it is the next day for three hours already.
    let program = program(dir.path(), &uri)
        .env("PETR4__CLOCK__TODAY", "")
        .env("PETR4__CLOCK__STARTS_AT", format!("{}T23:59:56-03:00", DAYS[0]));
    let api = Api::start(program);
    api.until_served(1).await;
    let [before, after] = DAYS.map(|day| format!("/predict?days=30&from={day}"));
    let (before, after) = (api.get(&before).await, api.get(&after).await);
    let began = Instant::now();
    let mut bodies: Vec<String> = Vec::new();
    let mut etags = Vec::new();
    while bodies.len() < 2 {
        let answer = api.get("/predict?days=30").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        if bodies.last() != Some(&answer.body) {
            etags.push(answer.header("etag").to_owned());
            bodies.push(answer.body);
        }
        assert!(began.elapsed() < PATIENCE, "it stays {}", DAYS[0]);
    }
    assert_eq!(bodies, [before.body, after.body], "each from its day on");
    assert_ne!(etags[0], etags[1], "who has yesterday's answer is told that there is another");
    // The day after is made ready before it comes, too.
    api.until_said("forecasts made for another day");
    api.stop();
}
