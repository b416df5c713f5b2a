//! What MLflow's own Python makes of what we wrote.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mlflow_client::flavor::{self, ProphetFlavor, prophet_files};
use mlflow_client::{
    Batch, ClientOptions, DatasetInput, DatasetRef, LoggedModelId, LoggedModelOutput,
    LoggedModelStatus, Metric, ModelVersion, NewLoggedModel, NewModelVersion, NewRun, Run,
    RunStatus, Stage, Store, TrackingUri, connect,
};
use serde_json::{Value, json};
use testkit::python::main_release;

use crate::flavor::{SCORED, check_old_runs, check_scored};

/// A moment in 2023, in milliseconds.
const NOW_MS: i64 = 1_700_000_000_000;

/// The name the contract gives the registered model.
pub(crate) const MODEL: &str = "ProphetModel";

/// A small model, fitted by Python Prophet itself, as its own JSON.
const FIT: &str = "
import logging, sys
logging.disable(logging.WARNING)
import pandas as pd
from prophet import Prophet
from prophet.serialize import model_to_json
ds = pd.date_range('2024-01-01', periods=120)
df = pd.DataFrame({'ds': ds, 'y': [10 + 0.1 * i + i % 7 for i in range(120)]})
model = Prophet(yearly_seasonality=False, daily_seasonality=False).fit(df)
print(model_to_json(model))
";

/// Reads everything back with the Python client, and loads the model both ways.
const READ: &str = "
import json, logging, sys, warnings
warnings.simplefilter('ignore'); logging.disable(logging.WARNING)
import mlflow, mlflow.prophet, mlflow.pyfunc, pandas as pd
uri, experiment, name = sys.argv[1:4]
mlflow.set_tracking_uri(uri)
c = mlflow.MlflowClient()
e = c.get_experiment_by_name(experiment)
runs = c.search_runs([e.experiment_id])
r = c.get_run(runs[0].info.run_id)
frame = pd.DataFrame({'ds': pd.date_range('2024-06-01', periods=3)})
def load(uri):
    one, two = mlflow.prophet.load_model(uri), mlflow.pyfunc.load_model(uri)
    a, b = one.predict(frame), two.predict(frame)
    assert list(a['yhat']) == list(b['yhat'])
    return list(a['yhat'])
versions = c.search_model_versions(f\"name='{name}'\")
v = [v for v in versions if v.current_stage == 'Production'][0]
model = c.get_logged_model(r.outputs.model_outputs[0].model_id)
seen = c.get_run(r.info.run_id)
found = mlflow.search_logged_models(
    [e.experiment_id], filter_string=\"metrics.mae > 1 AND params.growth = 'linear'\",
    datasets=[{'dataset_name': 'PETR4.SA', 'dataset_digest': 'abc12345'}],
    order_by=[{'field_name': 'metrics.mae', 'ascending': False}], output_format='list')
info = mlflow.models.get_model_info(f'models:/{name}/Production')
print(json.dumps({
    'experiment_tag': e.tags.get('mlflow.note.content'),
    'runs': len(runs), 'status': r.info.status, 'end_time': r.info.end_time,
    'params': r.data.params, 'metrics': {k: str(x) for k, x in r.data.metrics.items()},
    'tags': r.data.tags,
    'points': len(c.get_metric_history(r.info.run_id, 'yhat')),
    'dataset': [(i.dataset.name, i.dataset.digest, i.tags[0].value) for i in r.inputs.dataset_inputs],
    'artifacts': sorted(f.path for f in c.list_artifacts(r.info.run_id)),
    'model': [model.name, str(model.status), model.model_type, model.source_run_id == r.info.run_id],
    'model_metrics': [[m.key, m.value, m.step, m.timestamp, m.run_id == r.info.run_id,
                       m.dataset_name, m.dataset_digest] for m in model.metrics],
    'model_params': model.params, 'model_desk': model.tags['desk'],
    'linked': [[m.model_id == model.model_id for m in seen.inputs.model_inputs],
               [[m.model_id == model.model_id, m.step] for m in seen.outputs.model_outputs]],
    'found': [[m.model_id == model.model_id, len(m.metrics)] for m in found],
    'model_versions': json.loads(model.tags['mlflow.modelVersions']),
    'versions': len(versions), 'version': v.version, 'source': v.source, 'run': v.run_id == r.info.run_id,
    'aliases': c.get_registered_model(name).aliases, 'tagged': v.tags,
    'signature': [x.name for x in info.signature.inputs] + [x.name for x in info.signature.outputs],
    'scored': scored(f'models:/{name}/Production'),
    'yhat': [load(f'models:/{name}/Production'), load(f'models:/{name}@champion'),
             load(f'models:/{name}/{v.version}'), load(f'models:/{name}/latest')],
}))
";

/// Logs and promotes a version as a person would from Python.
const PROMOTE: &str = "
import logging, sys, warnings
warnings.simplefilter('ignore'); logging.disable(logging.WARNING)
import mlflow, mlflow.prophet
from prophet.serialize import model_from_json
uri, name, path = sys.argv[1:4]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment('de Python')
with mlflow.start_run():
    model = model_from_json(open(path).read())
    mlflow.prophet.log_model(model, name='model', registered_model_name=name)
c = mlflow.MlflowClient()
newest = max(int(v.version) for v in c.search_model_versions(f\"name='{name}'\"))
c.transition_model_version_stage(name, str(newest), 'Production', archive_existing_versions=True)
print(newest)
";

pub(crate) async fn store(uri: &str) -> Arc<dyn Store> {
    let options = ClientOptions::new().with_timeout(Duration::from_mins(1));
    connect(&TrackingUri::parse(uri).unwrap(), &options).await.unwrap()
}

/// Runs a script and returns the last line it printed.
pub(crate) fn ask(dir: &Path, script: &str, args: &[&str]) -> String {
    ask_release(main_release(), dir, script, args)
}

fn ask_release(release: &str, dir: &Path, script: &str, args: &[&str]) -> String {
    let out = testkit::python::run_script_of(release, dir, script, args).unwrap();
    assert_eq!(out.code, Some(0), "{}", out.report());
    out.stdout.lines().last().unwrap_or_default().to_owned()
}

/// Fits the small model with Python's Prophet.
pub(crate) fn fit(dir: &Path) -> String {
    ask(dir, FIT, &[])
}

/// Writes what a training run writes, and returns the version, in Production.
pub(crate) async fn train(store: &dyn Store, experiment: &str, model_json: &str) -> ModelVersion {
    let experiment_id = store.get_or_create_experiment(experiment).await.unwrap();
    store.set_experiment_tag(&experiment_id, "mlflow.note.content", "notas").await.unwrap();
    let new = NewRun {
        experiment_id: experiment_id.clone(),
        name: "prophet_train".to_owned(),
        start_time_ms: NOW_MS,
        user: Some("ana".to_owned()),
        tags: vec![pair("mlflow.source.name", "trainer")],
    };
    let run = store.create_run(&new).await.unwrap();
    let dataset = dataset();
    store.log_inputs(&run.id, std::slice::from_ref(&dataset), &[]).await.unwrap();
    let model = log_model(store, &run, model_json).await;
    let output = LoggedModelOutput { model_id: model.clone(), step: 7 };
    store.log_outputs(&run.id, &[output]).await.unwrap();
    store.log_inputs(&run.id, &[], std::slice::from_ref(&model)).await.unwrap();
    store.log_logged_model_params(&model, &[pair("rows", "120")]).await.unwrap();
    let tags = [pair("desk", "energy"), pair("draft", "yes")];
    store.set_logged_model_tags(&model, &tags).await.unwrap();
    store.delete_logged_model_tag(&model, "draft").await.unwrap();

    let of_dataset = DatasetRef { name: dataset.name, digest: dataset.digest };
    let mae = Metric {
        model_id: Some(model.clone()),
        dataset: Some(of_dataset),
        ..Metric::new("mae", 1.25, NOW_MS)
    };
    let point = |step| Metric { step, ..Metric::new("yhat", 30.5, NOW_MS + step) };
    let nan = Metric::new("mape", f64::NAN, NOW_MS);
    let batch = Batch {
        metrics: [mae, nan].into_iter().chain((0..1200).map(point)).collect(),
        params: vec![pair("changepoint_prior_scale", "0.05")],
        tags: vec![pair("mlflow.note.content", "**resumo**")],
    };
    store.log_batch(&run.id, &batch).await.unwrap();
    let text = b"ds,yhat\n".to_vec();
    store.put_artifact(&run.artifact_uri, "data/forecast.csv", text).await.unwrap();
    let version = promote(store, &run, &model).await;
    store.end_run(&run.id, RunStatus::Finished, NOW_MS + 1000).await.unwrap();
    version
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn dataset() -> DatasetInput {
    DatasetInput {
        name: "PETR4.SA".to_owned(),
        digest: "abc12345".to_owned(),
        source_type: "http".to_owned(),
        source: json!({ "url": "https://example.com/PETR4.SA" }).to_string(),
        schema: Some(json!({ "mlflow_colspec": [] }).to_string()),
        profile: Some(json!({ "num_rows": 120 }).to_string()),
        context: Some("training".to_owned()),
        tags: BTreeMap::new(),
    }
}

async fn log_model(store: &dyn Store, run: &Run, model_json: &str) -> LoggedModelId {
    let new = NewLoggedModel {
        experiment_id: run.experiment_id.clone(),
        name: "model".to_owned(),
        model_type: Some("prophet".to_owned()),
        source_run_id: Some(run.id.clone()),
        params: vec![pair("growth", "linear")],
        tags: vec![pair("mlflow.user", "ana")],
    };
    let model = store.create_logged_model(&new).await.unwrap();
    let files = prophet_files(&ProphetFlavor {
        model_id: Some(model.id.clone()),
        run_id: Some(run.id.clone()),
        artifact_uri: Some(model.artifact_uri.clone()),
        ..ProphetFlavor::new(model_json, NOW_MS)
    });
    for (path, bytes) in files {
        store.put_artifact(&model.artifact_uri, &path, bytes).await.unwrap();
    }
    store.finalize_logged_model(&model.id, LoggedModelStatus::Ready).await.unwrap();
    model.id
}

async fn promote(store: &dyn Store, run: &Run, model: &LoggedModelId) -> ModelVersion {
    if store.get_registered_model(MODEL).await.is_err_and(|error| error.is_not_found()) {
        store.create_registered_model(MODEL, Some("previsão")).await.unwrap();
    }
    let new = NewModelVersion {
        name: MODEL.to_owned(),
        source: format!("models:/{model}"),
        run_id: Some(run.id.clone()),
        model_id: Some(model.clone()),
        description: None,
        tags: vec![pair("trained_through", "2024-04-29")],
    };
    let version = store.create_version(&new).await.unwrap();
    store.set_alias(MODEL, "champion", version.version).await.unwrap();
    store.transition_stage(MODEL, version.version, Stage::Production, true).await.unwrap()
}

/// Reads with Python what [`train`] wrote, and checks all of it.
pub(crate) fn check(dir: &Path, uri: &str, experiment: &str, version: &ModelVersion) {
    check_by(main_release(), dir, uri, experiment, version);
}

/// As [`check`], with the Python of another release.
pub(crate) fn check_by(
    release: &str,
    dir: &Path,
    uri: &str,
    experiment: &str,
    version: &ModelVersion,
) {
    let script = format!("{SCORED}{READ}");
    let read = ask_release(release, dir, &script, &[uri, experiment, MODEL]);
    let read: Value = serde_json::from_str(&read).unwrap();
    assert_eq!(read["experiment_tag"], "notas");
    assert_eq!((&read["runs"], &read["status"]), (&json!(1), &json!("FINISHED")));
    assert_eq!(read["end_time"], NOW_MS + 1000);
    assert_eq!(read["params"], json!({ "changepoint_prior_scale": "0.05" }));
    assert_eq!(read["metrics"], json!({ "mae": "1.25", "mape": "nan", "yhat": "30.5" }));
    assert_eq!(read["tags"]["mlflow.user"], "ana");
    assert_eq!(read["tags"]["mlflow.runName"], "prophet_train");
    assert_eq!(read["tags"]["mlflow.note.content"], "**resumo**");
    assert_eq!(read["points"], 1200);
    assert_eq!(read["dataset"], json!([["PETR4.SA", "abc12345", "training"]]));
    assert!(read["artifacts"].as_array().unwrap().contains(&json!("data")), "{read}");
    assert_eq!(read["model"], json!(["model", "READY", "prophet", true]));
    let mae = json!(["mae", 1.25, 0, NOW_MS, true, "PETR4.SA", "abc12345"]);
    assert_eq!(read["model_metrics"], json!([mae]));
    assert_eq!(read["model_params"], json!({ "growth": "linear", "rows": "120" }));
    assert_eq!(read["model_desk"], "energy");
    assert_eq!(read["linked"], json!([[true], [[true, 7]]]));
    assert_eq!(read["found"], json!([[true, 1]]));
    let number = version.version.number();
    assert_eq!(read["model_versions"], json!([{ "name": MODEL, "version": number }]));
    assert_eq!(read["version"].to_string().trim_matches('"'), number.to_string());
    assert_eq!(read["source"], version.source);
    assert_eq!(read["run"], true);
    assert_eq!(read["aliases"]["champion"].to_string().trim_matches('"'), number.to_string());
    assert_eq!(read["tagged"], json!({ "trained_through": "2024-04-29" }));
    assert_eq!(read["signature"], json!(["ds", "ds", "yhat", "yhat_lower", "yhat_upper"]));
    check_scored(&read["scored"]);
    let yhat = read["yhat"].as_array().unwrap();
    assert!(yhat.iter().all(|one| one == &yhat[0] && one[0].is_f64()), "{yhat:?}");
}

/// Has Python log and promote another version of the same model, and reads that one ourselves.
pub(crate) async fn check_promotion_by_python(
    dir: &Path,
    uri: &str,
    store: &dyn Store,
    model_json: &str,
) {
    std::fs::write(dir.join("model.json"), model_json).unwrap();
    let newest: u32 = ask(dir, PROMOTE, &[uri, MODEL, "model.json"]).parse().unwrap();
    let model = store.get_registered_model(MODEL).await.unwrap();
    let version =
        mlflow_client::newest_in_stage(&model.latest_versions, Stage::Production).unwrap();
    assert_eq!(version.version.number(), newest);
    let read = flavor::load_model_json(store, MODEL, version.version).await.unwrap();
    assert_eq!(read, model_json, "Python writes back what it read, to the byte");
    // MLflow 3 keeps the files apart from those of the run, under whose address they are known.
    let of_run = format!("runs:/{}/model", version.run_id.as_ref().unwrap());
    let read = flavor::load_model_json_at(store, &of_run).await.unwrap();
    assert_eq!(read, model_json, "{of_run}");
}

#[tokio::test]
async fn python_reads_the_embedded_store_and_we_write_on_after_its_upgrade() {
    let dir = testkit::program::workdir().unwrap();
    let folder = dir.path().join("ação 1");
    let uri = format!("sqlite:///{}", folder.join("mlflow.db").display());
    let store = store(&uri).await;
    let model_json = fit(dir.path());
    let first = train(&*store, "petr4_forecast", &model_json).await;
    let ours = flavor::load_model_json(&*store, MODEL, first.version).await.unwrap();
    assert_eq!(ours, model_json);
    // Opening the file upgrades it in place, under our open connection.
    check(&folder, &uri, "petr4_forecast", &first);
    let second = train(&*store, "depois", &model_json).await;
    assert_eq!(second.version.number(), first.version.number() + 1);
    check(&folder, &uri, "depois", &second);
    let again = self::store(&uri).await;
    mlflow_client::conformance::all(&*again, "after the upgrade").await;
    check_promotion_by_python(&folder, &uri, &*again, &model_json).await;
    let ours = second.source.trim_start_matches("models:/");
    check_old_runs(&folder, &uri, &*again, ours, &model_json).await;
}
