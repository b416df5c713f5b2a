"""Logs one training for each line of the standard input, and prints how long it took."""

import os
import sys
import time

started = time.perf_counter()
import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

print(time.perf_counter() - started, flush=True)

client = MlflowClient()
files = ["model/model.pr", "plots/forecast.svg", "forecast.csv"]
for path in files:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"x" * 100_000)


def train(style):
    mlflow.set_experiment("race")
    with mlflow.start_run(run_name="training") as run:
        run_id = run.info.run_id
        mlflow.log_params({f"param_{i}": i for i in range(20)})
        if style == "each":
            for step in range(1000):
                mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        else:
            now = int(time.time() * 1000)
            points = [Metric("loss", 1.0 / (step + 1), now, step) for step in range(1000)]
            client.log_batch(run_id, metrics=points)
        mlflow.set_tags({"team": "quant"})
        for path in files:
            mlflow.log_artifact(path, os.path.dirname(path) or None)
        try:
            client.create_registered_model("Theirs")
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        client.create_model_version("Theirs", f"{run.info.artifact_uri}/model", run_id)


for line in sys.stdin:
    started = time.perf_counter()
    train(line.strip())
    print(time.perf_counter() - started, flush=True)
