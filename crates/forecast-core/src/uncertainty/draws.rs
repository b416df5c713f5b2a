//! Intervals over posterior draws, and samples: future trends are simulated.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Bands, futures::Futures, mixture::Mixture, paths_per_draw, quantile, tail};
use crate::{fitted::Fitted, predict::Rows, spec::Mode, trend::Trend};

/// All posterior draws, ready for one row after the other.
struct Draws<'a> {
    fitted: &'a Fitted,
    rows: &'a Rows,
    trends: Vec<Trend>,
    /// K features × draws, in the unit of their component.
    beta: Vec<f64>,
    modes: Vec<Mode>,
    futures: Futures,
    each: usize,
    /// What the row at hand adds to the trend and multiplies it with, by draw.
    additive: Vec<f64>,
    factor: Vec<f64>,
    /// What each path adds to the argument of the trend.
    changes: Vec<f64>,
    /// The trend and the value without noise, by path, in the unit of `y`.
    trend: Vec<f64>,
    value: Vec<f64>,
}

impl<'a> Draws<'a> {
    fn new(fitted: &'a Fitted, rows: &'a Rows, seed: u64) -> Self {
        let trend = |params| Trend::new(fitted.spec.growth, params, &fitted.changepoints_t);
        let columns = fitted.design.columns();
        let draws = fitted.samples.len();
        let mut beta = Vec::with_capacity(columns.len() * draws);
        for (j, column) in columns.iter().enumerate() {
            let unit = match column.mode {
                Mode::Additive => fitted.scales.y_scale,
                Mode::Multiplicative => 1.0,
            };
            beta.extend(fitted.samples.iter().map(|params| params.beta[j] * unit));
        }
        let each = paths_per_draw(fitted);
        let by_path = vec![0.0; draws * each];
        Self {
            trends: fitted.samples.iter().map(trend).collect(),
            modes: columns.iter().map(|column| column.mode).collect(),
            futures: Futures::new(fitted, seed),
            additive: vec![0.0; draws],
            factor: vec![1.0; draws],
            changes: by_path.clone(),
            trend: by_path.clone(),
            value: by_path,
            fitted,
            rows,
            beta,
            each,
        }
    }

    /// The rows in order of time.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.t.len()).collect();
        order.sort_by(|&a, &b| self.rows.t[a].total_cmp(&self.rows.t[b]));
        order
    }

    /// Goes to row `i`; rows must be taken in order of time.
    fn go(&mut self, i: usize) {
        let width = self.modes.len();
        self.additive.fill(0.0);
        self.factor.fill(1.0);
        let draws = self.trends.len();
        for (j, x) in self.rows.matrix[i * width..(i + 1) * width].iter().enumerate() {
            let sums = match self.modes[j] {
                Mode::Additive => &mut self.additive,
                Mode::Multiplicative => &mut self.factor,
            };
            for (sum, beta) in sums.iter_mut().zip(&self.beta[j * draws..(j + 1) * draws]) {
                *sum += x * beta;
            }
        }
        let t = self.rows.t[i];
        self.futures.at(t, &mut self.changes);
        let (y_scale, floor) = (self.fitted.scales.y_scale, self.rows.floor[i]);
        let cap = self.rows.cap.get(i);
        for (draw, trend) in self.trends.iter().enumerate() {
            let argument = trend.argument(t);
            for path in draw * self.each..(draw + 1) * self.each {
                let scaled = trend.value(argument + self.changes[path], cap);
                let trend = scaled * y_scale + floor;
                self.trend[path] = trend;
                self.value[path] = trend * self.factor[draw] + self.additive[draw];
            }
        }
        for regressor in &self.rows.deviations {
            let (column, mode) = (regressor.column, self.modes[regressor.column]);
            for path in 0..self.value.len() {
                let beta = self.beta[column * draws + path / self.each];
                let unit = if mode == Mode::Additive { 1.0 } else { self.trend[path] };
                self.value[path] += unit * beta * regressor.at(i, path);
            }
        }
    }

    /// Standard deviation of the noise of each draw, in the unit of `y`.
    fn sigmas(&self) -> Vec<f64> {
        let y_scale = self.fitted.scales.y_scale;
        self.fitted.samples.iter().map(|params| params.sigma_obs * y_scale).collect()
    }
}

/// The intervals of each row: of the mixture over all paths, each with the noise
/// of its draw, and of the trends themselves.
pub(super) fn bands(fitted: &Fitted, rows: &Rows, seed: u64, with_trend: bool) -> Bands {
    let tail = tail(fitted);
    let mut draws = Draws::new(fitted, rows, seed);
    let sigmas = draws.sigmas();
    let n = rows.t.len();
    let empty = || (vec![0.0; n], vec![0.0; n]);
    let mut bands =
        Bands { yhat: empty(), trend: if with_trend { empty() } else { Default::default() } };
    let mut mixture = Mixture::default();
    for i in draws.order() {
        draws.go(i);
        mixture.gather(&draws.value, &sigmas);
        bands.yhat.0[i] = mixture.quantile(tail, -1.0);
        bands.yhat.1[i] = mixture.quantile(tail, 1.0);
        if with_trend {
            bands.trend.0[i] = quantile(&mut draws.trend, tail);
            bands.trend.1[i] = quantile(&mut draws.trend, 1.0 - tail);
        }
    }
    bands
}

/// Draws of value and trend: N rows × paths, row-major, in the unit of `y`.
pub(crate) fn samples(fitted: &Fitted, rows: &Rows, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut draws = Draws::new(fitted, rows, seed);
    let sigmas = draws.sigmas();
    // Another stream than that of the trends.
    let mut noise = Xoshiro256PlusPlus::seed_from_u64(!seed);
    let count = draws.value.len();
    let size = rows.t.len() * count;
    let (mut values, mut trends) = (vec![0.0; size], vec![0.0; size]);
    for i in draws.order() {
        draws.go(i);
        let cells = i * count..(i + 1) * count;
        trends[cells.clone()].copy_from_slice(&draws.trend);
        for (path, (cell, value)) in values[cells].iter_mut().zip(&draws.value).enumerate() {
            let unit: f64 = StandardNormal.sample(&mut noise);
            *cell = value + unit * sigmas[path / draws.each];
        }
    }
    (values, trends)
}
