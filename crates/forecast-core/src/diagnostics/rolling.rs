//! Averages over a window that moves along the horizon.

use super::{CrossValidation, Horizon};
use crate::ds::Ds;

/// How many rows an average is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// No average: a value for each row.
    Each,
    /// At least this many rows, from the right.
    Rows(usize),
}

/// The rows of a cross-validation, in order of their horizon, rows of the same
/// horizon in the order of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct HorizonRows {
    /// Distance from the cutoff.
    pub horizon: Vec<Horizon>,
    /// What was forecast.
    pub ds: Vec<Ds>,
    /// What the forecast knew of.
    pub cutoff: Vec<Ds>,
    /// What came.
    pub y: Vec<f64>,
    /// The prediction.
    pub yhat: Vec<f64>,
    /// Lower end of the interval; empty without intervals.
    pub yhat_lower: Vec<f64>,
    /// Upper end of the interval; empty without intervals.
    pub yhat_upper: Vec<f64>,
    /// The row's place in the table.
    pub row: Vec<usize>,
}

impl HorizonRows {
    /// Sorts a table that was checked.
    pub(super) fn of(cv: &CrossValidation, monthly: bool) -> Self {
        let distance = if monthly { Horizon::months_between } else { Horizon::between };
        let horizon: Vec<Horizon> =
            cv.cutoff.iter().zip(&cv.ds).map(|(&cutoff, &ds)| distance(cutoff, ds)).collect();
        let mut row: Vec<usize> = (0..horizon.len()).collect();
        row.sort_by_key(|&i| horizon[i]);
        let pick = |values: &[f64]| -> Vec<f64> {
            if values.is_empty() { Vec::new() } else { row.iter().map(|&i| values[i]).collect() }
        };
        let intervals = cv.has_intervals();
        Self {
            horizon: row.iter().map(|&i| horizon[i]).collect(),
            ds: row.iter().map(|&i| cv.ds[i]).collect(),
            cutoff: row.iter().map(|&i| cv.cutoff[i]).collect(),
            y: pick(&cv.y),
            yhat: pick(&cv.yhat),
            yhat_lower: if intervals { pick(&cv.yhat_lower) } else { Vec::new() },
            yhat_upper: if intervals { pick(&cv.yhat_upper) } else { Vec::new() },
            row,
        }
    }

    /// A value for each row of `f(y, yhat)`.
    pub fn errors(&self, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        self.y.iter().zip(&self.yhat).map(|(&y, &yhat)| f(y, yhat)).collect()
    }
}

/// A metric along the horizon.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rolling {
    /// The right edge of each window.
    pub horizon: Vec<Horizon>,
    /// The value of each window.
    pub values: Vec<f64>,
}

/// The mean of `x` over windows that end at each horizon and hold `window` rows.
///
/// Of the horizon at a window's left edge as much counts as fills the window,
/// at its own mean. Horizons with fewer rows up to them have no value.
///
/// # Shapes
///
/// `x` and `h` are equally long; `h` rises.
///
/// # Panics
///
/// If `x` and `h` differ in length.
///
/// # Source
///
/// `rolling_mean_by_h` in Prophet 1.5, `metrics.py`.
pub fn rolling_mean_by_h(x: &[f64], h: &[Horizon], window: Window) -> Rolling {
    assert_eq!(x.len(), h.len(), "a horizon for each value");
    let Window::Rows(w) = window else { return each(x, h) };
    let w = w.max(1);
    let groups: Vec<(Horizon, f64, usize)> =
        groups(h).map(|(h, start, end)| (h, x[start..end].iter().sum(), end - start)).collect();
    let mut values = vec![0.0; groups.len()];
    // The window's right edge moves down behind its left edge.
    let mut right = groups.len();
    let (mut x_sum, mut n_sum) = (0.0, 0);
    for &(_, x_of, n_of) in groups.iter().rev() {
        x_sum += x_of;
        n_sum += n_of;
        while w <= n_sum {
            right -= 1;
            let excess = (n_sum - w) as f64 * x_of / n_of as f64;
            values[right] = (x_sum - excess) / w as f64;
            x_sum -= groups[right].1;
            n_sum -= groups[right].2;
        }
    }
    Rolling {
        horizon: groups[right..].iter().map(|&(h, _, _)| h).collect(),
        values: values.split_off(right),
    }
}

/// The median of `x` over windows that end at each horizon: its own rows, and as
/// many of the rows before them as fill the window.
///
/// # Shapes
///
/// `x` and `h` are equally long; `h` rises.
///
/// # Panics
///
/// If `x` and `h` differ in length.
///
/// # Source
///
/// `rolling_median_by_h` in Prophet 1.5, `metrics.py`. Which rows of the horizon
/// at the left edge count depends there on how NumPy's sort leaves ties, which
/// differs between machines; here ties stay in the order of the table.
pub fn rolling_median_by_h(x: &[f64], h: &[Horizon], window: Window) -> Rolling {
    assert_eq!(x.len(), h.len(), "a horizon for each value");
    let Window::Rows(w) = window else { return each(x, h) };
    let mut out = Rolling::default();
    for (horizon, start, end) in groups(h) {
        if w <= end {
            out.horizon.push(horizon);
            out.values.push(median(&x[start.min(end - w)..end]));
        }
    }
    out
}

fn each(x: &[f64], h: &[Horizon]) -> Rolling {
    Rolling { horizon: h.to_vec(), values: x.to_vec() }
}

/// Runs of equal horizons: the horizon, its first row, and the row after its last.
fn groups(h: &[Horizon]) -> impl Iterator<Item = (Horizon, usize, usize)> {
    let mut start = 0;
    h.chunk_by(|a, b| a == b).map(move |run| {
        let first = start;
        start += run.len();
        (run[0], first, start)
    })
}

/// The middle value, or half-way between the two in the middle.
fn median(x: &[f64]) -> f64 {
    let mut x = x.to_vec();
    let middle = x.len() / 2;
    let even = x.len().is_multiple_of(2);
    let (below, &mut high, _) = x.select_nth_unstable_by(middle, f64::total_cmp);
    if even { f64::midpoint(below.iter().copied().fold(f64::MIN, f64::max), high) } else { high }
}
