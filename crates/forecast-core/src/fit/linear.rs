//! The short way for the model that most series get: a linear trend with additive
//! seasonalities and holidays, from its sufficient statistics.

use super::Prepared;
use crate::{
    error::FitError,
    map::{self, Solution, open, priors::Priors},
    moments::{Moments, Rows},
    spec::Growth,
};

/// The sufficient statistics, or `None` where they do not serve: another trend,
/// other features.
pub(crate) fn moments(prepared: &Prepared) -> Result<Option<Moments>, FitError> {
    let Prepared { design, history, seconds, t, y, .. } = prepared;
    if prepared.spec.growth != Growth::Linear {
        return Ok(None);
    }
    let rows = Rows::of(design, history.rows.ds(), seconds, t, y)?;
    Ok(rows.map(|rows| Moments::of(&rows, &prepared.changepoints_t)))
}

/// Solves, or returns `None` where the statistics do not serve; a fit so close that
/// sums of squares cannot tell it from a perfect one needs the rows themselves.
pub(super) fn solve(prepared: &Prepared, priors: &Priors) -> Result<Option<Solution>, FitError> {
    let Some(moments) = moments(prepared)? else { return Ok(None) };
    Ok(map::solve_linear(&moments, priors, &open::of_moments(&moments)))
}
