//! The posterior and its optimum.

use forecast_core::{
    Growth, Mode, Params, Series, Spec, fit, fit_with,
    map::MapOptimizer,
    optimizer::{OptimizeOpts, Optimizer as _},
    posterior::{gradient, kkt_residual, log_posterior},
    prepare,
};

use crate::support::{assert_close, days, noise, series};

fn specs() -> Vec<(Spec, Series)> {
    let base = series(300);
    let capped = base.clone().with_column("cap", vec![60.0; 300]).unwrap();
    let linear = Spec::default();
    let multiplicative = Spec { seasonality_mode: Mode::Multiplicative, ..Spec::default() };
    let logistic = Spec { growth: Growth::Logistic, ..Spec::default() };
    let flat = Spec { growth: Growth::Flat, ..Spec::default() };
    vec![(linear, base.clone()), (multiplicative, base.clone()), (logistic, capped), (flat, base)]
}

fn point(at: u64, deltas: usize, betas: usize) -> Params {
    let draw = |i: u64| 2.0 * noise(1_000 * at + i) - 1.0;
    Params {
        k: draw(1),
        m: 0.3 + 0.1 * draw(2),
        delta: (0..deltas as u64).map(|i| 0.5 * draw(10 + i)).collect(),
        beta: (0..betas as u64).map(|i| 0.2 * draw(100 + i)).collect(),
        sigma_obs: 0.2 + 0.1 * draw(3),
    }
}

fn shifted(params: &Params, i: usize, by: f64) -> Params {
    let mut moved = params.clone();
    let s = moved.delta.len();
    match i {
        i if i < s => moved.delta[i] += by,
        i if i == s => moved.k += by,
        i if i == s + 1 => moved.m += by,
        i if i < s + 2 + moved.beta.len() => moved.beta[i - s - 2] += by,
        _ => moved.sigma_obs += by,
    }
    moved
}

#[test]
fn gradient_matches_differences() {
    const STEP: f64 = 1e-6;
    for (spec, series) in specs() {
        let (data, _) = prepare(&spec, &series).unwrap();
        for at in 0..20 {
            let params = point(at, data.t_change.len(), data.sigmas.len());
            for (i, slope) in gradient(&data, &params).into_iter().enumerate() {
                let up = log_posterior(&data, &shifted(&params, i, STEP));
                let down = log_posterior(&data, &shifted(&params, i, -STEP));
                let difference = (up - down) / (2.0 * STEP);
                let scale = slope.abs().max(log_posterior(&data, &params).abs() * 1e-4).max(1.0);
                assert!(
                    (slope - difference).abs() <= 1e-5 * scale,
                    "{:?}, parameter {i}: {slope} is not {difference}",
                    spec.growth
                );
            }
        }
    }
}

#[test]
fn no_neighbour_of_the_optimum_is_better() {
    for (spec, series) in specs() {
        let (data, init) = prepare(&spec, &series).unwrap();
        let start =
            Params { k: init.k, m: init.m, delta: init.delta, beta: init.beta, sigma_obs: 1.0 };
        let solution = MapOptimizer.solve(&data, &start);
        assert!(solution.converged, "{:?}: {solution:?}", spec.growth);
        let best = log_posterior(&data, &solution.params);
        for i in 0..data.t_change.len() + data.sigmas.len() + 3 {
            for by in [1e-3, -1e-3] {
                let value = log_posterior(&data, &shifted(&solution.params, i, by));
                // Resolving unidentified directions costs next to nothing.
                assert!(value <= best + 1e-2, "{:?}, {i}: {value} above {best}", spec.growth);
            }
        }
    }
}

#[test]
fn an_unfinished_optimum_says_so() {
    let (data, init) = prepare(&Spec::default(), &series(300)).unwrap();
    let start = Params { k: init.k, m: init.m, delta: init.delta, beta: init.beta, sigma_obs: 1.0 };
    assert!(kkt_residual(&data, &start) > 1.0);
}

#[test]
fn our_optimizer_works_through_augurs_seam() {
    let (spec, series) = (Spec::default(), series(300));
    let direct = fit(&spec, &series).unwrap();
    let seam = fit_with(&spec, &series, &MapOptimizer, &OptimizeOpts::default()).unwrap();
    // Two ways to one optimum: from sums, and from rows.
    let (direct, seam) = (direct.params(), seam.params());
    assert_close("delta", &direct.delta, &seam.delta, 1e-8);
    assert_close("beta", &direct.beta, &seam.beta, 1e-8);
    let scalars = |params: &Params| [params.k, params.m, params.sigma_obs];
    assert_close("k, m, sigma", &scalars(direct), &scalars(seam), 1e-8);
}

#[test]
fn changepoints_out_of_order_are_refused_at_augurs_seam() {
    let (mut data, init) = prepare(&Spec::default(), &series(300)).unwrap();
    data.t_change.swap(2, 3);
    let error = MapOptimizer.optimize(&init, &data, &OptimizeOpts::default()).unwrap_err();
    let text = std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
    assert!(text.contains("`t_change` falls at place 3"), "{text}");
}

#[test]
fn weekends_that_were_never_seen_are_sane_and_named() {
    let all = days(1_000);
    let weekdays: Vec<_> = all
        .into_iter()
        .filter(|ds| ds.format("%u").to_string().parse::<u32>().unwrap() < 6)
        .collect();
    let y: Vec<f64> =
        (0..weekdays.len() as u64).map(|i| 30.0 + 0.01 * i as f64 + noise(i)).collect();
    let spec = Spec { country_holidays: Some("BR".to_owned()), ..Spec::default() };
    let fitted = fit(&spec, &Series::new(weekdays, y).unwrap()).unwrap();
    assert!(fitted.report().unwrap().unidentified.contains(&"weekly".to_owned()));

    let forecast = fitted.predict(&days(1_007)[1_000..], 1).unwrap();
    let weekly = forecast.component("weekly").unwrap();
    let (low, high) =
        weekly.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    assert!(high - low < 1.0, "weekly effects {weekly:?} of noise of 1");
}

#[test]
fn a_long_series_without_any_feature_is_fitted() {
    let (_, series) = specs().into_iter().nth(2).unwrap();
    let off = forecast_core::SeasonalityChoice::Off;
    let spec = Spec {
        growth: Growth::Logistic,
        yearly_seasonality: off,
        weekly_seasonality: off,
        ..Spec::default()
    };
    assert!(fit(&spec, &series).unwrap().report().unwrap().converged);
}
