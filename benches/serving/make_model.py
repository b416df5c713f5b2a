"""Logs two Prophet models, registers them as versions 1 and 2, promotes the first, and writes its JSON.

The second forecasts 100 more than the first, so that an answer shows which one made it.
A small model, quick to load, is written beside the JSON, under its name and `.small`.

Usage: python make_model.py URI MODEL_JSON
"""

import logging
import sys
import warnings

import mlflow
import numpy as np
import pandas as pd
from prophet import Prophet
from prophet.serialize import model_to_json

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
NAME = "ProphetModel"

rng = np.random.default_rng(7)
ds = pd.bdate_range("2018-01-01", periods=1900)
y = 20 + np.cumsum(rng.normal(0.004, 0.3, len(ds)))
models = [Prophet().fit(pd.DataFrame({"ds": ds, "y": y + more}), seed=7) for more in (0, 100)]
with open(sys.argv[2], "w") as file:
    file.write(model_to_json(models[0]))
small = Prophet(growth="flat", yearly_seasonality=False, weekly_seasonality=False, daily_seasonality=False)
small.fit(pd.DataFrame({"ds": ds[:60], "y": y[:60]}), seed=7)
with open(sys.argv[2] + ".small", "w") as file:
    file.write(model_to_json(small))
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("serving")
for model in models:
    with mlflow.start_run():
        mlflow.prophet.log_model(model, name="model", registered_model_name=NAME)
client = mlflow.MlflowClient()
client.transition_model_version_stage(NAME, "1", "Production")
print(mlflow.artifacts.download_artifacts(f"models:/{NAME}/1"))
