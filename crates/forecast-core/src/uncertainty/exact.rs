//! Intervals of one set of parameters, without simulation.

use super::{
    Bands, Ends, Mean,
    cells::{self, Cell},
    change_size, expected_changes,
    law::{self, Law},
    mixture::Mixture,
    tail,
};
use crate::{
    fitted::{Fitted, Params},
    predict::Rows,
    spec::Growth,
    trend::Trend,
};

/// Noise of this many reaches of a change leaves nothing of the change.
const NOISE_MAX: f64 = 1e8;

/// Probability of any change below which there is none.
const MOVED_MIN: f64 = 1e-9;

/// The changes of the trend's argument until some row.
#[derive(Debug, Clone, Copy)]
struct Change {
    /// How many are to be expected.
    count: f64,
    /// Mean size of a change, times the time since the history's end.
    reach: f64,
}

/// A distribution around zero, in units of its own.
#[derive(Debug, Clone, Copy)]
struct Spread {
    law: Law,
    unit: f64,
}

impl Spread {
    /// Changes of this `reach`, and noise of standard deviation `sigma`.
    fn of(count: f64, reach: f64, sigma: f64, tail: f64) -> Self {
        if count <= 0.0 || reach * NOISE_MAX <= sigma {
            return Self { law: Law { changes: 0.0, noise: 1.0, tail }, unit: sigma };
        }
        Self { law: Law { changes: count, noise: sigma / reach, tail }, unit: reach }
    }
}

/// The intervals of each row.
pub(super) fn bands(
    fitted: &Fitted,
    params: &Params,
    rows: &Rows,
    mean: &Mean<'_>,
    with_trend: bool,
) -> Bands {
    let size = change_size(&params.delta);
    let changes: Vec<Change> = rows
        .t
        .iter()
        .map(|&t| Change { count: expected_changes(fitted, t), reach: size * (t - 1.0).max(0.0) })
        .collect();
    if fitted.spec.growth == Growth::Logistic {
        return logistic(fitted, params, rows, mean, &changes, with_trend);
    }
    let (y_scale, tail) = (fitted.scales.y_scale, tail(fitted));
    let sigma = params.sigma_obs * y_scale;
    let around = |center: &[f64], spread: &dyn Fn(usize) -> Spread| {
        ends(center, &(0..center.len()).map(spread).collect::<Vec<_>>())
    };
    let yhat = around(mean.yhat, &|i| {
        let factor = (1.0 + mean.multiplicative[i]).abs() * y_scale;
        Spread::of(changes[i].count, changes[i].reach * factor, sigma, tail)
    });
    let mut bands = Bands { yhat, ..Bands::default() };
    if with_trend {
        bands.trend = around(mean.trend, &|i| {
            Spread::of(changes[i].count, changes[i].reach * y_scale, 0.0, tail)
        });
    }
    bands
}

/// The quantiles of distributions around `center`.
fn ends(center: &[f64], spreads: &[Spread]) -> Ends {
    let laws: Vec<Law> = spreads.iter().map(|spread| spread.law).collect();
    let widths = law::quantiles(&laws);
    let widths = widths.iter().zip(spreads).map(|(width, spread)| width * spread.unit);
    widths.zip(center).map(|(width, center)| (center - width, center + width)).unzip()
}

/// The intervals where the changes go through the sigmoid.
///
/// That is monotone, so that the trend's quantiles are those of its argument. For
/// the values, the distribution of the argument is cut into cells, and each cell is
/// a normal distribution of its mean and variance, with the noise.
fn logistic(
    fitted: &Fitted,
    params: &Params,
    rows: &Rows,
    mean: &Mean<'_>,
    changes: &[Change],
    with_trend: bool,
) -> Bands {
    let scales = &fitted.scales;
    let trend_of = Trend::new(fitted.spec.growth, params, &fitted.changepoints_t);
    let trend = |i: usize, change: f64| {
        let scaled = trend_of.value(mean.argument[i] + change, rows.cap.get(i));
        scaled * scales.y_scale + rows.floor[i]
    };
    let (tail, sigma) = (tail(fitted), params.sigma_obs * scales.y_scale);
    let mut bands = Bands::default();
    if with_trend {
        let spread = |change: &Change| Spread::of(change.count, change.reach, 0.0, tail);
        let (lower, upper) = ends(mean.argument, &changes.iter().map(spread).collect::<Vec<_>>());
        let at = |(i, end): (usize, &f64)| trend(i, end - mean.argument[i]);
        bands.trend = (
            lower.iter().enumerate().map(at).collect(),
            upper.iter().enumerate().map(at).collect(),
        );
    }
    let mut mixture = Mixture::default();
    for (i, change) in changes.iter().enumerate() {
        let value =
            |change: f64| trend(i, change) * (1.0 + mean.multiplicative[i]) + mean.additive[i];
        mixture.clear();
        let moved = -(-change.count).exp_m1();
        if moved < MOVED_MIN {
            mixture.add(1.0, mean.yhat[i], sigma);
        } else {
            mixture.add(1.0 - moved, mean.yhat[i], sigma);
            add_cells(&mut mixture, *change, moved, (sigma, tail), &value);
        }
        bands.yhat.0.push(mixture.quantile(tail, -1.0));
        bands.yhat.1.push(mixture.quantile(tail, 1.0));
    }
    bands
}

/// Adds the cells of both sides.
fn add_cells(
    mixture: &mut Mixture,
    change: Change,
    moved: f64,
    (sigma, tail): (f64, f64),
    value: &dyn Fn(f64) -> f64,
) {
    let cells = cells::cells(change.count, moved, tail);
    let mut add = |side: f64, cell: &Cell| {
        // Two points have the moments of a cell, also beyond a bend, to the third.
        let low = value(side * change.reach * (cell.mean - cell.deviation));
        let high = value(side * change.reach * (cell.mean + cell.deviation));
        mixture.add(cell.weight, f64::midpoint(low, high), sigma.hypot(0.5 * (high - low)));
    };
    add(1.0, &cells.middle);
    for cell in &cells.above {
        add(1.0, cell);
        add(-1.0, cell);
    }
}
