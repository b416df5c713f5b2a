//! Directions that the rows leave open.
//!
//! A series without weekends says nothing about Saturday, an exchange that is
//! shut says nothing about Christmas. There the likelihood is flat and the weak
//! priors alone decide, to absurd values: for PETR4 a weekend price of 4 reais
//! beside weekdays of 32, or −65 with a multiplicative week.
//!
//! A direction is open if the features along it are the same on every row: zero,
//! or a constant, for the level belongs to the trend. The model is fitted
//! once more without those directions. With a linear or flat trend and additive
//! features that changes no fitted value and costs next to no posterior; else it
//! costs what the absurdity had gained.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::{fitted::Params, optimizer::Data};

/// Eigenvalues below this share of the largest count as zero: twelve orders
/// above the rounding of the sums, six below the weakest direction that a
/// year of rows supports.
pub(super) const NULL_SHARE: f64 = 1e-11;

/// Share of a column in an open direction that makes it unidentified.
pub(super) const PRESENCE: f64 = 1e-6;

/// The open directions of a design.
#[derive(Debug)]
pub(super) struct Open {
    /// Orthonormal directions of `beta`, each of K entries.
    basis: Vec<DVector<f64>>,
    /// Columns that are part of one, and columns of zeros.
    columns: Vec<usize>,
}

/// Finds the open directions, additive and multiplicative features apart.
pub(super) fn directions(data: &Data) -> Open {
    let k_count = data.sigmas.len();
    let mut open = Open { basis: Vec::new(), columns: Vec::new() };
    for flags in [&data.s_a, &data.s_m] {
        let columns: Vec<usize> = (0..k_count).filter(|&j| flags[j] != 0).collect();
        let (zero, seen): (Vec<usize>, Vec<usize>) =
            columns.into_iter().partition(|&j| is_zero(data, j));
        open.columns.extend(zero);
        for direction in constant_directions(data, &seen) {
            let mut whole = DVector::zeros(k_count);
            for (entry, &column) in direction.iter().zip(&seen) {
                whole[column] = *entry;
            }
            open.basis.push(whole);
        }
    }
    for j in 0..k_count {
        if open.basis.iter().any(|direction| PRESENCE < direction[j].abs()) {
            open.columns.push(j);
        }
    }
    open.columns.sort_unstable();
    open
}

impl Open {
    /// Whether every direction is determined; columns of zeros need no care, for
    /// their prior keeps them at zero.
    pub(super) fn is_empty(&self) -> bool {
        self.basis.is_empty()
    }

    /// The columns whose coefficients the rows do not determine.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The same problem with the features along the open directions left out.
    pub(super) fn narrow(&self, data: &Data) -> Data {
        let mut narrowed = data.clone();
        for row in narrowed.X.chunks_exact_mut(data.sigmas.len()) {
            self.project_off(row);
        }
        narrowed
    }

    /// `params` without what lies along the open directions.
    pub(super) fn project(&self, params: &Params) -> Params {
        let mut projected = params.clone();
        self.project_off(&mut projected.beta);
        projected
    }

    fn project_off(&self, values: &mut [f64]) {
        for direction in &self.basis {
            let along: f64 = direction.iter().zip(values.iter()).map(|(d, v)| d * v).sum();
            for (value, entry) in values.iter_mut().zip(direction.iter()) {
                *value -= along * entry;
            }
        }
    }
}

fn is_zero(data: &Data, column: usize) -> bool {
    data.X.iter().skip(column).step_by(data.sigmas.len()).all(|&x| x == 0.0)
}

/// An orthonormal basis of the directions along which the features of `columns`
/// are the same on every row: the null space of their centred Gram matrix.
fn constant_directions(data: &Data, columns: &[usize]) -> Vec<DVector<f64>> {
    let width = columns.len();
    if width == 0 {
        return Vec::new();
    }
    let k_count = data.sigmas.len();
    let rows = || data.X.chunks_exact(k_count);
    let n = data.y.len() as f64;
    let means: Vec<f64> =
        columns.iter().map(|&column| rows().map(|x| x[column]).sum::<f64>() / n).collect();
    let mut gram = DMatrix::zeros(width, width);
    let mut centred = vec![0.0; width];
    for x in rows() {
        for ((cell, &column), mean) in centred.iter_mut().zip(columns).zip(&means) {
            *cell = x[column] - mean;
        }
        for i in 0..width {
            for j in i..width {
                gram[(i, j)] += centred[i] * centred[j];
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
