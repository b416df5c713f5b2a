//! What the passes over rows share: elementary functions over registers, and
//! products of columns.

#![expect(
    clippy::inline_always,
    reason = "register code must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

/// Widest register, in doubles; columns are padded with zeros to a multiple.
pub(crate) const LANES_MAX: usize = 8;

/// Sides of a tile of products: its accumulators fit the registers of AVX2.
pub(crate) const TALL: usize = 4;
pub(crate) const WIDE: usize = 3;

/// Which products of columns to add.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiles {
    /// Doubles from one column to the next.
    pub(crate) stride: usize,
    /// Registers of each column that count.
    pub(crate) lanes: usize,
    /// First column of the right-hand side.
    pub(crate) first: usize,
    /// Columns of the right-hand side, a multiple of [`WIDE`].
    pub(crate) wide: usize,
}

/// Adds to `products[a · wide + b]` the product of column `a` and column
/// `first + b`, for as many rows of [`TALL`] as `products` has.
///
/// Where both are columns of the right-hand side, tiles below the diagonal are
/// left out.
#[inline(always)]
pub(crate) fn add_products<S: Simd>(
    simd: S,
    block: &[f64],
    shape: Tiles,
    products: &mut [S::f64s],
) {
    let Tiles { stride, lanes, first, wide } = shape;
    let tall = products.len().checked_div(wide).unwrap_or(0);
    for a in (0..tall).step_by(TALL) {
        let left: [&[S::f64s]; TALL] = columns::<S, TALL>(block, a, stride, lanes);
        let start = a.saturating_sub(first) / WIDE * WIDE;
        for b in (start..wide).step_by(WIDE) {
            let right: [&[S::f64s]; WIDE] = columns::<S, WIDE>(block, first + b, stride, lanes);
            let mut sums = [[simd.splat_f64s(0.0); WIDE]; TALL];
            for i in 0..lanes {
                for (sums, left) in sums.iter_mut().zip(&left) {
                    for (sum, right) in sums.iter_mut().zip(&right) {
                        *sum = simd.mul_add_e_f64s(left[i], right[i], *sum);
                    }
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                let cells = &mut products[(a + i) * wide + b..][..WIDE];
                for (cell, sum) in cells.iter_mut().zip(sums) {
                    *cell = simd.add_f64s(*cell, *sum);
                }
            }
        }
    }
}

/// `N` columns from `first` on, as registers.
#[inline(always)]
fn columns<S: Simd, const N: usize>(
    block: &[f64],
    first: usize,
    stride: usize,
    lanes: usize,
) -> [&[S::f64s]; N] {
    let mut columns: [&[S::f64s]; N] = [&[]; N];
    for (i, column) in columns.iter_mut().enumerate() {
        let start = (first + i) * stride;
        *column = S::as_simd_f64s(&block[start..start + lanes * S::F64_LANES]).0;
    }
    columns
}

/// Sine and cosine of `turns` whole turns.
///
/// The turn is reduced to an eighth either way, where a Taylor series of degree
/// 17 is exact to the last bits, and rotated back by quarters.
#[inline(always)]
pub(crate) fn sin_cos<S: Simd>(simd: S, turns: S::f64s) -> (S::f64s, S::f64s) {
    const SINE: [f64; 8] = [
        -1.0 / 6.0,
        1.0 / 120.0,
        -1.0 / 5_040.0,
        1.0 / 362_880.0,
        -1.0 / 39_916_800.0,
        1.0 / 6_227_020_800.0,
        -1.0 / 1_307_674_368_000.0,
        1.0 / 355_687_428_096_000.0,
    ];
    const COSINE: [f64; 8] = [
        -1.0 / 2.0,
        1.0 / 24.0,
        -1.0 / 720.0,
        1.0 / 40_320.0,
        -1.0 / 3_628_800.0,
        1.0 / 479_001_600.0,
        -1.0 / 87_178_291_200.0,
        1.0 / 20_922_789_888_000.0,
    ];
    let part = simd.sub_f64s(turns, round(simd, turns));
    let quarter = round(simd, simd.mul_f64s(part, simd.splat_f64s(4.0)));
    let rest = simd.mul_add_e_f64s(quarter, simd.splat_f64s(-0.25), part);
    let x = simd.mul_f64s(rest, simd.splat_f64s(std::f64::consts::TAU));
    let xx = simd.mul_f64s(x, x);
    let sine = simd.mul_add_e_f64s(simd.mul_f64s(x, xx), horner(simd, xx, &SINE), x);
    let one = simd.splat_f64s(1.0);
    let cosine = simd.mul_add_e_f64s(xx, horner(simd, xx, &COSINE), one);
    // Quarters −2 to 2: the odd ones swap, the signs follow the circle.
    let minus = simd.equal_f64s(quarter, simd.splat_f64s(-1.0));
    let plus = simd.equal_f64s(quarter, one);
    let odd = simd.or_m64s(minus, plus);
    let two = simd.equal_f64s(quarter, simd.splat_f64s(2.0));
    let half = simd.or_m64s(two, simd.equal_f64s(quarter, simd.splat_f64s(-2.0)));
    let (s, c) = (simd.select_f64s(odd, cosine, sine), simd.select_f64s(odd, sine, cosine));
    // Quarter 1: (cos, −sin); −1: (−cos, sin); ±2: (−sin, −cos).
    let s = simd.select_f64s(simd.or_m64s(minus, half), simd.neg_f64s(s), s);
    (s, simd.select_f64s(simd.or_m64s(plus, half), simd.neg_f64s(c), c))
}

/// The nearest whole number.
#[inline(always)]
pub(crate) fn round<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let magic = simd.splat_f64s(MAGIC);
    simd.sub_f64s(simd.add_f64s(x, magic), magic)
}

/// A polynomial of `x`, coefficients from the lowest on.
#[inline(always)]
pub(crate) fn horner<S: Simd, const N: usize>(
    simd: S,
    x: S::f64s,
    coefficients: &[f64; N],
) -> S::f64s {
    let mut sum = simd.splat_f64s(coefficients[N - 1]);
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = simd.mul_add_e_f64s(sum, x, simd.splat_f64s(coefficient));
    }
    sum
}

/// The logistic function, and its distance to one.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(simd: S, u: S::f64s) -> (S::f64s, S::f64s) {
    let one = simd.splat_f64s(1.0);
    // The one of the two that is small is found without a difference.
    let size = simd.neg_f64s(simd.abs_f64s(u));
    let power = exp(simd, size);
    let large = simd.div_f64s(one, simd.add_f64s(one, power));
    let small = simd.mul_f64s(power, large);
    let up = simd.greater_than_f64s(u, simd.splat_f64s(0.0));
    (simd.select_f64s(up, large, small), simd.select_f64s(up, small, large))
}

/// The exponential function of numbers that are not positive; 0 below −700.
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    /// Below it, powers of two leave the range of normal numbers.
    const LOWEST: f64 = -700.0;
    const LN_2: f64 = std::f64::consts::LN_2;
    /// What `LN_2` lacks.
    const LN_2_REST: f64 = 2.319_046_813_846_3e-17;
    /// `1/k!`, which is exact to the last bit within half of ln 2.
    const TERMS: [f64; 14] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
    ];
    const EXPONENT_BIAS: u64 = 1_023;
    const EXPONENT_AT: u64 = 1 << 52;
    let inside = simd.max_f64s(x, simd.splat_f64s(LOWEST));
    let power = round(simd, simd.mul_f64s(inside, simd.splat_f64s(std::f64::consts::LOG2_E)));
    let rest = simd.mul_add_e_f64s(power, simd.splat_f64s(-LN_2), inside);
    let rest = simd.mul_add_e_f64s(power, simd.splat_f64s(-LN_2_REST), rest);
    let part = horner(simd, rest, &TERMS);
    // The last bits of `power + 1.5 · 2⁵²` are the whole number itself.
    let whole = simd.transmute_u64s_f64s(simd.add_f64s(power, simd.splat_f64s(MAGIC)));
    let biased = simd.add_u64s(whole, simd.splat_u64s(EXPONENT_BIAS));
    let scale = simd.mul_u64s(biased, simd.splat_u64s(EXPONENT_AT));
    let value = simd.mul_f64s(part, simd.transmute_f64s_u64s(scale));
    let tiny = simd.less_than_f64s(x, simd.splat_f64s(LOWEST));
    simd.select_f64s(tiny, simd.splat_f64s(0.0), value)
}

/// The inner product, in as many sums as a register has lanes.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES_MAX];
    let (left, right) = (a.chunks_exact(LANES_MAX), b.chunks_exact(LANES_MAX));
    let tail: f64 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + tail
}

/// Fills `out` with the sines and cosines of θ, 2θ, … of each of `turns`, times
/// `on`; both are as long as whole registers.
///
/// # Shapes
///
/// `out` has a sine and a cosine for each order, rising, as columns of
/// `turns.len()`.
pub(crate) fn waves(turns: &[f64], on: &[f64], out: &mut [f64]) {
    Arch::new().dispatch(Waves { turns, on, out });
}

struct Waves<'a> {
    turns: &'a [f64],
    on: &'a [f64],
    out: &'a mut [f64],
}

impl WithSimd for Waves<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (turns, _) = S::as_simd_f64s(self.turns);
        let (on, _) = S::as_simd_f64s(self.on);
        let (out, _) = S::as_mut_simd_f64s(self.out);
        for (i, (&angle, &on)) in turns.iter().zip(on).enumerate() {
            let (s1, c1) = sin_cos(simd, angle);
            let (mut s, mut c) = (s1, c1);
            for pair in out.chunks_exact_mut(2 * turns.len()) {
                pair[i] = simd.mul_f64s(s, on);
                pair[turns.len() + i] = simd.mul_f64s(c, on);
                (s, c) = turn(simd, (s, c), (s1, c1));
            }
        }
    }
}

/// Sine and cosine of the sum of two angles, from those of each.
#[inline(always)]
pub(crate) fn turn<S: Simd>(
    simd: S,
    (s, c): (S::f64s, S::f64s),
    (s1, c1): (S::f64s, S::f64s),
) -> (S::f64s, S::f64s) {
    let sine = simd.mul_add_e_f64s(s, c1, simd.mul_f64s(c, s1));
    let cosine = simd.mul_add_e_f64s(c, c1, simd.neg_f64s(simd.mul_f64s(s, s1)));
    (sine, cosine)
}

/// 1.5 · 2⁵²: added to a number of moderate size, it leaves no room for a fraction.
const MAGIC: f64 = 6_755_399_441_055_744.0;

#[cfg(test)]
pub(crate) mod tests;
