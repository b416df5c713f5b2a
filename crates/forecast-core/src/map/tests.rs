use chrono::{Days, NaiveDate};

use super::{
    quadratic::{Minimiser, Quadratic},
    *,
};
use crate::{Series, Spec, ds::midnight, fit::prepared::Prepared};

fn wobble(i: usize) -> f64 {
    ((i * 7_919) % 1_009) as f64 / 1_009.0 - 0.5
}

#[test]
fn the_optimum_of_the_statistics_is_that_of_the_rows() {
    let first = NaiveDate::from_ymd_opt(2019, 12, 20).unwrap();
    let ds = (0..900).map(|i| midnight(first + Days::new(i))).collect();
    let y = (0..900)
        .map(|i| 10.0 + (f64::from(i) * 0.37).sin() + 0.01 * (f64::from(i) - 300.0).abs())
        .collect();
    let prepared = Prepared::of(&Spec::default(), &Series::new(ds, y).unwrap()).unwrap();
    let (panel, priors) = (prepared.panel().unwrap(), prepared.priors());
    let alone = std::slice::from_ref(&prepared);
    let moments = crate::fit::linear::moments(alone).unwrap().unwrap();
    let found = linear::solve(&moments[0], &priors).unwrap();
    let climbed = climb(&panel, &priors, flat(&prepared.start()), SUMMIT, None).unwrap();
    assert!((found.log_posterior + climbed.value).abs() < 1e-7);
    assert!(found.kkt_residual < 1e-6 && climbed.kkt_residual < 1e-6);
    for (a, b) in found.w.iter().zip(&climbed.w) {
        assert!((a - b).abs() < 1e-7, "{a} {b}");
    }
}

/// `G = ZᵀZ` and `c = Zᵀy` of made-up rows, with a column twice where asked.
fn sums(rows: usize, width: usize, twin: bool) -> (Vec<f64>, Vec<f64>) {
    let cell = |i: usize, j: usize| wobble(31 * i + 7 * if twin && j == 1 { 0 } else { j } + 5);
    let (mut gram, mut score) = (vec![0.0; width * width], vec![0.0; width]);
    for i in 0..rows {
        for a in 0..width {
            score[a] += cell(i, a) * (wobble(13 * i) + 2.0 * cell(i, 0) - cell(i, 2));
            for b in 0..width {
                gram[a * width + b] += cell(i, a) * cell(i, b);
            }
        }
    }
    (gram, score)
}

#[test]
fn a_quadratic_with_an_l1_term_is_minimised_to_its_conditions() {
    const S: usize = 9;
    const WIDTH: usize = 14;
    let precision: Vec<f64> = (0..WIDTH).map(|i| if i < S { 0.0 } else { 0.3 }).collect();
    for (rows, twin, weight) in
        [(60, false, 0.5), (60, true, 0.5), (6, false, 0.05), (60, false, 1e3), (6, true, 1e-6)]
    {
        let (gram, score) = sums(rows, WIDTH, twin);
        let quadratic =
            Quadratic { gram: &gram, score: &score, precision: &precision, penalised: S, weight };
        let mut minimiser = Minimiser::new(S, WIDTH, (S..WIDTH).collect());
        for variance in [0.7, 0.1] {
            assert!(minimiser.minimise(&quadratic, variance), "{rows} rows");
            let at = minimiser.at();
            for i in 0..WIDTH {
                let product: f64 = (0..WIDTH).map(|j| gram[i * WIDTH + j] * at[j]).sum();
                let slope = (product - score[i]) / variance + precision[i] * at[i];
                let miss = match at[i] {
                    _ if S <= i => slope.abs(),
                    0.0 => (slope.abs() - weight).max(0.0),
                    value => (slope + weight * value.signum()).abs(),
                };
                assert!(miss < 1e-7, "{rows} rows, weight {weight}, {i}: {miss} at {at:?}");
            }
        }
        if 100.0 < weight {
            assert!(minimiser.at()[..S].iter().all(|&delta| delta == 0.0));
        }
    }
}

#[test]
fn a_quadratic_without_a_minimum_is_refused() {
    let (mut gram, score) = sums(40, 5, false);
    gram[0] = -gram[0];
    let quadratic =
        Quadratic { gram: &gram, score: &score, precision: &[0.0; 5], penalised: 2, weight: 1e-9 };
    assert!(!Minimiser::new(2, 5, (2..5).collect()).minimise(&quadratic, 1.0));
}

#[test]
fn open_directions_go_where_the_prior_of_the_coefficients_is_best() {
    let first = NaiveDate::from_ymd_opt(2020, 1, 6).unwrap();
    let ds: Vec<_> = (0..120).map(|i| midnight(first + Days::new(i))).collect();
    let y = (0..120)
        .map(|i| 10.0 + (f64::from(i) * 0.9).sin() + wobble(usize::try_from(i).unwrap()))
        .collect();
    let series = Series::new(ds, y).unwrap();
    for mode in [Mode::Additive, Mode::Multiplicative] {
        // The same columns twice, once with a narrow prior.
        let mut spec =
            Spec { weekly_seasonality: crate::SeasonalityChoice::Off, ..Spec::default() };
        for (name, prior_scale) in [("narrow", 0.01), ("wide", 10.0)] {
            spec = spec.add_seasonality(name, 7.0, 2);
            let added = spec.seasonalities.last_mut().unwrap();
            (added.prior_scale, added.mode) = (prior_scale, mode);
        }
        let fitted = crate::fit(&spec, &series).unwrap();
        let report = fitted.report().unwrap();
        assert!(report.converged, "{mode:?}");
        assert_eq!(report.unidentified, ["narrow", "wide"], "{mode:?}");
        let cost = report.exact_log_posterior - report.log_posterior;
        assert!(cost.abs() < 1e-6, "{mode:?}: {cost} nats");
        let (data, _) = crate::fit::prepare(&spec, &series).unwrap();
        let found = crate::posterior::log_posterior(&data, fitted.params());
        assert!((found - report.log_posterior).abs() < 1e-6, "{mode:?}: {found}");
    }
}
