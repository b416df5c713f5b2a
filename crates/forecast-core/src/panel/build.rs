//! Panels from a design and from augurs' data.

use super::{Panel, padded, pass::sides};
use crate::{
    design::Design,
    ds::{DAY_S, epoch_seconds},
    error::FitError,
    optimizer::{Data, TrendIndicator},
    series::Future,
    simd,
    spec::{Growth, Mode},
};

/// Rows in order of time, scaled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScaledRows<'a> {
    pub(crate) growth: Growth,
    /// Seconds since the first row.
    pub(crate) seconds: &'a [f64],
    pub(crate) t: &'a [f64],
    pub(crate) y: &'a [f64],
    /// Empty unless growth is logistic.
    pub(crate) cap: &'a [f64],
    pub(crate) changepoints_t: &'a [f64],
}

impl Panel {
    /// Lays out the rows, and makes the features of `design` for them.
    ///
    /// # Errors
    ///
    /// [`FitError::MissingColumn`] if a regressor or a condition is not there.
    pub(crate) fn of(
        design: &Design,
        history: &Future,
        rows: &ScaledRows<'_>,
    ) -> Result<Self, FitError> {
        let (mut panel, place) =
            Self::frame(rows.growth, rows.t, rows.y, rows.cap, rows.changepoints_t);
        let first_s = epoch_seconds(history.ds()[0]);
        let len = panel.len();
        let mut features: Vec<(usize, Mode, Vec<f64>)> = Vec::new();
        let mut column = 0;
        for seasonality in &design.seasonalities {
            let order = seasonality.fourier_order as usize;
            let period_s = seasonality.period * DAY_S;
            let phase = (first_s / period_s).fract();
            let turns = scatter(&place, len, |i| rows.seconds[i] / period_s + phase);
            let mut waves = simd::waves(&turns, order);
            // A condition switches rows off, padding is never on.
            let on = match &seasonality.condition_name {
                None => panel.live.clone(),
                Some(name) => {
                    let on = history.require(name, "a seasonality depends on it")?;
                    scatter(&place, len, |i| if on[i] == 0.0 { 0.0 } else { 1.0 })
                }
            };
            for wave in waves.chunks_exact_mut(len) {
                for (cell, on) in wave.iter_mut().zip(&on) {
                    *cell *= on;
                }
                features.push((column, seasonality.mode, wave.to_vec()));
                column += 1;
            }
        }
        for marks in design.marked_rows(history.ds())? {
            let mut values = vec![0.0; len];
            for &row in &marks {
                values[place[row]] = 1.0;
            }
            features.push((column, design.holidays_mode, values));
            column += 1;
        }
        for scaled in &design.regressors {
            let name = &scaled.regressor.name;
            let raw = history.require(name, "it is a regressor of the model")?;
            let values = scatter(&place, len, |i| (raw[i] - scaled.mu) / scaled.std);
            features.push((column, scaled.regressor.mode, values));
            column += 1;
        }
        // Stan needs one column, and Prophet's is of zeros.
        panel.take(&features, column.max(1));
        Ok(panel)
    }

    /// Lays out augurs' data, which are in order of time.
    pub(crate) fn of_data(data: &Data) -> Self {
        let growth = match data.trend_indicator {
            TrendIndicator::Linear => Growth::Linear,
            TrendIndicator::Logistic => Growth::Logistic,
            TrendIndicator::Flat => Growth::Flat,
        };
        let cap = if growth == Growth::Logistic { data.cap.as_slice() } else { &[] };
        let (mut panel, place) = Self::frame(growth, &data.t, &data.y, cap, &data.t_change);
        let (len, k) = (panel.len(), data.sigmas.len());
        let column = |j: usize, mode: Mode| (j, mode, scatter(&place, len, |i| data.X[i * k + j]));
        let flagged = (0..k).filter_map(|j| match (data.s_m[j], data.s_a[j]) {
            (0, 0) => None,
            (0, _) => Some(column(j, Mode::Additive)),
            _ => Some(column(j, Mode::Multiplicative)),
        });
        let features: Vec<_> = flagged.collect();
        panel.take(&features, k);
        panel
    }

    /// A panel without features, and the place of each row in it.
    fn frame(
        growth: Growth,
        t: &[f64],
        y: &[f64],
        cap: &[f64],
        changepoints_t: &[f64],
    ) -> (Self, Vec<usize>) {
        let mut bounds = vec![0];
        let mut place = Vec::with_capacity(t.len());
        let mut from = 0;
        let ends = changepoints_t.iter().map(|&at| t.partition_point(|&t| t <= at));
        for end in ends.chain([t.len()]) {
            let first = bounds[bounds.len() - 1];
            place.extend(first..first + end.saturating_sub(from));
            bounds.push(first + padded(end.saturating_sub(from)));
            from = from.max(end);
        }
        let len = bounds[bounds.len() - 1];
        let panel = Self {
            growth,
            n: t.len(),
            changepoints_t: changepoints_t.to_vec(),
            t: scatter(&place, len, |i| t[i]),
            y: scatter(&place, len, |i| y[i]),
            cap: if cap.is_empty() { vec![0.0; len] } else { scatter(&place, len, |i| cap[i]) },
            live: scatter(&place, len, |_| 1.0),
            bounds,
            features: Vec::new(),
            places: Vec::new(),
            multiplicative: 0,
            columns: 0,
            products: Vec::new(),
            sums: Vec::new(),
        };
        (panel, place)
    }

    /// Takes the features that are not zero, multiplicative ones first.
    fn take(&mut self, features: &[(usize, Mode, Vec<f64>)], columns: usize) {
        self.columns = columns;
        for wanted in [Mode::Multiplicative, Mode::Additive] {
            let of_mode = features.iter().filter(|(_, mode, _)| *mode == wanted);
            for (place, _, values) in of_mode.filter(|(_, _, v)| v.iter().any(|&x| x != 0.0)) {
                self.places.push(*place);
                self.features.extend(values);
            }
            if wanted == Mode::Multiplicative {
                self.multiplicative = self.places.len();
            }
        }
        // Columns of zeros fill up the last tile of products.
        let (tall, wide) = sides(self.places.len());
        self.features.resize(tall.max(wide) * self.len(), 0.0);
        self.measure();
    }
}

/// Puts the value of each row where it belongs, zeros elsewhere.
fn scatter(place: &[usize], len: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut out = vec![0.0; len];
    for (i, &at) in place.iter().enumerate() {
        out[at] = value(i);
    }
    out
}
