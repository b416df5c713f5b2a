//! Clients that ask without a pause while somebody promotes, and check every answer.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::running::{Api, PATIENCE};
use crate::app::Answer;

const N_CLIENTS: usize = 4;

/// What was promoted so far, what of it is known to be served, and what was answered.
pub(super) struct Course {
    versions: Mutex<Vec<u32>>,
    /// The place in `versions` of the one that is known to be served.
    served: AtomicUsize,
    bodies: Mutex<BTreeMap<u32, String>>,
    n_answers: [AtomicUsize; N_CLIENTS],
    is_over: AtomicBool,
}

impl Course {
    /// A service that is known to serve `version`.
    pub(super) fn from(version: u32) -> Self {
        Self {
            versions: vec![version].into(),
            served: AtomicUsize::new(0),
            bodies: Mutex::default(),
            n_answers: Default::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// Says, before it is so, that a version will be served from now on.
    pub(super) fn will_serve(&self, version: u32) {
        self.versions.lock().unwrap().push(version);
    }

    /// Says that the last version is served by now.
    pub(super) fn serves_it(&self) {
        self.served.store(self.versions.lock().unwrap().len() - 1, Ordering::Release);
    }

    /// Waits until every client has so many more good answers.
    pub(super) async fn each_gets(&self, n_answers: usize) {
        let wanted: Vec<_> =
            self.n_answers.iter().map(|n| n.load(Ordering::Relaxed) + n_answers).collect();
        let began = Instant::now();
        let is_there = || {
            let got = self.n_answers.iter().map(|n| n.load(Ordering::Relaxed));
            got.zip(&wanted).all(|(n, wanted)| *wanted <= n)
        };
        while !is_there() {
            assert!(began.elapsed() < PATIENCE, "clients wait: {:?}, {wanted:?}", self.n_answers);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs `course` while clients ask; returns how many good answers they got. There is no
    /// other kind: the first answer that is not good ends the test.
    pub(super) async fn while_asked(&self, api: &Api, course: impl Future<Output = ()>) -> usize {
        let course = async {
            course.await;
            self.is_over.store(true, Ordering::Relaxed);
        };
        let [a, b, c, d] = [0, 1, 2, 3].map(|place| self.ask(api, place));
        tokio::join!(course, a, b, c, d);
        self.n_answers.iter().map(|n| n.load(Ordering::Relaxed)).sum()
    }

    async fn ask(&self, api: &Api, place: usize) {
        let url = format!("{}/predict?days=30", api.url);
        while !self.is_over.load(Ordering::Relaxed) {
            let before = self.served.load(Ordering::Acquire);
            let answer = api.client.post(&url).send().await.expect("an answer");
            let answer = Answer::of(answer).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            self.check(before, &answer);
            let ready = api.get("/ready").await;
            assert_eq!(ready.status, 200, "{ready:?}");
            self.n_answers[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Checks that an answer is of no version before the one that was known to be served when it
    /// was asked for, of none after the last that was promoted by its end, and to the byte what
    /// that version always answers.
    fn check(&self, before: usize, answer: &Answer) {
        let version: u32 = answer.header("x-model-version").parse().unwrap();
        let versions = self.versions.lock().unwrap();
        assert!(
            versions[before..].contains(&version),
            "{version}, not of {:?}",
            &versions[before..]
        );
        let mut bodies = self.bodies.lock().unwrap();
        let known = bodies.entry(version).or_insert_with(|| answer.body.clone());
        assert_eq!(known, &answer.body, "of version {version}");
    }

    /// Checks that every version answered with its own level, `level(version)`.
    pub(super) fn check_bodies(&self, level: impl Fn(u32) -> f64) {
        for (version, body) in self.bodies.lock().unwrap().iter() {
            let rows: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
            assert_eq!(rows.len(), 30, "{body}");
            for row in rows {
                let yhat = row["yhat"].as_f64().unwrap();
                assert!((yhat - level(*version)).abs() < 1e-9, "{yhat} of version {version}");
            }
        }
    }
}
