//! Logged Prophet models, ours in Python's hands and Python's in ours.

use std::path::Path;

use mlflow_client::flavor::load_model_json_at;
use mlflow_client::{ErrorKind, Store};
use serde_json::{Value, json};

use crate::python::ask;

/// Does with a model what MLflow's tools do: signature, example, scoring, environments.
pub(crate) const SCORED: &str = "
def scored(uri):
    import os, yaml
    from mlflow.models import Model, validate_serving_input
    from mlflow.utils.environment import _PythonEnv
    path = mlflow.artifacts.download_artifacts(uri)
    read = lambda name: open(os.path.join(path, name)).read()
    model = Model.load(uri)
    example = model.load_input_example(uri)
    served = validate_serving_input(uri, read('serving_input_example.json'))
    predicted = mlflow.pyfunc.load_model(uri).predict(example)
    assert list(served['yhat']) == list(predicted['yhat'])
    written = ['model.pr', 'input_example.json', 'serving_input_example.json']
    conda = yaml.safe_load(read('conda.yaml'))
    return {
        'example': [t.kind for t in example.dtypes] + [str(t) for t in example['ds']],
        'rows': len(served), 'finite': bool(served['yhat'].notna().all()),
        'size': model.model_size_bytes == sum(len(read(name)) for name in written),
        'created': model.utc_time_created,
        'python': _PythonEnv.from_yaml(os.path.join(path, 'python_env.yaml')).python,
        'conda': [conda['name'], conda['dependencies'][-1]['pip']],
        'requirements': read('requirements.txt').split(),
    }
";

/// Logs a model with a signature and an example, and compares the files with ours; then lays out
/// runs as MLflow 2 did, whose models are files of the run, and registers them.
const OLD: &str = "
import json, logging, pathlib, sys, warnings
warnings.simplefilter('ignore'); logging.disable(logging.WARNING)
import mlflow, mlflow.prophet, pandas as pd
from mlflow.models import Model, infer_signature
from prophet.serialize import model_from_json
uri, ours, old, path = sys.argv[1:5]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment('como antes')
c = mlflow.MlflowClient()
text = open(path).read()
model = model_from_json(text)
frame = pd.DataFrame({'ds': pd.to_datetime(['2025-01-02', '2025-01-03', '2025-01-06'])})
columns = ['ds', 'yhat', 'yhat_lower', 'yhat_upper']
signature = infer_signature(frame, model.predict(frame)[columns])
with mlflow.start_run() as run:
    logged = mlflow.prophet.log_model(model, name='modelo', signature=signature, input_example=frame)
theirs, mine = (Model.load(uri).to_dict() for uri in (logged.model_uri, f'models:/{ours}'))
for one in (theirs, mine):
    del one['flavors']['python_function']['python_version']
same = {key: (theirs.get(key), mine.get(key)) for key in theirs.keys() | mine.keys()
        if theirs.get(key) != mine.get(key)}

MLMODEL = '''artifact_path: model
flavors:
  prophet:
    code: null
    data: {data}
    model_type: Prophet
    prophet_version: 1.1.5
  python_function:
    data: {data}
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.prophet
    python_version: 3.10.12
mlflow_version: 2.9.2
model_size_bytes: {size}
model_uuid: 0123456789abcdef0123456789abcdef
run_id: {run}
utc_time_created: '2024-01-05 12:00:00.000000'
'''
c.create_registered_model(old)
runs = []
for number, (data, body) in enumerate([('model.pr', json.dumps(text)), ('inner/outro.pr', text)], 1):
    folder = pathlib.Path(f'old-{number}')
    (folder / data).parent.mkdir(parents=True, exist_ok=True)
    (folder / data).write_text(body)
    with mlflow.start_run() as run:
        id = run.info.run_id
        (folder / 'MLmodel').write_text(MLMODEL.format(data=data, size=len(body), run=id))
        mlflow.log_artifacts(str(folder), 'model')
    c.create_model_version(old, f'runs:/{id}/model', id)
    runs.append(id)
c.transition_model_version_stage(old, '1', 'Archived')
c.set_registered_model_alias(old, 'antes', '2')
loaded = mlflow.prophet.load_model(f'models:/{old}/1')
assert list(loaded.predict(frame)['yhat']) == list(model.predict(frame)['yhat'])
print(json.dumps({'same': same, 'logged': logged.model_uri, 'runs': runs}, default=str))
";

/// What MLflow's tools make of our model.
pub(crate) fn check_scored(scored: &Value) {
    let dates = ["2025-01-02 00:00:00", "2025-01-03 00:00:00", "2025-01-06 00:00:00"];
    assert_eq!(scored["example"], json!(["M", dates[0], dates[1], dates[2]]));
    assert_eq!((&scored["rows"], &scored["finite"]), (&json!(3), &json!(true)));
    assert_eq!(scored["size"], true, "{scored}");
    assert_eq!(scored["created"], "2023-11-14 22:13:20.000000");
    assert_eq!(scored["python"], "3.11");
    let packages = ["mlflow==3.17.2", "prophet==1.5.0"];
    assert_eq!(scored["conda"], json!(["mlflow-env", packages]));
    assert_eq!(scored["requirements"], json!(packages));
}

/// Has Python log a model beside ours and lay out old runs, and reads all of them ourselves.
pub(crate) async fn check_old_runs(
    dir: &Path,
    uri: &str,
    store: &dyn Store,
    ours: &str,
    model_json: &str,
) {
    const NAME: &str = "de antes";
    std::fs::write(dir.join("model.json"), model_json).unwrap();
    let told = ask(dir, OLD, &[uri, ours, NAME, "model.json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let same = told["same"].as_object().unwrap();
    let differing: Vec<_> = same.keys().map(String::as_str).collect();
    assert_eq!(differing, DIFFERING, "{told:#}");

    let id = |number: usize| told["runs"][number].as_str().unwrap();
    let mut uris: Vec<_> = ["/1", "/Archived", "/2", "/None", "/latest", "@antes"]
        .map(|form| format!("models:/{NAME}{form}"))
        .to_vec();
    uris.extend((0..2).map(|number| format!("runs:/{}/model", id(number))));
    uris.push(told["logged"].as_str().unwrap().to_owned());
    for uri in uris {
        let read = load_model_json_at(store, &uri).await;
        assert_eq!(read.unwrap(), model_json, "{uri}");
    }
    let none = load_model_json_at(store, &format!("runs:/{}/never", id(0))).await;
    assert_eq!(none.unwrap_err().kind(), ErrorKind::NotFound);
}

/// The entries of `MLmodel` that are not the same in ours and in Python's.
const DIFFERING: [&str; 5] =
    ["artifact_path", "model_id", "model_uuid", "run_id", "utc_time_created"];
