//! Intervals.
//!
//! A future has new changepoints as frequent as those of the history, rate
//! changes as large, and the noise of the fit on top. At an optimum the
//! distribution of a row has a closed transform, and its quantiles are exact
//! ([`exact`]); over posterior draws its trends are simulated from a seed, and
//! the noise is integrated ([`draws`]).

mod cells;
mod contour;
mod draws;
mod exact;
mod futures;
mod law;
mod mixture;
#[cfg(test)]
mod tests;

use crate::{fitted::Fitted, predict::Rows, spec::Growth};
pub(crate) use draws::samples;

/// Keeps the scale of new rate changes above zero, as Prophet does.
const DELTA_SCALE_MIN: f64 = 1e-8;

/// Changepoints that a future may be expected to have. The default model reaches
/// it 800 times its history beyond the end.
pub(crate) const CHANGES_MAX: f64 = 20_000.0;

/// Values that are drawn at most: ten years of days with 10,000 draws, in 800 MB
/// for trends and values together.
pub(crate) const VALUES_MAX: usize = 50_000_000;

/// Lower and upper ends, in the unit of `y`; empty if they were not asked for.
#[derive(Debug, Default)]
pub(crate) struct Bands {
    pub(crate) yhat: Ends,
    pub(crate) trend: Ends,
}

/// Lower ends and upper ends, row by row.
pub(crate) type Ends = (Vec<f64>, Vec<f64>);

/// The forecast that the intervals are about, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean<'a> {
    /// The argument of the trend.
    pub(crate) argument: &'a [f64],
    /// In the unit of `y`.
    pub(crate) trend: &'a [f64],
    /// In the unit of `y`.
    pub(crate) additive: &'a [f64],
    /// As shares of the trend.
    pub(crate) multiplicative: &'a [f64],
    /// In the unit of `y`.
    pub(crate) yhat: &'a [f64],
}

/// The intervals of each row: of `yhat`, and of the trend too if that is asked for.
///
/// # Source
///
/// The process is that of `sample_posterior_predictive` and
/// `sample_predictive_trend` in Prophet 1.5, `forecaster.py`. Python's vectorized
/// sampler lets it begin with the first future row; here it begins where the
/// history ends, also where rows begin late.
pub(crate) fn bands(
    fitted: &Fitted,
    rows: &Rows,
    mean: &Mean<'_>,
    seed: u64,
    with_trend: bool,
) -> Bands {
    match fitted.samples.as_slice() {
        // Regressors that are drawn themselves have no closed form.
        [params] if rows.deviations.is_empty() => {
            exact::bands(fitted, params, rows, mean, with_trend)
        }
        _ => draws::bands(fitted, rows, seed, with_trend),
    }
}

/// Probability on each side of the interval.
pub(crate) fn tail(fitted: &Fitted) -> f64 {
    (1.0 - fitted.spec.interval_width) / 2.0
}

/// Futures to simulate: the same number for each posterior draw.
pub(crate) fn paths(fitted: &Fitted) -> usize {
    paths_per_draw(fitted) * fitted.samples.len()
}

fn paths_per_draw(fitted: &Fitted) -> usize {
    fitted.spec.uncertainty_samples.div_ceil(fitted.samples.len()).max(1)
}

/// How many changepoints a future that ends at scaled time `end` will have: as
/// frequent as those of the history.
pub(crate) fn expected_changes(fitted: &Fitted, end: f64) -> f64 {
    if fitted.spec.growth == Growth::Flat || end <= 1.0 {
        return 0.0;
    }
    fitted.changepoints_t.len() as f64 * (end - 1.0)
}

/// Mean size of the rate changes of a future.
fn change_size(delta: &[f64]) -> f64 {
    let sizes: f64 = delta.iter().map(|delta| delta.abs()).sum();
    sizes / delta.len().max(1) as f64 + DELTA_SCALE_MIN
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
