"""Writes the golden files of forecast-core's diagnostics: Python Prophet 1.5.0's cutoffs,
cross-validations and metrics of small series.

Usage: python make_golden_diagnostics.py [OUT_DIR]

Two things differ from what a user of Prophet sees, so that numbers can be compared at all.
Stan is made to come near the maximum, which L-BFGS by itself stops short of, and we do not. Metrics are computed with a stable sort: NumPy's default one
leaves rows of the same horizon in an order that depends on the machine, and the rolling
median on that order.
"""

import functools

import numpy as np
import pandas as pd
import prophet
from prophet import Prophet
from prophet.diagnostics import (
    cross_validation, generate_cutoffs, performance_metrics, prophet_copy, rolling_mean_by_h,
)

import golden_files

SEED = 42
# So wide a prior that no rate change is held at exactly zero, where there is a kink.
WIDE = 10.0
NEWTON = dict(algorithm="Newton")
LONG = dict(algorithm="LBFGS", iter=10_000, tol_rel_obj=1.0, tol_rel_grad=10.0)
WINDOWS = [-1, 0, 0.1, 0.07, 0.35, 1]
TIME = "%Y-%m-%dT%H:%M:%S"


def daily():
    """Days with a weekly swing, a bend, a hole, and missing values."""
    rng = np.random.default_rng(11)
    ds = pd.date_range("2023-01-01", periods=200)
    t = np.arange(len(ds))
    y = 20 + 0.05 * t - 0.08 * np.maximum(t - 90, 0) + 0.5 * np.sin(2 * np.pi * t / 7)
    df = pd.DataFrame({"ds": ds, "y": (y + rng.normal(0, 0.2, len(ds))).round(4)})
    df.loc[[40, 41, 150], "y"] = np.nan
    return df[(df["ds"] < "2023-03-20") | (df["ds"] >= "2023-03-24")].reset_index(drop=True)


def rich():
    """Weekdays under a cap, with a regressor, a switched seasonality and a holiday."""
    rng = np.random.default_rng(12)
    ds = pd.bdate_range("2022-02-01", periods=160)
    t = np.arange(len(ds))
    promo = (rng.random(len(ds)) < 0.3).astype(float)
    price = 5 + np.cumsum(rng.normal(0, 0.1, len(ds)))
    on = (t >= 60).astype(float)
    y = 2 + 8 / (1 + np.exp(-(t - 60) / 25)) + 0.6 * promo - 0.3 * (price - 5)
    y += on * 0.3 * np.sin(2 * np.pi * t / 21) + rng.normal(0, 0.1, len(ds))
    return pd.DataFrame({
        "ds": ds, "y": y.round(4), "cap": 12.0, "floor": 1.0, "promo": promo,
        "price": price.round(4), "on": on})


def hours():
    """Half a week of hours."""
    rng = np.random.default_rng(13)
    ds = pd.date_range("2024-05-06 03:00", periods=96, freq="h")
    t = np.arange(len(ds))
    y = 3 + 0.02 * t + np.sin(2 * np.pi * t / 24) + rng.normal(0, 0.15, len(ds))
    return pd.DataFrame({"ds": ds, "y": y.round(4)})


def daily_model():
    return Prophet(weekly_seasonality=True, yearly_seasonality=False, daily_seasonality=False,
                   n_changepoints=6, changepoint_prior_scale=WIDE, uncertainty_samples=200)


def rich_model():
    m = Prophet(
        growth="logistic", changepoints=["2022-03-15", "2022-05-02", "2022-06-20", "2022-07-29"],
        weekly_seasonality=False, yearly_seasonality=False, daily_seasonality=False,
        changepoint_prior_scale=WIDE, uncertainty_samples=0,
        holidays=pd.DataFrame({
            "holiday": "fair", "ds": pd.to_datetime(["2022-04-11", "2022-08-08"]),
            "lower_window": 0, "upper_window": 1}))
    m.add_seasonality("phase", period=29.4, fourier_order=2, condition_name="on")
    m.add_regressor("promo")
    m.add_regressor("price", prior_scale=5.0)
    return m


def hours_model():
    return Prophet(growth="flat", yearly_seasonality=False, weekly_seasonality=False,
                   uncertainty_samples=100, interval_width=0.6)


CASES = {
    "daily": (daily, daily_model, "20 days", dict(initial="100 days", period="15 days"),
              ["trend", "weekly"], "7 days", NEWTON),
    "rich": (rich, rich_model, "25 days",
             dict(cutoffs=["2022-08-15", "2022-06-17", "2022-07-30"]), ["trend", "cap", "floor"],
             "7 days", NEWTON),
    "hours": (hours, hours_model, "6 hours", dict(), None, "1 days", LONG),
}


def column(values):
    if np.issubdtype(np.asarray(values).dtype, np.datetime64):
        return list(pd.DatetimeIndex(values).strftime(TIME))
    return [float(v) if np.isfinite(v) else None for v in values]


def table(df):
    return {name: column(df[name]) for name in df.columns}


def stable_sorts():
    plain = pd.DataFrame.sort_values
    pd.DataFrame.sort_values = functools.partialmethod(plain, kind="stable")
    return plain


def metric_tables(cv):
    """What Prophet makes of one frame, by window and unit of the horizon."""
    plain = stable_sorts()
    out = []
    for window in WINDOWS:
        for monthly in (False, True):
            if monthly and window not in (-1, 0.1):
                continue
            found = performance_metrics(cv, rolling_window=window, monthly=monthly)
            columns = {n: column(found[n].astype(float)) for n in found.columns if n != "horizon"}
            horizon = found["horizon"]
            horizon = [int(h) for h in horizon] if monthly else [str(pd.Timedelta(h)) for h in horizon]
            out.append(dict(rolling_window=window, monthly=monthly, horizon=horizon, columns=columns))
    pd.DataFrame.sort_values = plain
    return out


def more_metrics(df, cv, width, season_length):
    """Metrics that Prophet lacks, by their textbook definitions, averaged by Prophet's own
    `rolling_mean_by_h` over a tenth of the rows."""
    df = df.dropna(subset="y")
    cv = cv.assign(h=cv["ds"] - cv["cutoff"]).sort_values("h", kind="stable")
    naive, scale, season = [], [], []
    for ds, cutoff in zip(cv["ds"], cv["cutoff"]):
        known = df[df["ds"] <= cutoff]
        naive.append(known["y"].iloc[-1])
        scale.append(known["y"].diff(3).abs().mean())
        at = ds
        while at > known["ds"].max():
            at -= pd.Timedelta(season_length)
        season.append(known[known["ds"] <= at]["y"].iloc[-1])
    y, w = cv["y"], max(int(0.1 * len(cv)), 1)
    mean = lambda x: rolling_mean_by_h(np.asarray(x), cv["h"].values, w, "x")["x"].to_numpy()
    error, alpha = (y - cv["yhat"]).abs(), 1 - width
    out = {
        "mase": mean(error / np.array(scale)),
        "skill": 1 - mean(error) / mean((y - np.array(naive)).abs()),
        "seasonal_skill": 1 - mean(error) / mean((y - np.array(season)).abs()),
    }
    if "yhat_lower" in cv:
        low, high = cv["yhat_lower"], cv["yhat_upper"]
        loss = lambda q, p: np.maximum(p * (y - q), (p - 1) * (y - q))
        out["pinball"] = mean((loss(low, alpha / 2) + loss(high, 1 - alpha / 2)) / 2)
        out["winkler"] = mean(
            high - low + 2 / alpha * ((low - y).clip(lower=0) + (y - high).clip(lower=0)))
    return {name: column(values) for name, values in out.items()}


def case(name):
    make, build, horizon, how, extra, season, optimizer = CASES[name]
    df, m = make(), build()
    m.fit(df, seed=SEED, **optimizer)
    given = dict(how)
    if "cutoffs" in given:
        given["cutoffs"] = [pd.Timestamp(c) for c in given["cutoffs"]]
    np.random.seed(SEED)
    cv = cross_validation(m, horizon, disable_tqdm=True, extra_output_columns=extra, **given)
    cutoffs = list(dict.fromkeys(cv["cutoff"]))
    return {
        "name": name, "made_by": f"prophet {prophet.__version__}", "horizon": horizon, **how,
        "history": table(df), "cv": table(cv), "cutoff_list": [str(c) for c in cutoffs],
        "changepoints_kept": [
            [str(c) for c in prophet_copy(m, cutoff).changepoints] if m.specified_changepoints
            else None for cutoff in cutoffs],
        "season": season, "interval_width": m.interval_width, "metrics": metric_tables(cv),
        "more_metrics": more_metrics(df, cv, m.interval_width, season),
    }


def frames():
    """Frames of no model: horizons of unequal size, ties, zeros."""
    rng = np.random.default_rng(14)
    rows = []
    for cutoff, days in (("2024-01-10", 9), ("2024-02-25", 14), ("2024-03-31", 4), ("2024-02-01", 11)):
        for day in np.sort(rng.choice(np.arange(1, 40), days, replace=False)):
            rows.append((pd.Timestamp(cutoff) + pd.Timedelta(days=int(day)), pd.Timestamp(cutoff)))
    cv = pd.DataFrame(rows, columns=["ds", "cutoff"])
    cv["y"] = rng.normal(3, 2, len(cv)).round(3)
    cv["yhat"] = (cv["y"] + rng.normal(0, 1, len(cv))).round(3)
    cv["yhat_lower"], cv["yhat_upper"] = cv["yhat"] - 1, cv["yhat"] + 1
    # An interval's end is within, and a prediction may be exact.
    cv.loc[3, "yhat"] = cv.loc[3, "y"]
    cv.loc[5, "yhat_upper"] = cv.loc[5, "y"]
    zero = cv.assign(y=cv["y"].where(cv.index != 7, 0.0))
    bare = zero.drop(columns=["yhat_lower", "yhat_upper"])
    return {name: dict(cv=table(f), metrics=metric_tables(f))
            for name, f in (("ragged", cv), ("zero", zero), ("bare", bare))}


def cutoffs():
    """Cutoffs of time stamps with and without holes, and refusals."""
    series = {
        "days": list(pd.date_range("2020-01-01", periods=100)),
        "hole": list(pd.date_range("2020-01-01", periods=40))
        + list(pd.date_range("2020-05-01", periods=40)),
        "holes": list(pd.date_range("2020-01-01", periods=9))
        + list(pd.date_range("2020-02-20", periods=3)) + list(pd.date_range("2020-04-01", periods=12)),
        "months": list(pd.date_range("2015-01-31", periods=50, freq="ME")),
        "hours": list(pd.date_range("2020-01-01 05:30", periods=60, freq="h")),
    }
    asked = [
        ("days", "10 days", "30 days", "10 days"), ("days", "7 days", "0 days", "13 days"),
        ("days", "99 days", "0 days", "1 days"), ("days", "100 days", "0 days", "1 days"),
        ("days", "60 days", "50 days", "5 days"), ("hole", "10 days", "5 days", "10 days"),
        ("hole", "3 days", "20 days", "17 days"), ("hole", "30 days", "0 days", "30 days"),
        ("holes", "4 days", "2 days", "3 days"), ("holes", "2 days", "0 days", "9 days"),
        ("months", "365 days", "730 days", "180 days"), ("months", "10 days", "365 days", "45 days"),
        ("hours", "6 hours", "1 days", "3 hours"), ("hours", "90 minutes", "7 hours", "50 minutes"),
    ]
    out = []
    for name, horizon, initial, period in asked:
        df = pd.DataFrame({"ds": series[name]})
        try:
            found = generate_cutoffs(
                df, pd.Timedelta(horizon), pd.Timedelta(initial), pd.Timedelta(period))
            found = [c.strftime(TIME) for c in found]
        except ValueError as error:
            found = str(error)
        out.append(dict(series=name, horizon=horizon, initial=initial, period=period, cutoffs=found))
    return {"series": {n: [d.strftime(TIME) for d in ds] for n, ds in series.items()}, "asked": out}


def main():
    folder = golden_files.out_dir("diagnostics")
    made = {f"cv_{name}": functools.partial(case, name) for name in CASES}
    for name, make in {**made, "frames": frames, "cutoffs": cutoffs}.items():
        golden_files.write(folder, name, make())


if __name__ == "__main__":
    main()
