//! Open directions of a linear additive model, from its statistics; see
//! [`super::unidentified`] for what they are.

use crate::{fitted::Params, moments::Moments};

use super::unidentified::{NULL_SHARE, PRESENCE};

/// Directions of `beta` along which the features are the same on every row.
#[derive(Debug)]
pub(crate) struct Open {
    /// Orthonormal directions over all K columns, and the constant along each.
    basis: Vec<(Vec<f64>, f64)>,
    /// Columns that are part of one, and columns of zeros.
    pub(crate) columns: Vec<usize>,
}

/// Finds the open directions.
pub(crate) fn of_moments(moments: &Moments) -> Open {
    let Moments { n, s, k, gram, .. } = moments;
    let width = moments.width();
    let at = |i: usize, j: usize| gram[(s + 2 + i) * width + s + 2 + j];
    let sum = |i: usize| gram[(s + 2 + i) * width + s + 1];
    let (live, zero): (Vec<usize>, Vec<usize>) = (0..*k).partition(|&i| 0.0 < at(i, i));
    let n = *n as f64;
    let count = live.len();
    let mut centred = vec![0.0; count * count];
    for (a, &i) in live.iter().enumerate() {
        for (b, &j) in live.iter().enumerate() {
            centred[a * count + b] = at(i, j) - sum(i) * sum(j) / n;
        }
    }
    let mut open = Open { basis: Vec::new(), columns: zero };
    for direction in null_space(&mut centred, count) {
        let mut whole = vec![0.0; *k];
        for (entry, &column) in direction.iter().zip(&live) {
            whole[column] = *entry;
            if PRESENCE < entry.abs() && !open.columns.contains(&column) {
                open.columns.push(column);
            }
        }
        let constant = live.iter().zip(&direction).map(|(&i, d)| d * sum(i)).sum::<f64>() / n;
        open.basis.push((whole, constant));
    }
    open.columns.sort_unstable();
    open
}

impl Open {
    /// The same fit with nothing along the open directions: the level goes to the
    /// trend.
    pub(crate) fn level(&self, mut params: Params) -> Params {
        for (direction, constant) in &self.basis {
            let along: f64 = direction.iter().zip(&params.beta).map(|(d, b)| d * b).sum();
            for (beta, entry) in params.beta.iter_mut().zip(direction) {
                *beta -= along * entry;
            }
            params.m += along * constant;
        }
        params
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
