use chrono::{Datelike as _, Days, NaiveDate};

use super::*;
use crate::{Series, Spec, design::Design, ds::midnight, prepare, simd::tests::archs};

fn seconds(ds: &[crate::ds::Ds]) -> Vec<f64> {
    ds.iter().map(|&at| crate::ds::seconds_between(ds[0], at)).collect()
}

/// The statistics the plain way.
fn plain(data: &crate::optimizer::Data) -> (Vec<f64>, Vec<f64>) {
    let (s, k) = (data.t_change.len(), data.sigmas.len());
    let width = s + 2 + k;
    let (mut gram, mut score) = (vec![0.0; width * width], vec![0.0; width]);
    for (i, &t) in data.t.iter().enumerate() {
        let mut z: Vec<f64> = data.t_change.iter().map(|at| (t - at).max(0.0)).collect();
        z.extend([t, 1.0]);
        z.extend(&data.X[i * k..(i + 1) * k]);
        for a in 0..width {
            score[a] += z[a] * data.y[i];
            for b in 0..width {
                gram[a * width + b] += z[a] * z[b];
            }
        }
    }
    (gram, score)
}

#[test]
fn one_pass_finds_the_plain_sums() {
    for (n, weekdays, yearly) in [(700u64, true, true), (1_000, false, true), (40, false, false)] {
        let first = NaiveDate::from_ymd_opt(2019, 12, 20).unwrap();
        let days = (0..n).map(|i| first + Days::new(i));
        let ds: Vec<_> = days
            .filter(|day| !weekdays || day.weekday().number_from_monday() < 6)
            .map(midnight)
            .collect();
        let y = (0..ds.len()).map(|i| 10.0 + (i as f64 * 0.37).sin() + 0.01 * i as f64).collect();
        let series = Series::new(ds.clone(), y).unwrap();
        let country = yearly.then(|| "BR".to_owned());
        let spec = Spec { country_holidays: country, ..Spec::default() };
        let (data, _) = prepare(&spec, &series).unwrap();
        let (_, future, _) = series.prepared();
        let at = seconds(&ds);
        let design = Design::of(&spec, &future, &at).unwrap();
        let rows = Rows::of(&design, &ds, &at, &data.t, &data.y).unwrap().unwrap();
        let (gram, score) = plain(&data);
        for arch in archs() {
            let found = Moments::with(&rows, &data.t_change, arch).remove(0);
            assert_near(&format!("{arch:?} gram"), &found.gram, &gram, n);
            assert_near(&format!("{arch:?} score"), &found.score, &score, n);
        }
    }
}

fn assert_near(what: &str, found: &[f64], expected: &[f64], n: u64) {
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-11 * n as f64, "{what}, {i}: {a} is not {b}");
    }
}
