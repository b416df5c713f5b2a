"""The service that most people would write: FastAPI, a model read once, Prophet for each request."""

import os
from datetime import date

import pandas as pd
from fastapi import FastAPI, HTTPException
from prophet.serialize import model_from_json

app = FastAPI()
with open(os.environ["MODEL_JSON"]) as file:
    model = model_from_json(file.read())


@app.post("/predict")
async def predict(days: int = 30):
    if days <= 0:
        raise HTTPException(400, "days must be positive")
    rows = pd.DataFrame({"ds": pd.date_range(date.today(), periods=days)})
    forecast = model.predict(rows)[["ds", "yhat", "yhat_lower", "yhat_upper"]]
    forecast["ds"] = forecast["ds"].dt.strftime("%Y-%m-%d")
    return forecast.to_dict("records")
