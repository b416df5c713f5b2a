//! Directions that the rows leave open.
//!
//! A series without weekends says nothing about Saturday, an exchange that is
//! shut says nothing about Christmas. There the likelihood is flat and the weak
//! priors alone decide, to absurd values: for PETR4 a weekend price of 4 reais
//! beside weekdays of 32, or −65 with a multiplicative week.
//!
//! A direction is open if the features along it are the same on every row: zero,
//! or a constant, for the level belongs to the trend. With a linear or flat trend
//! and additive features the fit moves along them to the smallest coefficients, each
//! counted in its prior scale: no fitted value changes, and the coefficients' prior
//! can only gain. What is lost is what the level had saved by leaning on them, less
//! than `m²/50` nats. Other models are
//! fitted once more without those directions, which costs what the absurdity had
//! gained.

use super::priors::Priors;
use crate::{moments::Moments, panel::Panel, spec::Mode};

/// Pivots below this share of the largest count as zero: twelve orders above the
/// rounding of the sums, six below the weakest direction that a year of rows
/// supports.
const NULL_SHARE: f64 = 1e-11;

/// Share of a column in an open direction that makes it unidentified.
const PRESENCE: f64 = 1e-6;

/// A direction of the coefficients along which no row tells points apart.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    /// Over all K columns; orthonormal to the others where coefficients are counted
    /// in their prior scales.
    pub(crate) along: Vec<f64>,
    /// What measures a point along it: its entries times the precisions.
    pub(crate) measure: Vec<f64>,
    /// What the features add up to along it, on every row.
    constant: f64,
    /// Of its features.
    mode: Mode,
}

/// The open directions of a design.
#[derive(Debug)]
pub(crate) struct Open {
    /// The directions.
    pub(crate) basis: Vec<Direction>,
    /// Columns that are part of one, and columns of zeros.
    pub(crate) columns: Vec<usize>,
}

/// Sums of the features over the rows.
struct Features<'a> {
    n: f64,
    /// Columns of the design.
    k: usize,
    /// The product of two columns, and the sum of one.
    product: &'a dyn Fn(usize, usize) -> f64,
    sum: &'a dyn Fn(usize) -> f64,
    /// Precisions of the coefficients' priors.
    precision: &'a [f64],
}

/// Finds the open directions of a linear additive model.
pub(crate) fn of_moments(moments: &Moments, priors: &Priors) -> Open {
    let (first, width) = (moments.s + 2, moments.width());
    let features = Features {
        n: moments.n as f64,
        k: moments.k,
        product: &|i, j| moments.gram[(first + i) * width + first + j],
        sum: &|i| moments.gram[(first + i) * width + first - 1],
        precision: priors.coefficients(),
    };
    let live = (0..moments.k).filter(|&i| 0.0 < (features.product)(i, i)).collect();
    features.open([(Mode::Additive, live)])
}

/// Finds the open directions, additive and multiplicative features apart.
pub(crate) fn of_panel(panel: &Panel, priors: &Priors) -> Open {
    let (k, (products, sums)) = (panel.k(), panel.feature_sums());
    let features = Features {
        n: panel.n() as f64,
        k,
        product: &|i, j| products[i * k + j],
        sum: &|i| sums[i],
        precision: priors.coefficients(),
    };
    let modes = [Mode::Additive, Mode::Multiplicative];
    features.open(modes.map(|mode| (mode, panel.seen(mode == Mode::Multiplicative))))
}

impl Features<'_> {
    /// The open directions within each group of columns.
    fn open<const N: usize>(&self, groups: [(Mode, Vec<usize>); N]) -> Open {
        let zero = (0..self.k).filter(|column| !groups.iter().any(|(_, g)| g.contains(column)));
        let mut open = Open { basis: Vec::new(), columns: zero.collect() };
        for (mode, group) in groups {
            let count = group.len();
            let mut centred = Vec::with_capacity(count * count);
            for &i in &group {
                let centre =
                    |&j: &usize| (self.product)(i, j) - (self.sum)(i) * (self.sum)(j) / self.n;
                centred.extend(group.iter().map(centre));
            }
            for direction in null_space(&mut centred, count) {
                let mut whole = vec![0.0; self.k];
                for (entry, &column) in direction.iter().zip(&group) {
                    whole[column] = *entry;
                    if PRESENCE < entry.abs() && !open.columns.contains(&column) {
                        open.columns.push(column);
                    }
                }
                open.basis.push(self.direction(mode, whole, &open.basis));
            }
        }
        open.columns.sort_unstable();
        open
    }

    /// The part of `along` that is orthogonal to the known ones, of length one.
    fn direction(&self, mode: Mode, mut along: Vec<f64>, known: &[Direction]) -> Direction {
        for other in known {
            other.take_from(&mut along);
        }
        let squares = along.iter().zip(self.precision).map(|(a, p)| p * a * a);
        let length = squares.sum::<f64>().sqrt();
        for entry in &mut along {
            *entry /= length;
        }
        let measure = along.iter().zip(self.precision).map(|(a, p)| p * a).collect();
        let sums = along.iter().enumerate().filter(|(_, a)| **a != 0.0);
        let constant = sums.map(|(i, a)| a * (self.sum)(i)).sum::<f64>() / self.n;
        Direction { along, measure, constant, mode }
    }
}

impl Open {
    /// Whether every direction is determined; columns of zeros need no care, for
    /// their prior keeps them at zero.
    pub(crate) fn is_empty(&self) -> bool {
        self.basis.is_empty()
    }

    /// Takes what lies along the open directions of a mode out of the coefficients `beta`,
    /// and returns the constant that this takes from the mean, or from the factor of the
    /// trend.
    pub(crate) fn project_off(&self, beta: &mut [f64], mode: Mode) -> f64 {
        let basis = self.basis.iter().filter(|direction| direction.mode == mode);
        basis.map(|direction| direction.take_from(beta) * direction.constant).sum()
    }
}

impl Direction {
    /// Takes the part along this direction out of `beta`, and says how much it was.
    fn take_from(&self, beta: &mut [f64]) -> f64 {
        let share: f64 = self.measure.iter().zip(beta.iter()).map(|(d, b)| d * b).sum();
        for (beta, entry) in beta.iter_mut().zip(&self.along) {
            *beta -= share * entry;
        }
        share
    }
}

/// An orthonormal basis of the null space of a positive semidefinite matrix, by
/// Cholesky elimination with diagonal pivoting; the matrix is used up.
fn null_space(matrix: &mut [f64], n: usize) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..n).collect();
    let largest = (0..n).map(|i| matrix[i * n + i]).fold(0.0, f64::max);
    let mut rank = 0;
    while rank < n {
        let diagonal = |&i: &usize| matrix[order[i] * n + order[i]];
        let best = (rank..n).max_by(|a, b| diagonal(a).total_cmp(&diagonal(b))).unwrap_or(rank);
        order.swap(rank, best);
        let p = order[rank];
        let pivot = matrix[p * n + p];
        if pivot <= NULL_SHARE * largest {
            break;
        }
        for a in rank + 1..n {
            let i = order[a];
            let factor = matrix[p * n + i] / pivot;
            for &j in &order[a..] {
                matrix[i * n + j] -= factor * matrix[p * n + j];
                matrix[j * n + i] = matrix[i * n + j];
            }
        }
        rank += 1;
    }
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for &free in &order[rank..] {
        // One free coordinate at a time; the eliminated rows give the others.
        let mut direction = vec![0.0; n];
        direction[free] = 1.0;
        for a in (0..rank).rev() {
            let p = order[a];
            let right: f64 = order[a + 1..].iter().map(|&j| matrix[p * n + j] * direction[j]).sum();
            direction[p] = -right / matrix[p * n + p];
        }
        for known in &basis {
            let along: f64 = known.iter().zip(&direction).map(|(a, b)| a * b).sum();
            for (cell, entry) in direction.iter_mut().zip(known) {
                *cell -= along * entry;
            }
        }
        let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
        for entry in &mut direction {
            *entry /= length;
        }
        basis.push(direction);
    }
    basis
}
