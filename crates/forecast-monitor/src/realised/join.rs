//! Forecasts and closes meet on the date.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::anchors::{Unit, unit};
use super::{Close, LeftOut, PRICE_MAX, Pair, Rescaled};
use crate::record::{Forecast, Kind, Row};
use crate::table;

/// Forecasts beside the closes that came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Joined {
    /// By version, origin and target; each target of a version and an origin once.
    pub pairs: Vec<Pair>,
    /// The other rows, by reason: with the pairs they are all rows of all forecasts.
    pub left_out: LeftOut,
    /// Forecasts whose prices were multiplied because closes come in another unit now.
    pub rescaled: Vec<Rescaled>,
    /// The last session that has a close.
    pub through: Option<NaiveDate>,
}

/// Puts the forecasts of one symbol beside its closes.
///
/// A row is scored if it is of kind `ready`, was issued before the close it names (`closes_at`
/// says when the session of a date closes) by a model that knew no close after the origin, and
/// both its close and the one at its origin are known. Of several forecasts of one version and
/// origin the first that was issued counts. The order of the arguments does not matter.
///
/// Closes that are no prices are as if they were not there; of two of a date the last one
/// counts. They should reach back to the oldest anchor ([`closes_from`] says where that is).
pub fn join(
    forecasts: &[Forecast],
    closes: &[Close],
    closes_at: &dyn Fn(NaiveDate) -> DateTime<Utc>,
) -> Joined {
    let closes = by_date(closes);
    let through = closes.last_key_value().map(|(ds, _)| *ds);
    let mut joined = Joined { through, ..Joined::default() };
    let mut issued = BTreeSet::new();
    for forecast in in_order(forecasts) {
        let n_rows = forecast.rows.len() as u64;
        let left_out = &mut joined.left_out;
        if forecast.kind == Kind::Asked {
            left_out.asked += n_rows;
        } else if forecast.check().is_err() {
            left_out.not_finite += n_rows;
        } else if !issued.insert((&forecast.model, forecast.version, forecast.origin)) {
            left_out.duplicate += n_rows;
        } else {
            Joining { forecast, closes: &closes, through, closes_at }.rows(&mut joined);
        }
    }
    joined
}

/// The first date from which on closes are needed to score these forecasts: that of the oldest
/// origin or anchor. None if there are no forecasts.
pub fn closes_from(forecasts: &[Forecast]) -> Option<NaiveDate> {
    let anchors = forecasts.iter().flat_map(|forecast| &forecast.anchors).map(|anchor| anchor.0);
    forecasts.iter().map(|forecast| forecast.origin).chain(anchors).min()
}

/// The closes that are prices, by date.
pub(crate) fn by_date(closes: &[Close]) -> BTreeMap<NaiveDate, f64> {
    let prices = closes.iter().filter(|close| is_price(close.close));
    prices.map(|close| (close.ds, close.close)).collect()
}

/// Whether a number can be a close.
pub(super) fn is_price(value: f64) -> bool {
    0.0 < value && value <= PRICE_MAX
}

/// By version and origin, the first issued first; among those of one moment an order that does
/// not depend on how they came.
fn in_order(forecasts: &[Forecast]) -> Vec<&Forecast> {
    let mut ordered: Vec<&Forecast> = forecasts.iter().collect();
    ordered.sort_by(|a, b| {
        let key = |f: &Forecast| (f.version, f.origin, f.kind, f.issued_at);
        match key(a).cmp(&key(b)) {
            Ordering::Equal if a != b => table::to_json(a).cmp(&table::to_json(b)),
            order => order,
        }
    });
    ordered
}

/// One forecast on its way to pairs.
struct Joining<'a> {
    forecast: &'a Forecast,
    closes: &'a BTreeMap<NaiveDate, f64>,
    through: Option<NaiveDate>,
    closes_at: &'a dyn Fn(NaiveDate) -> DateTime<Utc>,
}

impl Joining<'_> {
    fn rows(&self, joined: &mut Joined) {
        let Self { forecast, closes, .. } = *self;
        let unit = unit(&forecast.anchors, closes);
        let naive = closes.get(&forecast.origin).copied();
        let ratio = match unit {
            Unit::Rescaled(ratio) => ratio,
            _ => 1.0,
        };
        let n_before = joined.pairs.len();
        for (horizon, row) in forecast.by_horizon() {
            match self.row(row, naive, unit) {
                Ok((actual, naive)) => {
                    joined.pairs.push(self.pair(horizon, row, actual, naive, ratio));
                }
                Err(reason) => *reason(&mut joined.left_out) += 1,
            }
        }
        if matches!(unit, Unit::Rescaled(_)) && n_before < joined.pairs.len() {
            let Forecast { version, origin, .. } = *forecast;
            joined.rescaled.push(Rescaled { version, origin, ratio });
        }
    }

    /// The close of a row and the one at the origin, or which count it belongs to.
    fn row(&self, row: &Row, naive: Option<f64>, unit: Unit) -> Result<(f64, f64), Reason> {
        let Self { forecast, closes, through, closes_at } = *self;
        let trained = forecast.trained_through;
        if !is_near_a_price(row.yhat) {
            return Err(|n| &mut n.not_finite);
        }
        let knew_later = trained.is_some_and(|trained| forecast.origin < trained);
        if knew_later || closes_at(row.ds) <= forecast.issued_at {
            return Err(|n| &mut n.not_live);
        }
        if trained.is_some_and(|trained| forecast.issued_at < closes_at(trained)) {
            return Err(|n| &mut n.clock_wrong);
        }
        if through.is_none_or(|through| through < row.ds) {
            return Err(|n| &mut n.awaiting);
        }
        let Some(&actual) = closes.get(&row.ds) else {
            return Err(|n| &mut n.no_close);
        };
        match (naive, unit) {
            (None, _) => Err(|n| &mut n.no_origin_close),
            (_, Unit::Disagree) => Err(|n| &mut n.anchors_disagree),
            (_, Unit::Unseen) => Err(|n| &mut n.anchors_unseen),
            (Some(naive), Unit::Same | Unit::Rescaled(_)) => Ok((actual, naive)),
        }
    }

    fn pair(&self, horizon: u32, row: &Row, actual: f64, naive: f64, ratio: f64) -> Pair {
        let ends = row.yhat_lower.zip(row.yhat_upper);
        // Ends that are no numbers, or stand the wrong way round, are no interval.
        let ends = ends.filter(|(lower, upper)| {
            is_near_a_price(*lower) && is_near_a_price(*upper) && lower <= upper
        });
        Pair {
            version: self.forecast.version,
            origin: self.forecast.origin,
            ds: row.ds,
            horizon,
            yhat: ratio * row.yhat,
            lower: ends.map(|(lower, _)| ratio * lower),
            upper: ends.map(|(_, upper)| ratio * upper),
            actual,
            naive,
            interval_width: self.forecast.interval_width,
        }
    }
}

/// Which of the counts.
type Reason = fn(&mut LeftOut) -> &mut u64;

/// Whether a prediction can be scored: a poor model may well forecast less than nothing.
fn is_near_a_price(value: f64) -> bool {
    value.abs() <= PRICE_MAX
}
