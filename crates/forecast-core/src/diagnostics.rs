//! How good forecasts would have been: Prophet's `diagnostics.py`.
//!
//! [`cross_validation`] fits the model again at cutoffs in its own history and
//! forecasts what came after; [`performance_metrics`] says how wrong that was, by
//! distance from the cutoff.

mod cross_validation;
mod cutoffs;
mod error;
mod frame;
mod horizon;
mod metric;
mod metrics;
mod rolling;

pub use cross_validation::{
    CrossValidationOptions, Cutoffs, cross_validation, prophet_copy, single_cutoff_forecast,
};
pub use cutoffs::generate_cutoffs;
pub use error::{CrossValidationError, CrossValidationWarning, MetricsError};
pub use frame::CrossValidation;
pub use horizon::{Horizon, parse_timedelta};
pub use metric::{CustomMetric, Metric, register_performance_metric};
pub use metrics::{PerformanceMetrics, SkippedMetric, performance_metrics};
pub use rolling::{HorizonRows, Rolling, Window, rolling_mean_by_h, rolling_median_by_h};
