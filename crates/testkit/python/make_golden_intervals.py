"""Writes the golden intervals of forecast-core: what Python Prophet 1.5.0 simulates with 20,000 paths.

Usage: python make_golden_intervals.py [OUT_DIR]

The series and models are those of make_golden.py. The rows start where the history ends, and
paths are drawn one by one (`vectorized=False`): Python's vectorized sampler puts at most one new
changepoint between two rows, which is another process where rows are few.
"""

import numpy as np
import prophet

import golden_files
from make_golden import CASES, SEED, build

PATHS = 20_000
# Enough to see the band open, few enough to simulate.
ROWS_MAX = 18
NAMES = ["linear_bent", "multiplicative_monthly", "logistic_daily", "flat_daily"]
COLUMNS = ["yhat_lower", "yhat_upper", "trend_lower", "trend_upper"]


def case(name):
    """The ends of the intervals of the rows after a history."""
    make, freq, periods, given = CASES[name]
    config = dict(
        n_changepoints=25, changepoint_range=0.8, seasonality_prior_scale=10.0,
        holidays_prior_scale=10.0, interval_width=0.8, uncertainty_samples=PATHS)
    config.update(given)
    df = make()
    m = build(config)
    m.fit(df, seed=SEED)
    future = m.make_future_dataframe(
        periods=min(periods, ROWS_MAX), freq=freq, include_history=False)
    if "cap" in df:
        future["cap"] = config["cap"]
    np.random.seed(SEED)
    forecast = m.predict(future, vectorized=False)
    out = {"ds": list(forecast["ds"].dt.strftime("%Y-%m-%d"))}
    out |= {column: [float(v) for v in forecast[column]] for column in COLUMNS}
    return out


def main():
    folder = golden_files.out_dir("intervals")
    golden = {"made_by": f"prophet {prophet.__version__}", "paths": PATHS}
    golden_files.write(folder, "intervals", golden | {name: case(name) for name in NAMES})


if __name__ == "__main__":
    main()
