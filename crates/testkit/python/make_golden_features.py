"""Writes what Python Prophet 1.5.0 makes of options: golden/features/*.json of forecast-core.

Usage: python make_golden_features.py [OUT_DIR] [GROUP ...]

A case is a specification as JSON and a small series; the file has the specification, the
series, and Python's answers: the data that Stan is given (the matrix by two sums a column),
Stan's parameters and their log posterior, the forecast of a few rows. Models are written
without their tables, to keep the files small.
"""

import datetime
import json
import sys

import numpy as np
import pandas as pd
from prophet import Prophet
from prophet.serialize import model_to_json
from prophet.utilities import regressor_coefficients, warm_start_params

import golden_files
from make_golden import SEED, log_posterior

OPTIONS = [
    "growth", "changepoints", "n_changepoints", "changepoint_range", "yearly_seasonality",
    "weekly_seasonality", "daily_seasonality", "seasonality_mode", "holidays_mode",
    "seasonality_prior_scale", "holidays_prior_scale", "changepoint_prior_scale", "scaling",
]


def frame(start, n, freq="D", seed=0, level=20.0, **columns):
    """A trend with a weekly swing and noise, rounded so that it is short in a file."""
    rng = np.random.default_rng(seed)
    ds = pd.date_range(start, periods=n, freq=freq)
    t = np.arange(n)
    y = level + 0.05 * t + np.sin(2 * np.pi * ds.day_of_week / 7) + rng.normal(0, 0.3, n)
    return pd.DataFrame({"ds": ds, "y": y.round(3), **columns})


def uniform(n, seed, low=0.0, high=1.0):
    return np.random.default_rng(seed).uniform(low, high, n).round(3)


def without(df, rows):
    """The same rows, some without a value."""
    df = df.copy()
    df.loc[rows, "y"] = np.nan
    return df


def trend_cases():
    base = frame("2024-01-01", 60)
    hand = ["2024-02-10", "2024-01-15", "2024-02-01"]
    yield "changepoints by hand, unsorted", {"changepoints": hand}, base
    yield "no changepoints by hand", {"changepoints": []}, base
    yield "n_changepoints 0", {"n_changepoints": 0}, base
    yield "more changepoints than rows", {"n_changepoints": 90}, base
    yield "changepoint_range 0.5", {"changepoint_range": 0.5, "n_changepoints": 7}, base
    yield "changepoint_range 1", {"changepoint_range": 1.0, "n_changepoints": 5}, base
    yield "changepoint_prior_scale 0.5", {"changepoint_prior_scale": 0.5}, base
    yield "flat", {"growth": "flat"}, base
    yield "missing values", {}, without(base, [0, 7, 8, 30, 58, 59])
    yield "rows in another order", {}, base.sample(frac=1, random_state=3).reset_index(drop=True)
    yield "constant, flat", {"growth": "flat"}, base.assign(y=4.5)
    yield "constant, with a minimum", {"scaling": "minmax"}, base.assign(y=4.5)


def scaling_cases():
    base = frame("2024-01-01", 60, seed=1)
    cap = {"cap": np.linspace(40, 46, 60).round(3)}
    floor = {"floor": np.linspace(10, 12, 60).round(3)}
    capped, floored = base.assign(**cap), base.assign(**cap, **floor)
    logistic = {"growth": "logistic", "weekly_seasonality": True}
    minmax = {"scaling": "minmax"}
    yield "minmax", minmax, base
    yield "minmax, flat", {**minmax, "growth": "flat"}, base
    yield "minmax, multiplicative", {**minmax, "seasonality_mode": "multiplicative"}, base
    yield "minmax, logistic", {**minmax, **logistic}, capped
    yield "minmax, logistic with a floor", {**minmax, **logistic}, floored
    yield "logistic", logistic, capped
    yield "logistic with a floor", logistic, floored
    yield "logistic with a floor in another order", logistic, floored.sample(frac=1, random_state=4)
    yield "a floor that linear growth does not see", {}, floored
    yield "below zero", {}, base.assign(y=(base["y"] - 40).round(3))


def seasonality_cases():
    days, hours = frame("2023-03-01", 80, seed=2), frame("2024-05-01", 90, freq="2h", seed=3)
    on = (days["ds"].dt.day_of_week < 4).astype(float).tolist()
    monthly = {"name": "monthly", "period": 30.5, "fourier_order": 2}
    weekly = {"name": "weekly", "period": 7, "fourier_order": 2, "prior_scale": 0.3}
    yield "an order", {"weekly_seasonality": 2, "yearly_seasonality": 1}, days
    yield "on", {"daily_seasonality": True, "weekly_seasonality": False}, days
    yield "hours", {}, hours
    yield "prior scales", {"seasonality_prior_scale": 0.2}, hours
    yield "of its own", {"seasonalities": [{**monthly, "prior_scale": 0.1}]}, days
    yield "of another mode", {"seasonalities": [{**monthly, "mode": "multiplicative"}]}, days
    yield "its own week instead of auto", {"seasonalities": [weekly]}, days
    yield "its own week under the built-in one", {
        "seasonalities": [weekly, monthly], "weekly_seasonality": True}, days
    yield "on a condition", {"weekly_seasonality": False, "seasonalities": [
        {"name": "term", "period": 7, "fourier_order": 2, "condition_name": "open"}]
    }, days.assign(open=on)
    yield "a multiplicative model", {"seasonality_mode": "multiplicative", "seasonalities": [
        {**monthly, "mode": "additive"}]}, days


def holiday_cases():
    base = frame("2020-10-01", 90, seed=4)
    sale = {"holiday": "sale", "lower_window": -1, "upper_window": 2, "prior_scale": 3.0}
    rows = [{**sale, "ds": ds} for ds in ("2020-10-20", "2020-11-27", "2021-03-05")]
    rows.append({"holiday": "fair", "ds": "2020-12-06", "lower_window": 0, "upper_window": 0})
    plain = [{"holiday": "fair", "ds": ds} for ds in ("2020-10-11", "2020-12-06", "2021-02-01")]
    yield "of its own", {"holidays": plain}, base
    yield "windows and prior scales", {"holidays": rows, "holidays_prior_scale": 0.7}, base
    yield "outside the rows", {"holidays": [{"holiday": "never", "ds": "2019-01-01"}]}, base
    yield "a year of the United States without Juneteenth", {"country_holidays": "US"}, base
    yield "the United States by name", {"country_holidays": "UnitedStates"}, frame(
        "2021-05-20", 70, seed=5)
    yield "Brazil and its own", {"country_holidays": "BR", "holidays": rows}, base
    yield "its own beside the same of the country", {"country_holidays": "BR", "holidays": [
        {"holiday": "Christmas Day", "ds": "2020-12-25", "lower_window": -1, "upper_window": 1},
    ]}, base
    yield "multiplicative", {"holidays": rows, "holidays_mode": "multiplicative"}, base
    yield "additive in a multiplicative model", {
        "holidays": plain, "holidays_mode": "additive", "seasonality_mode": "multiplicative"}, base
    yield "in hours", {"holidays": plain}, frame("2020-10-09", 60, freq="3h", seed=6)


def regressor_cases():
    n = 70
    base = frame("2022-02-01", n, seed=7)
    price = uniform(n, 8, 90, 110)
    flags = (uniform(n, 9) < 0.3).astype(float)
    df = base.assign(price=price, flag=flags, same=3.25, none=0.0, pair=flags * 2 + 1)
    df["y"] = (df["y"] + 0.2 * (price - 100) + flags).round(3)
    yield "standardized by itself", {"regressors": [
        {"name": "price"}, {"name": "flag"}, {"name": "same"}, {"name": "none"},
        {"name": "pair"}]}, df
    yield "standardized on demand", {"regressors": [
        {"name": "price", "standardize": False}, {"name": "flag", "standardize": True},
        {"name": "same", "standardize": True}]}, df
    yield "prior scales and modes", {"holidays_prior_scale": 0.4, "regressors": [
        {"name": "price", "prior_scale": 0.05, "mode": "multiplicative"},
        {"name": "flag", "mode": "additive"}]}, df
    yield "in a multiplicative model", {"seasonality_mode": "multiplicative", "regressors": [
        {"name": "price"}, {"name": "flag", "mode": "additive", "prior_scale": 2.0}]}, df
    yield "with missing values", {"regressors": [{"name": "price"}]}, without(df, [3, 4, 69])


def auto_cases():
    """Where the built-in seasonalities come by themselves: data alone, nothing is fitted."""
    for start, n, freq in [
        ("2024-01-01", 14, "D"), ("2024-01-01", 15, "D"), ("2022-01-01", 730, "D"),
        ("2022-01-01", 731, "D"), ("2022-01-01", 24, "MS"), ("2022-01-01", 26, "MS"),
        ("2024-01-01", 40, "W"), ("2024-01-01", 30, "6D"), ("2024-01-01", 48, "h"),
        ("2024-01-01", 49, "h"), ("2024-01-01", 30, "12h"), ("2024-01-01", 10, "2D"),
        ("2024-01-01", 300, "5min"), ("2024-01-01", 600, "5min"), ("2020-01-31", 60, "ME"),
    ]:
        yield f"{n} rows each {freq}", {}, frame(start, n, freq=freq)


def predictor_cases():
    """A regressor that is forecast by a model of its own."""
    n = 150
    base = frame("2022-02-01", n, seed=10)
    t = np.arange(n)
    price = (100 + 0.1 * t - 0.3 * np.maximum(t - 90, 0) + 2 * np.cos(2 * np.pi * t / 7)
             + uniform(n, 11, -1, 1)).round(3)
    df = base.assign(price=price)
    df["y"] = (df["y"] + 0.5 * (price - 100)).round(3)
    own = {"weekly_seasonality": 2, "changepoint_prior_scale": 0.1}
    yield "additive", {"weekly_seasonality": False, "regressors": [
        {"name": "price", "regressor_predictor": own}]}, df
    yield "multiplicative, with defaults", {"regressors": [
        {"name": "price", "mode": "multiplicative", "regressor_predictor": True}]}, df
    yield "longer than the values", {"regressors": [
        {"name": "price", "regressor_predictor": own}]}, without(df, [120, 148, 149])


GROUPS = {
    "trend": trend_cases, "scaling": scaling_cases, "seasonality": seasonality_cases,
    "holidays": holiday_cases, "regressors": regressor_cases, "auto": auto_cases,
    "predictors": predictor_cases,
}


def build(spec, uncertainty_samples=0):
    """The Prophet of a specification, not fitted yet."""
    options = {key: spec[key] for key in OPTIONS if key in spec}
    if "holidays" in spec:
        options["holidays"] = pd.DataFrame(spec["holidays"])
    m = Prophet(uncertainty_samples=uncertainty_samples, **options)
    if "country_holidays" in spec:
        m.add_country_holidays(spec["country_holidays"])
    for seasonality in spec.get("seasonalities", []):
        m.add_seasonality(**seasonality)
    for regressor in spec.get("regressors", []):
        m.add_regressor(**regressor)
    return m


def column(values):
    return [None if pd.isna(v) else v if isinstance(v, str) else float(v) for v in values]


def table(df):
    return {"ds": [str(d) for d in df["ds"]],
            **{c: column(df[c]) for c in df.columns if c != "ds"}}


def data(m, df):
    """What Stan is given, and where it starts; of the matrix, two sums a column."""
    inputs = m.preprocess(df.copy())
    init = m.calculate_initial_params(inputs.K)
    X = np.asarray(inputs.X, dtype=float)
    weights = np.arange(1, len(X) + 1)
    return {
        "init": [float(init.k), float(init.m), init.sigma_obs], "tau": inputs.tau, "t_change": column(inputs.t_change),
        "y": column(np.asarray(inputs.y)[[0, -1]]), "cap": column(np.asarray(inputs.cap)[[0, -1]]),
        "columns": list(getattr(inputs.X, "columns", [])), "sigmas": column(inputs.sigmas),
        "s_a": [int(v) for v in inputs.s_a], "s_m": [int(v) for v in inputs.s_m],
        "sums": column(X.sum(axis=0)), "weighted_sums": column(weights @ X / len(X)),
    }


def rows_ahead(m, df):
    """Two rows of the past and ten of the future, with what the model needs."""
    step = df["ds"].sort_values().diff().median()
    ds = list(df["ds"].sort_values().iloc[[1, len(df) // 2]])
    ds += [df["ds"].max() + step * i for i in (1, 2, 3, 5, 8, 13, 21, 34, 62, 200)]
    future = pd.DataFrame({"ds": ds})
    for name in df.columns.drop(["ds", "y"]):
        values = df[name].to_numpy()
        future[name] = [values[i * 7 % len(values)] for i in range(len(ds))]
    if "cap" in future:
        future["cap"] = 50.0
    if "floor" in future:
        future["floor"] = 9.0
    for s in m.seasonalities.values():
        if s["condition_name"]:
            future[s["condition_name"]] = future[s["condition_name"]].astype(bool)
    return future


def model_json(m):
    model = json.loads(model_to_json(m))
    for key in ("history", "history_dates", "train_component_cols"):
        model[key] = None
    return json.dumps(model, separators=(",", ":"))


def drawn(m):
    """The model with seven draws of its parameters, as sampling would leave it."""
    rng = np.random.default_rng(SEED)
    m.params = {name: value + 0.1 * rng.normal(size=(7, value.shape[1]))
                for name, value in m.params.items() if name != "trend"}
    m.params["sigma_obs"] = np.abs(m.params["sigma_obs"])
    return {"model_json": model_json(m), "coefficients": regressor_coefficients(m).to_dict("records"),
            "warm_start": {k: np.ravel(v).tolist() for k, v in warm_start_params(m).items()}}


def answer(spec, df):
    """Python's numbers for one case."""
    out = {"data": data(build(spec), df)}
    m = build(spec).fit(df.copy(), seed=SEED)
    X, scales, cols, _ = m.make_all_seasonality_features(m.history)
    constant = df["y"].min() == df["y"].max()
    future = rows_ahead(m, df)
    forecast = m.predict(future)
    shown = [c for c in forecast.columns if c not in ("ds", "cap", "floor")]
    out |= {
        "y_scale": float(m.y_scale), "y_min": float(m.y_min),
        "log_posterior":
            None if constant else log_posterior(m, X, np.array(scales, dtype=float), cols),
        "model_json": model_json(m),
        "future": table(future),
        "forecast": {c: column(forecast[c]) for c in shown},
        "last_ds": str(m.make_future_dataframe(1, include_history=False)["ds"].iloc[0]),
        "warm_start": {k: np.ravel(v).tolist() for k, v in warm_start_params(m).items()},
    }
    if m.train_holiday_names is not None:
        out["train_holiday_names"] = sorted(m.train_holiday_names)
    if m.extra_regressors:
        out["scales"] = [[r["mu"], r["std"]] for r in m.extra_regressors.values()]
        out["coefficients"] = regressor_coefficients(m).to_dict("records")
        m.mcmc_samples = 7
        out["drawn"] = drawn(m)
    return out


def answer_ahead(spec, df):
    """The forecast where the rows do not bring the regressor, with its intervals."""
    m = build(spec, uncertainty_samples=1000).fit(df.copy(), seed=SEED)
    future = m.make_future_dataframe(40)[["ds"]].iloc[5::7]
    np.random.seed(SEED)
    forecast = m.predict(future)
    shown = ["yhat", "yhat_lower", "yhat_upper", "trend", "price"]
    return {"future": table(future), "forecast": {c: column(forecast[c]) for c in shown}}


def case(group, name, spec, df):
    if group == "auto":
        python = {"data": data(build(spec), df)}
    else:
        python = (answer_ahead if group == "predictors" else answer)(spec, df)
    return {"name": name, "spec": spec, "history": table(df), "python": python}


def main():
    folder = golden_files.out_dir("features")
    for group in sys.argv[2:] or GROUPS:
        golden_files.write(folder, group, [case(group, *given) for given in GROUPS[group]()])


if __name__ == "__main__":
    main()
