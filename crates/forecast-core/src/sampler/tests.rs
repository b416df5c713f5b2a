use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution as _, StandardNormal};

use super::{
    collapsed::{Noise, Quadratic},
    density::{Geometry, log_density},
    gibbs::Chain,
    *,
};
use crate::{
    Growth, Mode, Series, Spec,
    ds::midnight,
    fit,
    posterior::{self, RATE_VARIANCE},
    prepare,
    spec::SeasonalityChoice,
};

/// Standard errors that an estimate may be off: by chance once in some 15,000.
const ERRORS: f64 = 4.0;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(7)
}

/// Ninety days of a bent line with a weekly swing and noise.
fn series() -> Series {
    let first = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let days: Vec<_> = (0..90).map(|i| midnight(first + chrono::Days::new(i))).collect();
    let mut rng = rng();
    let y = (0..90).map(|i| {
        let t = f64::from(i);
        let noise: f64 = StandardNormal.sample(&mut rng);
        8.0 + 0.03 * t - 0.05 * (t - 40.0).max(0.0) + 0.4 * (t * 0.8976).sin() + 0.3 * noise
    });
    let y = y.collect();
    Series::new(days, y).unwrap().with_column("cap", vec![12.0; 90]).unwrap()
}

fn spec() -> Spec {
    Spec {
        n_changepoints: 5,
        yearly_seasonality: SeasonalityChoice::Off,
        daily_seasonality: SeasonalityChoice::Off,
        ..Spec::default()
    }
}

fn problem(spec: &Spec) -> (Data, Params) {
    let (data, _) = prepare(spec, &series()).unwrap();
    (data, fit(spec, &series()).unwrap().params().clone())
}

/// A point some way from the optimum, and its distance in rate changes.
fn elsewhere(optimum: &Params) -> (Params, Vec<f64>) {
    let d: Vec<f64> = (0..optimum.delta.len()).map(|i| 0.02 * i as f64 - 0.03).collect();
    let mut params = optimum.clone();
    for (delta, d) in params.delta.iter_mut().zip(&d) {
        *delta += d;
    }
    (params, d)
}

/// The precision of k, m and β given the rest, and its inverse times their pull,
/// the plain way: by a dense solve.
fn conditional(data: &Data, params: &Params, v: f64) -> (DMatrix<f64>, DVector<f64>) {
    let s = data.t_change.len();
    let r = posterior::parameter_count(data) - s;
    let mut zero = params.clone();
    (zero.k, zero.m) = (0.0, 0.0);
    zero.beta.fill(0.0);
    let point = posterior::linearise(data, &zero, true);
    let jacobian = DMatrix::from_row_slice(data.y.len(), s + r, &point.jacobian);
    let gram = jacobian.tr_mul(&jacobian);
    let mut precision = gram.view((s, s), (r, r)) / v;
    for i in 0..r {
        let scale = if i < 2 { RATE_VARIANCE.sqrt() } else { *data.sigmas[i - 2] };
        precision[(i, i)] += 1.0 / (scale * scale);
    }
    let pull = DVector::from_column_slice(&posterior::weigh(&point, data)[s..]) / v;
    let mean = precision.clone().cholesky().unwrap().solve(&pull);
    (precision, mean)
}

/// Log density of rate changes and `ln σ`, the rest integrated out, the plain way.
fn marginal(data: &Data, params: &Params) -> f64 {
    let v = params.sigma_obs * params.sigma_obs;
    let (precision, mean) = conditional(data, params, v);
    // Laplace's integral is exact for a normal conditional.
    let mut best = params.clone();
    (best.k, best.m) = (mean[0], mean[1]);
    best.beta = mean.as_slice()[2..].to_vec();
    let bends: f64 = best.delta.iter().map(|delta| delta.abs()).sum();
    let rss = posterior::linearise(data, &best, false).rss;
    params.sigma_obs.ln() - posterior::negative(data, &best, rss) + bends / *data.tau
        - 0.5 * precision.determinant().ln()
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
}

#[test]
fn integrating_k_m_and_beta_out_is_exact() {
    let (data, optimum) = problem(&spec());
    let model = Collapsed::of(&data, &Panel::of_data(&data), &optimum).unwrap();
    let (mut params, d) = elsewhere(&optimum);
    for sigma in [optimum.sigma_obs, 2.0 * optimum.sigma_obs] {
        (params.sigma_obs, params.delta) = (sigma, optimum.delta.clone());
        let at_centre = marginal(&data, &params);
        params.delta = elsewhere(&optimum).0.delta;
        let there = marginal(&data, &params);
        let mut quadratic = Quadratic::default();
        model.quadratic(sigma * sigma, &mut quadratic);
        let product = |i: usize| -> f64 {
            (0..model.s).map(|j| quadratic.curvature[i * model.stride + j] * d[j]).sum()
        };
        let change: f64 = (0..model.s).map(|i| d[i] * (quadratic.pull[i] - 0.5 * product(i))).sum();
        close("by rate changes", change, there - at_centre, 1e-7 * (1.0 + change.abs()));
    }
    let mut noise = Noise::default();
    model.noise(&d, &mut noise);
    let density = |sigma: f64| {
        let params = Params { sigma_obs: sigma, ..params.clone() };
        (model.log_noise(&noise, sigma.ln()), marginal(&data, &params))
    };
    let (first, second) = (density(0.03), density(0.05));
    close("by sigma", second.0 - first.0, second.1 - first.1, 1e-6);
}

#[test]
fn the_rest_is_drawn_from_its_normal_conditional() {
    let (data, optimum) = problem(&spec());
    let model = Collapsed::of(&data, &Panel::of_data(&data), &optimum).unwrap();
    let (params, d) = elsewhere(&optimum);
    let mut noise = Noise::default();
    model.noise(&d, &mut noise);
    let sigma = 0.04;
    let (precision, mean) = conditional(&data, &params, sigma * sigma);
    let r = mean.len();
    let rest = |normals: &[f64]| {
        let drawn = model.complete(&noise, &d, sigma, normals);
        assert_eq!((drawn.sigma_obs, &drawn.delta), (sigma, &params.delta));
        let mut values = vec![drawn.k, drawn.m];
        values.extend(drawn.beta);
        DVector::from_vec(values)
    };
    let middle = rest(&vec![0.0; r]);
    assert!((&middle - &mean).amax() <= 1e-9, "{middle} is not {mean}");
    // The draw is linear in the normal numbers: its covariance is that of columns.
    let mut covariance = DMatrix::zeros(r, r);
    for i in 0..r {
        let mut normals = vec![0.0; r];
        normals[i] = 1.0;
        let column = rest(&normals) - &middle;
        covariance += &column * column.transpose();
    }
    let error = (covariance * precision - DMatrix::identity(r, r)).amax();
    assert!(error <= 1e-6, "{error}");
}

/// Mean and variance of draws against those of their distribution.
fn check_moments(what: &str, draws: &[f64], mean: f64, variance: f64) {
    let n = draws.len() as f64;
    let found = draws.iter().sum::<f64>() / n;
    close(&format!("{what}: mean"), found, mean, ERRORS * (variance / n).sqrt());
    let squares: Vec<f64> = draws.iter().map(|x| (x - mean).powi(2)).collect();
    let spread = squares.iter().sum::<f64>() / n;
    let fourth = squares.iter().map(|x| (x - spread).powi(2)).sum::<f64>() / n;
    close(&format!("{what}: variance"), spread, variance, ERRORS * (fourth / n).sqrt());
}

#[test]
fn variances_are_inverse_to_the_inverse_gaussian() {
    let (mut rng, tau) = (rng(), 0.05);
    for size in [0.002, 0.05, 0.4] {
        let draws: Vec<f64> =
            (0..40_000).map(|_| 1.0 / gibbs::variance(&mut rng, size, tau)).collect();
        let (mean, shape) = (1.0 / (tau * size), 1.0 / (tau * tau));
        check_moments(&format!("size {size}"), &draws, mean, mean.powi(3) / shape);
    }
    // At zero, the variance is that of the prior times a chi-square number.
    let draws: Vec<f64> = (0..40_000).map(|_| gibbs::variance(&mut rng, 0.0, tau)).collect();
    check_moments("size 0", &draws, tau * tau, 2.0 * tau.powi(4));
}

#[test]
fn slices_leave_a_normal_density_as_it_is() {
    let mut rng = rng();
    let mut at = 0.0;
    let mut draws = Vec::new();
    for i in 0..200_000 {
        at = slice::draw(&mut rng, at, 3.0, |x| -0.5 * (x - 2.0).powi(2));
        // Neighbours depend on each other, one in ten hardly.
        if i % 10 == 0 {
            draws.push(at);
        }
    }
    check_moments("slice", &draws, 2.0, 1.0);
}

/// Chains of one step of the sampler, the others left out.
fn repeat(step: impl Fn(&mut Chain<'_, Xoshiro256PlusPlus>) + Sync) -> Vec<Vec<Vec<f64>>> {
    let (data, optimum) = problem(&spec());
    let model = Collapsed::of(&data, &Panel::of_data(&data), &optimum).unwrap();
    let chains = on_threads(&SamplerOptions::default(), |rng| {
        let mut chain = Chain::new(&model, rng);
        let start = vec![0.0; model.s];
        chain.place(&start, optimum.sigma_obs.ln());
        let mut run = Run::default();
        for _ in 0..4_000 {
            step(&mut chain);
            let delta = optimum.delta.iter().zip(&chain.d).map(|(at, d)| at + d).collect();
            run.recorded.push(Params { delta, ..optimum.clone() });
        }
        Ok(run)
    });
    let chains = chains.unwrap();
    (0..optimum.delta.len())
        .map(|i| {
            chains.iter().map(|run| run.recorded.iter().map(|p| p.delta[i]).collect()).collect()
        })
        .collect()
}

/// Mean of chains and its Monte-Carlo error.
fn estimate(chains: &[Vec<f64>]) -> (f64, f64) {
    let all: Vec<f64> = chains.iter().flatten().copied().collect();
    let n = all.len() as f64;
    let mean = all.iter().sum::<f64>() / n;
    let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, (variance / convergence::ess_bulk(chains)).sqrt())
}

fn agree(what: &str, left: &[Vec<f64>], right: &[Vec<f64>]) {
    for power in [1, 2] {
        let raise = |chains: &[Vec<f64>]| -> Vec<Vec<f64>> {
            chains.iter().map(|chain| chain.iter().map(|x| x.powi(power)).collect()).collect()
        };
        let ((a, a_error), (b, b_error)) = (estimate(&raise(left)), estimate(&raise(right)));
        let error = a_error.hypot(b_error);
        close(&format!("{what}, moment {power}"), a, b, ERRORS * error);
    }
}

#[test]
fn sharing_bends_leaves_the_lasso_posterior_as_it_is() {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the path has one lifetime only")]
    let plain = repeat(|chain| chain.draw_changes());
    let shared = repeat(|chain| {
        chain.share_bends();
        chain.draw_changes();
    });
    for (i, (plain, shared)) in plain.iter().zip(&shared).enumerate() {
        agree(&format!("delta[{i}]"), plain, shared);
    }
}

#[test]
fn gradients_without_a_jacobian_are_those_with_one() {
    let models = [
        spec(),
        Spec { growth: Growth::Flat, ..spec() },
        Spec { seasonality_mode: Mode::Multiplicative, ..spec() },
        Spec { growth: Growth::Flat, seasonality_mode: Mode::Multiplicative, ..spec() },
        Spec { growth: Growth::Logistic, ..spec() },
        Spec { growth: Growth::Logistic, seasonality_mode: Mode::Multiplicative, ..spec() },
        Spec { n_changepoints: 0, ..spec() },
    ];
    for spec in models {
        let (data, optimum) = problem(&spec);
        let (mut params, _) = elsewhere(&optimum);
        (params.k, params.m) = (params.k + 0.1, params.m - 0.2);
        let mut expected = posterior::gradient(&data, &params);
        // By ln σ, with the Jacobian of the logarithm.
        let last = expected.len() - 1;
        expected[last] = expected[last] * params.sigma_obs + 1.0;
        let mut found = vec![0.0; expected.len()];
        let value = log_density(&data, &Panel::of_data(&data), &params, &mut found);
        let plain = posterior::log_posterior(&data, &params) + params.sigma_obs.ln();
        close("value", value, plain, 1e-9 * plain.abs());
        let scale = expected.iter().fold(1.0, |max: f64, x| max.max(x.abs()));
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            close(&format!("{:?} {i}", spec.growth), *found, *expected, 1e-11 * scale);
        }
    }
}

#[test]
fn gibbs_and_nuts_agree() {
    let (data, optimum) = problem(&spec());
    let options = SamplerOptions::default();
    let model = Collapsed::of(&data, &Panel::of_data(&data), &optimum).unwrap();
    let gibbs = on_threads(&options, |rng| Ok(gibbs::run(&model, rng, 500))).unwrap();
    let panel = Panel::of_data(&data);
    let geometry = Geometry::of(&data, &panel, &optimum);
    let nuts =
        on_threads(&options, |rng| nuts::run((&data, &panel), &geometry, rng, 300, 500)).unwrap();
    assert_eq!(nuts.iter().map(|run| run.divergences).sum::<usize>(), 0);
    let chains = |runs: &[Run], of: &dyn Fn(&Params) -> f64| -> Vec<Vec<f64>> {
        runs.iter().map(|run| run.recorded.iter().map(of).collect()).collect()
    };
    let compare = |name: &str, of: &dyn Fn(&Params) -> f64| {
        agree(name, &chains(&gibbs, of), &chains(&nuts, of));
    };
    compare("k", &|params| params.k);
    compare("m", &|params| params.m);
    compare("sigma", &|params| params.sigma_obs);
    for i in 0..optimum.delta.len() {
        compare(&format!("delta[{i}]"), &|params| params.delta[i]);
    }
    for i in 0..optimum.beta.len() {
        compare(&format!("beta[{i}]"), &|params| params.beta[i]);
    }
}
