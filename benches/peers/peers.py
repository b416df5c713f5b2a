"""Fits what it is told to and says how long it took: one line of JSON in, one out.

`peers.py stock` answers for Python Prophet, `peers.py batch` for prophet-batch; the bench
starts both once and asks them in turns. `peers.py once SERIES OPTIONS` is a whole program:
read a CSV file, fit, forecast 30 days, print.
"""

import json
import logging
import sys
import time

logging.disable(logging.WARNING)

FRAMES = {}


def frame(path):
    import pandas as pd

    if path not in FRAMES:
        FRAMES[path] = pd.read_csv(path, parse_dates=["ds"])
    return FRAMES[path]


def labelled(path):
    """A frame that says of each row which series it belongs to."""
    table = frame(path)
    return table if "unique_id" in table else table.assign(unique_id=0)


def model(options):
    from prophet import Prophet

    made = Prophet(**options["prophet"])
    if options["country"]:
        made.add_country_holidays(options["country"])
    return made


def timed(work, budget_s, most):
    """Repeats `work` until the budget is spent; the seconds of each, and the last result."""
    seconds = []
    while not seconds or (sum(seconds) < budget_s and len(seconds) < most):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return seconds, result


def params(fitted):
    found = {name: fitted.params[name].ravel().tolist() for name in ("k", "m", "sigma_obs")}
    found = {name: values[0] for name, values in found.items()}
    found.update({name: fitted.params[name][0].tolist() for name in ("delta", "beta")})
    return found


class Stock:
    def version(self):
        import prophet

        return prophet.__version__

    def fit(self, order):
        series = frame(order["series"])
        work = lambda: model(order).fit(series)
        seconds, fitted = timed(work, order["budget_s"], order["most"])
        return {"seconds": seconds, "params": params(fitted)}

    def cv(self, order):
        from prophet.diagnostics import cross_validation

        fitted = model(order).fit(frame(order["series"]))
        work = lambda: cross_validation(fitted, disable_tqdm=True, **order["cv"])
        seconds, table = timed(work, order["budget_s"], order["most"])
        return {"seconds": seconds, "rows": len(table)}


class Batch:
    def version(self):
        import prophet_batch

        return prophet_batch.__version__

    def fit(self, order):
        from prophet_batch import fit_many

        series = labelled(order["series"])
        work = lambda: fit_many(series, make_model=lambda _: model(order))
        seconds, fitted = timed(work, order["budget_s"], order["most"])
        first = next(iter(fitted.values()))
        return {"seconds": [s / len(fitted) for s in seconds], "params": params(first)}

    def cv(self, order):
        from prophet_batch import cross_validation_many, fit_many

        fitted = fit_many(labelled(order["series"]), make_model=lambda _: model(order))
        work = lambda: cross_validation_many(fitted, seed=1, **order["cv"])
        seconds, tables = timed(work, order["budget_s"], order["most"])
        return {"seconds": seconds, "rows": len(next(iter(tables.values())))}


def answer(worker, order):
    try:
        if order["op"] == "hello":
            return {"version": worker.version()}
        return getattr(worker, order["op"])(order)
    except Exception as error:  # what it cannot do is an answer too
        return {"error": f"{type(error).__name__}: {error}"}


def serve(worker):
    # Whatever the libraries print must not stand between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(answer(worker, json.loads(line))), file=out, flush=True)


def once(series, options):
    fitted = model(json.loads(options)).fit(frame(series))
    future = fitted.make_future_dataframe(periods=30, include_history=False)
    table = fitted.predict(future)[["ds", "yhat", "yhat_lower", "yhat_upper", "trend"]]
    print(table.to_json(orient="records", date_format="iso"))


if __name__ == "__main__":
    if sys.argv[1] == "once":
        once(*sys.argv[2:])
    else:
        serve({"stock": Stock, "batch": Batch}[sys.argv[1]]())
