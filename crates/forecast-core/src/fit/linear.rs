//! The short way for the model that most series get: a linear trend with additive
//! seasonalities and holidays, from its sufficient statistics.

use super::Prepared;
use crate::{
    error::FitError,
    map::{self, Solution, open, priors::Priors},
    moments::{Moments, Rows},
    spec::Growth,
};

/// The sufficient statistics of series that differ in nothing but their values, from
/// one pass over their rows; `None` where they do not serve: another trend, other
/// features.
pub(crate) fn moments(series: &[Prepared]) -> Result<Option<Vec<Moments>>, FitError> {
    let Some((first, more)) = series.split_first() else { return Ok(None) };
    if first.spec.growth != Growth::Linear {
        return Ok(None);
    }
    let Prepared { design, history, seconds, t, y, .. } = first;
    let rows = Rows::of(design, history.rows.ds(), seconds, t, y)?;
    let more = more.iter().map(|prepared| prepared.y.as_slice()).collect();
    Ok(rows.map(|rows| Moments::of(&rows.with_more(more), &first.changepoints_t)))
}

/// Solves each of several series that differ in nothing but their values; `None` where
/// the statistics do not serve. A fit so close that sums of squares cannot tell it
/// from a perfect one needs the rows themselves.
pub(super) fn solve(
    series: &[Prepared],
    priors: &Priors,
) -> Result<Vec<Option<Solution>>, FitError> {
    let Some(moments) = moments(series)? else {
        return Ok(series.iter().map(|_| None).collect());
    };
    let open = open::of_moments(&moments[0], priors);
    Ok(moments.iter().map(|moments| map::solve_linear(moments, priors, &open)).collect())
}
