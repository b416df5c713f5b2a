//! Seasonalities, holidays and regressors, each and in sums.

use super::{Component, rows::Rows};
use crate::{
    design::Column,
    fitted::{Fitted, Params},
    spec::Mode,
    uncertainty,
};

/// The components of a forecast, with the columns that they are made of.
#[derive(Debug)]
pub(crate) struct Components {
    /// One for each seasonality, holiday and regressor, in the order of their
    /// columns, then their sums.
    pub(crate) all: Vec<Component>,
    pub(crate) additive_terms: Component,
    pub(crate) multiplicative_terms: Component,
}

/// Which columns and components there are.
struct Layout {
    /// A component for each name, empty.
    names: Vec<(String, Mode)>,
    /// The component of each column, by its place in `names`.
    of_column: Vec<usize>,
    /// Sums over components, by their places in `names`.
    sums: Vec<(&'static str, Mode, Vec<usize>)>,
}

impl Layout {
    fn of(columns: &[Column]) -> Self {
        let mut names: Vec<(String, Mode)> = Vec::new();
        let mut of_column = Vec::with_capacity(columns.len());
        let mut sums: Vec<(&'static str, Mode, Vec<usize>)> = Vec::new();
        for column in columns {
            // Columns of a component stand together.
            let known = names.iter().rposition(|(name, _)| *name == column.component);
            let place = known.unwrap_or(names.len());
            of_column.push(place);
            if known.is_some() {
                continue;
            }
            names.push((column.component.clone(), column.mode));
            let group = match (column.holiday, column.regressor, column.mode) {
                (true, _, _) => "holidays",
                (_, true, Mode::Additive) => "extra_regressors_additive",
                (_, true, Mode::Multiplicative) => "extra_regressors_multiplicative",
                _ => continue,
            };
            match sums.iter_mut().find(|(name, _, _)| *name == group) {
                Some((_, _, members)) => members.push(place),
                None => sums.push((group, column.mode, vec![place])),
            }
        }
        for mode in [Mode::Additive, Mode::Multiplicative] {
            let members = (0..names.len()).filter(|&place| names[place].1 == mode).collect();
            let name = match mode {
                Mode::Additive => "additive_terms",
                Mode::Multiplicative => "multiplicative_terms",
            };
            sums.push((name, mode, members));
        }
        Self { names, of_column, sums }
    }

    /// Adds up each component of a row: `coefficients` are K, `out` one a component.
    fn add(&self, features: &[f64], coefficients: &[f64], out: &mut [f64]) {
        for ((x, beta), &place) in features.iter().zip(coefficients).zip(&self.of_column) {
            out[place] += x * beta;
        }
    }
}

/// The coefficients in the unit of their component.
fn in_units(fitted: &Fitted, columns: &[Column], params: &Params) -> Vec<f64> {
    let unit = |column: &Column| match column.mode {
        Mode::Additive => fitted.scales.y_scale,
        Mode::Multiplicative => 1.0,
    };
    params.beta.iter().zip(columns).map(|(beta, column)| beta * unit(column)).collect()
}

/// The components of `rows`; with `bands`, those have ends too.
pub(crate) fn of(fitted: &Fitted, rows: &Rows, bands: bool) -> Components {
    let columns = fitted.design.columns();
    let layout = Layout::of(&columns);
    let (count, n) = (layout.names.len(), rows.t.len());
    let beta = in_units(fitted, &columns, &fitted.mean);
    let mut values = vec![vec![0.0; n]; count];
    let mut row = vec![0.0; count];
    for (i, features) in rows.matrix.chunks_exact(columns.len().max(1)).enumerate() {
        row.fill(0.0);
        layout.add(features, &beta, &mut row);
        for (values, value) in values.iter_mut().zip(&row) {
            values[i] = *value;
        }
    }
    for (_, _, members) in &layout.sums {
        let mut sum = vec![0.0; n];
        for &member in members {
            for (sum, value) in sum.iter_mut().zip(&values[member]) {
                *sum += value;
            }
        }
        values.push(sum);
    }
    let ends = if bands { ends(fitted, rows, &columns, &layout) } else { Vec::new() };
    let mut ends = ends.into_iter();
    let sums = layout.sums.iter().map(|(name, mode, _)| ((*name).to_owned(), *mode));
    let component = |((name, mode), values): ((String, Mode), Vec<f64>)| {
        let (lower, upper) = match ends.next() {
            Some(ends) => ends,
            // One set of parameters leaves no doubt about them.
            None if bands => (values.clone(), values.clone()),
            None => (Vec::new(), Vec::new()),
        };
        Component { name, mode, values, lower, upper }
    };
    let names = layout.names.iter().cloned().chain(sums);
    let mut all: Vec<Component> = names.zip(values).map(component).collect();
    let mut last = || all.pop().expect("invariant: a layout ends with the sums of both modes");
    let (multiplicative_terms, additive_terms) = (last(), last());
    Components { all, additive_terms, multiplicative_terms }
}

/// The ends of each component and sum, from its quantiles over the posterior
/// draws; none for one set of parameters.
fn ends(
    fitted: &Fitted,
    rows: &Rows,
    columns: &[Column],
    layout: &Layout,
) -> Vec<(Vec<f64>, Vec<f64>)> {
    let draws = fitted.samples.len();
    if draws == 1 {
        return Vec::new();
    }
    let beta: Vec<Vec<f64>> =
        fitted.samples.iter().map(|params| in_units(fitted, columns, params)).collect();
    let (count, n) = (layout.names.len(), rows.t.len());
    let tail = uncertainty::tail(fitted);
    let mut found = vec![(vec![0.0; n], vec![0.0; n]); count + layout.sums.len()];
    // One row of components for each draw.
    let mut drawn = vec![0.0; draws * count];
    let mut values = vec![0.0; draws];
    for (i, features) in rows.matrix.chunks_exact(columns.len().max(1)).enumerate() {
        drawn.fill(0.0);
        for (row, beta) in drawn.chunks_exact_mut(count.max(1)).zip(&beta) {
            layout.add(features, beta, row);
        }
        let single = (0..count).map(|place| vec![place]);
        let sums = layout.sums.iter().map(|(_, _, members)| members.clone());
        for (members, (lower, upper)) in single.chain(sums).zip(&mut found) {
            for (value, row) in values.iter_mut().zip(drawn.chunks_exact(count.max(1))) {
                *value = members.iter().map(|&member| row[member]).sum();
            }
            lower[i] = uncertainty::quantile(&mut values, tail);
            upper[i] = uncertainty::quantile(&mut values, 1.0 - tail);
        }
    }
    found
}
