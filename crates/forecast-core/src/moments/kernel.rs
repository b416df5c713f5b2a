//! The pass over the rows, in blocks, with the widest registers there are.

#![expect(
    clippy::inline_always,
    reason = "register code must be compiled for the instruction set of its caller"
)]

use pulp::{Arch, Simd, WithSimd};

use super::rows::{Kind, Rows, Wave};
use crate::simd::{LANES_MAX, TALL, Tiles, WIDE, add_products, sin_cos, turn};

/// The column of ones, of `t` and of `y`, behind the primary terms.
pub(super) const ONE: usize = 0;
pub(super) const T: usize = 1;
pub(super) const Y: usize = 2;

/// Rows of a block: its columns, some 30 kB, stay in the first level cache.
const BLOCK: usize = 128;

/// What the pass finds.
#[derive(Debug)]
pub(super) struct Sums {
    /// Primary terms.
    terms: usize,
    /// Columns in all: primary terms, 1, t, y, others.
    columns: usize,
    /// Products of all columns with those behind the primary terms.
    products: Vec<f64>,
    /// `Σ cos kθ` and `Σ sin kθ`, k from 0 to twice the order.
    cosines: Vec<f64>,
    sines: Vec<f64>,
    /// For each changepoint, the sums before it with weight 1 and t.
    before: Vec<f64>,
}

impl Sums {
    /// `Σ a b` over all rows.
    pub(super) fn product(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (a.min(b), a.max(b));
        if b < self.terms {
            return self.primary_product(a, b);
        }
        self.products[a * self.wide() + b - self.terms]
    }

    /// `Σ column · weight` over the rows behind changepoint `j`; `weight` is
    /// [`ONE`] or [`T`].
    pub(super) fn behind(&self, j: usize, column: usize, weight: usize) -> f64 {
        let before = self.before[(j * self.columns + column) * 2 + weight];
        self.product(column, self.terms + weight) - before
    }

    fn wide(&self) -> usize {
        self.columns - self.terms
    }

    /// Products of `sin kθ` (even) and `cos kθ` (odd), by the angle sums.
    fn primary_product(&self, a: usize, b: usize) -> f64 {
        let (j, k) = (a / 2 + 1, b / 2 + 1);
        let (sum, difference) = (j + k, j.abs_diff(k));
        match (a % 2, b % 2) {
            (0, 0) => (self.cosines[difference] - self.cosines[sum]) / 2.0,
            (1, 1) => f64::midpoint(self.cosines[difference], self.cosines[sum]),
            (sine, _) => {
                // sin of the one times cos of the other.
                let (s, c) = if sine == 0 { (j, k) } else { (k, j) };
                let sign = if c <= s { 1.0 } else { -1.0 };
                f64::midpoint(self.sines[sum], sign * self.sines[difference])
            }
        }
    }
}

/// Passes over all rows; `bounds` are the first rows behind the changepoints.
pub(super) fn pass(rows: &Rows<'_>, bounds: &[usize], arch: Arch) -> Sums {
    arch.dispatch(Pass { rows, bounds })
}

struct Pass<'a> {
    rows: &'a Rows<'a>,
    bounds: &'a [usize],
}

impl WithSimd for Pass<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sums {
        let Self { rows, bounds } = self;
        let mut state = State::new(simd, rows);
        let mut before = Vec::with_capacity(bounds.len() * state.columns() * 2);
        let mut next = 0;
        for &bound in bounds {
            state.add(next, bound);
            next = next.max(bound);
            state.snapshot(&mut before);
        }
        state.add(next, rows.t.len());
        state.finish(before)
    }
}

/// Accumulators and buffers of a pass.
struct State<'a, S: Simd> {
    simd: S,
    rows: &'a Rows<'a>,
    terms: usize,
    wide: usize,
    /// Columns of a block, `BLOCK` doubles each: primary terms, 1, t, y, others,
    /// and zeros up to a multiple of the tiles' sides.
    block: Vec<f64>,
    /// Sines and cosines of a wave, `BLOCK` doubles each.
    angle: Vec<f64>,
    /// `terms + wide` by `wide` registers.
    products: Vec<S::f64s>,
    cosines: Vec<S::f64s>,
    sines: Vec<S::f64s>,
    marks: Vec<usize>,
}

impl<'a, S: Simd> State<'a, S> {
    #[inline(always)]
    fn new(simd: S, rows: &'a Rows<'a>) -> Self {
        let terms = 2 * rows.order();
        let wide = (3 + rows.others.len() + rows.more.len()).next_multiple_of(WIDE);
        let tall = (terms + wide).next_multiple_of(TALL);
        let zero = simd.splat_f64s(0.0);
        let longest = rows.waves.iter().map(|wave| wave.order).max().unwrap_or(0);
        Self {
            simd,
            rows,
            terms,
            wide,
            block: vec![0.0; (tall + 1) * BLOCK],
            angle: vec![0.0; (2 + 2 * longest) * BLOCK],
            products: vec![zero; tall * wide],
            cosines: vec![zero; 2 * rows.order() + 1],
            sines: vec![zero; 2 * rows.order() + 1],
            marks: vec![0; rows.others.len()],
        }
    }

    fn columns(&self) -> usize {
        self.terms + 3 + self.rows.others.len() + self.rows.more.len()
    }

    /// Adds the rows `from..to`.
    #[inline(always)]
    fn add(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let end = to.min(at + BLOCK);
            self.fill(at, end);
            let padded = (end - at).next_multiple_of(LANES_MAX);
            self.multiply(padded);
            at = end;
        }
    }

    /// Makes the columns of a block.
    #[inline(always)]
    fn fill(&mut self, from: usize, to: usize) {
        let rows = self.rows;
        let (n, first) = (to - from, self.terms * BLOCK);
        let padded = n.next_multiple_of(LANES_MAX);
        let column = |i: usize| first + i * BLOCK..first + i * BLOCK + padded;
        let more = rows.more.iter().enumerate().map(|(i, y)| (3 + rows.others.len() + i, *y));
        for (i, values) in [(T, rows.t), (Y, rows.y)].into_iter().chain(more) {
            self.block[column(i)][..n].copy_from_slice(&values[from..to]);
            self.block[column(i)][n..].fill(0.0);
        }
        self.block[column(ONE)][..n].fill(1.0);
        self.block[column(ONE)][n..].fill(0.0);
        for (index, &wave) in rows.waves.iter().enumerate() {
            self.turn(wave, from, n);
            self.wave(wave.order, wave.order, padded);
            for (i, other) in rows.others.iter().enumerate() {
                if let Kind::Term { wave, term } = other.kind
                    && wave == index
                {
                    let source = &self.angle[term * BLOCK..term * BLOCK + padded];
                    self.block[column(3 + i)].copy_from_slice(source);
                }
            }
        }
        for (i, other) in rows.others.iter().enumerate() {
            if let Kind::Marks(marked) = &other.kind {
                self.block[column(3 + i)].fill(0.0);
                while let Some(&row) = marked.get(self.marks[i]).filter(|&&row| row < to) {
                    self.block[first + (3 + i) * BLOCK + row - from] = 1.0;
                    self.marks[i] += 1;
                }
            }
        }
        if let Some(wave) = rows.primary {
            // The primary terms are made where they are used.
            std::mem::swap(&mut self.angle, &mut self.block);
            self.turn(wave, from, n);
            self.wave(wave.order, 2 * wave.order, padded);
            std::mem::swap(&mut self.angle, &mut self.block);
        }
    }

    /// Sine and cosine of the base angle of `n` rows, zeros behind them.
    #[inline(always)]
    fn turn(&mut self, wave: Wave, from: usize, n: usize) {
        let phase = (self.rows.first_s / wave.period_s).fract();
        let (sines, cosines) = self.angle[..2 * BLOCK].split_at_mut(BLOCK);
        let padded = n.next_multiple_of(LANES_MAX);
        for (cell, seconds) in sines.iter_mut().zip(&self.rows.seconds[from..from + n]) {
            *cell = seconds / wave.period_s + phase;
        }
        sines[n..padded].fill(0.0);
        let (sines, _) = S::as_mut_simd_f64s(&mut sines[..padded]);
        let (cosines, _) = S::as_mut_simd_f64s(&mut cosines[..padded]);
        for (s, c) in sines.iter_mut().zip(cosines) {
            (*s, *c) = sin_cos(self.simd, *s);
        }
        // Padding has an angle of zero, whose cosine is one.
        self.angle[BLOCK + n..BLOCK + padded].fill(0.0);
    }

    /// Fills `angle` with the sines and cosines of θ to kθ, from those of θ, and
    /// sums up those beyond, to `last`.
    #[inline(always)]
    fn wave(&mut self, order: usize, last: usize, padded: usize) {
        let simd = self.simd;
        let (base, multiples) = self.angle.split_at_mut(2 * BLOCK);
        let (s1, _) = S::as_simd_f64s(&base[..padded]);
        let (c1, _) = S::as_simd_f64s(&base[BLOCK..BLOCK + padded]);
        let (multiples, _) = S::as_mut_simd_f64s(multiples);
        let lanes = BLOCK / S::F64_LANES;
        for (i, (&s1, &c1)) in s1.iter().zip(c1).enumerate() {
            let (mut s, mut c) = (s1, c1);
            for k in 2..=last {
                (s, c) = turn(simd, (s, c), (s1, c1));
                if k <= order {
                    multiples[2 * (k - 2) * lanes + i] = s;
                    multiples[(2 * (k - 2) + 1) * lanes + i] = c;
                } else {
                    self.sines[k] = simd.add_f64s(self.sines[k], s);
                    self.cosines[k] = simd.add_f64s(self.cosines[k], c);
                }
            }
        }
    }

    /// Adds the products of a block: all columns by those behind the primary terms.
    #[inline(always)]
    fn multiply(&mut self, padded: usize) {
        let lanes = padded / S::F64_LANES;
        let shape = Tiles { stride: BLOCK, lanes, first: self.terms, wide: self.wide };
        add_products(self.simd, &self.block, shape, &mut self.products);
    }

    #[inline(always)]
    fn total(&self, a: usize, b: usize) -> f64 {
        // The square part is kept above its diagonal.
        let (a, b) = if self.terms <= a && b < a - self.terms {
            (self.terms + b, a - self.terms)
        } else {
            (a, b)
        };
        self.simd.reduce_sum_f64s(self.products[a * self.wide + b])
    }

    /// Keeps the sums so far with weights 1 and t.
    #[inline(always)]
    fn snapshot(&self, before: &mut Vec<f64>) {
        for column in 0..self.columns() {
            before.push(self.total(column, ONE));
            before.push(self.total(column, T));
        }
    }

    #[inline(always)]
    fn finish(self, before: Vec<f64>) -> Sums {
        let (columns, order) = (self.columns(), self.rows.order());
        let wide = columns - self.terms;
        let mut products = vec![0.0; columns * wide];
        for a in 0..columns {
            for b in 0..wide {
                products[a * wide + b] = self.total(a, b);
            }
        }
        let (mut sines, mut cosines) = (vec![0.0; 2 * order + 1], vec![0.0; 2 * order + 1]);
        for k in 0..=2 * order {
            sines[k] = self.simd.reduce_sum_f64s(self.sines[k]);
            cosines[k] = self.simd.reduce_sum_f64s(self.cosines[k]);
        }
        for k in 1..=order {
            sines[k] = self.total(2 * (k - 1), ONE);
            cosines[k] = self.total(2 * (k - 1) + 1, ONE);
        }
        cosines[0] = self.rows.t.len() as f64;
        sines[0] = 0.0;
        Sums { terms: self.terms, columns, products, cosines, sines, before }
    }
}
