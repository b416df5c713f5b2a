"""Writes the golden files of forecast-core's sampler.

Usage: python make_golden_mcmc.py [OUT_DIR]

`stan_linear.json`, `stan_multiplicative.json` and `stan_logistic.json` are what Stan's sampler, through
Python Prophet 1.5.0, says about the posteriors of small series: means and 10 and 90 % points,
each with its Monte-Carlo error.
`diagnostics.json` has chains and their R-hat and effective sample sizes, by the definitions of
Vehtari et al. (2021), worked out here by another way than in the crate: autocovariances by
Fourier transform, ranks and normal quantiles by SciPy.
"""

import numpy as np
import pandas as pd
import prophet
from prophet import Prophet
from scipy import stats

import golden_files

SEED = 42
ITERATIONS = 3000
CHAINS = 4


def rank_normal(x):
    """Normal scores of the ranks over all chains, ties averaged."""
    ranks = stats.rankdata(x, method="average").reshape(x.shape)
    return stats.norm.ppf((ranks - 0.375) / (x.size + 0.25))


def halves(x):
    """Chains cut in two; the middle draw of an odd number is dropped."""
    n = x.shape[1] // 2
    return np.concatenate([x[:, :n], x[:, x.shape[1] - n:]])


def plain_rhat(x):
    """The potential scale reduction of chains as they are."""
    n = x.shape[1]
    between = n * np.var(x.mean(axis=1), ddof=1)
    within = np.mean(np.var(x, axis=1, ddof=1))
    return np.sqrt((between / within + n - 1) / n)


def rhat(x):
    """Rank-normalised split R-hat, of draws and of folded draws."""
    x = halves(x)
    return max(plain_rhat(rank_normal(x)), plain_rhat(rank_normal(np.abs(x - np.median(x)))))


def autocovariance(x):
    """Biased autocovariances of each chain, by Fourier transform."""
    n = x.shape[1]
    centred = x - x.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    return np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :n] / n


def ess(x):
    """Effective sample size by Geyer's initial monotone sequence, as Stan has it."""
    m, n = x.shape
    cov = autocovariance(x).mean(axis=0)
    within = cov[0] * n / (n - 1)
    whole = cov[0] + (np.var(x.mean(axis=1), ddof=1) if m > 1 else 0)
    rho = 1 - (within - cov) / whole
    rho[0] = 1
    pairs = rho[0:n - n % 2:2] + rho[1::2]
    # Stan does not look at the last two or three lags.
    last = next((i for i, pair in enumerate(pairs) if pair <= 0), n)
    last = min(last, (n - 3) // 2)
    kept = np.minimum.accumulate(pairs[:last])
    tau = -1 + 2 * kept.sum() + max(rho[2 * last], 0)
    return m * n / max(tau, 1 / np.log10(m * n))


def ess_bulk(x):
    return ess(rank_normal(halves(x)))


def ess_quantile(x, share):
    return ess(halves((x <= np.quantile(x, share)).astype(float)))


def ess_tail(x):
    return min(ess_quantile(x, 0.05), ess_quantile(x, 0.95))


def quantile_error(x, share):
    """Monte-Carlo error of a quantile, by the Beta interval of its rank."""
    size = ess_quantile(x, share)
    low, high = stats.beta.ppf([0.1586553, 0.8413447], size * share + 1, size * (1 - share) + 1)
    ordered = np.sort(x.ravel())
    at = lambda p: ordered[int(np.clip(np.round(p * x.size), 0, x.size - 1))]
    return (at(high) - at(low)) / 2


def autoregressive(rng, rho, chains, draws):
    """Chains of an autoregressive process, which mixes the worse the larger rho is."""
    x = np.empty((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for i in range(1, draws):
        x[:, i] = rho * x[:, i - 1] + np.sqrt(1 - rho ** 2) * rng.normal(size=chains)
    return x


def diagnostics():
    """Chains that mix well, badly, in antithesis, apart, with ties and with heavy tails."""
    rng = np.random.default_rng(SEED)
    cases = {
        "independent": rng.normal(size=(4, 100)),
        "slow": autoregressive(rng, 0.9, 4, 120),
        "antithetic": autoregressive(rng, -0.5, 4, 101),
        "apart": rng.normal(size=(4, 60)) + np.array([[0.0], [0.0], [0.0], [1.5]]),
        "wider": rng.normal(size=(4, 80)) * np.array([[1.0], [1.0], [1.0], [4.0]]),
        "ties": np.round(autoregressive(rng, 0.5, 3, 90)),
        "heavy": rng.standard_cauchy(size=(4, 75)),
        "one": autoregressive(rng, 0.3, 1, 150),
    }
    return {
        name: {"chains": x.round(4).tolist(), "rhat": rhat(x.round(4)),
               "ess_bulk": ess_bulk(x.round(4)), "ess_tail": ess_tail(x.round(4))}
        for name, x in cases.items()
    }


def bent():
    """A daily line with a bend and a weekly swing."""
    rng = np.random.default_rng(11)
    t = np.arange(120)
    y = 20 + 0.1 * t - 0.25 * np.maximum(t - 50, 0) + 0.4 * np.sin(2 * np.pi * t / 7)
    y += rng.normal(0, 0.3, len(t))
    return pd.DataFrame({"ds": pd.date_range("2023-05-01", periods=len(t)), "y": y.round(4)})


def growing():
    """Six years of months with a swing that grows with the level."""
    rng = np.random.default_rng(12)
    ds = pd.date_range("2015-01-01", periods=72, freq="MS")
    t = np.arange(len(ds))
    y = (100 + 2.5 * t) * (1 + 0.2 * np.sin(2 * np.pi * t / 12) + 0.05 * np.cos(4 * np.pi * t / 12))
    return pd.DataFrame({"ds": ds, "y": (y * (1 + rng.normal(0, 0.03, len(ds)))).round(4)})


def saturating():
    """A daily logistic curve towards its cap, with a weekly swing."""
    rng = np.random.default_rng(13)
    ds = pd.date_range("2022-03-01", periods=120)
    t = np.arange(len(ds))
    y = 10 / (1 + np.exp(-(t - 50) / 18)) + 0.2 * np.sin(2 * np.pi * t / 7)
    return pd.DataFrame({"ds": ds, "y": (y + rng.normal(0, 0.2, len(ds))).round(4), "cap": 12.0})


CASES = {
    "stan_linear": (bent, dict(n_changepoints=6)),
    "stan_multiplicative": (growing, dict(n_changepoints=4, seasonality_mode="multiplicative")),
    "stan_logistic": (saturating, dict(n_changepoints=4, growth="logistic")),
}


def summary(x):
    """Mean and ends of one parameter with their Monte-Carlo errors."""
    sd = x.std(ddof=1)
    return {
        "mean": x.mean(), "sd": sd, "mean_error": sd / np.sqrt(ess(halves(x))),
        "q10": np.quantile(x, 0.1), "q10_error": quantile_error(x, 0.1),
        "q90": np.quantile(x, 0.9), "q90_error": quantile_error(x, 0.9),
    }


def posterior(name):
    """Stan's posterior of one case."""
    make, config = CASES[name]
    df = make()
    m = Prophet(mcmc_samples=ITERATIONS, yearly_seasonality=3 if name == "stan_multiplicative" else False,
                weekly_seasonality=name != "stan_multiplicative", daily_seasonality=False, **config)
    m.fit(df, seed=SEED, chains=CHAINS, show_progress=False)
    # Prophet flattens (draws, chains): the chain runs fastest.
    chains = lambda x: np.asarray(x).reshape(-1, CHAINS).T
    params = {"k": m.params["k"], "m": m.params["m"], "sigma_obs": m.params["sigma_obs"]}
    for key in ("delta", "beta"):
        for i, column in enumerate(m.params[key].T):
            params[f"{key}[{i}]"] = column
    return {
        "made_by": f"prophet {prophet.__version__}, mcmc_samples {ITERATIONS}",
        "config": config,
        "rhat_max": max(rhat(chains(x)) for x in params.values()),
        "ess_bulk_min": min(ess_bulk(chains(x)) for x in params.values()),
        "history": {"ds": list(df["ds"].dt.strftime("%Y-%m-%d")), "y": df["y"].tolist()},
        "params": {key: summary(chains(x)) for key, x in params.items()},
    }


def main():
    folder = golden_files.out_dir("mcmc")
    files = {"diagnostics": diagnostics} | {name: lambda name=name: posterior(name) for name in CASES}
    for name, make in files.items():
        content = make()
        golden_files.write(folder, name, content)
        print({k: content[k] for k in ("rhat_max", "ess_bulk_min") if k in content})


if __name__ == "__main__":
    main()
