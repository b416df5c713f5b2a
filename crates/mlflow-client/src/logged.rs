//! What became of the values that were logged.

/// What was stored otherwise than it was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logged {
    /// The parameters and tags whose values were cut.
    pub truncated: Vec<Truncated>,
}

/// A value that was too long for MLflow, and was cut as MLflow cuts it.
///
/// [`ClientOptions::truncate_long_values`](crate::ClientOptions::truncate_long_values) says
/// whether such a value is cut or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncated {
    /// The name of the parameter or tag.
    pub key: String,
    /// How many characters it had.
    pub length: usize,
    /// How many of them were kept, from the start.
    pub kept: usize,
}
