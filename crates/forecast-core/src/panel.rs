//! The rows of any model, laid out for passes with the widest registers.
//!
//! Rows stand in order of time, cut at the changepoints: within a segment the
//! trend's argument is a straight line. Each segment is padded with dead rows to
//! whole registers. Features stand column by column, multiplicative ones first.

pub(crate) mod build;
mod pass;
mod point;
mod slopes;

use crate::{map::open::Direction, simd::LANES_MAX, spec::Growth};

pub(crate) use pass::Scratch;
pub(crate) use point::Point;
pub(crate) use slopes::slopes;

/// Rows and features of a problem.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    growth: Growth,
    /// Rows that are not padding.
    n: usize,
    /// Scaled times of the changepoints, in order.
    changepoints_t: Vec<f64>,
    /// First row of each segment, and the end: S + 2 entries.
    bounds: Vec<usize>,
    /// Scaled time; zero in dead rows, as everything else.
    t: Vec<f64>,
    y: Vec<f64>,
    cap: Vec<f64>,
    /// One in rows, zero in padding.
    live: Vec<f64>,
    /// Features, `len()` numbers a column.
    features: Vec<f64>,
    /// Column of the design that each feature is.
    places: Vec<usize>,
    /// How many of the features are multiplicative; they come first.
    multiplicative: usize,
    /// Columns of the design: features, and columns of zeros.
    columns: usize,
    /// Products of the features, unweighted, in order of the design.
    products: Vec<f64>,
    /// Sums of the features, in order of the design.
    sums: Vec<f64>,
}

impl Panel {
    /// Rows that are not padding.
    pub(crate) fn n(&self) -> usize {
        self.n
    }

    /// Rows with padding.
    fn len(&self) -> usize {
        self.t.len()
    }

    /// Changepoints.
    pub(crate) fn s(&self) -> usize {
        self.changepoints_t.len()
    }

    /// Columns of the design.
    pub(crate) fn k(&self) -> usize {
        self.columns
    }

    /// Parameters but sigma: delta, k, m, beta.
    pub(crate) fn width(&self) -> usize {
        self.s() + 2 + self.columns
    }

    /// The shape of the trend.
    pub(crate) fn growth(&self) -> Growth {
        self.growth
    }

    /// Whether the mean is linear in the parameters.
    pub(crate) fn is_linear(&self) -> bool {
        self.growth != Growth::Logistic && self.multiplicative == 0
    }

    /// The columns of the design that are additive or multiplicative and not zero.
    pub(crate) fn seen(&self, multiplicative: bool) -> Vec<usize> {
        let (first, second) = self.places.split_at(self.multiplicative);
        let mut seen = if multiplicative { first.to_vec() } else { second.to_vec() };
        seen.sort_unstable();
        seen
    }

    /// Products and sums of the features: K × K and K, in order of the design.
    pub(crate) fn feature_sums(&self) -> (&[f64], &[f64]) {
        (&self.products, &self.sums)
    }

    /// The first column whose square is beyond the range of numbers.
    pub(crate) fn overflowing(&self) -> Option<usize> {
        (0..self.columns).find(|&i| !self.products[i * self.columns + i].is_finite())
    }

    /// The same rows without features.
    pub(crate) fn bare(&self) -> Self {
        Self {
            growth: self.growth,
            n: self.n,
            changepoints_t: self.changepoints_t.clone(),
            bounds: self.bounds.clone(),
            t: self.t.clone(),
            y: self.y.clone(),
            cap: self.cap.clone(),
            live: self.live.clone(),
            features: Vec::new(),
            places: Vec::new(),
            multiplicative: 0,
            columns: 0,
            products: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// The same rows with features that do not see `directions` of the design. A
    /// direction has its entries in features of one mode.
    pub(crate) fn without(&self, directions: &[Direction]) -> Self {
        let mut narrow = self.clone();
        let len = self.len();
        for direction in directions {
            let mut along = vec![0.0; len];
            for (column, &place) in narrow.features.chunks_exact(len).zip(&self.places) {
                for (sum, x) in along.iter_mut().zip(column) {
                    *sum += direction.along[place] * x;
                }
            }
            for (column, &place) in narrow.features.chunks_exact_mut(len).zip(&self.places) {
                for (x, sum) in column.iter_mut().zip(&along) {
                    *x -= direction.measure[place] * sum;
                }
            }
        }
        narrow.measure();
        narrow
    }

    /// Fills the products and the sums of the features.
    fn measure(&mut self) {
        let (products, sums) = pass::feature_sums(self);
        (self.products, self.sums) = (products, sums);
    }
}

/// Rows of a segment with its padding.
fn padded(rows: usize) -> usize {
    rows.next_multiple_of(LANES_MAX)
}

#[cfg(test)]
mod tests;
