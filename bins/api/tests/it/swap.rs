//! Promotions under load, and versions that must not be served.

use std::sync::atomic::{AtomicBool, Ordering};

use api::loader::MODEL_BYTES_MAX;

use crate::app::{NAME, TestApp};
use crate::prophet;

const PROMOTIONS: u32 = 25;

/// Version N predicts 10 N, so that an answer shows by itself which version made it.
fn level(version: u32) -> f64 {
    10.0 * f64::from(version)
}

#[tokio::test]
async fn no_request_fails_while_versions_change_and_none_goes_back() {
    let app = TestApp::serving().await;
    let done = AtomicBool::new(false);
    let client = || async {
        let (mut last, mut n_answers) = (0, 0_u32);
        while !done.load(Ordering::Relaxed) {
            let answer = app.post("/predict?days=30").await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let version: u32 = answer.header("x-model-version").parse().unwrap();
            assert!(last <= version, "{version} after {last}");
            last = version;
            n_answers += 1;
            let json = answer.json();
            let rows = json.as_array().unwrap();
            assert_eq!(rows.len(), 30);
            for row in rows {
                let yhat = row["yhat"].as_f64().unwrap();
                assert!((yhat - level(version)).abs() < 1e-9, "{yhat} of version {version}");
            }
        }
        n_answers
    };
    let promotions = async {
        for version in 2..=PROMOTIONS {
            app.register_and_promote(&prophet::flat_at(level(version))).await;
            app.until_served(version).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    let (a, b, c, d, ()) = tokio::join!(client(), client(), client(), client(), promotions);
    assert!([a, b, c, d].iter().all(|n| 0 < *n), "{a} {b} {c} {d} answers");
    let model = app.get("/model").await.json();
    assert_eq!(model["version"], PROMOTIONS);
    assert_eq!(model["versions_in_memory"].as_array().unwrap().len(), 3);
}

async fn is_refused_and_the_old_one_stays(json: &str) {
    let app = TestApp::serving().await;
    let before = app.get("/predict?days=5").await;
    app.register_and_promote(json).await;
    app.until_refused(2).await;
    let after = app.get("/predict?days=5").await;
    assert_eq!((after.header("x-model-version"), &after.body), ("1", &before.body));
    assert_eq!(app.get("/ready").await.status, 200, "degraded is not unready");
    let model = app.get("/model").await.json();
    assert_eq!(model["degraded"]["cause"], "refused", "{model}");
    assert_eq!(model["version"], 1, "{model}");
}

#[tokio::test]
async fn a_version_that_is_no_model_is_refused() {
    is_refused_and_the_old_one_stays("").await;
    is_refused_and_the_old_one_stays("{\"growth\":").await;
    is_refused_and_the_old_one_stays("<html>502 Bad Gateway</html>").await;
    is_refused_and_the_old_one_stays(&prophet::flat_at(5.0).replace("\"linear\"", "\"cubic\""))
        .await;
}

#[tokio::test]
async fn a_version_that_is_longer_than_any_model_is_refused_with_the_bound() {
    let app = TestApp::serving().await;
    let long = usize::try_from(MODEL_BYTES_MAX).unwrap() + 1;
    let two = app.register(&prophet::flat_at(20.0)).await;
    let root = app.store.download_uri(NAME, two).await.unwrap();
    app.store.put_artifact(&root, "model.pr", vec![b' '; long]).await.unwrap();
    app.promote(two).await;
    app.until_refused(2).await;
    let model = app.get("/model").await.json();
    let reason = model["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("33554432 bytes") && reason.contains("model.pr"), "{model}");
    assert_eq!(model["version"], 1, "{model}");
}

#[tokio::test]
async fn a_version_that_predicts_no_numbers_is_refused() {
    is_refused_and_the_old_one_stays(&prophet::overflowing()).await;
    is_refused_and_the_old_one_stays(&prophet::with_nan()).await;
}
