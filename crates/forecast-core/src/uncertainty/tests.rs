//! Quantiles against independent numbers.

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, Poisson};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    cells::cells,
    law::{self, Law},
    mixture::Mixture,
    quantile,
};
use crate::normal::tests::tail as normal_tail;

#[test]
fn laws_have_the_quantiles_of_another_integral() {
    // The characteristic function, integrated along the real axis by NumPy with
    // 400,000 points (Gil-Pelaez).
    let known = [
        ((0.05, 30.0, 0.1), 38.447_258_288_962_956),
        ((0.3, 0.05, 0.1), 0.119_099_485_931_212_22),
        ((0.3, 0.05, 0.2), 0.058_208_697_594_536_24),
        ((1.0, 0.5, 0.025), 1.998_725_043_959_914_2),
        ((3.1, 0.7, 0.1), 1.849_878_527_633_328),
        ((3.1, 0.01, 0.1), 1.617_632_375_609_67),
        ((10.0, 1.0, 0.4), 0.631_720_379_490_065_9),
        ((20.0, 0.02, 0.1), 4.552_741_282_993_157),
        ((200.0, 3.0, 0.1), 15.248_781_502_617_021),
        ((5.0, 2.0, 0.001), 9.265_783_800_890_57),
    ];
    for ((changes, noise, tail), expected) in known {
        let found = law::quantiles(&[Law { changes, noise, tail }])[0];
        let error = (found - expected).abs() / expected;
        assert!(error < 3e-6, "{changes} {noise} {tail}: {found} is not {expected}");
    }
}

#[test]
fn laws_without_noise_have_the_quantiles_of_a_million_draws() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    for (changes, shares) in [(0.4, [0.12, 0.05, 0.002]), (6.0, [0.45, 0.1, 0.002])] {
        let count = Poisson::new(changes).unwrap();
        let mut draws: Vec<f64> = (0..1_000_000)
            .map(|_| {
                let mut sum = 0.0;
                let mut left: f64 = count.sample(&mut rng);
                while 0.0 < left {
                    let size: f64 = Exp1.sample(&mut rng);
                    let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
                    sum += sign * size * rng.random::<f64>();
                    left -= 1.0;
                }
                sum
            })
            .collect();
        for tail in shares {
            // Five standard errors of the share, either way.
            let slack = 5.0 * (tail * (1.0 - tail) / draws.len() as f64).sqrt();
            let found = law::quantiles(&[Law { changes, noise: 0.0, tail }])[0];
            let low = quantile(&mut draws, 1.0 - tail - slack);
            let high = quantile(&mut draws, 1.0 - tail + slack);
            assert!(low <= found && found <= high, "{changes}, {tail}: {low} {found} {high}");
        }
    }
}

#[test]
fn a_law_is_still_where_changes_are_too_rare() {
    // With 0.2 changes to be expected 18 % of the futures change: 9 % upwards.
    let law = |tail| Law { changes: 0.2, noise: 0.0, tail };
    assert!(law::quantiles(&[law(0.091)])[0].abs() < 1e-12);
    assert!(0.0 < law::quantiles(&[law(0.090)])[0]);
}

#[test]
fn laws_are_found_however_extreme() {
    for changes in [1e-12, 1e-3, 0.21, 1.0, 50.0, 2e4] {
        for noise in [0.0, 1e-9, 1e-6, 1e-3, 1.0, 1e4, 1e8] {
            let tails = [0.499_999, 0.4, 0.1, 1e-3, 1e-9, 5e-17];
            let found = law::quantiles(&tails.map(|tail| Law { changes, noise, tail }));
            assert!(
                found.iter().all(|width| width.is_finite() && 0.0 <= *width)
                    && found.is_sorted_by(|a, b| *a <= b * (1.0 + 1e-6) + 1e-6),
                "{changes} {noise}: {found:?}"
            );
        }
    }
}

#[test]
fn cells_with_noise_have_the_quantiles_of_the_law() {
    for changes in [0.01, 0.3, 3.0, 20.0, 500.0] {
        for noise in [0.3, 1.0, 4.0] {
            for tail in [0.1, 0.025] {
                let still = f64::exp(-changes);
                let cells = cells(changes, 1.0 - still, tail);
                let mut mixture = Mixture::default();
                mixture.add(still, 0.0, noise);
                mixture.add(cells.middle.weight, 0.0, noise.hypot(cells.middle.deviation));
                for cell in cells.above {
                    let sigma = noise.hypot(cell.deviation);
                    mixture.add(cell.weight, cell.mean, sigma);
                    mixture.add(cell.weight, -cell.mean, sigma);
                }
                let found = mixture.quantile(tail, 1.0);
                let exact = law::quantiles(&[Law { changes, noise, tail }])[0];
                let error = (found - exact).abs() / exact;
                // A simulation of 1,000 paths errs by 4 % at 0.1.
                assert!(error < 0.02, "{changes} {noise} {tail}: {found} is not {exact}");
            }
        }
    }
}

#[test]
fn cells_are_sound_however_extreme() {
    for changes in [1e-9_f64, 1e-3, 1.0, 50.0, 2e4] {
        let moved = -(-changes).exp_m1();
        for tail in [0.499_999, 0.1, 1e-9, 5e-17] {
            let cells = cells(changes, moved, tail);
            let sound = |weight: f64, mean: f64, deviation: f64| {
                [weight, mean, deviation].iter().all(|x| x.is_finite() && 0.0 <= *x)
            };
            assert!(sound(cells.middle.weight, 0.0, cells.middle.deviation), "{cells:?}");
            for cell in cells.above {
                assert!(
                    sound(cell.weight, cell.mean, cell.deviation),
                    "{changes} {tail}: {cell:?}"
                );
            }
        }
    }
}

#[test]
fn mixtures_have_the_quantiles_of_their_sum_of_tails() {
    let components = [(0.3, -2.0, 0.5), (0.5, 0.1, 0.01), (0.2, 4.0, 3.0)];
    let mut mixture = Mixture::default();
    for (weight, mean, sigma) in components {
        mixture.add(weight, mean, sigma);
    }
    for tail in [0.4, 0.1, 0.025, 1e-6] {
        for side in [-1.0, 1.0] {
            let q = mixture.quantile(tail, side);
            let beyond: f64 =
                components.iter().map(|(w, m, s)| w * normal_tail(side * (q - m) / s)).sum();
            assert!((beyond / tail - 1.0).abs() < 1e-4, "{tail} {side}: {q}, {beyond}");
        }
    }
}

#[test]
fn gathered_values_have_the_quantiles_of_all_of_them() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    let values: Vec<f64> = (0..3_000).map(|_| Exp1.sample(&mut rng)).collect();
    let sigmas = [0.2, 0.21, 0.19];
    let (mut gathered, mut single) = (Mixture::default(), Mixture::default());
    gathered.gather(&values, &sigmas);
    for (i, value) in values.iter().enumerate() {
        single.add(1.0, *value, sigmas[i / 1_000]);
    }
    for side in [-1.0, 1.0] {
        let (found, expected) = (gathered.quantile(0.1, side), single.quantile(0.1, side));
        // The noise of a bin is that of its values together.
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }
}
