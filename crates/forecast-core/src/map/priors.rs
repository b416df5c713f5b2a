//! The priors of all parameters but sigma, in the order `delta, k, m, beta`.

use crate::posterior::RATE_VARIANCE;

/// Normal priors of rate, offset and coefficients, a Laplace prior of the rate
/// changes.
#[derive(Debug, Clone)]
pub(crate) struct Priors {
    /// Rate changes.
    pub(crate) s: usize,
    /// Precisions; zero for the rate changes.
    pub(crate) precision: Vec<f64>,
    /// `1/τ`.
    pub(crate) weight: f64,
}

impl Priors {
    /// Priors of `s` rate changes of scale `tau`, and a coefficient for each of
    /// `scales`.
    pub(crate) fn new(s: usize, tau: f64, scales: impl Iterator<Item = f64>) -> Self {
        let mut precision = vec![0.0; s];
        precision.extend([1.0 / RATE_VARIANCE; 2]);
        precision.extend(scales.map(|scale| 1.0 / (scale * scale)));
        Self { s, precision, weight: 1.0 / tau }
    }

    /// The same without coefficients.
    pub(crate) fn bare(&self) -> Self {
        Self { precision: self.precision[..self.s + 2].to_vec(), ..*self }
    }

    /// Precisions of the coefficients.
    pub(crate) fn coefficients(&self) -> &[f64] {
        &self.precision[self.s + 2..]
    }

    /// Their part of the negative log posterior.
    pub(crate) fn value(&self, w: &[f64]) -> f64 {
        let squares: f64 = self.precision.iter().zip(w).map(|(p, w)| p * w * w / 2.0).sum();
        squares + self.weight * size(&w[..self.s])
    }

    /// Its derivatives, without those of the rate changes that are zero.
    pub(crate) fn slope(&self, i: usize, w: &[f64]) -> f64 {
        if i < self.s {
            if w[i] == 0.0 { 0.0 } else { self.weight * w[i].signum() }
        } else {
            self.precision[i] * w[i]
        }
    }

    /// The smallest derivative of the negative log posterior at `w` by parameter
    /// `i`, where the likelihood's is `-rise`.
    pub(crate) fn miss(&self, i: usize, w: &[f64], rise: f64) -> f64 {
        if i < self.s && w[i] == 0.0 {
            (rise.abs() - self.weight).max(0.0)
        } else {
            (self.slope(i, w) - rise).abs()
        }
    }
}

/// The sum of absolute values.
pub(crate) fn size(delta: &[f64]) -> f64 {
    delta.iter().map(|delta| delta.abs()).sum()
}
