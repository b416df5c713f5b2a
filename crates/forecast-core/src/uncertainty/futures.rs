//! Simulated changes of the trend after the history's end.

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{change_size, paths_per_draw};
use crate::{fitted::Fitted, spec::Growth};

/// Futures of all posterior draws, at one time: a path each.
///
/// Each path has a generator of its own and draws its changes in order of time,
/// so that what happens until some time depends neither on other paths nor on
/// how far ahead anybody looks.
#[derive(Debug)]
pub(super) struct Futures {
    paths: Vec<Path>,
    /// Changes in a unit of time; zero for none.
    frequency: f64,
}

#[derive(Debug)]
struct Path {
    generator: Xoshiro256PlusPlus,
    /// Mean size of a change.
    size: f64,
    /// Time of the next change, and by how much the rate changes.
    next: (f64, f64),
    /// What the changes so far add to the argument: `rate t − offset`.
    rate: f64,
    offset: f64,
}

impl Futures {
    /// The futures at the history's end, draw by draw.
    pub(super) fn new(fitted: &Fitted, seed: u64) -> Self {
        let frequency = match fitted.spec.growth {
            Growth::Flat => 0.0,
            Growth::Linear | Growth::Logistic => fitted.changepoints_t.len() as f64,
        };
        let mut seeds = Xoshiro256PlusPlus::seed_from_u64(seed);
        let each = paths_per_draw(fitted);
        let mut paths = Vec::with_capacity(each * fitted.samples.len());
        for params in &fitted.samples {
            let size = change_size(&params.delta);
            for _ in 0..each {
                let generator = Xoshiro256PlusPlus::from_rng(&mut seeds);
                let next = (1.0, 0.0);
                let mut path = Path { generator, size, next, rate: 0.0, offset: 0.0 };
                path.draw(frequency);
                paths.push(path);
            }
        }
        Self { paths, frequency }
    }

    /// What each path adds to the trend's argument at `t`, which never decreases.
    pub(super) fn at(&mut self, t: f64, out: &mut [f64]) {
        for (path, out) in self.paths.iter_mut().zip(out) {
            while path.next.0 <= t {
                let (at, delta) = path.next;
                path.rate += delta;
                path.offset += delta * at;
                path.draw(self.frequency);
            }
            *out = path.rate * t - path.offset;
        }
    }
}

impl Path {
    /// Draws the next change.
    fn draw(&mut self, frequency: f64) {
        let pause: f64 = Exp1.sample(&mut self.generator);
        let size: f64 = Exp1.sample(&mut self.generator);
        let sign = if self.generator.random::<bool>() { 1.0 } else { -1.0 };
        // Without changes, the next one never comes.
        self.next = (self.next.0 + pause / frequency, sign * size * self.size);
    }
}
