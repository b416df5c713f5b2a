//! Slice sampling of one number.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};

/// Widths by which an interval may grow each way: far beyond any slice of a
/// proper density, and an end where rounding makes one improper.
const WIDTHS_MAX: u32 = 1_000;

/// Cuts of the interval at the most; halving a double to nothing takes 1,100.
const CUTS_MAX: u32 = 2_000;

/// A draw that leaves `density`, a log density, as it is; `from` is where the
/// chain stands, `width` the typical width of a slice.
///
/// # Source
///
/// Neal, *Slice sampling* (2003), stepping out and shrinkage.
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the chain")]
#[inline(always)]
pub(super) fn draw<R: Rng>(
    rng: &mut R,
    from: f64,
    width: f64,
    mut density: impl FnMut(f64) -> f64,
) -> f64 {
    let depth: f64 = Exp1.sample(rng);
    let level = density(from) - depth;
    let mut low = from - width * rng.random::<f64>();
    let mut high = low + width;
    for (end, step) in [(&mut low, -width), (&mut high, width)] {
        let mut widths = 0;
        while level < density(*end) && widths < WIDTHS_MAX {
            *end += step;
            widths += 1;
        }
    }
    for _ in 0..CUTS_MAX {
        let to = low + (high - low) * rng.random::<f64>();
        if level <= density(to) {
            return to;
        }
        if to < from {
            low = to;
        } else {
            high = to;
        }
    }
    // Only a density that is not a number gets here.
    from
}
