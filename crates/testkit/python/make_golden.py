"""Writes the golden files of forecast-core: what Python Prophet 1.5.0 makes of small series.

Usage: python make_golden.py [OUT_DIR] [NAME ...]

Every series is made here from a fixed seed, so the files can be remade anywhere.
Golden files change only through `make golden`, in a commit of their own that says why.
"""

import math
import sys

import numpy as np
import pandas as pd
import prophet
from prophet import Prophet
from prophet.serialize import model_to_json

import golden_files

# Stan draws nothing when it optimises; the seed matters for the intervals.
SEED = 42
# A file that nobody can read in a review is not checked by anybody.
FILE_BYTES_MAX = 72_000
COMPONENTS = [
    "yhat", "trend", "additive_terms", "multiplicative_terms",
    "weekly", "yearly", "daily", "holidays", "yhat_lower", "yhat_upper",
]


def weekdays_with_holidays():
    """Weekdays from December to May: holiday columns differ from zero, weekends are absent."""
    rng = np.random.default_rng(1)
    ds = pd.bdate_range("2024-12-02", periods=110)
    t = np.arange(len(ds))
    y = 30 + 0.06 * t - 0.12 * np.maximum(t - 45, 0) + 0.8 * np.sin(2 * np.pi * t / 261)
    y += np.array([0.3, 0.1, 0.0, -0.1, -0.3])[ds.day_of_week] + rng.normal(0, 0.25, len(ds))
    y[ds == "2024-12-25"] -= 2.0
    y[ds == "2025-04-18"] += 1.5
    y[ds == "2025-05-01"] += 1.0
    return pd.DataFrame({"ds": ds, "y": y.round(4)})


def monthly():
    """Six years of months with a swing that grows with the level."""
    rng = np.random.default_rng(2)
    ds = pd.date_range("2015-01-01", periods=72, freq="MS")
    t = np.arange(len(ds))
    y = (100 + 2.5 * t) * (1 + 0.2 * np.sin(2 * np.pi * t / 12) + 0.05 * np.cos(4 * np.pi * t / 12))
    return pd.DataFrame({"ds": ds, "y": (y * (1 + rng.normal(0, 0.015, len(ds)))).round(4)})


def saturating():
    """A daily logistic curve towards its cap, with a weekly swing."""
    rng = np.random.default_rng(3)
    ds = pd.date_range("2022-03-01", periods=120)
    t = np.arange(len(ds))
    y = 10 / (1 + np.exp(-(t - 50) / 18)) + 0.2 * np.sin(2 * np.pi * t / 7)
    return pd.DataFrame({"ds": ds, "y": (y + rng.normal(0, 0.1, len(ds))).round(4), "cap": 12.0})


def level():
    """A level without trend, with a weekly swing."""
    rng = np.random.default_rng(4)
    ds = pd.date_range("2024-01-01", periods=84)
    t = np.arange(len(ds))
    y = 5 + 0.5 * np.cos(2 * np.pi * t / 7) + rng.normal(0, 0.1, len(ds))
    return pd.DataFrame({"ds": ds, "y": y.round(4)})


def bent():
    """A daily line with two bends that changepoints must follow."""
    rng = np.random.default_rng(5)
    t = np.arange(100)
    y = 20 + 0.1 * t - 0.25 * np.maximum(t - 30, 0) + 0.35 * np.maximum(t - 55, 0)
    y += 0.3 * np.sin(2 * np.pi * t / 7) + rng.normal(0, 0.15, len(t))
    return pd.DataFrame({"ds": pd.date_range("2023-05-01", periods=len(t)), "y": y.round(4)})


def constant():
    """One value throughout: Prophet answers it without its optimizer."""
    return pd.DataFrame({"ds": pd.bdate_range("2024-01-01", periods=40), "y": 7.25})


CASES = {
    # The seed project's settings on weekdays, as PETR4 is fitted.
    "linear_br_holidays": (weekdays_with_holidays, "B", 25, dict(
        growth="linear", seasonality_mode="additive", weekly=True, yearly=True, daily=False,
        changepoint_prior_scale=0.05, country_holidays="BR")),
    "multiplicative_monthly": (monthly, "MS", 18, dict(
        growth="linear", seasonality_mode="multiplicative", weekly="auto", yearly="auto",
        daily="auto", changepoint_prior_scale=0.05)),
    "logistic_daily": (saturating, "D", 30, dict(
        growth="logistic", cap=12.0, seasonality_mode="additive", weekly="auto", yearly="auto",
        daily="auto", changepoint_prior_scale=0.05)),
    "flat_daily": (level, "D", 21, dict(
        growth="flat", seasonality_mode="additive", weekly=True, yearly=False, daily=False,
        changepoint_prior_scale=0.05)),
    "linear_bent": (bent, "D", 30, dict(
        growth="linear", seasonality_mode="additive", weekly="auto", yearly="auto", daily="auto",
        changepoint_prior_scale=0.5, n_changepoints=12, changepoint_range=0.9)),
    "constant": (constant, "B", 10, dict(
        growth="linear", seasonality_mode="additive", weekly=True, yearly=False, daily=False,
        changepoint_prior_scale=0.05)),
}


def build(config):
    """The Prophet that a golden `config` describes, not fitted yet."""
    m = Prophet(
        growth=config["growth"],
        seasonality_mode=config["seasonality_mode"],
        weekly_seasonality=config["weekly"],
        yearly_seasonality=config["yearly"],
        daily_seasonality=config["daily"],
        changepoint_prior_scale=config["changepoint_prior_scale"],
        n_changepoints=config["n_changepoints"],
        changepoint_range=config["changepoint_range"],
        seasonality_prior_scale=config["seasonality_prior_scale"],
        holidays_prior_scale=config["holidays_prior_scale"],
        interval_width=config["interval_width"],
        uncertainty_samples=config["uncertainty_samples"],
    )
    if "country_holidays" in config:
        m.add_country_holidays(config["country_holidays"])
    return m


def design(m):
    """The feature columns of the history: names, prior scales, modes and the whole matrix."""
    X, prior_scales, cols, modes = m.make_all_seasonality_features(m.history)
    return X, {
        "columns": list(X.columns),
        "prior_scales": [float(s) for s in prior_scales],
        "additive": [int(v) for v in cols["additive_terms"]],
        "multiplicative": [int(v) for v in cols["multiplicative_terms"]],
        # First, middle and last row: the whole matrix would not fit the file.
        "rows": {str(i): [float(v) for v in X.iloc[i]] for i in (0, len(X) // 2, len(X) - 1)},
    }, np.array([float(s) for s in prior_scales]), cols


def log_posterior(m, X, prior_scales, cols):
    """Stan's `lp__` when it optimises: scaled series, no normalising constants, no Jacobian."""
    h, p = m.history, m.params
    k, mm, sigma = (float(np.ravel(p[name])[0]) for name in ("k", "m", "sigma_obs"))
    delta, beta = np.ravel(p["delta"]), np.ravel(p["beta"])
    t = h["t"].to_numpy()
    if m.growth == "linear":
        trend = m.piecewise_linear(t, delta, k, mm, m.changepoints_t)
    elif m.growth == "logistic":
        trend = m.piecewise_logistic(t, h["cap_scaled"].to_numpy(), delta, k, mm, m.changepoints_t)
    else:
        trend = np.full(len(t), mm)
    add = X.to_numpy() @ (beta * cols["additive_terms"].to_numpy())
    mult = X.to_numpy() @ (beta * cols["multiplicative_terms"].to_numpy())
    rss = float(np.sum((h["y_scaled"].to_numpy() - (trend * (1 + mult) + add)) ** 2))
    return (
        -len(t) * math.log(sigma) - rss / (2 * sigma**2) - k**2 / 50 - mm**2 / 50
        - float(np.sum(np.abs(delta))) / m.changepoint_prior_scale - 2 * sigma**2
        - float(np.sum(beta**2 / (2 * prior_scales**2)))
    )


def case(name):
    """One golden file as a dictionary."""
    make, freq, periods, given = CASES[name]
    config = dict(
        n_changepoints=25, changepoint_range=0.8, seasonality_prior_scale=10.0,
        holidays_prior_scale=10.0, interval_width=0.8, uncertainty_samples=1000, seed=SEED)
    config.update(given)
    df = make()
    m = build(config)
    m.fit(df, seed=SEED)
    future = m.make_future_dataframe(periods=periods, freq=freq)
    if "cap" in df:
        future["cap"] = config["cap"]
    np.random.seed(SEED)
    forecast = m.predict(future)
    X, summary, prior_scales, cols = design(m)
    out = {
        "name": name,
        "made_by": f"prophet {prophet.__version__}",
        "config": config,
        "history": {"ds": list(df["ds"].dt.strftime("%Y-%m-%d")), "y": df["y"].tolist()},
        "params": {key: [float(v) for v in np.ravel(value)] for key, value in m.params.items()
                   if key in ("k", "m", "delta", "sigma_obs", "beta")},
        "log_posterior": None if name == "constant" else log_posterior(m, X, prior_scales, cols),
        "changepoints": [str(d.date()) for d in pd.to_datetime(m.changepoints)],
        "changepoints_t": [float(v) for v in np.ravel(m.changepoints_t)],
        "y_scale": float(m.y_scale),
        "t_scale_days": m.t_scale / pd.Timedelta(days=1),
        "design": summary,
        "model_json": model_to_json(m),
        "future": {"ds": list(forecast["ds"].dt.strftime("%Y-%m-%d"))},
    }
    if "cap" in df:
        out["history"]["cap"] = df["cap"].tolist()
    if "country_holidays" in config:
        years = sorted({d.year for d in forecast["ds"]})
        frame = prophet.make_holidays.make_holidays_df(years, config["country_holidays"])
        out["holiday_dates"] = sorted([str(d.date()), h] for d, h in zip(frame["ds"], frame["holiday"]))
        out["train_holiday_names"] = list(m.train_holiday_names)
    for column in COMPONENTS:
        if column in forecast and (forecast[column] != 0).any():
            out["future"][column] = [float(v) for v in forecast[column]]
    return out


def main():
    folder = golden_files.out_dir()
    for name in sys.argv[2:] or CASES:
        golden_files.write(folder, name, case(name), FILE_BYTES_MAX)


if __name__ == "__main__":
    main()
