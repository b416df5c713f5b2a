//! Intervals, by simulating futures from a seed.
//!
//! A future has new changepoints as frequent as those of the history and rate
//! changes as large, and the noise of the fit on top.

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, Poisson, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{
    fitted::{Fitted, Params},
    spec::{Growth, Mode},
    trend::Trend,
};

/// Keeps the scale of new rate changes above zero, as Prophet does.
const DELTA_SCALE_MIN: f64 = 1e-8;

/// Rows to simulate, with all that does not vary between paths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paths<'a> {
    pub(crate) fitted: &'a Fitted,
    pub(crate) t: &'a [f64],
    pub(crate) cap: &'a [f64],
    pub(crate) floor: &'a [f64],
    pub(crate) matrix: &'a [f64],
}

/// Lower and upper ends, in the unit of `y`.
#[derive(Debug)]
pub(crate) struct Bands {
    pub(crate) yhat: (Vec<f64>, Vec<f64>),
    pub(crate) trend: (Vec<f64>, Vec<f64>),
}

/// Simulates and takes quantiles, row by row.
///
/// # Source
///
/// `sample_posterior_predictive` and `sample_predictive_trend` in Prophet 1.5,
/// `forecaster.py`.
pub(crate) fn bands(paths: &Paths<'_>, seed: u64) -> Bands {
    let fitted = paths.fitted;
    let rows = paths.t.len();
    let per_draw = fitted.spec.uncertainty_samples.div_ceil(fitted.samples.len()).max(1);
    let count = per_draw * fitted.samples.len();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    // Row-major by row of the forecast, so that quantiles read one slice.
    let mut trends = vec![0.0; rows * count];
    let mut values = vec![0.0; rows * count];
    for (draw, params) in fitted.samples.iter().enumerate() {
        let (additive, factor) = terms(paths, params);
        for path in draw * per_draw..(draw + 1) * per_draw {
            let trend = simulate(paths, params, &mut rng);
            for i in 0..rows {
                let noise: f64 = StandardNormal.sample(&mut rng);
                let noise = noise * params.sigma_obs * fitted.scales.y_scale;
                trends[i * count + path] = trend[i];
                values[i * count + path] = trend[i] * factor[i] + additive[i] + noise;
            }
        }
    }
    let tail = (1.0 - fitted.spec.interval_width) / 2.0;
    Bands { yhat: ends(&mut values, count, tail), trend: ends(&mut trends, count, tail) }
}

/// Additive terms in the unit of `y`, and one plus the multiplicative terms.
fn terms(paths: &Paths<'_>, params: &Params) -> (Vec<f64>, Vec<f64>) {
    let columns = paths.fitted.design.columns();
    let rows = paths.t.len();
    let (mut additive, mut factor) = (vec![0.0; rows], vec![1.0; rows]);
    if columns.is_empty() {
        return (additive, factor);
    }
    for (i, x) in paths.matrix.chunks_exact(columns.len()).enumerate() {
        for ((x, beta), column) in x.iter().zip(&params.beta).zip(&columns) {
            match column.mode {
                Mode::Additive => additive[i] += x * beta * paths.fitted.scales.y_scale,
                Mode::Multiplicative => factor[i] += x * beta,
            }
        }
    }
    (additive, factor)
}

/// One future trend, in the unit of `y`.
fn simulate(paths: &Paths<'_>, params: &Params, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let fitted = paths.fitted;
    let end = paths.t.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut bent = params.clone();
    let mut changepoints_t = fitted.changepoints_t.clone();
    if 1.0 < end && fitted.spec.growth != Growth::Flat {
        let frequency = changepoints_t.len() as f64 * (end - 1.0);
        let scale = params.delta.iter().map(|delta| delta.abs()).sum::<f64>()
            / params.delta.len() as f64
            + DELTA_SCALE_MIN;
        // A rate that is not positive and finite gives no changes.
        let changes = Poisson::new(frequency).map_or(0.0, |changes| changes.sample(rng));
        let mut added = 0.0;
        while added < changes {
            changepoints_t.push(1.0 + rng.random::<f64>() * (end - 1.0));
            let size: f64 = Exp1.sample(rng);
            bent.delta.push(if rng.random::<bool>() { size * scale } else { -size * scale });
            added += 1.0;
        }
    }
    let trend =
        Trend { growth: fitted.spec.growth, params: &bent, changepoints_t: &changepoints_t };
    let scaled = trend.at(paths.t, paths.cap);
    scaled.iter().zip(paths.floor).map(|(g, floor)| g * fitted.scales.y_scale + floor).collect()
}

/// The quantiles `tail` and `1 − tail` of each row.
fn ends(values: &mut [f64], count: usize, tail: f64) -> (Vec<f64>, Vec<f64>) {
    values
        .chunks_exact_mut(count)
        .map(|row| (quantile(row, tail), quantile(row, 1.0 - tail)))
        .unzip()
}

/// The quantile of `values` at `share`, between neighbours as NumPy interpolates.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    let position = share * (values.len() - 1) as f64;
    let below = position.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1 of a length"
    )]
    let index = below as usize;
    let (_, &mut low, rest) = values.select_nth_unstable_by(index, f64::total_cmp);
    let high = rest.iter().copied().fold(f64::INFINITY, f64::min);
    if high.is_infinite() { low } else { low + (position - below) * (high - low) }
}
