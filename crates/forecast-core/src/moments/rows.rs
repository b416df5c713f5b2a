//! The rows as the pass takes them.

use crate::{
    design::Design,
    ds::{DAY_S, Ds, epoch_seconds},
    error::FitError,
    spec::Mode,
};

/// A Fourier series: its period in seconds and its order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wave {
    pub(super) period_s: f64,
    pub(super) order: usize,
}

/// A column besides the largest seasonality.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// Its place in the design.
    pub(super) column: usize,
    pub(super) kind: Kind,
}

/// What a column is made of.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// The sine (even) or cosine (odd) number `term` of wave `wave`.
    Term { wave: usize, term: usize },
    /// Ones on these rows, in order, zeros elsewhere.
    Marks(Vec<usize>),
}

/// Rows in order of time, and the columns to make of them.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    /// Seconds since the first row.
    pub(super) seconds: &'a [f64],
    /// Seconds of the first row since 1970.
    pub(super) first_s: f64,
    /// Scaled time.
    pub(crate) t: &'a [f64],
    /// Scaled values.
    pub(super) y: &'a [f64],
    /// Scaled values of other series over the same rows.
    pub(super) more: Vec<&'a [f64]>,
    /// Columns of the design.
    pub(super) columns: usize,
    /// The seasonality of the highest order, and where its columns begin.
    pub(super) primary: Option<Wave>,
    pub(super) primary_at: usize,
    /// The other seasonalities.
    pub(super) waves: Vec<Wave>,
    /// Columns besides the primary ones; columns of zeros are left out.
    pub(super) others: Vec<Other>,
}

impl<'a> Rows<'a> {
    /// Lays out the columns of a design, or `None` where it has features that the
    /// pass does not know: multiplicative ones, regressors, conditions.
    pub(crate) fn of(
        design: &Design,
        ds: &[Ds],
        seconds: &'a [f64],
        t: &'a [f64],
        y: &'a [f64],
    ) -> Result<Option<Self>, FitError> {
        let simple = design.seasonalities.iter().all(|seasonality| {
            seasonality.mode == Mode::Additive && seasonality.condition_name.is_none()
        });
        let holidays_fit = design.holiday_names.is_none() || design.holidays_mode == Mode::Additive;
        if !simple || !holidays_fit || !design.regressors.is_empty() {
            return Ok(None);
        }
        let largest = design
            .seasonalities
            .iter()
            .enumerate()
            .max_by_key(|(i, seasonality)| (seasonality.fourier_order, std::cmp::Reverse(*i)))
            .map(|(i, _)| i);
        let (mut others, mut waves) = (Vec::new(), Vec::new());
        let (mut primary, mut primary_at, mut column) = (None, 0, 0);
        for (i, seasonality) in design.seasonalities.iter().enumerate() {
            let order = seasonality.fourier_order as usize;
            let wave = Wave { period_s: seasonality.period * DAY_S, order };
            if Some(i) == largest {
                (primary, primary_at) = (Some(wave), column);
            } else {
                let terms = (0..2 * order).map(|term| Other {
                    column: column + term,
                    kind: Kind::Term { wave: waves.len(), term },
                });
                others.extend(terms);
                waves.push(wave);
            }
            column += 2 * order;
        }
        for marks in design.marked_rows(ds)? {
            if !marks.is_empty() {
                others.push(Other { column, kind: Kind::Marks(marks) });
            }
            column += 1;
        }
        Ok(Some(Self {
            seconds,
            first_s: epoch_seconds(ds[0]),
            t,
            y,
            more: Vec::new(),
            columns: column.max(1),
            primary,
            primary_at,
            waves,
            others,
        }))
    }

    /// Takes the values of other series over the same rows.
    pub(crate) fn with_more(self, more: Vec<&'a [f64]>) -> Self {
        Self { more, ..self }
    }

    /// Order of the primary seasonality.
    pub(super) fn order(&self) -> usize {
        self.primary.map_or(0, |wave| wave.order)
    }
}
