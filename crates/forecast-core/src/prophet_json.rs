//! Models as Python Prophet writes and reads them (`model_to_json`,
//! `model_from_json`).
//!
//! Python's file is JSON with JSON inside: tables are strings as pandas writes
//! them. [`read`] takes the file bare or as a JSON string of itself, which is
//! how MLflow's Prophet flavour and the original project store it; [`write()`]
//! gives the bare form.

mod pandas;
mod read;
mod wire;
mod write;

use thiserror::Error;

pub use read::read;
pub use write::write;

/// The version of Python Prophet whose format is written.
pub const PROPHET_VERSION: &str = "1.5.0";

/// Why a text is not a fitted Prophet model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not JSON, or lacks something that every model has.
    #[error("the text is not the JSON of a Prophet model")]
    Json(#[source] Fault),
    /// A table inside cannot be read.
    #[error("model JSON: `{key}` is not a table as pandas writes it")]
    Table {
        /// The key.
        key: &'static str,
        /// Why.
        #[source]
        source: Fault,
    },
    /// A value is out of its range.
    #[error("model JSON: `{key}` is {value}, it must be {allowed}")]
    Value {
        /// The key.
        key: String,
        /// The value found.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A parameter does not fit the design.
    #[error("model JSON: `{key}` has {found} values, the design has {expected}")]
    Shape {
        /// The key.
        key: &'static str,
        /// Values found.
        found: usize,
        /// Values expected.
        expected: usize,
    },
    /// The specification inside is not valid.
    #[error("model JSON: the specification is not valid")]
    Spec(#[source] crate::FitError),
}

/// Characters of a foreign text that an error shows.
const EXCERPT_CHARS: usize = 200;

/// What the JSON reader says, cut to a readable length: it likes to quote the
/// value it met, which may be a whole model.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Fault(String);

impl Fault {
    fn of(error: &serde_json::Error) -> Self {
        Self(excerpt(&error.to_string()))
    }
}

fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
