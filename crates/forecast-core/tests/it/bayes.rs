//! Draws from the posterior, against closed forms, Stan, and the diagnostics' definitions.

use std::{fs, path::PathBuf};

use forecast_core::{
    Fitted, Future, Growth, McmcReport, McmcWarning, Mode, SamplerOptions, SeasonalityChoice,
    Series, Spec, ds, fit, fit_bayes, prophet_json, sampler::convergence,
};
use serde_json::Value;

use crate::{reference, support};

/// Standard errors that two estimates may be apart: by chance once in some 15,000.
const ERRORS: f64 = 4.0;

fn golden(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/mcmc");
    let text = fs::read_to_string(folder.join(name)).expect("`make golden` writes it");
    serde_json::from_str(&text).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn mcmc(fitted: &Fitted) -> &McmcReport {
    fitted.report().unwrap().mcmc.as_ref().unwrap()
}

/// The draws by the names that reports and golden files use.
fn draws(fitted: &Fitted, name: &str) -> Vec<f64> {
    let at = |list: &str| -> Option<usize> {
        name.strip_prefix(list)?.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
    };
    let samples = fitted.samples().iter();
    match (name, at("delta"), at("beta")) {
        ("k", ..) => samples.map(|params| params.k).collect(),
        ("m", ..) => samples.map(|params| params.m).collect(),
        ("sigma_obs", ..) => samples.map(|params| params.sigma_obs).collect(),
        (_, Some(i), _) => samples.map(|params| params.delta[i]).collect(),
        (_, _, Some(i)) => samples.map(|params| params.beta[i]).collect(),
        _ => panic!("no parameter is called {name}"),
    }
}

fn quantile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = percent * (sorted.len() - 1);
    let (low, share) = (place / 100, (place % 100) as f64 / 100.0);
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + share * (sorted[high] - sorted[low])
}

/// Mean, 10 % and 90 % point of draws worth `ess`, each with its standard error,
/// that of the points as for a normal density.
fn summary(values: &[f64], ess: f64) -> [(f64, f64); 3] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    // √(p (1 − p)) over the normal density at its 10 % point is 1.71.
    let error = sd / ess.sqrt();
    let ends = [quantile(values, 10), quantile(values, 90)];
    [(mean, error), (ends[0], 1.71 * error), (ends[1], 1.71 * error)]
}

#[test]
fn diagnostics_are_those_of_their_definition() {
    for (name, case) in golden("diagnostics.json").as_object().unwrap() {
        let chains: Vec<Vec<f64>> =
            case["chains"].as_array().unwrap().iter().map(numbers).collect();
        let found = [
            ("rhat", convergence::rhat(&chains)),
            ("ess_bulk", convergence::ess_bulk(&chains)),
            ("ess_tail", convergence::ess_tail(&chains)),
        ];
        for (key, found) in found {
            let expected = number(&case[key]);
            let error = (found - expected).abs();
            assert!(error <= 1e-9 * expected, "{name}: {key} {found} is not {expected}");
        }
    }
}

#[test]
fn a_parameter_that_does_not_vary_is_no_trouble() {
    let chains = vec![vec![3.0; 10]; 4];
    assert!((convergence::rhat(&chains) - 1.0).abs() < 1e-12);
    assert!((convergence::ess_bulk(&chains) - 40.0).abs() < 1e-12);
}

#[test]
fn posteriors_are_stans() {
    let off = SeasonalityChoice::Off;
    let base = Spec { daily_seasonality: off, mcmc_samples: 1000, ..Spec::default() };
    let daily =
        Spec { yearly_seasonality: off, weekly_seasonality: SeasonalityChoice::On, ..base.clone() };
    let cases = [
        ("stan_linear.json", Spec { n_changepoints: 6, ..daily.clone() }),
        (
            "stan_multiplicative.json",
            Spec {
                n_changepoints: 4,
                seasonality_mode: Mode::Multiplicative,
                yearly_seasonality: SeasonalityChoice::Order(3),
                weekly_seasonality: off,
                ..base
            },
        ),
        ("stan_logistic.json", Spec { n_changepoints: 4, growth: Growth::Logistic, ..daily }),
    ];
    for (file, spec) in cases {
        let golden = golden(file);
        let ds: Vec<_> = golden["history"]["ds"].as_array().unwrap().iter().collect();
        let ds: Vec<_> = ds.iter().map(|at| ds::parse(at.as_str().unwrap()).unwrap()).collect();
        let cap = vec![12.0; ds.len()];
        let series = Series::new(ds, numbers(&golden["history"]["y"])).unwrap();
        let fitted = fit(&spec, &series.with_column("cap", cap).unwrap()).unwrap();
        let report = mcmc(&fitted);
        assert!(report.rhat_max < 1.02, "{file}: {report:?}");
        assert_eq!(report.divergences, 0, "{file}");
        for parameter in &report.parameters {
            let stan = &golden["params"][&parameter.name];
            let values = draws(&fitted, &parameter.name);
            let ess = parameter.ess_bulk.min(parameter.ess_tail).min(values.len() as f64);
            let ours = summary(&values, ess);
            for ((found, error), key) in ours.into_iter().zip(["mean", "q10", "q90"]) {
                let (expected, other) = (number(&stan[key]), number(&stan[format!("{key}_error")]));
                let limit = ERRORS * error.hypot(other);
                assert!(
                    (found - expected).abs() <= limit,
                    "{file}: {key} of {} is {found}, Stan's is {expected}, limit {limit}",
                    parameter.name
                );
            }
        }
    }
}

/// A level with noise: its posterior has two dimensions, and the rest is prior.
fn level() -> (Spec, Series) {
    let spec = Spec {
        growth: Growth::Flat,
        n_changepoints: 3,
        weekly_seasonality: SeasonalityChoice::Off,
        mcmc_samples: 2000,
        ..Spec::default()
    };
    let y = (0..40).map(|i| 1.0 + support::noise(i)).collect();
    (spec, Series::new(support::days(40), y).unwrap())
}

#[test]
fn the_posterior_of_a_level_is_that_of_a_quadrature() {
    let (spec, series) = level();
    let fitted = fit(&spec, &series).unwrap();
    let scale = series.y().iter().fold(0.0, |max: f64, y| max.max(*y));
    let y: Vec<f64> = series.y().iter().map(|y| y / scale).collect();
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let rss: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    // The level integrated out; its density beside the data's is all but flat.
    let density = |sigma: f64| {
        let v = sigma * sigma;
        (-(n - 1.0) * sigma.ln() - rss / (2.0 * v) - 2.0 * v).exp()
    };
    let grid: Vec<f64> = (1..20_000).map(|i| 0.05 + f64::from(i) * 2e-5).collect();
    let peak = grid.iter().map(|&s| density(s)).fold(0.0, f64::max);
    let weight: f64 = grid.iter().map(|&s| density(s) / peak).sum();
    let sigma = grid.iter().map(|&s| s * density(s) / peak).sum::<f64>() / weight;
    let spread = grid.iter().map(|&s| s * s * density(s) / peak).sum::<f64>() / weight / n;
    let tau = spec.changepoint_prior_scale;
    // Mean and variance of each parameter: rates are drawn from their priors.
    let expected = [
        ("sigma_obs", sigma, None),
        ("m", mean, Some(spread)),
        ("k", 0.0, Some(25.0)),
        ("delta[0]", 0.0, Some(2.0 * tau * tau)),
        ("delta[2]", 0.0, Some(2.0 * tau * tau)),
    ];
    for (name, mean, variance) in expected {
        let parameter = mcmc(&fitted).parameters.iter().find(|p| p.name == name).unwrap();
        let values = draws(&fitted, name);
        let kept = values.len() as f64;
        let [(found, error), ..] = summary(&values, parameter.ess_bulk.min(kept));
        assert!((found - mean).abs() <= ERRORS * error, "{name}: {found} is not {mean}");
        let Some(variance) = variance else { continue };
        let squares: Vec<f64> = values.iter().map(|x| (x - mean).powi(2)).collect();
        let [(found, error), ..] = summary(&squares, parameter.ess_tail.min(kept));
        assert!((found - variance).abs() <= ERRORS * error, "{name}: {found} is not {variance}");
    }
}

#[test]
fn a_seed_gives_the_same_bits_on_any_number_of_threads() {
    let capped = support::series(80).with_column("cap", vec![60.0; 80]).unwrap();
    let logistic = Spec { growth: Growth::Logistic, n_changepoints: 3, ..Spec::default() };
    for spec in [Spec::default(), logistic] {
        let spec = Spec { mcmc_samples: 40, ..spec };
        let run = |seed, threads| {
            let options = SamplerOptions { seed, threads, ..SamplerOptions::default() };
            fit_bayes(&spec, &capped, &options).unwrap()
        };
        let (one, four) = (run(5, 1), run(5, 4));
        assert_eq!(one.samples().len(), 4 * 20);
        assert_eq!(one, four);
        assert_eq!(one, run(5, 3));
        assert_ne!(one.samples(), run(6, 1).samples());
        let chains: Vec<_> = one.samples().chunks(20).collect();
        assert_ne!(chains[0], chains[1], "chains have streams of their own");
    }
}

#[test]
fn a_short_run_is_warned_about() {
    let spec = Spec { mcmc_samples: 8, ..Spec::default() };
    let fitted = fit(&spec, &support::series(80)).unwrap();
    let warnings = mcmc(&fitted).warnings();
    assert_eq!(warnings, [McmcWarning::FewDrawsKept { kept: 16 }]);
    let logistic = Spec { growth: Growth::Logistic, ..spec };
    let capped = support::series(80).with_column("cap", vec![60.0; 80]).unwrap();
    let fitted = fit(&logistic, &capped).unwrap();
    let warnings = mcmc(&fitted).warnings();
    let apart = warnings.iter().any(|w| matches!(w, McmcWarning::NotConverged { .. }));
    assert!(apart, "{warnings:?}");
    assert!(warnings[0].to_string().contains("raise mcmc_samples"), "{}", warnings[0]);
}

#[test]
fn a_constant_series_is_answered_without_sampling() {
    let series = Series::new(support::days(30), vec![7.0; 30]).unwrap();
    let fitted = fit(&Spec { mcmc_samples: 100, ..Spec::default() }, &series).unwrap();
    assert_eq!(fitted.samples().len(), 1);
    assert!(fitted.report().unwrap().mcmc.is_none());
}

#[test]
fn without_changepoints_no_draw_bends() {
    let spec = Spec { n_changepoints: 0, mcmc_samples: 100, ..Spec::default() };
    let fitted = fit(&spec, &support::series(80)).unwrap();
    assert!(fitted.samples().iter().all(|params| params.delta == [0.0]));
    let rates = draws(&fitted, "k");
    assert!(quantile(&rates, 10) < quantile(&rates, 90));
}

#[test]
fn options_out_of_range_are_named() {
    let sampled = |mcmc_samples, options: SamplerOptions| {
        let spec = Spec { mcmc_samples, ..Spec::default() };
        fit_bayes(&spec, &support::series(60), &options).unwrap_err().to_string()
    };
    let default = SamplerOptions::default;
    assert!(sampled(4, default()).contains("`mcmc_samples` is 4"));
    assert!(sampled(20_000, default()).contains("`mcmc_samples` is 20000"));
    assert!(sampled(100, SamplerOptions { chains: 0, ..default() }).contains("`chains` is 0"));
    assert!(sampled(100, SamplerOptions { threads: 0, ..default() }).contains("`threads` is 0"));
    let many = SamplerOptions { chains: 10, ..default() };
    assert!(sampled(10_000, many).contains("10 of 5000 draws"));
}

/// Loads a model, forecasts, and prints what it predicts.
const PREDICT: &str = "
import json, sys
from prophet.serialize import model_from_json
m = model_from_json(open(sys.argv[1]).read())
future = m.make_future_dataframe(periods=20)
if m.growth == 'logistic':
    future['cap'] = 60.0
f = m.predict(future)
columns = [c for c in ('yhat', 'trend', 'weekly', 'weekly_lower', 'weekly_upper') if c in f]
out = {c: f[c].tolist() for c in columns}
out['mcmc_samples'] = m.mcmc_samples
out['shapes'] = {k: list(m.params[k].shape) for k in ('k', 'm', 'sigma_obs', 'delta', 'beta')}
print(json.dumps(out))
";

#[test]
fn python_predicts_the_same_from_our_draws() {
    let capped = support::series(80).with_column("cap", vec![60.0; 80]).unwrap();
    for growth in [Growth::Linear, Growth::Logistic] {
        let spec = Spec { growth, n_changepoints: 4, mcmc_samples: 60, ..Spec::default() };
        let fitted = fit(&spec, &capped).unwrap();
        let json = prophet_json::write(&fitted);
        let again = prophet_json::read(&json).unwrap();
        assert_eq!((again.samples(), again.spec().mcmc_samples), (fitted.samples(), 60));
        let dir = testkit::program::workdir().unwrap();
        let path = dir.path().join("model.json");
        fs::write(&path, json).unwrap();
        let out = testkit::python::run_script(dir.path(), PREDICT, [path.as_os_str()]).unwrap();
        assert_eq!(out.code, Some(0), "{}", out.stderr);
        let python: Value = serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap();
        let rows = Future::new(support::days(100)).with_column("cap", vec![60.0; 100]).unwrap();
        let forecast = fitted.predict_rows(&rows, 1).unwrap();
        let weekly = forecast.component("weekly").unwrap();
        for (column, found) in
            [("yhat", &forecast.yhat[..]), ("trend", &forecast.trend), ("weekly", weekly)]
        {
            support::assert_close(column, found, &numbers(&python[column]), 1e-9);
        }
        assert_eq!(python["mcmc_samples"], 60);
        assert_eq!(python["shapes"]["k"], serde_json::json!([120]));
        assert_eq!(python["shapes"]["delta"], serde_json::json!([120, 4]));
        // The ends of a component are quantiles over the draws: nothing in them is drawn.
        let weekly = forecast.components.iter().find(|part| part.name == "weekly").unwrap();
        for (column, found) in [("weekly_lower", &weekly.lower), ("weekly_upper", &weekly.upper)] {
            support::assert_close(column, found, &numbers(&python[column]), 1e-9);
        }
        assert!(weekly.lower.iter().zip(&weekly.upper).all(|(low, high)| low < high));
    }
}

#[test]
fn peytons_posterior_is_stans() {
    let Some(folder) = reference::shared() else { return };
    let series =
        reference::table(&folder.join("data/example_wp_log_peyton_manning.csv"), ["ds", "y"]);
    let fitted = fit(&Spec { mcmc_samples: 1000, ..Spec::default() }, &series).unwrap();
    let report = mcmc(&fitted);
    assert_eq!(report.warnings(), []);
    let path = folder.join("golden/peyton_manning.mcmc300.json");
    let stan: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    // The smallest effective sample size that Stan's run reports, for all.
    let ess_stan = number(&stan["ess_min"]["ESS_bulk"]);
    let (mut worst, mut beyond) = (0.0_f64, 0);
    for parameter in &report.parameters {
        let (key, i) = match parameter.name.split_once('[') {
            Some((key, rest)) => (key, rest.trim_end_matches(']').parse().unwrap()),
            None => (parameter.name.as_str(), 0),
        };
        let known = &stan["params"][key];
        let sd = number(&known["sd"][i]);
        let values = draws(&fitted, &parameter.name);
        let ours = summary(&values, parameter.ess_bulk.min(values.len() as f64));
        for ((found, error), key) in ours.into_iter().zip(["mean", "q10", "q90"]) {
            let wide = if key == "mean" { 1.0 } else { 1.71 };
            let limit = error.hypot(wide * sd / ess_stan.sqrt());
            let errors = (found - number(&known[key][i])).abs() / limit;
            worst = worst.max(errors);
            beyond += usize::from(2.0 < errors);
        }
    }
    eprintln!("peyton: worst {worst:.2} standard errors, {beyond} of 168 beyond 2");
    assert!(worst <= ERRORS, "{worst}");
}

#[test]
fn petr4_converges_where_stan_does_not() {
    let Some(folder) = reference::shared() else { return };
    let (spec, series) = reference::petr4(&folder);
    let fitted = fit(&Spec { mcmc_samples: 1000, ..spec }, &series).unwrap();
    let report = mcmc(&fitted);
    eprintln!(
        "petr4: R-hat {:.4}, ESS bulk {:.0}, tail {:.0}",
        report.rhat_max, report.ess_bulk_min, report.ess_tail_min
    );
    assert_eq!(report.warnings(), []);
    assert!(report.rhat_max < 1.01 && 400.0 < report.ess_bulk_min, "{report:?}");
    let unidentified = &fitted.report().unwrap().unidentified;
    assert!(unidentified.iter().any(|name| name == "weekly"), "{unidentified:?}");
}
