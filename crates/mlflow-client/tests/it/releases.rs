//! Other releases of MLflow: each opens our file and upgrades it, and we write on.

use mlflow_client::conformance;
use testkit::mlflow_server::Settings;
use testkit::python::{has_release, main_release, other_releases, run_script_of};

use crate::python::{check_by, fit, store, train};

/// Asks for the experiments, as any program of that release would.
const LIST: &str = "
import sys, mlflow
print(len(mlflow.MlflowClient(sys.argv[1]).search_experiments()))
";

/// A server over a file of ours takes the whole suite, and so does the file that it upgraded.
async fn a_server_conforms(release: &str) {
    let dir = testkit::program::workdir().unwrap();
    let uri = format!("sqlite:///{}", dir.path().join("mlflow.db").display());
    let embedded = store(&uri).await;
    let version = train(&*embedded, "petr4_forecast", r#"{"growth": "linear"}"#).await;
    // Releases before 3.7 look for `mlruns` unless they are told.
    let settings = Settings::new(dir.path()).release(release);
    let server = settings.arg(format!("--backend-store-uri={uri}")).start().unwrap();
    let rest = store(&server.url()).await;
    let id = version.run_id.as_ref().unwrap();
    let (ours, theirs) = (embedded.get_run(id).await.unwrap(), rest.get_run(id).await.unwrap());
    // As text, since NaN is not equal to itself.
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    if Some(&release) == other_releases().last() {
        conformance::all(&*rest, "through the server").await;
    } else {
        conformance::of_older_servers(&*rest, "through the server").await;
    }
    conformance::all(&*embedded, "beside the server").await;
}

#[tokio::test]
async fn a_server_of_the_oldest_release_conforms() {
    a_server_conforms(other_releases()[0]).await;
}

#[tokio::test]
async fn a_server_of_a_release_between_conforms() {
    a_server_conforms(other_releases()[1]).await;
}

#[tokio::test]
async fn a_server_of_the_newest_release_conforms() {
    a_server_conforms(other_releases().last().unwrap()).await;
}

#[tokio::test]
async fn one_file_goes_from_release_to_release_and_takes_our_writes_after_each() {
    let dir = testkit::program::workdir().unwrap();
    let uri = format!("sqlite:///{}", dir.path().join("mlflow.db").display());
    let store = store(&uri).await;
    let model_json = fit(dir.path());
    let mut releases = other_releases();
    releases.insert(releases.len() - 1, main_release());
    releases.retain(|release| has_release(release).unwrap());
    for release in &releases {
        let experiment = format!("before {release}");
        let version = train(&*store, &experiment, &model_json).await;
        // Reading upgrades the file in place, under our open connection.
        check_by(release, dir.path(), &uri, &experiment, &version);
        conformance::all(&*store, &format!("after {release}")).await;
    }

    if releases[0] == main_release() {
        return;
    }
    // Only MLflow's own programs mind a file that is newer than they are.
    let out = run_script_of(releases[0], dir.path(), LIST, [&uri]).unwrap();
    assert_ne!(out.code, Some(0), "{} reads a file of {:?}", releases[0], releases.last());
    let said = ["out-of-date database schema", "Can't locate revision"];
    assert!(said.iter().any(|words| out.stderr.contains(words)), "{}", out.report());
}
