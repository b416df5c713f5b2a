"""Asks `mlflow models serve` and the program under test the same questions.

Usage: python ask_both.py, in an empty folder, which becomes the store. It logs models, says
`logged`, waits for a file `url` that names the program, and then promotes one version after the
other. The last line is a JSON list of questions with both answers. `ours` in a question is the
status that the program is to have where it means to differ.
"""

import asyncio
import json
import logging
import pathlib
import time
import urllib.error
import urllib.request

logging.disable(logging.WARNING)

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from mlflow.pyfunc import scoring_server  # noqa: E402
from mlflow.pyfunc.scoring_server.client import ScoringServerClient  # noqa: E402
from prophet import Prophet  # noqa: E402

JSON, CSV = "application/json", "text/csv"
NAME = "ProphetModel"
PATIENCE_S = 60


def history():
    ds = pd.bdate_range("2024-01-01", periods=120)
    t = np.arange(120)
    x = np.sin(t / 3.0)
    y = 20 + 0.02 * t + np.cos(t / 5.0) + 2 * x + 0.1 * np.sin(7.0 * t)
    return pd.DataFrame({"ds": ds, "y": y, "x": x, "cap": 40.0, "floor": 1.0, "on": t % 5 < 3})


def models():
    """The versions, each with the values of the columns that it needs besides `ds`."""
    df = history()
    regressor = Prophet()
    regressor.add_country_holidays("BR")
    regressor.add_regressor("x")
    logistic = Prophet(growth="logistic", yearly_seasonality=2)
    conditional = Prophet(weekly_seasonality=False, seasonality_mode="multiplicative")
    conditional.add_seasonality("workdays", 7, 3, condition_name="on")
    return [
        (regressor.fit(df), {"x": 0.25}, None),
        (logistic.fit(df), {"cap": 41.0, "floor": 1.0}, None),
        (conditional.fit(df), {"on": True}, infer_signature(df[["ds", "on"]])),
        (Prophet(uncertainty_samples=0).fit(df), {}, infer_signature(df[["ds"]])),
    ]


def log(store):
    mlflow.set_tracking_uri(store)
    logged = models()
    with mlflow.start_run():
        for model, _, signature in logged:
            mlflow.prophet.log_model(
                model,
                name="model",
                registered_model_name=NAME,
                signature=signature,
                pip_requirements=["prophet"],
            )
    return [(more, signature is not None) for _, more, signature in logged]


def questions(more, has_signature):
    """`more` are the other columns of a row."""
    rows = [{"ds": ds, **more} for ds in ["2024-07-01", "2024-12-25", "2024-06-20"]]
    columns = ["ds", *more]
    lists = {name: [row[name] for row in rows] for name in columns}
    split = {"columns": columns, "data": [[row[name] for name in columns] for row in rows]}
    header = ",".join(columns)
    line = ",".join(["2024-07-01", *(str(value) for value in more.values())])
    next_line = line.replace("07-01", "07-02")
    timed = [{"ds": "2024-07-01 10:30:00", **more}, {"ds": "2024-07-02 00:00:00.5", **more}]

    def ask(name, body, media=JSON, ours=None):
        text = body if isinstance(body, str) else json.dumps(body)
        return {"name": name, "media": media, "body": text, "ours": ours}

    # Without a signature MLflow hands lists to Prophet, which cannot use them.
    lenient = None if has_signature else 200
    # MLflow cannot read the dates of a CSV file where there is a signature.
    dated = 200 if has_signature else None
    yield ask("split", {"dataframe_split": split})
    yield ask("split with an index", {"dataframe_split": {**split, "index": [7, 8, 9]}})
    yield ask("records", {"dataframe_records": rows})
    yield ask("one record", {"dataframe_records": rows[:1]})
    yield ask("inputs of records", {"inputs": rows}, ours=lenient)
    yield ask("inputs of columns", {"inputs": lists}, ours=lenient)
    yield ask("inputs of one record", {"inputs": rows[0]}, ours=lenient)
    yield ask("instances of records", {"instances": rows}, ours=lenient)
    yield ask("instances of columns", {"instances": lists}, ours=lenient)
    yield ask("csv", f"{header}\n{line}\n{next_line}\n", CSV, dated)
    yield ask("csv in UTF-8", f"{header}\n{line}\n", f"{CSV}; charset=utf-8", dated)
    yield ask("times", {"dataframe_records": timed[:1]})
    yield ask("fractions of a second", {"dataframe_records": timed[1:]})
    # Python's logistic growth divides by the step between the rows.
    yield ask("a row twice", {"dataframe_records": [rows[0], rows[0]]}, ours=200)
    yield ask("params", {"dataframe_records": rows, "params": {"horizon": 3}})
    yield ask("other members", {"dataframe_records": rows, "signature": 3})
    yield ask("other columns", {"dataframe_records": [{**row, "other": 1.5} for row in rows]})
    for name, value in more.items():
        without = {key: value for key, value in rows[0].items() if key != name}
        yield ask(f"without {name}", {"dataframe_records": [without]})
        # A signature makes a flag of anything: nothing is false, a word is true.
        null, word = ({"dataframe_records": [{**rows[0], name: it}]} for it in [None, "much"])
        yield ask(f"{name} is null", null, ours=400)
        yield ask(f"{name} is a word", word, ours=400)
    yield ask("without ds", {"dataframe_records": [{"day": "2024-07-01", **more}]})
    yield ask("ds is null", {"dataframe_records": [{**rows[0], "ds": None}]})
    yield ask("ds is a word", {"dataframe_records": [{**rows[0], "ds": "tomorrow"}]})
    yield ask("ds has a zone", {"dataframe_records": [{**rows[0], "ds": "2024-07-01T00:00:00Z"}]})
    yield ask("no rows", {"dataframe_records": []}, ours=422)
    yield ask("two shapes", {"dataframe_records": rows, "inputs": rows}, ours=422)
    yield ask("no shape", {}, ours=422)
    yield ask("a list", [1], ours=422)
    yield ask("records that are none", {"dataframe_records": {"ds": ["2024-07-01"]}}, ours=422)
    yield ask("split that is none", {"dataframe_split": rows}, ours=422)
    yield ask("split without data", {"dataframe_split": {"columns": columns}}, ours=422)
    yield ask("split with more", {"dataframe_split": {**split, "other": 1}}, ours=422)
    yield ask("no JSON", "ds=2024-07-01")
    yield ask("no body", "")
    yield ask("no CSV", "", CSV)
    yield ask("a CSV row that is too long", f"{header}\n{line}\n{line},1\n", CSV)
    yield ask("another type", "ds", "text/plain")
    yield ask("another charset", {"inputs": rows}, f"{JSON}; charset=latin-1")
    yield ask("another parameter", {"inputs": rows}, f"{JSON}; format=pandas-split")


def in_process(app, method, path, body, media):
    """An answer of MLflow's application, without a server around it."""
    head = {}
    text = bytearray()

    async def receive():
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            head["status"] = message["status"]
            head["headers"] = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            text.extend(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
        "headers": [(b"content-type", media.encode())] if media else [],
    }
    asyncio.run(app(scope, receive, send))
    return answer(head["status"], head["headers"].get("content-type"), bytes(text))


def over_http(url, method, path, body, media):
    headers = {"content-type": media} if media else {}
    data = body.encode() if method == "POST" else None
    request = urllib.request.Request(url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return answer(response.status, response.headers["content-type"], response.read())
    except urllib.error.HTTPError as error:
        return answer(error.code, error.headers["content-type"], error.read())


def answer(status, media, body):
    return {"status": status, "media": media, "body": body.decode()}


def eventually(found):
    began = time.monotonic()
    while (value := found()) is None:
        assert time.monotonic() - began < PATIENCE_S, "not within the time"
        time.sleep(0.02)
    return value


def through_the_client(url, more):
    """MLflow's own client, pointed at the program."""
    host, port = url.removeprefix("http://").rsplit(":", 1)
    client = ScoringServerClient(host, int(port))
    client.wait_server_ready(PATIENCE_S)
    rows = pd.DataFrame({"ds": pd.to_datetime(["2024-07-01"]), **{k: [v] for k, v in more.items()}})
    predictions = client.invoke(rows, params={"horizon": 3}).get_predictions()
    return {"version": client.get_version(), "yhat": predictions["yhat"][0]}


def main():
    versions = log("sqlite:///mlflow.db")
    print("logged", flush=True)
    file = pathlib.Path("url")
    url = eventually(lambda: file.read_text() or None if file.exists() else None)
    client = mlflow.MlflowClient()
    found = []
    for version, (more, has_signature) in enumerate(versions, 1):
        client.transition_model_version_stage(NAME, version, "Production", True)
        served = lambda: json.loads(over_http(url, "GET", "/health", "", None)["body"])["version"]
        eventually(lambda: True if served() == version else None)
        app = scoring_server.init(mlflow.pyfunc.load_model(f"models:/{NAME}/{version}"))

        def both(question, method="POST", path="/invocations"):
            body, media = question.pop("body"), question["media"]
            theirs = in_process(app, method, path, body, media)
            ours = over_http(url, method, path, body, media)
            found.append({**question, "version": version, "answers": [theirs, ours]})

        for path in ["/ping", "/version", "/invocations"]:
            both({"name": path, "media": None, "body": "", "ours": None}, "GET", path)
        for question in questions(more, has_signature):
            both(question)
        found[-1]["client"] = through_the_client(url, more)
    print(json.dumps(found))


main()
