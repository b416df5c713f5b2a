//! Time stamps as steps in the largest unit that divides them all.

use chrono::DateTime;

use super::{ReadError, wire::Times};
use crate::ds::Ds;

const NANOS_PER_S: i128 = 1_000_000_000;

/// Nanoseconds since 1970-01-01.
fn nanos(ds: Ds) -> i128 {
    let at = ds.and_utc();
    i128::from(at.timestamp()) * NANOS_PER_S + i128::from(at.timestamp_subsec_nanos())
}

fn stamp(nanos: i128) -> Option<Ds> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS_PER_S)).ok()?;
    let rest = u32::try_from(nanos.rem_euclid(NANOS_PER_S)).ok()?;
    DateTime::from_timestamp(seconds, rest).map(|at| at.naive_utc())
}

fn divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { divisor(b, a % b) }
}

impl Times {
    pub(super) fn of(ds: &[Ds]) -> Self {
        let first = ds.first().map_or(0, |&ds| nanos(ds));
        let steps = || ds.windows(2).map(|pair| nanos(pair[1]) - nanos(pair[0]));
        let unit = steps().fold(0, divisor).max(1);
        Self {
            count: ds.len() as u64,
            first,
            unit,
            steps: steps().map(|step| step / unit).collect(),
        }
    }

    pub(super) fn read(&self, key: &'static str) -> Result<Vec<Ds>, ReadError> {
        let outside = ReadError::Time { key };
        if self.count != self.steps.len() as u64 + u64::from(self.count != 0) {
            return Err(outside);
        }
        if self.count == 0 {
            return Ok(Vec::new());
        }
        let mut at = self.first;
        let mut ds = Vec::with_capacity(self.steps.len() + 1);
        let next = |at: i128, step: i128| at.checked_add(step.checked_mul(self.unit)?);
        for step in std::iter::once(0).chain(self.steps.iter().copied()) {
            let Some((nanos, stamp)) = next(at, step).and_then(|at| Some((at, stamp(at)?))) else {
                return Err(outside);
            };
            at = nanos;
            ds.push(stamp);
        }
        Ok(ds)
    }
}
