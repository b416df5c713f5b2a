//! The short way for the model that most series get: a linear trend with additive
//! seasonalities and holidays, from its sufficient statistics.

use super::Prepared;
use crate::{
    ds::seconds_between,
    error::FitError,
    fitted::{FitReport, Params},
    map::{KKT_TOLERANCE, linear, open},
    moments::{Moments, Rows},
    spec::Growth,
};

/// Fits, or returns `None` where the statistics do not serve: another trend, other
/// features, a fit so close that sums of squares cannot tell it from a perfect one.
pub(super) fn fit(prepared: &Prepared) -> Result<Option<(Params, FitReport)>, FitError> {
    let Prepared { spec, scales, design, history, .. } = prepared;
    if spec.growth != Growth::Linear {
        return Ok(None);
    }
    let floor = scales.floor(&history.rows)?;
    let ds = history.rows.ds();
    let seconds: Vec<f64> = ds.iter().map(|&ds| seconds_between(scales.start, ds)).collect();
    let t: Vec<f64> = seconds.iter().map(|seconds| seconds / scales.t_scale_s).collect();
    let y: Vec<f64> =
        history.y.iter().zip(&floor).map(|(y, floor)| (y - floor) / scales.y_scale).collect();
    let Some(rows) = Rows::of(design, ds, &seconds, &t, &y)? else { return Ok(None) };
    let moments = Moments::of(&rows, &prepared.changepoints_t);
    let mut prior_scales: Vec<f64> =
        design.columns().iter().map(|column| column.prior_scale).collect();
    prior_scales.resize(moments.k, 1.0);
    let found = linear::solve(&moments, &prior_scales, spec.changepoint_prior_scale);
    let Some(found) = found.filter(|found| found.kkt_residual <= KKT_TOLERANCE) else {
        // The rows themselves may tell more.
        return Ok(None);
    };
    let open = open::of_moments(&moments);
    let params = open.level(found.params.clone());
    let cost = linear::prior(&params, &prior_scales) - linear::prior(&found.params, &prior_scales);
    let columns: Vec<usize> = if design.seasonalities.is_empty() && design.holiday_names.is_none() {
        Vec::new()
    } else {
        open.columns
    };
    let report = FitReport {
        log_posterior: found.log_posterior - cost,
        kkt_residual: found.kkt_residual,
        converged: true,
        unidentified: prepared.components(&columns),
    };
    Ok(Some((params, report)))
}
