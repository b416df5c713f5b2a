//! A quadratic with an L1 term on its first coordinates, minimised exactly.
//!
//! The coordinates without the L1 term are eliminated once; what is left for the
//! penalised ones is solved by [`super::lasso`].

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use super::lasso::Lasso;
use crate::simd::dot;

/// Rows of the tableau start at a multiple of this many numbers, so that the
/// loops over them take whole registers.
const LANES: usize = 8;

/// `½ zᵀ(G/v + Λ)z − zᵀc/v + weight Σ |z_i|`, the sum over the first `penalised`
/// coordinates, `Λ` diagonal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quadratic<'a> {
    /// `G`, symmetric, row-major, as wide as `score`.
    pub(crate) gram: &'a [f64],
    /// `c`.
    pub(crate) score: &'a [f64],
    /// The diagonal of `Λ`.
    pub(crate) precision: &'a [f64],
    /// How many coordinates have the L1 term; they come first.
    pub(crate) penalised: usize,
    /// Weight of the L1 term.
    pub(crate) weight: f64,
}

/// The minimiser of quadratics of one shape, with all the room that it needs.
#[derive(Debug, Clone)]
pub(crate) struct Minimiser {
    /// Coordinates that are eliminated.
    rest: Vec<usize>,
    /// Upper triangle of `[rest | penalised]`, the score behind it.
    tableau: Vec<f64>,
    stride: usize,
    /// Inverse pivots of the eliminated coordinates.
    pivots: Vec<f64>,
    lasso: Lasso,
    /// A right-hand side.
    right: Vec<f64>,
    /// The point found.
    at: Vec<f64>,
}

impl Minimiser {
    /// Room for quadratics of `width` coordinates, the first `s` with an L1 term;
    /// those in neither these nor `rest` stay at zero.
    pub(crate) fn new(s: usize, width: usize, rest: Vec<usize>) -> Self {
        let size = rest.len() + s;
        let stride = (size + 1).next_multiple_of(LANES);
        Self {
            tableau: vec![0.0; size * stride],
            stride,
            pivots: vec![0.0; rest.len()],
            lasso: Lasso::new(s),
            right: vec![0.0; stride],
            at: vec![0.0; width],
            rest,
        }
    }

    /// The point found last.
    pub(crate) fn at(&self) -> &[f64] {
        &self.at
    }

    /// Starts the next search for the penalised coordinates from these.
    pub(crate) fn start_from(&mut self, penalised: &[f64]) {
        self.at[..penalised.len()].copy_from_slice(penalised);
    }

    /// Minimises for the variance `v`; false where the quadratic has no minimum or
    /// numbers overflow.
    #[inline(always)]
    pub(crate) fn minimise(&mut self, quadratic: &Quadratic<'_>, variance: f64) -> bool {
        self.load(quadratic, 1.0 / variance);
        if !self.eliminate() {
            return false;
        }
        let (r, s) = (self.rest.len(), quadratic.penalised);
        let rows = self.tableau[r * self.stride..].chunks_exact(self.stride);
        self.lasso.load(rows.map(|row| (&row[r..r + s], row[r + s])));
        let found = self.lasso.minimise(&mut self.at[..s], quadratic.weight);
        self.substitute(s);
        found && self.at.iter().all(|value| value.is_finite())
    }

    /// Fills the tableau.
    #[inline(always)]
    fn load(&mut self, quadratic: &Quadratic<'_>, scale: f64) {
        let Quadratic { gram, score, precision, penalised: s, .. } = *quadratic;
        let (r, width) = (self.rest.len(), score.len());
        for (i, row) in self.tableau.chunks_exact_mut(self.stride).enumerate() {
            let place = if i < r { self.rest[i] } else { i - r };
            let source = &gram[place * width..(place + 1) * width];
            if i < r {
                for (cell, &other) in row[i..r].iter_mut().zip(&self.rest[i..]) {
                    *cell = source[other] * scale;
                }
            }
            for (cell, value) in row[r..r + s].iter_mut().zip(&source[..s]) {
                *cell = value * scale;
            }
            row[i] += precision[place];
            row[r + s] = score[place] * scale;
        }
    }

    /// Eliminates the rest, so that the last rows hold the Schur complement.
    ///
    /// Pivots go two at a time, which halves the traffic of the rows below.
    #[inline(always)]
    fn eliminate(&mut self) -> bool {
        let (r, stride) = (self.rest.len(), self.stride);
        let mut p = 0;
        while p < r {
            let pair = 2.min(r - p);
            let (above, below) = self.tableau.split_at_mut((p + pair) * stride);
            let (first, second) = above[p * stride..].split_at_mut(stride);
            if !invert(first[p], &mut self.pivots[p]) {
                return false;
            }
            if pair == 1 {
                for (i, row) in (p + 1..).zip(below.chunks_exact_mut(stride)) {
                    subtract(row, i, first, first[i] * self.pivots[p]);
                }
                return true;
            }
            subtract(second, p + 1, first, first[p + 1] * self.pivots[p]);
            if !invert(second[p + 1], &mut self.pivots[p + 1]) {
                return false;
            }
            for (i, row) in (p + 2..).zip(below.chunks_exact_mut(stride)) {
                let factors = [first[i] * self.pivots[p], second[i] * self.pivots[p + 1]];
                // What lies before the diagonal is never read.
                let from = i / LANES * LANES;
                let pivots = first[from..].iter().zip(&second[from..]);
                for (cell, (a, b)) in row[from..].iter_mut().zip(pivots) {
                    *cell -= factors[0] * a + factors[1] * b;
                }
            }
            p += 2;
        }
        true
    }

    /// The eliminated coordinates, given the penalised ones.
    #[inline(always)]
    fn substitute(&mut self, s: usize) {
        let (r, stride) = (self.rest.len(), self.stride);
        self.right[r..r + s].copy_from_slice(&self.at[..s]);
        for p in (0..r).rev() {
            let row = &self.tableau[p * stride..(p + 1) * stride];
            let known = dot(&row[p + 1..r + s], &self.right[p + 1..r + s]);
            self.right[p] = (row[r + s] - known) * self.pivots[p];
            self.at[self.rest[p]] = self.right[p];
        }
    }

    /// `qᵀM⁻¹q` and the direction `M⁻¹q` in the coordinates that are not held at
    /// zero, `M` the curvature of the last quadratic; `q` is as wide as the point.
    ///
    /// By these the point moves with the variance.
    #[inline(always)]
    pub(crate) fn solve(&mut self, q: &[f64], direction: &mut [f64]) -> f64 {
        let (r, stride) = (self.rest.len(), self.stride);
        let s = self.lasso.len();
        for (cell, &place) in self.right.iter_mut().zip(&self.rest) {
            *cell = q[place];
        }
        self.right[r..r + s].copy_from_slice(&q[..s]);
        let mut square = 0.0;
        for p in 0..r {
            let value = self.right[p];
            let factor = value * self.pivots[p];
            square += value * factor;
            let row = &self.tableau[p * stride..(p + 1) * stride];
            for (cell, entry) in self.right[p + 1..r + s].iter_mut().zip(&row[p + 1..r + s]) {
                *cell -= factor * entry;
            }
            self.right[p] = factor;
        }
        square += self.lasso.solve(&mut self.right[r..r + s]);
        direction.fill(0.0);
        direction[..s].copy_from_slice(&self.right[r..r + s]);
        for p in (0..r).rev() {
            let row = &self.tableau[p * stride..(p + 1) * stride];
            self.right[p] -= dot(&row[p + 1..r + s], &self.right[p + 1..r + s]) * self.pivots[p];
            direction[self.rest[p]] = self.right[p];
        }
        square
    }
}

/// Takes `factor` times a pivot row from row `i`, from its diagonal on.
#[inline(always)]
fn subtract(row: &mut [f64], i: usize, pivot_row: &[f64], factor: f64) {
    let from = i / LANES * LANES;
    for (cell, value) in row[from..].iter_mut().zip(&pivot_row[from..]) {
        *cell -= factor * value;
    }
}

/// Inverts a pivot; false where it is not above zero.
#[inline(always)]
fn invert(pivot: f64, inverse: &mut f64) -> bool {
    *inverse = 1.0 / pivot;
    0.0 < pivot
}
