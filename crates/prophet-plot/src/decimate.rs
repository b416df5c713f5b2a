//! Fewer points that draw the same picture.

use crate::sheet::Xy;

/// Columns for each pixel of width: halves, for a PNG is drawn at twice its size.
const COLUMNS_PER_PX: f64 = 2.0;
/// A line with fewer points than this for each column is drawn as it is.
const POINTS_PER_COLUMN: f64 = 4.0;

/// The first, lowest, highest and last point of every column of pixels, in the
/// order in which they come: the line through them covers the same pixels.
pub(crate) fn line(points: Vec<Xy>) -> Vec<Xy> {
    let Some(columns) = crowded(&points) else { return points };
    let mut thin = Vec::with_capacity(columns * 4);
    for run in points.chunk_by(|a, b| column(a.0) == column(b.0)) {
        let last = run.len() - 1;
        let extreme = |better: fn(f64, f64) -> bool| {
            (0..run.len()).fold(0, |best, i| if better(run[i].1, run[best].1) { i } else { best })
        };
        let mut kept = [0, extreme(|a, b| a < b), extreme(|a, b| a > b), last];
        kept.sort_unstable();
        for (n, i) in kept.into_iter().enumerate() {
            if n == 0 || i != kept[n - 1] {
                thin.push(run[i]);
            }
        }
    }
    thin
}

/// One point a column, as low and as high as any in it: `(x, upper, lower)`.
pub(crate) fn band(points: Vec<(f64, f64, f64)>) -> Vec<(f64, f64, f64)> {
    let xs: Vec<Xy> = points.iter().map(|p| (p.0, 0.0)).collect();
    if crowded(&xs).is_none() {
        return points;
    }
    points
        .chunk_by(|a, b| column(a.0) == column(b.0))
        .map(|run| {
            let x = run.iter().map(|p| p.0).sum::<f64>() / run.len() as f64;
            // Upper edges have the smaller ordinates on a page.
            let upper = run.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
            let lower = run.iter().map(|p| p.2).fold(f64::NEG_INFINITY, f64::max);
            (x, upper, lower)
        })
        .collect()
}

/// One dot for each cell of `cell` by `cell` pixels, the first in it.
pub(crate) fn dots(points: Vec<Xy>, cell: f64) -> Vec<Xy> {
    let mut seen = std::collections::BTreeSet::new();
    let key = |v: f64| column(v / cell / COLUMNS_PER_PX);
    points.into_iter().filter(|(x, y)| seen.insert((key(*x), key(*y)))).collect()
}

/// How many columns the points cover, if there are too many of them for these.
fn crowded(points: &[Xy]) -> Option<usize> {
    let (first, last) = (points.first()?, points.last()?);
    let columns = (last.0 - first.0).abs() * COLUMNS_PER_PX + 1.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of columns on a page"
    )]
    (POINTS_PER_COLUMN * columns < points.len() as f64).then_some(columns as usize)
}

#[expect(clippy::cast_possible_truncation, reason = "coordinates lie on the page")]
fn column(x: f64) -> i64 {
    (x * COLUMNS_PER_PX).floor() as i64
}

#[cfg(test)]
mod tests;
