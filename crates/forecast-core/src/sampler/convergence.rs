//! Whether chains have converged, and how many independent draws they are worth.
//!
//! # Source
//!
//! Vehtari, Gelman, Simpson, Carpenter, Bürkner, *Rank-normalization, folding, and
//! localization: an improved R-hat for assessing convergence of MCMC* (2021); Geyer's
//! initial monotone sequence as in Stan. The numbers are those of `ArviZ`
//! (`rhat(method="rank")`, `ess(method="bulk")`, `ess(method="tail")`).

use crate::normal;
use crate::uncertainty::quantile;

/// Quantiles whose effective sample sizes make up the tail's.
const TAILS: [f64; 2] = [0.05, 0.95];

/// Draws a chain needs so that each half still has a variance.
pub(crate) const DRAWS_MIN: usize = 4;

/// Rank-normalised split R-hat: the larger of that of the draws and that of their
/// distances from the median; 1 for a parameter that does not vary.
///
/// # Panics
///
/// If chains differ in length, or have fewer than four draws each.
pub fn rhat(chains: &[Vec<f64>]) -> f64 {
    check(chains);
    let halves = split(chains);
    let mut all: Vec<f64> = halves.iter().flatten().copied().collect();
    let median = quantile(&mut all, 0.5);
    let folded: Vec<Vec<f64>> =
        halves.iter().map(|half| half.iter().map(|x| (x - median).abs()).collect()).collect();
    potential(&normal_scores(&halves)).max(potential(&normal_scores(&folded)))
}

/// Effective sample size of the bulk of the draws, which is that of their mean
/// after ranking.
///
/// # Panics
///
/// As [`rhat`].
pub fn ess_bulk(chains: &[Vec<f64>]) -> f64 {
    check(chains);
    effective(&normal_scores(&split(chains)))
}

/// Effective sample size of the tails: the smaller of those of the 5 % and the
/// 95 % quantile.
///
/// # Panics
///
/// As [`rhat`].
pub fn ess_tail(chains: &[Vec<f64>]) -> f64 {
    check(chains);
    let mut all: Vec<f64> = chains.iter().flatten().copied().collect();
    let sizes = TAILS.map(|share| {
        let limit = quantile(&mut all, share);
        let below = |x: &f64| f64::from(u8::from(*x <= limit));
        let chains: Vec<Vec<f64>> =
            chains.iter().map(|chain| chain.iter().map(below).collect()).collect();
        effective(&split(&chains))
    });
    sizes[0].min(sizes[1])
}

fn check(chains: &[Vec<f64>]) {
    let draws = chains.first().map_or(0, Vec::len);
    assert!(DRAWS_MIN <= draws, "a chain has {draws} draws, diagnostics need {DRAWS_MIN}");
    assert!(chains.iter().all(|chain| chain.len() == draws), "chains have one length");
}

/// Each chain as two; the middle draw of an odd number belongs to neither.
fn split(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let half = chains[0].len() / 2;
    chains
        .iter()
        .flat_map(|chain| [chain[..half].to_vec(), chain[chain.len() - half..].to_vec()])
        .collect()
}

/// Draws replaced by the normal quantiles of their ranks; equal draws share the
/// mean of their ranks.
///
/// # Source
///
/// Blom's fractional offset 3/8, as in the paper.
fn normal_scores(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let draws = chains[0].len();
    let mut order: Vec<(f64, usize)> = chains.iter().flatten().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let size = order.len() as f64;
    let mut scores = vec![Vec::new(); chains.len()];
    for chain in &mut scores {
        chain.resize(draws, 0.0);
    }
    let mut first = 0;
    for ties in order.chunk_by(|a, b| a.0 >= b.0) {
        // Ranks count from one.
        let rank = first as f64 + (ties.len() + 1) as f64 / 2.0;
        let score = normal::quantile((rank - 0.375) / (size + 0.25));
        for &(_, at) in ties {
            scores[at / draws][at % draws] = score;
        }
        first += ties.len();
    }
    scores
}

/// R-hat of chains as they are.
fn potential(chains: &[Vec<f64>]) -> f64 {
    let n = chains[0].len() as f64;
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let variances: Vec<f64> = chains.iter().map(|chain| variance(chain)).collect();
    let (between, within) = (variance(&means), mean(&variances));
    if within <= 0.0 {
        // Nothing moves: one value everywhere, or chains that are stuck apart.
        return if between <= 0.0 { 1.0 } else { f64::INFINITY };
    }
    ((n - 1.0) / n + between / within).sqrt()
}

/// Effective sample size of chains as they are.
fn effective(chains: &[Vec<f64>]) -> f64 {
    let (n, total) = (chains[0].len(), (chains.len() * chains[0].len()) as f64);
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let autocovariance = |lag: usize| {
        let sum: f64 =
            chains.iter().zip(&means).map(|(chain, mean)| product(chain, *mean, lag)).sum();
        sum / total
    };
    let start = autocovariance(0);
    let within = start * n as f64 / (n as f64 - 1.0);
    let whole = start + if 1 < chains.len() { variance(&means) } else { 0.0 };
    if whole <= 0.0 {
        return total;
    }
    let correlation = |lag: usize| 1.0 - (within - autocovariance(lag)) / whole;
    // Sums of neighbours fall and are positive for a reversible chain; where the
    // estimates no longer are, they are noise.
    let mut pairs = vec![(1.0, correlation(1))];
    let mut next = 2;
    let rest = loop {
        let (even, odd) = *pairs.last().expect("invariant: the first pair is there");
        if n <= next + 2 || even + odd <= 0.0 {
            pairs.pop();
            break even.max(0.0);
        }
        pairs.push((correlation(next), correlation(next + 1)));
        next += 2;
    };
    let mut smallest = f64::INFINITY;
    let mut sum = 0.0;
    for (even, odd) in &pairs {
        smallest = smallest.min(even + odd);
        sum += smallest;
    }
    let time = (2.0 * sum - 1.0 + rest).max(1.0 / total.log10());
    total / time
}

/// Sum of the products of draws `lag` apart, about `mean`.
fn product(chain: &[f64], mean: f64, lag: usize) -> f64 {
    chain.iter().zip(&chain[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (values.len() as f64 - 1.0)
}
