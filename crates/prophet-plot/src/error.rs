//! Why a picture could not be drawn.

use thiserror::Error;

/// Why a picture could not be drawn.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The page is too small to read or too large to hold.
    #[error("`{field}` is {value}, it must be {allowed}")]
    Page {
        /// `width`, `height` or `area`.
        field: &'static str,
        /// The value given, in pixels.
        value: u64,
        /// What is allowed.
        allowed: String,
    },
    /// More points than a picture is made of.
    #[error("`{what}` has {count} points, at most {max} are drawn; thin them first")]
    TooManyPoints {
        /// The series.
        what: &'static str,
        /// Its length.
        count: usize,
        /// The bound.
        max: usize,
    },
    /// Two series that belong together differ in length.
    #[error("`{what}` has {found} values, the forecast has {rows} rows")]
    Length {
        /// The series.
        what: &'static str,
        /// Its length.
        found: usize,
        /// Rows of the forecast.
        rows: usize,
    },
    /// The model or the forecast has no such component.
    #[error("`{name}` is no component of the model; it has {known}")]
    UnknownComponent {
        /// The name asked for.
        name: String,
        /// The names that are there.
        known: String,
    },
    /// The seasonal effects could not be computed.
    #[error("cannot compute the effects of `{name}`")]
    Effects {
        /// The component.
        name: String,
        /// Why.
        #[source]
        source: forecast_core::PredictError,
    },
    /// The cross-validation could not be scored.
    #[error("cannot score the cross-validation")]
    Metrics(#[from] forecast_core::diagnostics::MetricsError),
    /// The metric has no value for these rows.
    #[error("metric `{metric}` cannot be drawn: {reason}")]
    Skipped {
        /// The metric.
        metric: String,
        /// Why.
        reason: &'static str,
    },
    /// The bundled fonts or the drawing backend failed, which no input causes.
    #[error("cannot draw the picture: {0}")]
    Draw(String),
}
