//! Residuals and their derivatives at one point.

use super::{
    Panel,
    pass::{self, At, Scratch, Sums},
};
use crate::spec::Growth;

/// What the likelihood is at a point, parameters in the order `delta, k, m, beta`.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Sum of squared residuals.
    pub(crate) rss: f64,
    /// Half the second derivative of `rss`, or `JᵀJ`, J the derivative of the mean:
    /// (S + 2 + K)², row-major, symmetric.
    pub(crate) gram: Vec<f64>,
    /// `Jᵀ` times the residuals.
    pub(crate) score: Vec<f64>,
}

impl Point {
    /// Passes over the rows of `panel` at `w`.
    ///
    /// With `bent` the curvature has the mean's own second derivative; it is
    /// closer to the truth near an optimum, and may be indefinite elsewhere.
    pub(crate) fn of(panel: &Panel, w: &[f64], bent: bool, scratch: &mut Scratch) -> Self {
        let s = panel.s();
        let (k, m) = (w[s], w[s + 1]);
        let lines = lines(panel, w);
        let beta: Vec<f64> = panel.places.iter().map(|&place| w[s + 2 + place]).collect();
        let bend = if bent && !panel.is_linear() { 1.0 } else { 0.0 };
        let sums = pass::pass(panel, &At { lines: &lines, beta: &beta, bend }, scratch);
        let mut point = assemble(panel, &sums);
        if panel.growth() == Growth::Logistic {
            point.turn_to_offset(s, k, m, bend);
        }
        point
    }

    /// Passes over the rows once, without the whole second derivative.
    pub(crate) fn once(panel: &Panel, w: &[f64]) -> Self {
        Self::of(panel, w, false, &mut Scratch::new(panel))
    }

    /// From the basis `t, 1` to the logistic trend's own parameters: its argument
    /// is `k (t − m)`.
    fn turn_to_offset(&mut self, s: usize, k: f64, m: f64, bend: f64) {
        let width = self.score.len();
        let pull = self.score[s + 1];
        let turn = |rate: &mut f64, one: f64| *rate -= m * one;
        for i in 0..width {
            let one = self.gram[i * width + s + 1];
            turn(&mut self.gram[i * width + s], one);
            self.gram[i * width + s + 1] = -k * one;
        }
        for j in 0..width {
            let one = self.gram[(s + 1) * width + j];
            turn(&mut self.gram[s * width + j], one);
            self.gram[(s + 1) * width + j] = -k * one;
        }
        // ∂²u/∂k∂m = −1.
        self.gram[s * width + s + 1] += bend * pull;
        self.gram[(s + 1) * width + s] += bend * pull;
        turn(&mut self.score[s], pull);
        self.score[s + 1] = -k * pull;
    }
}

/// Rate and offset of the trend's argument in each segment, at `delta, k, m, beta`.
pub(super) fn lines(panel: &Panel, w: &[f64]) -> Vec<(f64, f64)> {
    let s = panel.s();
    let (k, m) = (w[s], w[s + 1]);
    let (mut rate, mut offset) = match panel.growth() {
        Growth::Linear => (k, m),
        Growth::Logistic => (k, -k * m),
        Growth::Flat => (0.0, m),
    };
    let mut lines = vec![(rate, offset)];
    for (delta, at) in w.iter().zip(&panel.changepoints_t) {
        if panel.growth() != Growth::Flat {
            rate += delta;
            offset -= delta * at;
        }
        lines.push((rate, offset));
    }
    lines
}

/// Puts the sums of a pass in their places.
fn assemble(panel: &Panel, sums: &Sums) -> Point {
    let (s, k, width, features) = (panel.s(), panel.k(), panel.width(), panel.places.len());
    let mut gram = vec![0.0; width * width];
    let mut score = vec![0.0; width];
    let flat = panel.growth() == Growth::Flat;
    let mut put = |i: usize, j: usize, value: f64| {
        gram[i * width + j] = value;
        gram[j * width + i] = value;
    };
    // Sums over the rows behind each changepoint, from the last one on.
    let mut trend = [0.0; 5];
    for segment in (0..=s).rev() {
        for (sum, part) in trend.iter_mut().zip(sums.trend[segment]) {
            *sum += part;
        }
        let [ones, t, tt, pull, pull_t] = trend;
        if segment == 0 {
            score[s + 1] = pull;
            put(s + 1, s + 1, ones);
            if !flat {
                score[s] = pull_t;
                put(s, s, tt);
                put(s, s + 1, t);
            }
        } else if !flat {
            let j = segment - 1;
            let late = panel.changepoints_t[j];
            score[j] = pull_t - late * pull;
            put(j, s, tt - late * t);
            put(j, s + 1, t - late * ones);
            for (i, early) in panel.changepoints_t[..=j].iter().enumerate() {
                put(i, j, tt - (early + late) * t + early * late * ones);
            }
        }
    }
    for (feature, (&place, [ones, t])) in panel.places.iter().zip(&sums.cross).enumerate() {
        let column = s + 2 + place;
        put(s + 1, column, *ones);
        if !flat {
            put(s, column, *t);
            for j in 0..s {
                put(j, column, sums.behind[j * features + feature]);
            }
        }
    }
    for (a, &place) in panel.places.iter().enumerate() {
        let i = s + 2 + place;
        score[i] = sums.slopes[a];
        for (b, &other) in panel.places.iter().enumerate().skip(a) {
            // Additive ones do not depend on the point.
            let value = if a < panel.multiplicative {
                sums.products[a * sums.wide + b]
            } else {
                panel.products[place * k + other]
            };
            put(i, s + 2 + other, value);
        }
    }
    Point { rss: sums.rss, gram, score }
}
