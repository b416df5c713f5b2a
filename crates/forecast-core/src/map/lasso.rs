//! A quadratic with an L1 term on its first coordinates, minimised exactly.

use nalgebra::{DMatrix, DVector};

/// Changes of the active set at the most, per penalised coordinate.
const ROUNDS_PER_COORDINATE: usize = 50;

/// Violation of a zero coordinate's condition that is rounding, relative to
/// the weight.
const SLACK: f64 = 1e-10;

/// Ridge on the active block, as a share of its largest diagonal entry.
const RIDGE_SHARE: f64 = 1e-13;

/// `½ zᵀHz − bᵀz + weight Σ |z_i|`, the sum over the first `penalised` of z.
#[derive(Debug)]
pub(super) struct Quadratic {
    pub(super) curvature: DMatrix<f64>,
    pub(super) pull: DVector<f64>,
    pub(super) penalised: usize,
    pub(super) weight: f64,
}

impl Quadratic {
    /// The minimum: the penalised coordinates, and the rest; `None` where numbers
    /// overflow.
    ///
    /// The rest is eliminated (its block is positive definite, for every one of
    /// its coordinates has a normal prior), then the penalised ones are found
    /// by feature-sign search from `start`.
    ///
    /// # Source
    ///
    /// Lee, Battle, Raina, Ng, *Efficient sparse coding algorithms* (2006).
    pub(super) fn minimise(&self, start: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let s = self.penalised;
        let r = self.pull.len() - s;
        let rest = self.curvature.view((s, s), (r, r)).into_owned();
        let cross = self.curvature.view((s, 0), (r, s)).into_owned();
        let pull_rest = self.pull.rows(s, r).into_owned();
        let rest = rest.cholesky()?;
        let solved = rest.solve(&cross);
        let schur = self.curvature.view((0, 0), (s, s)) - cross.transpose() * &solved;
        let pull = self.pull.rows(0, s) - solved.transpose() * &pull_rest;
        let delta = Reduced { curvature: schur, pull, weight: self.weight }.minimise(start);
        let remaining = rest.solve(&(pull_rest - cross * &delta));
        Some((delta.as_slice().to_vec(), remaining.as_slice().to_vec()))
    }
}

/// The problem in the penalised coordinates alone.
pub(super) struct Reduced {
    pub(super) curvature: DMatrix<f64>,
    pub(super) pull: DVector<f64>,
    pub(super) weight: f64,
}

impl Reduced {
    pub(super) fn minimise(&self, start: &[f64]) -> DVector<f64> {
        let n = start.len();
        let mut at = DVector::from_column_slice(start);
        for _ in 0..ROUNDS_PER_COORDINATE * (n + 1) {
            let active: Vec<usize> = (0..n).filter(|&i| at[i] != 0.0).collect();
            if self.descend(&mut at, &active, None) {
                continue;
            }
            self.refine(&mut at, &active);
            let slopes = &self.curvature * &at - &self.pull;
            let worst = (0..n)
                .filter(|&i| at[i] == 0.0)
                .max_by(|&a, &b| slopes[a].abs().total_cmp(&slopes[b].abs()));
            let Some(entering) = worst else { break };
            if slopes[entering].abs() <= self.weight * (1.0 + SLACK) {
                break;
            }
            let mut active = active;
            active.push(entering);
            if !self.descend(&mut at, &active, Some(-slopes[entering].signum())) {
                break;
            }
        }
        at
    }

    /// Solves for the active coordinates once more where the objective no
    /// longer shows a gain above its rounding, if no sign changes by it.
    fn refine(&self, at: &mut DVector<f64>, active: &[usize]) {
        let signs: Vec<f64> = active.iter().map(|&i| at[i].signum()).collect();
        let Some(target) = self.optimum(active, &signs) else { return };
        if target.iter().zip(&signs).all(|(value, sign)| 0.0 < value * sign) {
            for (&i, value) in active.iter().zip(target.iter()) {
                at[i] = *value;
            }
        }
    }

    /// The optimum of the active coordinates for these signs.
    fn optimum(&self, active: &[usize], signs: &[f64]) -> Option<DVector<f64>> {
        let count = active.len();
        let block = DMatrix::from_fn(count, count, |i, j| self.curvature[(active[i], active[j])]);
        let wanted = DVector::from_fn(count, |i, _| self.pull[active[i]] - self.weight * signs[i]);
        // Changepoints that no row tells apart leave the block singular by
        // rounding: a ridge keeps it solvable, and one refinement undoes the
        // ridge's error where there is no such trouble.
        let mut stable = block.clone();
        let ridge = RIDGE_SHARE * block.diagonal().amax();
        for i in 0..count {
            stable[(i, i)] += ridge;
        }
        let stable = stable.cholesky()?;
        let first = stable.solve(&wanted);
        let error = wanted - block * &first;
        Some(first + stable.solve(&error))
    }

    /// Moves to the best point on the way to the optimum of the active
    /// coordinates for their present signs (the last one's is `entering`);
    /// false if there is none better.
    fn descend(&self, at: &mut DVector<f64>, active: &[usize], entering: Option<f64>) -> bool {
        let count = active.len();
        let mut signs: Vec<f64> = active.iter().map(|&i| at[i].signum()).collect();
        if let (Some(last), Some(sign)) = (signs.last_mut(), entering) {
            *last = sign;
        }
        let Some(target) = self.optimum(active, &signs) else { return false };
        let here = self.value(at);
        let mut best = (here, None);
        // The objective is smooth between sign changes: try the end and each change.
        let crossings = (0..count).filter_map(|i| {
            let from = at[active[i]];
            let share = from / (from - target[i]);
            (0.0 < share && share < 1.0).then_some((share, Some(i)))
        });
        for (share, zeroed) in std::iter::once((1.0, None)).chain(crossings) {
            let mut candidate = at.clone();
            for (i, &coordinate) in active.iter().enumerate() {
                candidate[coordinate] += share * (target[i] - at[coordinate]);
            }
            if let Some(i) = zeroed {
                candidate[active[i]] = 0.0;
            }
            let value = self.value(&candidate);
            if value < best.0 {
                best = (value, Some(candidate));
            }
        }
        match best.1 {
            Some(better) => {
                *at = better;
                true
            }
            None => false,
        }
    }

    fn value(&self, at: &DVector<f64>) -> f64 {
        0.5 * at.dot(&(&self.curvature * at)) - self.pull.dot(at) + self.weight * at.lp_norm(1)
    }
}
