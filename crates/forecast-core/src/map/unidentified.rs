//! Directions that the rows leave open.
//!
//! A series without weekends says nothing about Saturday, an exchange that is
//! shut says nothing about Christmas. There the likelihood is flat and the weak
//! priors alone decide, to absurd values: for PETR4 a weekend price of 4 reais
//! beside weekdays of 32. The fit is moved along those directions to the smallest
//! coefficients, which changes no fitted value.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::{
    fitted::Params,
    optimizer::{Data, TrendIndicator},
};

/// Eigenvalues below this share of the largest count as zero: twelve orders
/// above the rounding of the sums, six below the weakest direction that a
/// year of rows supports.
const NULL_SHARE: f64 = 1e-11;

/// Share of a column in a null direction that makes it unidentified.
const PRESENCE: f64 = 1e-6;

/// Moves `params` to the smallest `beta` with the same fit, and names the
/// columns that the rows do not determine.
pub(super) fn resolve(data: &Data, mut params: Params) -> (Params, Vec<usize>) {
    let k_count = data.sigmas.len();
    let mut open = vec![false; k_count];
    let intercept = data.trend_indicator != TrendIndicator::Logistic;
    for (flags, intercept) in [(&data.s_a, intercept), (&data.s_m, false)] {
        let columns: Vec<usize> = (0..k_count).filter(|&j| flags[j] != 0).collect();
        let seen: Vec<usize> = columns.iter().copied().filter(|&j| !is_zero(data, j)).collect();
        for &column in &columns {
            if is_zero(data, column) {
                open[column] = true;
                params.beta[column] = 0.0;
            }
        }
        for direction in null_space(data, &seen, intercept) {
            for (position, &column) in seen.iter().enumerate() {
                let entry = direction[usize::from(intercept) + position];
                open[column] |= PRESENCE < entry.abs();
            }
        }
        shrink(data, &seen, intercept, &mut params);
    }
    (params, (0..k_count).filter(|&j| open[j]).collect())
}

fn is_zero(data: &Data, column: usize) -> bool {
    data.X.iter().skip(column).step_by(data.sigmas.len()).all(|&x| x == 0.0)
}

/// An orthonormal basis of the directions along which `[1 | X]` is zero.
fn null_space(data: &Data, columns: &[usize], intercept: bool) -> Vec<DVector<f64>> {
    let first = usize::from(intercept);
    let width = first + columns.len();
    if width == 0 {
        return Vec::new();
    }
    let k_count = data.sigmas.len();
    let mut gram = DMatrix::zeros(width, width);
    let mut row = vec![1.0; width];
    for x in data.X.chunks_exact(k_count) {
        for (cell, &column) in row[first..].iter_mut().zip(columns) {
            *cell = x[column];
        }
        for i in 0..width {
            for j in i..width {
                gram[(i, j)] += row[i] * row[j];
            }
        }
    }
    for i in 0..width {
        for j in 0..i {
            gram[(i, j)] = gram[(j, i)];
        }
    }
    let eigen = SymmetricEigen::new(gram);
    let limit = NULL_SHARE * eigen.eigenvalues.amax();
    (0..width)
        .filter(|&i| eigen.eigenvalues[i] <= limit)
        .map(|i| eigen.eigenvectors.column(i).into_owned())
        .collect()
}

/// Subtracts from `beta` (and `m`) what lies in the null space, so that `beta`
/// becomes as small as the fit allows.
fn shrink(data: &Data, columns: &[usize], intercept: bool, params: &mut Params) {
    let basis = null_space(data, columns, intercept);
    if basis.is_empty() {
        return;
    }
    let first = usize::from(intercept);
    let features = DMatrix::from_fn(columns.len(), basis.len(), |i, j| basis[j][first + i]);
    let beta = DVector::from_fn(columns.len(), |i, _| params.beta[columns[i]]);
    // Least squares of −beta on the feature part of the basis.
    let Ok(amounts) = features.clone().svd(true, true).solve(&-beta, f64::EPSILON) else { return };
    let moved = &features * &amounts;
    for (i, &column) in columns.iter().enumerate() {
        params.beta[column] += moved[i];
    }
    if intercept {
        let shift: f64 = basis.iter().zip(amounts.iter()).map(|(b, amount)| b[0] * amount).sum();
        params.m += shift;
    }
}
