//! Where the ticks go and what they say.

pub(crate) mod time;
pub(crate) mod value;

/// A linear map from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    from: f64,
    to: f64,
    px_from: f64,
    px_to: f64,
}

impl Scale {
    /// Maps `from..to` to `px_from..px_to`; an empty range is put in the middle of a wider one.
    pub(crate) fn new((from, to): (f64, f64), (px_from, px_to): (f64, f64)) -> Self {
        let (from, to) = if from < to { (from, to) } else { (from - 1.0, from + 1.0) };
        Self { from, to, px_from, px_to }
    }

    pub(crate) fn px(&self, value: f64) -> f64 {
        self.px_from + (value - self.from) / (self.to - self.from) * (self.px_to - self.px_from)
    }
}

/// A mark on an axis: where, what it says, and a second line where there is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
    pub(crate) below: String,
}

impl Tick {
    pub(crate) fn new(at: f64, label: impl Into<String>) -> Self {
        Self { at, label: label.into(), below: String::new() }
    }
}

#[cfg(test)]
mod tests;
