//! How close two numbers must be, with the reason for each limit.

/// Forecasts from the same parameters, ours and Python's: `|a − b| ≤ this · max(1, |b|)`.
///
/// Both sum the same terms in another order; a hundred roundings of 2⁻⁵³ stay
/// far below, and a wrong column shows at 1e-3.
pub const FORECAST_REL: f64 = 1e-9;

/// Entries of the design matrix, absolute.
///
/// They are sines and cosines of large arguments: the argument carries the
/// rounding of `2π·n·t/period`, about 1e-13 for dates of this century.
pub const DESIGN_ABS: f64 = 1e-12;

/// Log posterior of our optimum below the exact one, in nats.
///
/// A hundredth of a nat moves no forecast visibly; Stan itself stops
/// 0.3 to 81 nats short (`docs/accuracy.md`).
pub const LOG_POSTERIOR_ABS: f64 = 1e-2;

/// Gradient against central differences, relative.
///
/// Central differences with a step of 1e-5 are right to about 1e-9 of the
/// function, which is some 1e-6 of a typical slope.
pub const GRADIENT_REL: f64 = 1e-6;

/// Metrics worked out twice from the same numbers, relative.
///
/// Only the order of summing over at most a few thousand rows may differ.
pub const METRIC_REL: f64 = 1e-12;

/// Prices that passed through Yahoo's 32-bit floats, relative.
///
/// Half a unit in the last place of an `f32` is 6e-8.
pub const PRICE_F32_REL: f64 = 1e-7;

/// Tells whether `a` is within `rel · max(1, |b|)` of `b`; never for NaN.
#[must_use]
pub fn close(a: f64, b: f64, rel: f64) -> bool {
    (a - b).abs() <= rel * b.abs().max(1.0)
}
