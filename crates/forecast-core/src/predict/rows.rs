//! The rows to predict, as the model sees them.

use std::f64::consts::TAU;

use crate::{
    ds::{DAY_S, Ds, epoch_seconds},
    error::PredictError,
    fitted::Fitted,
    regressor::Deviations,
    series::Future,
    spec::Seasonality,
};

/// What a forecast needs to know of its rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Scaled time.
    pub(crate) t: Vec<f64>,
    /// Scaled cap; empty unless growth is logistic.
    pub(crate) cap: Vec<f64>,
    /// In the unit of `y`.
    pub(crate) floor: Vec<f64>,
    /// N rows × K features, row-major.
    pub(crate) matrix: Vec<f64>,
    /// Where regressors may be instead; empty until draws are asked for.
    pub(crate) deviations: Vec<Deviations>,
}

impl Rows {
    /// Scales `rows` as the history was scaled, and makes their features.
    pub(crate) fn of(fitted: &Fitted, rows: &Future) -> Result<Self, PredictError> {
        if rows.ds().is_empty() {
            return Err(PredictError::NoRows);
        }
        let floor = fitted.scales.floor(rows).map_err(PredictError::Rows)?;
        let cap =
            fitted.scales.cap(fitted.spec.growth, rows, &floor).map_err(PredictError::Rows)?;
        let matrix = fitted.design.features(rows, fourier).map_err(PredictError::Rows)?;
        let t = rows.ds().iter().map(|&ds| fitted.scales.t(ds)).collect();
        Ok(Self { t, cap, floor, matrix, deviations: Vec::new() })
    }
}

/// Writes the sine and cosine pairs of one row: those of the first order, and
/// from them the others by the sums of angles.
fn fourier(ds: Ds, seasonality: &Seasonality, out: &mut [f64]) {
    let period_s = seasonality.period * DAY_S;
    let seconds = epoch_seconds(ds);
    // Whole periods are taken off exactly where their length is a whole number.
    let within = seconds - (seconds / period_s).floor() * period_s;
    let (sine, cosine) = (within / period_s * TAU).sin_cos();
    let (mut s, mut c) = (sine, cosine);
    for pair in out.chunks_exact_mut(2).take(seasonality.fourier_order as usize) {
        (pair[0], pair[1]) = (s, c);
        (s, c) = (s * cosine + c * sine, c * cosine - s * sine);
    }
}
