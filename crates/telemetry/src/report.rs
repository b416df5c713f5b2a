//! The report of a failure: what, because of what, and what to do.

use std::error::Error;
use std::fmt::{self, Write as _};

/// Bounds the chain that is printed: a cycle or an endless chain is a bug that must not hang
/// the report of another one.
const CAUSES_MAX: usize = 16;

/// An error with a hint for the person who reads it.
///
/// It stands in for the error that it wraps: same text, same causes. Only the hint is new,
/// and [`report_error`] finds it anywhere in a chain.
#[derive(Debug)]
pub struct Hinted {
    hint: String,
    inner: Box<dyn Error + Send + Sync>,
}

impl Hinted {
    /// Adds a hint to an error, or to a sentence.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), inner: error.into() }
    }

    /// What the reader can do.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// The error that the hint was added to.
    pub fn inner(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.inner.as_ref()
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Error for Hinted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source()
    }
}

/// Adds a hint to the error of a result.
pub trait WithHint<T> {
    /// Keeps a value; wraps an error in [`Hinted`].
    ///
    /// # Errors
    ///
    /// Returns the error it was given, with the hint.
    fn with_hint(self, hint: impl Into<String>) -> Result<T, Hinted>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> WithHint<T> for Result<T, E> {
    fn with_hint(self, hint: impl Into<String>) -> Result<T, Hinted> {
        self.map_err(|error| Hinted::new(error, hint))
    }
}

/// Writes an error for people: `error:`, a `because:` for every cause, and a `hint:`.
///
/// A cause whose text already stands in the line above it is left out, since some foreign
/// types repeat their source. `hint` wins over one found in the chain; of those, the
/// outermost counts. `&anyhow::Error` is what programs pass.
pub fn report_error<E: AsRef<dyn Error + 'static>>(error: &E, hint: Option<&str>) -> String {
    let error = error.as_ref();
    let mut report = format!("error: {error}\n");
    let mut above = error.to_string();
    for cause in chain(error).skip(1) {
        let text = cause.to_string();
        if !above.contains(&text) {
            writeln!(report, "  because: {text}").expect("invariant: a String takes any text");
            above = text;
        }
    }
    if let Some(hint) = hint.or_else(|| hint_in(error)) {
        writeln!(report, "hint: {hint}").expect("invariant: a String takes any text");
    }
    report
}

/// The hint of the outermost [`Hinted`] in a chain.
fn hint_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a str> {
    chain(error).find_map(|cause| cause.downcast_ref::<Hinted>()).map(Hinted::hint)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source()).take(CAUSES_MAX)
}

#[cfg(test)]
mod tests;
