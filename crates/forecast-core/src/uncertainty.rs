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

/// Changepoints that one simulated future may be expected to have. The default
/// model reaches it 800 times its history beyond the end.
pub(crate) const CHANGES_MAX: f64 = 20_000.0;

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
        let simulator = Simulator::new(paths, params);
        for path in draw * per_draw..(draw + 1) * per_draw {
            let trend = simulator.draw(paths, &mut rng);
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

/// The futures of one set of parameters.
struct Simulator<'a> {
    trend: Trend<'a>,
    /// Rows in order of time, for those after the history's end.
    future: Vec<usize>,
    /// The argument of the trend in each row, without new changepoints.
    argument: Vec<f64>,
    /// End of the simulated time, in units of the history.
    end: f64,
    /// New changepoints to be expected.
    frequency: f64,
    /// Mean size of a rate change.
    scale: f64,
}

impl<'a> Simulator<'a> {
    fn new(paths: &Paths<'a>, params: &'a Params) -> Self {
        let fitted = paths.fitted;
        let growth = fitted.spec.growth;
        let trend = Trend { growth, params, changepoints_t: &fitted.changepoints_t };
        let mut future: Vec<usize> = (0..paths.t.len()).filter(|&i| 1.0 < paths.t[i]).collect();
        future.sort_by(|&a, &b| paths.t[a].total_cmp(&paths.t[b]));
        let end = future.last().map_or(1.0, |&i| paths.t[i]);
        let sizes: f64 = params.delta.iter().map(|delta| delta.abs()).sum();
        Self {
            argument: paths.t.iter().map(|&t| trend.argument(t)).collect(),
            frequency: expected_changes(fitted, end),
            scale: sizes / params.delta.len() as f64 + DELTA_SCALE_MIN,
            trend,
            future,
            end,
        }
    }

    /// One trend, in the unit of `y`.
    fn draw(&self, paths: &Paths<'_>, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let scales = &paths.fitted.scales;
        let mut argument = self.argument.clone();
        let mut changes = self.changes(rng);
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        // One sweep: behind a change at s by d, the argument grows by d (t - s).
        let (mut rate, mut offset, mut next) = (0.0, 0.0, 0);
        for &i in &self.future {
            let t = paths.t[i];
            while let Some(&(at, delta)) = changes.get(next).filter(|(at, _)| *at <= t) {
                rate += delta;
                offset += delta * at;
                next += 1;
            }
            argument[i] += rate * t - offset;
        }
        let value = |(i, &u): (usize, &f64)| {
            self.trend.value(u, paths.cap.get(i)) * scales.y_scale + paths.floor[i]
        };
        argument.iter().enumerate().map(value).collect()
    }

    /// New changepoints and their rate changes.
    fn changes(&self, rng: &mut Xoshiro256PlusPlus) -> Vec<(f64, f64)> {
        // A frequency of zero is no distribution, and gives no changes.
        let count = Poisson::new(self.frequency).map_or(0.0, |count| count.sample(rng));
        let mut changes = Vec::new();
        while (changes.len() as f64) < count {
            let at = 1.0 + rng.random::<f64>() * (self.end - 1.0);
            let size: f64 = Exp1.sample(rng);
            let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
            changes.push((at, sign * size * self.scale));
        }
        changes
    }
}

/// How many changepoints a future that ends at scaled time `end` will have: as
/// frequent as those of the history.
pub(crate) fn expected_changes(fitted: &Fitted, end: f64) -> f64 {
    if fitted.spec.growth == Growth::Flat || end <= 1.0 {
        return 0.0;
    }
    fitted.changepoints_t.len() as f64 * (end - 1.0)
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
