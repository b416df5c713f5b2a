//! A value of a table, before anybody knows what its column means.

use serde_json::Value;

use crate::problem::quoted;

/// What pandas reads as a missing value of a CSV file.
const MISSING: [&str; 10] = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>"];

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Missing,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A list or an object, which is nothing that a cell may hold.
    Nested,
}

impl Cell {
    /// Reads a field of a CSV file as pandas does.
    pub(super) fn of_field(text: &str) -> Self {
        match text {
            "True" | "TRUE" | "true" => Self::Bool(true),
            "False" | "FALSE" | "false" => Self::Bool(false),
            text if MISSING.contains(&text) => Self::Missing,
            text => Self::Text(text.to_owned()),
        }
    }

    pub(super) fn of_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Missing,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => number.as_f64().map_or(Self::Missing, Self::Number),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => Self::Nested,
        }
    }

    /// A finite number; a flag is 0 or 1, and text that is a number is one, as with MLflow.
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Bool(flag) => f64::from(u8::from(*flag)),
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Missing | Self::Nested => return None,
        };
        number.is_finite().then_some(number)
    }

    /// The value as a message repeats it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Missing => "missing".to_owned(),
            Self::Bool(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::Nested => "a list or an object".to_owned(),
        }
    }
}
