//! The normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Probability of a standard normal value above `x`, to the last bits also far out.
pub(super) fn tail(x: f64) -> f64 {
    0.5 * libm::erfc(x * FRAC_1_SQRT_2)
}

/// Density of a standard normal value at `x`.
pub(super) fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// The `x` above which a standard normal value lies with probability `p`, for
/// `p` in (0, 0.5].
///
/// Newton's method on the logarithm of the tail, which is concave: from the
/// rough bound `√(−2 ln 2p)`, right of the root, the steps go down to it.
pub(super) fn quantile(p: f64) -> f64 {
    const STEPS_MAX: usize = 50;
    let mut x = (-2.0 * (2.0 * p).ln()).max(0.0).sqrt();
    for _ in 0..STEPS_MAX {
        let above = tail(x);
        let step = (above / p).ln() * above / density(x);
        x = (x + step).max(0.0);
        if step.abs() <= 1e-9 * x {
            break;
        }
    }
    x
}
