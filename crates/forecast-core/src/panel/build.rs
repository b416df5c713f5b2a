//! Panels from a design and from augurs' data.

use super::{Panel, padded, pass::sides};
use crate::{
    design::{Design, ScaledRegressor},
    ds::{DAY_S, epoch_seconds},
    error::FitError,
    optimizer::{Data, TrendIndicator},
    series::Future,
    simd,
    spec::{Growth, Mode, Seasonality},
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

/// What columns of the design are made of.
enum Source<'a> {
    /// Sine and cosine pairs.
    Waves(&'a Seasonality),
    /// Ones on these rows.
    Marks(Vec<usize>),
    Regressor(&'a ScaledRegressor),
}

/// Columns of the design from `place` on.
struct Block<'a> {
    place: usize,
    columns: usize,
    mode: Mode,
    source: Source<'a>,
}

/// The rows that features are made for, and where each of them stands.
struct Target<'a> {
    history: &'a Future,
    seconds: &'a [f64],
    /// Seconds of the first row since 1970.
    first_s: f64,
    place: Vec<usize>,
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
        let target = Target { history, seconds: rows.seconds, first_s, place };
        let blocks = blocks(design, history)?;
        // Stan needs one column, and Prophet's is of zeros.
        panel.columns = blocks.last().map_or(1, |block| block.place + block.columns);
        // One buffer from the start: it is most of the memory of a fit.
        let (tall, wide) = sides(panel.columns);
        panel.features.reserve_exact(tall.max(wide) * panel.len());
        for wanted in [Mode::Multiplicative, Mode::Additive] {
            for block in blocks.iter().filter(|block| block.mode == wanted) {
                panel.append(block, &target)?;
            }
            if wanted == Mode::Multiplicative {
                panel.multiplicative = panel.places.len();
            }
        }
        panel.close();
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
        panel.columns = k;
        let mut append = |flags: &[i32]| {
            for j in (0..k).filter(|&j| flags[j] != 0) {
                let values = scatter(&place, len, |i| data.X[i * k + j]);
                if values.iter().any(|&x| x != 0.0) {
                    panel.places.push(j);
                    panel.features.extend(values);
                }
            }
            panel.places.len()
        };
        let multiplicative = append(&data.s_m);
        append(&data.s_a);
        panel.multiplicative = multiplicative;
        panel.close();
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

    /// Makes the features of a block; holidays that no row sees are left out.
    fn append(&mut self, block: &Block<'_>, target: &Target<'_>) -> Result<(), FitError> {
        if matches!(&block.source, Source::Marks(rows) if rows.is_empty()) {
            return Ok(());
        }
        let (start, len) = (self.features.len(), self.len());
        self.places.extend(block.place..block.place + block.columns);
        self.features.resize(start + block.columns * len, 0.0);
        let out = &mut self.features[start..];
        let Target { history, seconds, place, .. } = target;
        match &block.source {
            Source::Waves(seasonality) => {
                let period_s = seasonality.period * DAY_S;
                let phase = (target.first_s / period_s).fract();
                let turns = scatter(place, len, |i| seconds[i] / period_s + phase);
                match &seasonality.condition_name {
                    None => simd::waves(&turns, &self.live, out),
                    Some(name) => {
                        let on = history.require(name, "a seasonality depends on it")?;
                        let on = scatter(place, len, |i| if on[i] == 0.0 { 0.0 } else { 1.0 });
                        simd::waves(&turns, &on, out);
                    }
                }
            }
            Source::Marks(rows) => {
                for &row in rows {
                    out[place[row]] = 1.0;
                }
            }
            Source::Regressor(scaled) => {
                let name = &scaled.regressor.name;
                let raw = history.require(name, "it is a regressor of the model")?;
                for (&at, value) in place.iter().zip(raw) {
                    out[at] = (value - scaled.mu) / scaled.std;
                }
            }
        }
        Ok(())
    }

    /// Fills up the last tile of products with columns of zeros, and measures.
    fn close(&mut self) {
        let (tall, wide) = sides(self.places.len());
        self.features.resize(tall.max(wide) * self.len(), 0.0);
        self.measure();
    }
}

/// The columns of `design` in their order.
fn blocks<'a>(design: &'a Design, history: &Future) -> Result<Vec<Block<'a>>, FitError> {
    let mut blocks = Vec::new();
    let mut place = 0;
    let mut push = |columns, mode, source| {
        blocks.push(Block { place, columns, mode, source });
        place += columns;
    };
    for seasonality in &design.seasonalities {
        let columns = 2 * seasonality.fourier_order as usize;
        push(columns, seasonality.mode, Source::Waves(seasonality));
    }
    for rows in design.marked_rows(history.ds())? {
        push(1, design.holidays_mode, Source::Marks(rows));
    }
    for scaled in &design.regressors {
        push(1, scaled.regressor.mode, Source::Regressor(scaled));
    }
    Ok(blocks)
}

/// Puts the value of each row where it belongs, zeros elsewhere.
fn scatter(place: &[usize], len: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut out = vec![0.0; len];
    for (i, &at) in place.iter().enumerate() {
        out[at] = value(i);
    }
    out
}
