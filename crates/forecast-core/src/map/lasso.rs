//! A quadratic with an L1 term on every coordinate, minimised exactly.
//!
//! Coordinates that are not zero form the active set. Its optimum for the present
//! signs is a linear system; on the way there the first coordinate that reaches
//! zero leaves the set; at its optimum the zero coordinate that pulls hardest
//! enters. Every round lowers the objective, so no set comes twice.
//!
//! # Source
//!
//! The search is that of Lee, Battle, Raina, Ng, *Efficient sparse coding
//! algorithms* (2006), with the active block's Cholesky factor kept from round to
//! round.

#![expect(
    clippy::inline_always,
    reason = "loops must be compiled for the instruction set of their caller"
)]

use crate::simd::dot;

/// Changes of the active set at the most, per coordinate.
const ROUNDS_PER_COORDINATE: usize = 50;

/// Violation of a zero coordinate's condition that is rounding, relative to the
/// weight.
const SLACK: f64 = 1e-10;

/// Ridge on the active block, as a share of its largest diagonal entry:
/// changepoints that no row tells apart leave the block singular by rounding. One
/// refinement undoes the ridge's error where there is no such trouble.
const RIDGE_SHARE: f64 = 1e-13;

/// A pivot this far below zero, relative to its diagonal entry, is no rounding.
const INDEFINITE_SHARE: f64 = 1e-9;

/// `½ zᵀHz − bᵀz + weight Σ |z_i|`.
#[derive(Debug, Clone)]
pub(super) struct Lasso {
    /// `H`, symmetric.
    curvature: Vec<f64>,
    /// `b`.
    pull: Vec<f64>,
    ridge: f64,
    /// Coordinates that are not zero, in the order in which they entered.
    active: Vec<usize>,
    /// Their signs.
    signs: Vec<f64>,
    /// Lower Cholesky factor of their block, rows of n numbers.
    factor: Vec<f64>,
    slopes: Vec<f64>,
    target: Vec<f64>,
    error: Vec<f64>,
}

impl Lasso {
    pub(super) fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        Self {
            curvature: vec![0.0; n * n],
            pull: zeros(),
            ridge: 0.0,
            active: Vec::with_capacity(n),
            signs: Vec::with_capacity(n),
            factor: vec![0.0; n * n],
            slopes: zeros(),
            target: zeros(),
            error: zeros(),
        }
    }

    /// Number of coordinates.
    pub(super) fn len(&self) -> usize {
        self.pull.len()
    }

    /// Takes the rows of `H`, upper triangle, each with its entry of `b`.
    #[inline(always)]
    pub(super) fn load<'a>(&mut self, rows: impl Iterator<Item = (&'a [f64], f64)>) {
        let n = self.len();
        let mut largest: f64 = 0.0;
        for (i, (row, pull)) in rows.enumerate() {
            self.pull[i] = pull;
            self.curvature[i * n + i..(i + 1) * n].copy_from_slice(&row[i..]);
            for (j, value) in row.iter().enumerate().skip(i + 1) {
                self.curvature[j * n + i] = *value;
            }
            largest = largest.max(row[i]);
        }
        self.ridge = RIDGE_SHARE * largest;
    }

    /// Minimises from `at`, which is replaced; false if there is no minimum.
    #[inline(always)]
    pub(super) fn minimise(&mut self, at: &mut [f64], weight: f64) -> bool {
        self.active.clear();
        self.signs.clear();
        for (i, value) in at.iter().enumerate() {
            if *value != 0.0 && !self.enter(i, value.signum()) {
                return false;
            }
        }
        let mut entered = None;
        for _ in 0..ROUNDS_PER_COORDINATE * (at.len() + 1) {
            self.aim(weight);
            if let Some(place) = self.advance(at) {
                // One that enters only to leave is where rounding ends.
                let done = entered == Some(self.active[place]);
                if !self.leave(place) {
                    return false;
                }
                if done {
                    return true;
                }
                continue;
            }
            self.slope(at);
            let zeros = (0..at.len()).filter(|i| !self.active.contains(i));
            let worst =
                zeros.max_by(|&a, &b| self.slopes[a].abs().total_cmp(&self.slopes[b].abs()));
            match worst.map(|i| (i, self.slopes[i])) {
                Some((i, slope)) if weight * (1.0 + SLACK) < slope.abs() => {
                    if !self.enter(i, -slope.signum()) {
                        return false;
                    }
                    entered = Some(i);
                }
                _ => return true,
            }
        }
        true
    }

    /// Solves `H x = right` on the active set, zero elsewhere, in place; returns
    /// `rightᵀ x`.
    #[inline(always)]
    pub(super) fn solve(&mut self, right: &mut [f64]) -> f64 {
        let count = self.active.len();
        for (cell, &i) in self.error.iter_mut().zip(&self.active) {
            *cell = right[i];
        }
        right.fill(0.0);
        forward(&self.factor, self.pull.len(), &mut self.error[..count]);
        let square = self.error[..count].iter().map(|e| e * e).sum();
        backward(&self.factor, self.pull.len(), &mut self.error[..count]);
        for (cell, &i) in self.error.iter().zip(&self.active) {
            right[i] = *cell;
        }
        square
    }

    /// Adds a coordinate to the active set, and a row to its factor; false if the
    /// quadratic falls without end along it.
    #[inline(always)]
    fn enter(&mut self, coordinate: usize, sign: f64) -> bool {
        let (n, count) = (self.len(), self.active.len());
        let source = &self.curvature[coordinate * n..(coordinate + 1) * n];
        let (above, row) = self.factor.split_at_mut(count * n);
        for (cell, &i) in row.iter_mut().zip(&self.active) {
            *cell = source[i];
        }
        forward(above, n, &mut row[..count]);
        let diagonal = source[coordinate];
        let pivot = diagonal + self.ridge - dot(&row[..count], &row[..count]);
        if pivot.is_nan() || pivot < -INDEFINITE_SHARE * diagonal.abs() {
            return false;
        }
        row[count] = pivot.max(self.ridge).max(f64::MIN_POSITIVE).sqrt();
        self.active.push(coordinate);
        self.signs.push(sign);
        true
    }

    /// Takes the coordinate at `place` out of the active set.
    #[inline(always)]
    fn leave(&mut self, place: usize) -> bool {
        let behind: Vec<(usize, f64)> =
            self.active.drain(place..).zip(self.signs.drain(place..)).skip(1).collect();
        behind.into_iter().all(|(coordinate, sign)| self.enter(coordinate, sign))
    }

    /// The optimum of the active coordinates for their signs.
    #[inline(always)]
    fn aim(&mut self, weight: f64) {
        let (n, count) = (self.len(), self.active.len());
        for a in 0..count {
            self.target[a] = self.pull[self.active[a]] - weight * self.signs[a];
            self.error[a] = self.target[a];
        }
        forward(&self.factor, n, &mut self.target[..count]);
        backward(&self.factor, n, &mut self.target[..count]);
        for (a, &i) in self.active.iter().enumerate() {
            let row = &self.curvature[i * n..(i + 1) * n];
            let product: f64 =
                self.active.iter().zip(&self.target).map(|(&j, value)| row[j] * value).sum();
            self.error[a] -= product;
        }
        forward(&self.factor, n, &mut self.error[..count]);
        backward(&self.factor, n, &mut self.error[..count]);
        for (cell, error) in self.target[..count].iter_mut().zip(&self.error) {
            *cell += error;
        }
    }

    /// Goes to the optimum of the active set, or to the first coordinate on the
    /// way that reaches zero; returns that one's place.
    #[inline(always)]
    fn advance(&mut self, at: &mut [f64]) -> Option<usize> {
        let mut first: (f64, Option<usize>) = (1.0, None);
        for (a, (&i, &sign)) in self.active.iter().zip(&self.signs).enumerate() {
            if self.target[a] * sign <= 0.0 {
                let share = at[i] / (at[i] - self.target[a]);
                // A coordinate that enters against its sign, by rounding, stands at
                // zero and leaves at once.
                let share = if share.is_finite() { share.max(0.0) } else { 0.0 };
                if share < first.0 || first.1.is_none() {
                    first = (share, Some(a));
                }
            }
        }
        let (share, leaving) = first;
        for (a, &i) in self.active.iter().enumerate() {
            at[i] = match leaving {
                None => self.target[a],
                Some(place) if place == a => 0.0,
                Some(_) => at[i] + share * (self.target[a] - at[i]),
            };
        }
        leaving
    }

    /// The derivatives of the quadratic at `at`.
    #[inline(always)]
    fn slope(&mut self, at: &[f64]) {
        let n = self.len();
        for (slope, pull) in self.slopes.iter_mut().zip(&self.pull) {
            *slope = -pull;
        }
        for &i in &self.active {
            let row = &self.curvature[i * n..(i + 1) * n];
            for (slope, cell) in self.slopes.iter_mut().zip(row) {
                *slope += at[i] * cell;
            }
        }
    }
}

/// Solves `L x = right` in place, `L` lower triangular with rows of `n` numbers.
#[inline(always)]
fn forward(factor: &[f64], n: usize, right: &mut [f64]) {
    for a in 0..right.len() {
        let row = &factor[a * n..=a * n + a];
        right[a] = (right[a] - dot(&row[..a], &right[..a])) / row[a];
    }
}

/// Solves `Lᵀ x = right` in place.
#[inline(always)]
fn backward(factor: &[f64], n: usize, right: &mut [f64]) {
    for a in (0..right.len()).rev() {
        let row = &factor[a * n..=a * n + a];
        right[a] /= row[a];
        let value = right[a];
        for (cell, entry) in right[..a].iter_mut().zip(row) {
            *cell -= value * entry;
        }
    }
}
