//! Versions that must not be served.

use std::fs::File;
use std::path::{Path, PathBuf};

use mlflow_client::{Stage, Store, Version};

use super::clients::Course;
use super::running::Api;
use crate::app::{NAME, register};
use crate::prophet;

/// The length of a file that nobody can want to load, in bytes; it has a hole for most of it.
const GIGABYTE: u64 = 1024 * 1024 * 1024;

/// What such a file may cost, in bytes: the longest model that is fetched, in a buffer that grew.
const GROWTH_MAX: u64 = 128 * 1024 * 1024;

/// Promotes one bad version after the other; each is refused with its reason, once, and
/// `served` goes on. `dir` is where the server keeps its files.
pub(super) async fn are_refused_once(
    api: &Api,
    course: &Course,
    store: &dyn Store,
    served: Version,
    dir: &Path,
) {
    let cases = [
        (String::new(), "no JSON object"),
        ("{\"growth\":".to_owned(), "no whole JSON"),
        ("<html>502 Bad Gateway</html>".to_owned(), "no JSON object"),
        (prophet::with_nan(), "no whole JSON"),
        (prophet::overflowing(), "predicts inf"),
    ];
    let before = api.metric("model_refused_total").await;
    let mut n_refused = 0.0;
    for (json, reason) in cases {
        let version = register(store, &json).await;
        is_refused_once(api, course, store, version, reason).await;
        n_refused += 1.0;
    }
    let empty = register(store, &prophet::flat_at(1.0)).await;
    File::create(file_of(store, empty, dir).await).unwrap();
    is_refused_once(api, course, store, empty, "no JSON object").await;

    let long = register(store, &prophet::flat_at(1.0)).await;
    let file = File::options().write(true).open(file_of(store, long, dir).await).unwrap();
    file.set_len(GIGABYTE).unwrap();
    let peak = api.memory("VmHWM");
    is_refused_once(api, course, store, long, "33554432 bytes").await;
    let growth = api.memory("VmHWM") - peak;
    assert!(growth < GROWTH_MAX, "memory grew by {growth} bytes for a file of {GIGABYTE}");

    assert!((api.metric("model_refused_total").await - before - n_refused - 2.0).abs() < 0.5);
    promote(store, served).await;
    api.until("the choice is served again", |it| it["degraded"].is_null()).await;
    // Mended, and moved to its stage again: that has it tried again.
    store
        .put_artifact(&root_of(store, empty).await, "model.pr", prophet::flat_at(77.0).into())
        .await
        .unwrap();
    course.will_serve(empty.number());
    promote(store, empty).await;
    api.until_served(empty.number()).await;
    course.serves_it();
    course.will_serve(served.number());
    promote(store, served).await;
    api.until_served(served.number()).await;
    course.serves_it();
}

async fn is_refused_once(
    api: &Api,
    course: &Course,
    store: &dyn Store,
    version: Version,
    reason: &str,
) {
    let before = api.model().await["version"].clone();
    promote(store, version).await;
    let number = version.number();
    let model = api
        .until(&format!("version {number} is refused"), |it| {
            let refused = it["refused"].as_array().unwrap();
            refused.iter().any(|refusal| refusal["version"] == number)
        })
        .await;
    let refused = model["refused"].as_array().unwrap();
    let refusal = refused.iter().find(|refusal| refusal["version"] == number).unwrap();
    assert!(refusal["reason"].as_str().unwrap().contains(reason), "{refusal}");
    assert_eq!(model["degraded"]["cause"], "refused", "{model}");
    let n_refused = api.metric("model_refused_total").await;
    api.polls(5).await;
    course.each_gets(5).await;
    let after = api.metric("model_refused_total").await;
    assert!((after - n_refused).abs() < 0.5, "version {number} was tried again");
    assert_eq!(api.model().await["version"], before);
}

pub(super) async fn promote(store: &dyn Store, version: Version) {
    store.transition_stage(NAME, version, Stage::Production, true).await.unwrap();
}

async fn root_of(store: &dyn Store, version: Version) -> String {
    store.download_uri(NAME, version).await.unwrap()
}

/// The file of a version's model, where the server keeps it.
async fn file_of(store: &dyn Store, version: Version, dir: &Path) -> PathBuf {
    let root = root_of(store, version).await;
    let below = root.strip_prefix("mlflow-artifacts:").unwrap().trim_start_matches('/');
    dir.join("mlartifacts").join(below).join("model.pr")
}
