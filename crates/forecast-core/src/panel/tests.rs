use super::{slopes::slopes_on, *};
use crate::{
    Mode, Series, Spec,
    fit::prepared::Prepared,
    fitted::Params,
    map::priors::Priors,
    posterior,
    simd::tests::archs,
    spec::{Regressor, Seasonality, SeasonalityChoice},
};
use chrono::{Days, NaiveDate};

fn wobble(i: usize) -> f64 {
    ((i * 7_919) % 1_009) as f64 / 1_009.0 - 0.5
}

/// A model with everything, of this growth.
fn model(growth: Growth, mode: Mode) -> (Spec, Series) {
    let first = NaiveDate::from_ymd_opt(2019, 11, 20).unwrap();
    let n = 260;
    let ds = (0..n as u64).map(|i| crate::ds::midnight(first + Days::new(i))).collect();
    let y = (0..n).map(|i| 20.0 + 0.02 * i as f64 + wobble(i)).collect();
    let column = |by: usize| (0..n).map(|i| wobble(i * by + 3)).collect::<Vec<f64>>();
    let series = Series::new(ds, y).unwrap().with_column("cap", vec![40.0; n]).unwrap();
    let series = series.with_column("rain", column(5)).unwrap();
    let on = (0..n).map(|i| f64::from(u8::from(i % 3 == 0))).collect();
    let series = series.with_column("open", on).unwrap();
    let monthly = Seasonality {
        name: "monthly".to_owned(),
        period: 30.5,
        fourier_order: 2,
        prior_scale: 3.0,
        mode: Mode::Additive,
        condition_name: Some("open".to_owned()),
    };
    let rain = Regressor {
        name: "rain".to_owned(),
        prior_scale: 2.0,
        standardize: None,
        mode,
        predictor: None,
    };
    let spec = Spec {
        growth,
        n_changepoints: 7,
        yearly_seasonality: SeasonalityChoice::Order(3),
        seasonality_mode: mode,
        seasonalities: vec![monthly],
        regressors: vec![rain],
        country_holidays: Some("BR".to_owned()),
        ..Spec::default()
    };
    (spec, series)
}

fn models() -> impl Iterator<Item = (Spec, Series)> {
    [Growth::Linear, Growth::Logistic, Growth::Flat]
        .into_iter()
        .flat_map(|growth| [Mode::Additive, Mode::Multiplicative].map(|mode| model(growth, mode)))
}

fn point(data: &crate::optimizer::Data, at: usize) -> (Params, Vec<f64>) {
    let draw = |i: usize, size: f64| size * wobble(17 * i + 101 * at);
    let params = Params {
        k: 0.5 + draw(1, 0.4),
        m: 0.4 + draw(2, 0.2),
        delta: (0..data.t_change.len()).map(|i| draw(3 + i, 0.3)).collect(),
        beta: (0..data.sigmas.len()).map(|i| draw(90 + i, 0.2)).collect(),
        sigma_obs: 0.2,
    };
    let mut w = params.delta.clone();
    w.extend([params.k, params.m]);
    w.extend(&params.beta);
    (params, w)
}

fn assert_near(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |scale, x| scale.max(x.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-10 * scale, "{what}, {i}: {a} is not {b}");
    }
}

#[test]
fn a_pass_finds_what_the_rows_give_one_by_one() {
    for (spec, series) in models() {
        let (data, _) = crate::prepare(&spec, &series).unwrap();
        let own = Prepared::of(&spec, &series).unwrap().panel().unwrap();
        for panel in [own, Panel::of_data(&data)] {
            let (params, w) = point(&data, 1);
            let found = Point::of(&panel, &w, false, &mut Scratch::new(&panel));
            let plain = posterior::linearise(&data, &params, true);
            let width = posterior::parameter_count(&data);
            let mut gram = vec![0.0; width * width];
            for row in plain.jacobian.chunks_exact(width) {
                for i in 0..width {
                    for j in 0..width {
                        gram[i * width + j] += row[i] * row[j];
                    }
                }
            }
            let what = format!("{:?} {:?}", spec.growth, spec.seasonality_mode);
            assert_near(&what, &[found.rss], &[plain.rss]);
            assert_near(&what, &found.score, &posterior::weigh(&plain, &data));
            assert_near(&what, &found.gram, &gram);
        }
    }
}

#[test]
fn the_whole_second_derivative_matches_differences() {
    const STEP: f64 = 1e-6;
    for (spec, series) in models() {
        let panel = Prepared::of(&spec, &series).unwrap().panel().unwrap();
        let (data, _) = crate::prepare(&spec, &series).unwrap();
        let (_, w) = point(&data, 2);
        let found = Point::of(&panel, &w, true, &mut Scratch::new(&panel));
        let scale = found.gram.iter().fold(1.0f64, |scale, x| scale.max(x.abs()));
        for i in 0..w.len() {
            let score = |by: f64| {
                let mut moved = w.clone();
                moved[i] += by;
                Point::of(&panel, &moved, false, &mut Scratch::new(&panel)).score
            };
            // The score is minus half the first derivative of the squares.
            for (j, (up, down)) in score(STEP).iter().zip(score(-STEP)).enumerate() {
                let expected = (down - up) / (2.0 * STEP);
                let value = found.gram[i * w.len() + j];
                assert!(
                    (value - expected).abs() <= 1e-7 * scale,
                    "{:?} {:?}, {i} {j}: {value} is not {expected}",
                    spec.growth,
                    spec.seasonality_mode
                );
            }
        }
    }
}

#[test]
fn priors_are_those_of_the_posterior() {
    let (spec, series) = model(Growth::Linear, Mode::Additive);
    let prepared = Prepared::of(&spec, &series).unwrap();
    let (data, _) = crate::prepare(&spec, &series).unwrap();
    let (params, w) = point(&data, 3);
    let priors: Priors = prepared.priors();
    let rss = posterior::linearise(&data, &params, false).rss;
    let variance = params.sigma_obs * params.sigma_obs;
    let rest =
        data.y.len() as f64 * params.sigma_obs.ln() + rss / (2.0 * variance) + 2.0 * variance;
    assert_near("prior", &[priors.value(&w)], &[posterior::negative(&data, &params, rss) - rest]);
}

#[test]
fn any_registers_find_the_same() {
    for (spec, series) in models() {
        let panel = Prepared::of(&spec, &series).unwrap().panel().unwrap();
        let (data, _) = crate::prepare(&spec, &series).unwrap();
        let (_, w) = point(&data, 4);
        let of = |arch| Point::of(&panel, &w, true, &mut Scratch::new(&panel).with(arch));
        let scalar = of(pulp::Arch::Scalar);
        for arch in archs() {
            let found = of(arch);
            assert_near(&format!("{arch:?}"), &found.gram, &scalar.gram);
            assert_near(&format!("{arch:?}"), &found.score, &scalar.score);
            let slopes = |arch| {
                let mut out = vec![0.0; panel.width() + 1];
                out[panel.width()] = slopes_on(arch, &panel, &w, &mut out[..panel.width()]);
                out
            };
            assert_near(&format!("{arch:?}"), &slopes(arch), &slopes(pulp::Arch::Scalar));
        }
    }
}

#[test]
fn a_panel_without_features_has_its_column_of_zeros() {
    let (spec, series) = model(Growth::Flat, Mode::Additive);
    let off = SeasonalityChoice::Off;
    let bare = Spec {
        yearly_seasonality: off,
        weekly_seasonality: off,
        seasonalities: Vec::new(),
        regressors: Vec::new(),
        country_holidays: None,
        ..spec
    };
    let panel = Prepared::of(&bare, &series).unwrap().panel().unwrap();
    assert_eq!((panel.k(), panel.feature_sums()), (1, ([0.0].as_slice(), [0.0].as_slice())));
}
