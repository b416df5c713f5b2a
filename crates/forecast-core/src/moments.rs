//! Sufficient statistics of a linear trend with additive features.
//!
//! With the panel `Z = [hinges | t 1 X]` the likelihood depends on the rows only
//! through `ZᵀZ`, `Zᵀy` and `yᵀy`. One pass over the rows finds them:
//!
//! - hinge products are polynomials in `t` between changepoints, so they come
//!   from suffix sums over segments, at no cost a row;
//! - products of two Fourier terms of one seasonality are sums of Fourier terms of
//!   up to twice the order (`2 sin a sin b = cos(a−b) − cos(a+b)`), so the largest
//!   seasonality needs two sums an order instead of a product a pair;
//! - the rest is a plain product of columns, in blocks that stay in the first
//!   level cache, with AVX-512 or AVX2 where the machine has them.

mod kernel;
mod rows;

use kernel::Sums;
use pulp::Arch;
pub(crate) use rows::Rows;

use crate::panel::{Panel, Point};

/// The statistics, parameters in the order `delta, k, m, beta`.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    /// Rows.
    pub(crate) n: usize,
    /// Changepoints.
    pub(crate) s: usize,
    /// Columns of the design, those of zeros included.
    pub(crate) k: usize,
    /// `ZᵀZ`, (S + 2 + K)², row-major, symmetric.
    pub(crate) gram: Vec<f64>,
    /// `Zᵀy`.
    pub(crate) score: Vec<f64>,
    /// `yᵀy`.
    pub(crate) yy: f64,
}

impl Moments {
    /// Passes over the rows: the statistics of their series, and of each of those that
    /// share them.
    pub(crate) fn of(rows: &Rows<'_>, changepoints_t: &[f64]) -> Vec<Self> {
        Self::with(rows, changepoints_t, Arch::new())
    }

    /// The same with the registers of `arch`.
    fn with(rows: &Rows<'_>, changepoints_t: &[f64], arch: Arch) -> Vec<Self> {
        let bounds: Vec<usize> =
            changepoints_t.iter().map(|&at| rows.t.partition_point(|&t| t <= at)).collect();
        let sums = kernel::pass(rows, &bounds, arch);
        let gram = gram(rows, &sums, changepoints_t);
        let first = 2 * rows.order();
        let more = (0..rows.more.len()).map(|i| first + 3 + rows.others.len() + i);
        let columns = std::iter::once(first + kernel::Y).chain(more);
        let (n, s, k) = (rows.t.len(), changepoints_t.len(), rows.columns);
        let of = |y: usize| Self {
            n,
            s,
            k,
            gram: gram.clone(),
            score: score(rows, &sums, changepoints_t, y),
            yy: sums.product(y, y),
        };
        columns.map(of).collect()
    }

    /// The statistics of a linear additive panel of any features.
    pub(crate) fn of_panel(panel: &Panel) -> Self {
        let Point { rss, gram, score } = Point::once(panel, &vec![0.0; panel.width()]);
        Self { n: panel.n(), s: panel.s(), k: panel.k(), gram, score, yy: rss }
    }

    /// Side of the Gram matrix.
    pub(crate) fn width(&self) -> usize {
        self.s + 2 + self.k
    }
}

/// Where each column of the pass stands among the parameters: primary terms, then 1,
/// t, y, and the other features.
fn places(rows: &Rows<'_>, s: usize) -> impl Iterator<Item = Option<usize>> {
    (0..2 * rows.order())
        .map(move |i| Some(s + 2 + rows.primary_at + i))
        .chain([Some(s + 1), Some(s), None])
        .chain(rows.others.iter().map(move |other| Some(s + 2 + other.column)))
}

/// `ZᵀZ` from the sums of a pass.
fn gram(rows: &Rows<'_>, sums: &Sums, changepoints_t: &[f64]) -> Vec<f64> {
    let (s, terms) = (changepoints_t.len(), 2 * rows.order());
    let width = s + 2 + rows.columns;
    let mut gram = vec![0.0; width * width];
    let place: Vec<Option<usize>> = places(rows, s).collect();
    let mut put = |i: usize, j: usize, value: f64| {
        gram[i * width + j] = value;
        gram[j * width + i] = value;
    };
    for (a, at) in place.iter().enumerate() {
        let Some(i) = *at else { continue };
        for (b, other) in place.iter().enumerate().take(a + 1) {
            if let Some(j) = *other {
                put(i, j, sums.product(a, b));
            }
        }
        // Behind changepoint j: Σ (t − s_j) x = Σ t x − s_j Σ x.
        for (j, &at) in changepoints_t.iter().enumerate() {
            put(i, j, sums.behind(j, a, kernel::T) - at * sums.behind(j, a, kernel::ONE));
        }
    }
    let behind = |j: usize, a: usize, b: usize| sums.behind(j, terms + a, b);
    for (j, &late) in changepoints_t.iter().enumerate() {
        let (ones, t, tt) = (
            behind(j, kernel::ONE, kernel::ONE),
            behind(j, kernel::T, kernel::ONE),
            behind(j, kernel::T, kernel::T),
        );
        for (i, &early) in changepoints_t.iter().enumerate().take(j + 1) {
            put(i, j, tt - (early + late) * t + early * late * ones);
        }
    }
    gram
}

/// `Zᵀy` from the sums of a pass, for the values in column `y` of it.
fn score(rows: &Rows<'_>, sums: &Sums, changepoints_t: &[f64], y: usize) -> Vec<f64> {
    let s = changepoints_t.len();
    let mut score = vec![0.0; s + 2 + rows.columns];
    for (a, place) in places(rows, s).enumerate() {
        if let Some(i) = place {
            score[i] = sums.product(a, y);
        }
    }
    for (j, &at) in changepoints_t.iter().enumerate() {
        score[j] = sums.behind(j, y, kernel::T) - at * sums.behind(j, y, kernel::ONE);
    }
    score
}

#[cfg(test)]
mod tests;
