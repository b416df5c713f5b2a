"""Reads a tracking store as MLflow's own client does, and prints what it found as one JSON object.

Usage: python check_store.py --tracking-uri URI --experiment NAME --model NAME
           [--stage Production] [--dates 2026-01-05,2026-01-06] [--no-load]

The URI is `sqlite:///mlflow.db` or `http://…`. With `--stage` the registered model of
that stage is loaded with `mlflow.prophet` and with `mlflow.pyfunc`, and its forecast for
the dates is part of the answer; floats are printed so that they read back exactly.
Anything that cannot be read is an exception, and exit code 1.
"""

import argparse
import json
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import mlflow  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402


def artifacts(client, run_id, path=None):
    """Every file of a run: path and size, folders walked."""
    files = []
    for item in client.list_artifacts(run_id, path):
        if item.is_dir:
            files += artifacts(client, run_id, item.path)
        else:
            files.append({"path": item.path, "bytes": item.file_size})
    return files


def model_artifacts(client, model_id, path=None):
    """Every file of a logged model, folders walked."""
    files = []
    for item in client.list_logged_model_artifacts(model_id, path):
        files += model_artifacts(client, model_id, item.path) if item.is_dir else [item.path]
    return sorted(files)


def one_run(client, run):
    inputs, outputs = run.inputs, run.outputs
    return {
        "run_id": run.info.run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "start_time": run.info.start_time,
        "end_time": run.info.end_time,
        "artifact_uri": run.info.artifact_uri,
        "params": dict(run.data.params),
        "metrics": dict(run.data.metrics),
        "tags": dict(run.data.tags),
        "datasets": [
            {
                "name": i.dataset.name,
                "digest": i.dataset.digest,
                "source_type": i.dataset.source_type,
                "source": i.dataset.source,
                "schema": i.dataset.schema,
                "profile": i.dataset.profile,
                "tags": {t.key: t.value for t in i.tags},
            }
            for i in (inputs.dataset_inputs if inputs else [])
        ],
        "model_outputs": [o.model_id for o in (outputs.model_outputs if outputs else [])],
        "artifacts": sorted(artifacts(client, run.info.run_id), key=lambda a: a["path"]),
    }


def one_version(version):
    return {
        "version": int(version.version),
        "stage": version.current_stage,
        "aliases": list(version.aliases),
        "status": version.status,
        "source": version.source,
        "run_id": version.run_id,
        "model_id": getattr(version, "model_id", None),
        "description": version.description,
        "tags": dict(version.tags),
    }


def logged_models(client, experiment_id):
    found = client.search_logged_models(experiment_ids=[experiment_id])
    return [
        {
            "model_id": m.model_id,
            "name": m.name,
            "status": str(m.status),
            "artifact_location": m.artifact_location,
            "source_run_id": m.source_run_id,
            "artifacts": model_artifacts(client, m.model_id),
            "params": dict(m.params or {}),
            "tags": dict(m.tags or {}),
            "metrics": {metric.key: metric.value for metric in (m.metrics or [])},
        }
        for m in found
    ]


def loaded(name, stage, dates):
    """The forecast of the version in a stage, through both of MLflow's loaders."""
    uri = f"models:/{name}/{stage}"
    frame = pd.DataFrame({"ds": pd.to_datetime(dates)})
    prophet_model = mlflow.prophet.load_model(uri)
    pyfunc_model = mlflow.pyfunc.load_model(uri)
    answer = {
        "uri": uri,
        "signature": pyfunc_model.metadata.signature and pyfunc_model.metadata.signature.to_dict(),
        "input_example": pyfunc_model.input_example is not None,
        "growth": prophet_model.growth,
        "history_rows": len(prophet_model.history),
        "history_end": str(prophet_model.history["ds"].max().date()),
    }
    if dates:
        ours = prophet_model.predict(frame)
        theirs = pyfunc_model.predict(frame)
        answer["ds"] = [str(d.date()) for d in ours["ds"]]
        for column in ("yhat", "trend", "additive_terms", "weekly", "yearly"):
            if column in ours:
                answer[column] = [float(v) for v in ours[column]]
        answer["pyfunc_yhat"] = [float(v) for v in theirs["yhat"]]
    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracking-uri", required=True)
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--stage", default="Production")
    parser.add_argument("--dates", default="", help="comma separated, YYYY-MM-DD")
    parser.add_argument("--no-load", action="store_true", help="do not load the model")
    args = parser.parse_args()

    mlflow.set_tracking_uri(args.tracking_uri)
    client = MlflowClient()
    experiment = client.get_experiment_by_name(args.experiment)
    if experiment is None:
        sys.exit(f"experiment `{args.experiment}` is not in {args.tracking_uri}")
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    versions = client.search_model_versions(f"name = '{args.model}'")
    out = {
        "mlflow_version": mlflow.__version__,
        "experiment_id": experiment.experiment_id,
        "artifact_location": experiment.artifact_location,
        "runs": [one_run(client, run) for run in runs],
        "versions": sorted((one_version(v) for v in versions), key=lambda v: v["version"]),
        "logged_models": logged_models(client, experiment.experiment_id),
    }
    if not args.no_load:
        dates = [d for d in args.dates.split(",") if d]
        out["loaded"] = loaded(args.model, args.stage, dates)
    # `repr` of a float is its shortest exact form, so the reader gets the same bits.
    print(json.dumps(out, indent=1, sort_keys=True, default=str))


if __name__ == "__main__":
    main()
