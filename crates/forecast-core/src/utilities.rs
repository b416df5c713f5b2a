//! What a fitted model says about its regressors, and where the next fit may start.

use crate::{fitted::Fitted, fitted::Params, spec::Mode};

/// The coefficient of a regressor, per unit of the regressor as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorCoefficient {
    /// Its name.
    pub regressor: String,
    /// Whether `coef` is in the unit of `y` (additive) or a share of the trend.
    pub regressor_mode: Mode,
    /// The mean that was subtracted, if it was standardized; otherwise 0.
    pub center: f64,
    /// Lower end of the coefficient's interval of width `interval_width`; `coef` itself
    /// unless the model has posterior draws.
    pub coef_lower: f64,
    /// The coefficient, or its mean over the draws.
    pub coef: f64,
    /// Upper end of the interval.
    pub coef_upper: f64,
}

/// The column of the regressor `name` in `beta`, or `None` without such a regressor.
///
/// # Source
///
/// `regressor_index` in Prophet 1.5, `utilities.py`.
pub fn regressor_index(fitted: &Fitted, name: &str) -> Option<usize> {
    let columns = fitted.design.columns();
    columns.iter().position(|column| column.regressor && column.component == name)
}

/// The coefficients of the regressors, in their order; none for a model without.
///
/// # Source
///
/// `regressor_coefficients` in Prophet 1.5, `utilities.py`.
pub fn regressor_coefficients(fitted: &Fitted) -> Vec<RegressorCoefficient> {
    let regressors = &fitted.design.regressors;
    // They are the last columns.
    let first = fitted.design.columns().len() - regressors.len();
    let tail = (1.0 - fitted.spec.interval_width) / 2.0;
    let coefficient = |(i, scaled): (usize, &crate::design::ScaledRegressor)| {
        let mode = scaled.regressor.mode;
        let unit = match mode {
            Mode::Additive => fitted.scales.y_scale / scaled.std,
            Mode::Multiplicative => 1.0 / scaled.std,
        };
        let mut draws: Vec<f64> =
            fitted.samples.iter().map(|params| params.beta[first + i] * unit).collect();
        let coef = draws.iter().sum::<f64>() / draws.len() as f64;
        draws.sort_unstable_by(f64::total_cmp);
        RegressorCoefficient {
            regressor: scaled.regressor.name.clone(),
            regressor_mode: mode,
            center: scaled.mu,
            coef_lower: quantile(&draws, tail),
            coef,
            coef_upper: quantile(&draws, 1.0 - tail),
        }
    };
    regressors.iter().enumerate().map(coefficient).collect()
}

/// The parameters from which the fit of a longer history may start
/// ([`fit_from`](crate::fit_from)): the optimum, or the mean of the draws.
///
/// # Source
///
/// `warm_start_params` in Prophet 1.5, `utilities.py`.
pub fn warm_start_params(fitted: &Fitted) -> Params {
    fitted.params().clone()
}

/// The quantile of sorted values, linear between them as NumPy's.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (at - at.floor()) * (sorted[above] - sorted[below])
}
