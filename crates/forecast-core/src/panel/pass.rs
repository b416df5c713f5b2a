//! The pass over a panel: residuals at one point, and the sums that their
//! derivatives are made of.

#![expect(
    clippy::inline_always,
    reason = "register code must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

use super::Panel;
use crate::{
    simd::{LANES_MAX, TALL, Tiles, WIDE, add_products, sigmoid},
    spec::Growth,
};

/// Rows of a block: features and weights, some 40 kB, stay close to the core.
const BLOCK: usize = 128;

/// Features whose sums are kept in registers at a time.
const GROUP: usize = 4;

/// Registers of a row's mean that are worked on side by side.
const ABREAST: usize = 4;

/// Where the mean is taken: in the basis of hinges, `t` and one.
#[derive(Debug)]
pub(super) struct At<'a> {
    /// Rate and offset of the trend's argument in each segment.
    pub(super) lines: &'a [(f64, f64)],
    /// Coefficients of the features, in the panel's order.
    pub(super) beta: &'a [f64],
    /// Share of the second derivative of the mean that goes into the curvature:
    /// 0 for Gauss and Newton's, 1 for the whole.
    pub(super) bend: f64,
}

/// Sums of one segment: curvature by the trend's argument with weights 1, t and t²,
/// its slope with weights 1 and t.
pub(super) type TrendSums = [f64; 5];

/// What a pass finds.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) rss: f64,
    /// One a segment.
    pub(super) trend: Vec<TrendSums>,
    /// Curvature by the argument and each feature with weights 1 and t.
    pub(super) cross: Vec<[f64; 2]>,
    /// The same behind each changepoint, weighted with the time since then: rows of
    /// as many numbers as there are features.
    pub(super) behind: Vec<f64>,
    /// Slope by each feature.
    pub(super) slopes: Vec<f64>,
    /// Curvature by pairs of features, the first multiplicative; rows of
    /// [`Sums::wide`] numbers.
    pub(super) products: Vec<f64>,
    pub(super) wide: usize,
}

/// Room for passes over one panel.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// The registers to use.
    arch: Arch,
    /// [`Weight::COUNT`] columns of a block.
    weights: Vec<f64>,
    /// Features of some rows as they act on the mean.
    scaled: Vec<f64>,
    /// Registers, two a segment and feature.
    cross: Vec<f64>,
}

impl Scratch {
    /// Room for passes with the widest registers there are.
    pub(crate) fn new(panel: &Panel) -> Self {
        let features = panel.places.len();
        let scaled = if panel.multiplicative == 0 { 0 } else { panel.features.len() / panel.len() };
        Self {
            arch: Arch::new(),
            weights: vec![0.0; Weight::COUNT * BLOCK],
            scaled: vec![0.0; scaled * BLOCK],
            cross: vec![0.0; 2 * (panel.s() + 1) * features * LANES_MAX],
        }
    }

    /// The same with other registers.
    #[cfg(test)]
    pub(super) fn with(self, arch: Arch) -> Self {
        Self { arch, ..self }
    }
}

/// Passes over all rows.
pub(super) fn pass(panel: &Panel, at: &At<'_>, scratch: &mut Scratch) -> Sums {
    scratch.arch.dispatch(Pass { panel, at, scratch })
}

struct Pass<'a> {
    panel: &'a Panel,
    at: &'a At<'a>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Pass<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sums {
        let Self { panel, at, scratch } = self;
        let (features, zero) = (panel.places.len(), simd.splat_f64s(0.0));
        let (tall, wide) = (panel.multiplicative.next_multiple_of(TALL), sides(features).1);
        let mut state = State {
            simd,
            panel,
            at,
            weights: &mut scratch.weights,
            scaled: &mut scratch.scaled,
            cross: S::as_mut_simd_f64s(&mut scratch.cross).0,
            filled: 0,
            wide,
            products: vec![zero; tall * wide],
            rss: zero,
            trend: vec![[0.0; 5]; panel.s() + 1],
            slopes: vec![zero; features],
        };
        for segment in 0..=panel.s() {
            let (mut from, end) = (panel.bounds[segment], panel.bounds[segment + 1]);
            state.clear(segment);
            while from < end {
                let to = end.min(from + BLOCK);
                state.weigh(segment, from, to);
                state.sum_features(segment, from, to);
                state.scale(from, to);
                from = to;
            }
        }
        state.multiply();
        state.finish()
    }
}

/// Columns of weights that a block's features are multiplied by.
enum Weight {
    /// By the argument, for additive features.
    Additive,
    AdditiveT,
    /// By the argument, for multiplicative features.
    Multiplicative,
    MultiplicativeT,
    /// The residual, and the residual times the trend.
    Residual,
    ResidualTrend,
    /// The trend.
    Trend,
}

impl Weight {
    const COUNT: usize = 7;
}

struct State<'a, S: Simd> {
    simd: S,
    panel: &'a Panel,
    at: &'a At<'a>,
    /// [`Weight::COUNT`] columns of a block.
    weights: &'a mut [f64],
    /// Features of some rows as they act on the mean, and how many rows.
    scaled: &'a mut [f64],
    filled: usize,
    wide: usize,
    products: Vec<S::f64s>,
    rss: S::f64s,
    trend: Vec<TrendSums>,
    /// Segment by segment.
    cross: &'a mut [S::f64s],
    slopes: Vec<S::f64s>,
}

impl<S: Simd> State<'_, S> {
    /// Empties the sums of a segment, just before they are filled.
    #[inline(always)]
    fn clear(&mut self, segment: usize) {
        let count = 2 * self.panel.places.len();
        self.cross[segment * count..(segment + 1) * count].fill(self.simd.splat_f64s(0.0));
    }

    /// The features' part of the mean of `N` registers of rows from `row` on: the
    /// factor and the addend.
    #[inline(always)]
    fn effects<const N: usize>(&self, row: usize) -> ([S::f64s; N], [S::f64s; N]) {
        let simd = self.simd;
        let (panel, len) = (self.panel, self.panel.len());
        let mut factor = [simd.splat_f64s(1.0); N];
        let mut addend = [simd.splat_f64s(0.0); N];
        let (first, second) = self.at.beta.split_at(panel.multiplicative);
        for (j, &beta) in first.iter().enumerate() {
            self.add_column(&mut factor, beta, j * len + row);
        }
        for (j, &beta) in second.iter().enumerate() {
            self.add_column(&mut addend, beta, (first.len() + j) * len + row);
        }
        (factor, addend)
    }

    #[inline(always)]
    fn add_column<const N: usize>(&self, sums: &mut [S::f64s; N], beta: f64, at: usize) {
        let simd = self.simd;
        let beta = simd.splat_f64s(beta);
        let (cells, _) = S::as_simd_f64s(&self.panel.features[at..at + N * S::F64_LANES]);
        for (sum, &cell) in sums.iter_mut().zip(cells) {
            *sum = simd.mul_add_e_f64s(beta, cell, *sum);
        }
    }

    /// Fills the weights of a block, and adds up what needs no feature.
    #[inline(always)]
    fn weigh(&mut self, segment: usize, from: usize, to: usize) {
        let mut sums = [self.simd.splat_f64s(0.0); 5];
        let mut row = from;
        let step = ABREAST * S::F64_LANES;
        while row + step <= to {
            let (factor, addend) = self.effects::<ABREAST>(row);
            for i in 0..ABREAST {
                let at = row + i * S::F64_LANES;
                self.weigh_rows(&mut sums, segment, (from, at), (factor[i], addend[i]));
            }
            row += step;
        }
        while row < to {
            let ([factor], [addend]) = self.effects::<1>(row);
            self.weigh_rows(&mut sums, segment, (from, row), (factor, addend));
            row += S::F64_LANES;
        }
        for (sum, register) in self.trend[segment].iter_mut().zip(sums) {
            *sum += self.simd.reduce_sum_f64s(register);
        }
    }

    /// The weights of one register of rows.
    #[inline(always)]
    fn weigh_rows(
        &mut self,
        sums: &mut [S::f64s; 5],
        segment: usize,
        (from, row): (usize, usize),
        (factor, addend): (S::f64s, S::f64s),
    ) {
        let simd = self.simd;
        let panel = self.panel;
        let read = |column: &[f64]| S::as_simd_f64s(&column[row..row + S::F64_LANES]).0[0];
        let (t, live) = (read(&panel.t), read(&panel.live));
        let (rate, offset) = self.at.lines[segment];
        let u = simd.mul_add_e_f64s(simd.splat_f64s(rate), t, simd.splat_f64s(offset));
        // The trend and its derivatives by u.
        let (trend, slope, bend) = if panel.growth == Growth::Logistic {
            let (share, rest) = sigmoid(simd, u);
            let trend = simd.mul_f64s(read(&panel.cap), share);
            let slope = simd.mul_f64s(trend, rest);
            (trend, slope, simd.mul_f64s(slope, simd.sub_f64s(rest, share)))
        } else {
            (simd.mul_f64s(u, live), live, simd.splat_f64s(0.0))
        };
        let mean = simd.mul_add_e_f64s(trend, factor, addend);
        let residual = simd.mul_f64s(live, simd.sub_f64s(read(&panel.y), mean));
        self.rss = simd.mul_add_e_f64s(residual, residual, self.rss);
        let bent = simd.mul_f64s(simd.splat_f64s(-self.at.bend), residual);
        let by_u = simd.mul_f64s(slope, factor);
        let square = simd.mul_f64s(by_u, by_u);
        let curve = simd.mul_add_e_f64s(simd.mul_f64s(bent, bend), factor, square);
        let curve_t = simd.mul_f64s(curve, t);
        let pull = simd.mul_f64s(by_u, residual);
        let by_factor = simd.mul_add_e_f64s(by_u, trend, simd.mul_f64s(bent, slope));
        let new = [curve, curve_t, simd.mul_f64s(curve_t, t), pull, simd.mul_f64s(pull, t)];
        for (sum, value) in sums.iter_mut().zip(new) {
            *sum = simd.add_f64s(*sum, value);
        }
        let columns = [
            (Weight::Additive, by_u),
            (Weight::AdditiveT, simd.mul_f64s(by_u, t)),
            (Weight::Multiplicative, by_factor),
            (Weight::MultiplicativeT, simd.mul_f64s(by_factor, t)),
            (Weight::Residual, residual),
            (Weight::ResidualTrend, simd.mul_f64s(residual, trend)),
            (Weight::Trend, trend),
        ];
        for (weight, value) in columns {
            let at = weight as usize * BLOCK + row - from;
            S::as_mut_simd_f64s(&mut self.weights[at..at + S::F64_LANES]).0[0] = value;
        }
    }

    /// Adds the products of each feature with the weights.
    #[inline(always)]
    fn sum_features(&mut self, segment: usize, from: usize, to: usize) {
        let features = self.panel.places.len();
        let mut first = 0;
        while first < features {
            let end = if first < self.panel.multiplicative {
                self.panel.multiplicative.min(first + GROUP)
            } else {
                features.min(first + GROUP)
            };
            if end - first == GROUP {
                self.sum_group::<GROUP>(segment, first, (from, to));
            } else {
                for feature in first..end {
                    self.sum_group::<1>(segment, feature, (from, to));
                }
            }
            first = end;
        }
    }

    #[inline(always)]
    fn sum_group<const N: usize>(
        &mut self,
        segment: usize,
        first: usize,
        (from, to): (usize, usize),
    ) {
        let simd = self.simd;
        let (panel, len) = (self.panel, self.panel.len());
        let column = |weight: Weight| {
            let at = weight as usize * BLOCK;
            S::as_simd_f64s(&self.weights[at..at + to - from]).0
        };
        let [by_u, by_u_t, residual] = if first < panel.multiplicative {
            [Weight::Multiplicative, Weight::MultiplicativeT, Weight::ResidualTrend].map(column)
        } else {
            [Weight::Additive, Weight::AdditiveT, Weight::Residual].map(column)
        };
        let cells: [&[S::f64s]; N] = std::array::from_fn(|i| {
            let at = (first + i) * len;
            S::as_simd_f64s(&panel.features[at + from..at + to]).0
        });
        let mut sums = [[simd.splat_f64s(0.0); 3]; N];
        for (i, ((&by_u, &by_u_t), &residual)) in by_u.iter().zip(by_u_t).zip(residual).enumerate()
        {
            for (sums, cells) in sums.iter_mut().zip(&cells) {
                sums[0] = simd.mul_add_e_f64s(by_u, cells[i], sums[0]);
                sums[1] = simd.mul_add_e_f64s(by_u_t, cells[i], sums[1]);
                sums[2] = simd.mul_add_e_f64s(residual, cells[i], sums[2]);
            }
        }
        for (i, sums) in sums.into_iter().enumerate() {
            let cross = &mut self.cross[2 * (segment * panel.places.len() + first + i)..][..2];
            cross[0] = simd.add_f64s(cross[0], sums[0]);
            cross[1] = simd.add_f64s(cross[1], sums[1]);
            self.slopes[first + i] = simd.add_f64s(self.slopes[first + i], sums[2]);
        }
    }

    /// Scales the features of a block as they act on the mean: multiplicative ones
    /// by the trend.
    #[inline(always)]
    fn scale(&mut self, from: usize, to: usize) {
        let (panel, len, rows) = (self.panel, self.panel.len(), to - from);
        if panel.multiplicative == 0 {
            return;
        }
        if BLOCK < self.filled + rows {
            self.multiply();
        }
        let trend = &self.weights[Weight::Trend as usize * BLOCK..][..rows];
        for j in 0..panel.places.len() {
            let source = &panel.features[j * len + from..j * len + to];
            let target = &mut self.scaled[j * BLOCK + self.filled..][..rows];
            if j < panel.multiplicative {
                for ((cell, x), trend) in target.iter_mut().zip(source).zip(trend) {
                    *cell = x * trend;
                }
            } else {
                target.copy_from_slice(source);
            }
        }
        self.filled += rows;
    }

    /// Adds the products of multiplicative features with all.
    #[inline(always)]
    fn multiply(&mut self) {
        let lanes = self.filled / S::F64_LANES;
        let shape = Tiles { stride: BLOCK, lanes, first: 0, wide: self.wide };
        add_products(self.simd, self.scaled, shape, &mut self.products);
        self.filled = 0;
    }

    /// Adds up the lanes.
    #[inline(always)]
    fn finish(self) -> Sums {
        let simd = self.simd;
        let (s, features) = (self.panel.s(), self.panel.places.len());
        let mut cross = vec![[0.0; 2]; features];
        let mut behind = vec![0.0; s * features];
        for feature in 0..features {
            let mut sums = [simd.splat_f64s(0.0); 2];
            for segment in (0..=s).rev() {
                let parts = &self.cross[2 * (segment * features + feature)..][..2];
                for (sum, part) in sums.iter_mut().zip(parts) {
                    *sum = simd.add_f64s(*sum, *part);
                }
                if let Some(j) = segment.checked_sub(1) {
                    let at = simd.splat_f64s(-self.panel.changepoints_t[j]);
                    let since = simd.mul_add_e_f64s(at, sums[0], sums[1]);
                    behind[j * features + feature] = simd.reduce_sum_f64s(since);
                }
            }
            cross[feature] = [simd.reduce_sum_f64s(sums[0]), simd.reduce_sum_f64s(sums[1])];
        }
        Sums {
            rss: simd.reduce_sum_f64s(self.rss),
            trend: self.trend,
            cross,
            behind,
            slopes: totals(simd, &self.slopes),
            products: totals(simd, &self.products),
            wide: self.wide,
        }
    }
}

/// The sum of the lanes of each register.
///
/// An iterator would do, but its closure is not compiled for the registers.
#[inline(always)]
fn totals<S: Simd>(simd: S, registers: &[S::f64s]) -> Vec<f64> {
    let mut sums = vec![0.0; registers.len()];
    for (sum, register) in sums.iter_mut().zip(registers) {
        *sum = simd.reduce_sum_f64s(*register);
    }
    sums
}

/// Rows and columns of the products of so many columns, in whole tiles.
pub(super) fn sides(columns: usize) -> (usize, usize) {
    (columns.next_multiple_of(TALL), columns.next_multiple_of(WIDE))
}

/// Unweighted products and sums of a panel's features, in order of the design.
pub(super) fn feature_sums(panel: &Panel) -> (Vec<f64>, Vec<f64>) {
    let (k, count, len) = (panel.columns, panel.places.len(), panel.len());
    if count == 0 {
        return (vec![0.0; k * k], vec![0.0; k]);
    }
    let found = Arch::new().dispatch(Plain(panel));
    let wide = sides(count).1;
    let (mut products, mut sums) = (vec![0.0; k * k], vec![0.0; k]);
    for (a, &i) in panel.places.iter().enumerate() {
        sums[i] = panel.features[a * len..(a + 1) * len].iter().sum();
        for (b, &j) in panel.places.iter().enumerate().skip(a) {
            products[i * k + j] = found[a * wide + b];
            products[j * k + i] = found[a * wide + b];
        }
    }
    (products, sums)
}

struct Plain<'a>(&'a Panel);

impl WithSimd for Plain<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let (stride, (tall, wide)) = (self.0.len(), sides(self.0.places.len()));
        let mut products = vec![simd.splat_f64s(0.0); tall * wide];
        for from in (0..stride).step_by(BLOCK) {
            let lanes = (stride - from).min(BLOCK) / S::F64_LANES;
            let shape = Tiles { stride, lanes, first: 0, wide };
            add_products(simd, &self.0.features[from..], shape, &mut products);
        }
        totals(simd, &products)
    }
}
