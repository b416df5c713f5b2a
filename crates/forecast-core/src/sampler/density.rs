//! The log posterior and its gradient as the No-U-Turn sampler takes them.

use nalgebra::{DMatrix, DVector};

use crate::{
    fitted::Params,
    map::{self, priors::Priors},
    optimizer::Data,
    panel::{self, Panel, Point},
    posterior::{self, SIGMA_VARIANCE},
    spec::Growth,
};

/// Ridge that is added where the curvature is not positive definite by rounding,
/// as a share of its largest entry, and its growth from try to try.
const RIDGE: (f64, f64) = (1e-13, 100.0);

/// Standard deviations that `k` must be away from zero for the offset to take the
/// place of `m`: where `k` is zero, `m` cannot be told from the offset.
const RATE_CLEAR: f64 = 4.0;

/// The gradient of the log posterior by `delta, k, m, beta, ln sigma`, the Jacobian
/// of the logarithm included, and its value; `panel` has the rows of `data`.
///
/// Unlike [`posterior::gradient`] it makes no Jacobian of the mean. At a `delta` of
/// zero it is the middle of the subgradient, as in Stan.
pub(super) fn log_density(
    data: &Data,
    panel: &Panel,
    params: &Params,
    gradient: &mut [f64],
) -> f64 {
    let (s, width) = (panel.s(), panel.width());
    let variance = params.sigma_obs * params.sigma_obs;
    let rss = panel::slopes(panel, &map::flat(params), &mut gradient[..width]);
    if panel.growth() == Growth::Logistic {
        let by_offset = gradient[s + 1];
        gradient[s] -= params.m * by_offset;
        gradient[s + 1] = -params.k * by_offset;
    }
    let penalties = posterior::penalties(data, params);
    for (slope, penalty) in gradient.iter_mut().zip(penalties) {
        *slope = *slope / variance - penalty;
    }
    for (slope, delta) in gradient.iter_mut().zip(&params.delta) {
        if *delta != 0.0 {
            *slope -= delta.signum() / *data.tau;
        }
    }
    gradient[width] = 1.0 - panel.n() as f64 + rss / variance - variance / SIGMA_VARIANCE;
    params.sigma_obs.ln() - posterior::negative(data, params, rss)
}

/// Coordinates in which the posterior is about round: distances from the optimum,
/// by the Cholesky factor of the curvature there.
///
/// With logistic growth the rows say where the trend's argument starts, `c = −k m`,
/// and how fast it rises, `k`; by `m` that is a bent ridge. So the offset `c` takes
/// the place of `m`, with the prior of `m` and the Jacobian of the change.
#[derive(Debug)]
pub(super) struct Geometry {
    /// The optimum: `delta, k, m` or `c`, `beta, ln sigma`.
    centre: Vec<f64>,
    /// From round coordinates to those of the centre: L⁻ᵀ, column-major.
    spread: DMatrix<f64>,
    s: usize,
    by_offset: bool,
}

impl Geometry {
    /// Takes the curvature of `data`'s posterior at `optimum`: Gauss and Newton's for
    /// the likelihood, `1/2τ²`, the inverse variance of the prior, for its kinks.
    pub(super) fn of(data: &Data, panel: &Panel, optimum: &Params) -> Self {
        let (s, width) = (panel.s(), panel.width());
        let at = map::flat(optimum);
        let gram = Point::once(panel, &at).gram;
        let gram = DMatrix::from_vec(width, width, gram);
        let variance = optimum.sigma_obs * optimum.sigma_obs;
        let mut curvature = DMatrix::zeros(width + 1, width + 1);
        curvature.view_mut((0, 0), (width, width)).copy_from(&(gram / variance));
        let priors = Priors::new(s, *data.tau, data.sigmas.iter().map(|scale| **scale));
        for (i, precision) in priors.precision.into_iter().enumerate() {
            let kink = if i < s { 0.5 / (*data.tau * *data.tau) } else { 0.0 };
            curvature[(i, i)] += precision + kink;
        }
        curvature[(width, width)] = 2.0 * data.y.len() as f64;
        let mut ridge = RIDGE.0 * curvature.diagonal().amax();
        let factor = loop {
            if let Some(factor) = curvature.clone().cholesky() {
                break factor.unpack();
            }
            for i in 0..=width {
                curvature[(i, i)] += ridge;
            }
            ridge *= RIDGE.1;
        };
        let identity = DMatrix::identity(width + 1, width + 1);
        let inverse = factor
            .solve_lower_triangular(&identity)
            .expect("invariant: a Cholesky factor has no zero on its diagonal");
        let mut centre = at;
        centre.push(optimum.sigma_obs.ln());
        let mut geometry = Self { centre, spread: inverse.transpose(), s, by_offset: false };
        let is_clear = RATE_CLEAR * geometry.spread.row(s).norm() < optimum.k.abs();
        if panel.growth() == Growth::Logistic && is_clear {
            geometry.turn_to_offset(optimum);
        }
        geometry
    }

    /// Puts the offset in the place of `m`: `dc = −m dk − k dm`.
    fn turn_to_offset(&mut self, optimum: &Params) {
        let (s, k, m) = (self.s, optimum.k, optimum.m);
        let row = self.spread.row(s) * -m - self.spread.row(s + 1) * k;
        self.spread.set_row(s + 1, &row);
        self.centre[s + 1] = -k * m;
        self.by_offset = true;
    }

    /// Number of coordinates.
    pub(super) fn width(&self) -> usize {
        self.centre.len()
    }

    /// The parameters at round coordinates.
    pub(super) fn params(&self, at: &[f64]) -> Params {
        let mut values = DVector::from_column_slice(&self.centre);
        values.gemv(1.0, &self.spread, &DVector::from_column_slice(at), 1.0);
        let last = values.len() - 1;
        let (k, third) = (values[self.s], values[self.s + 1]);
        Params {
            delta: values.as_slice()[..self.s].to_vec(),
            k,
            m: if self.by_offset { -third / k } else { third },
            beta: values.as_slice()[self.s + 2..last].to_vec(),
            sigma_obs: values[last].exp(),
        }
    }

    /// The gradient by round coordinates, from that by parameters at `params`, and
    /// what the change of variables adds to the log density.
    pub(super) fn pull_back(&self, params: &Params, gradient: &mut [f64], out: &mut [f64]) -> f64 {
        let mut log_jacobian = 0.0;
        if self.by_offset {
            // m = −c / k: by c at the same k it moves as −1/k, by k at the same c as −m/k.
            let (k, by_m) = (params.k, gradient[self.s + 1]);
            gradient[self.s] -= (by_m * params.m + 1.0) / k;
            gradient[self.s + 1] = -by_m / k;
            log_jacobian = -k.abs().ln();
        }
        let pulled = self.spread.tr_mul(&DVector::from_column_slice(gradient));
        out.copy_from_slice(pulled.as_slice());
        log_jacobian
    }
}
