//! How good forecasts would have been: Prophet's `diagnostics.py`.
//!
//! [`cross_validation`] fits the model again at cutoffs in its own history and
//! forecasts what came after; [`performance_metrics`] says how wrong that was, by
//! distance from the cutoff.
//!
//! ```
//! use chrono::{Days, NaiveDate};
//! use forecast_core::{
//!     Series, Spec,
//!     baseline::Baseline,
//!     diagnostics::{
//!         CrossValidationOptions, Metric, cross_validation, parse_timedelta, performance_metrics,
//!     },
//!     ds::midnight,
//!     fit,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let first = NaiveDate::from_ymd_opt(2024, 1, 1).ok_or("date")?;
//! let ds = (0..200).map(|i| midnight(first + Days::new(i))).collect();
//! let y = (0..200u32).map(|i| 20.0 + 0.01 * f64::from(i) + f64::from(i % 7)).collect();
//! let history = Series::new(ds, y)?;
//!
//! let model = fit(&Spec::default(), &history)?;
//! let horizon = parse_timedelta("20 days").ok_or("horizon")?;
//! let cv = cross_validation(&model, horizon, &CrossValidationOptions::default())?;
//! let naive = cv.baseline(&Baseline::Naive, &history)?;
//! let metrics = [Metric::Mae, Metric::Coverage, Metric::Skill { baseline: &naive }];
//! let overall = performance_metrics(&cv, &metrics, 1.0, false)?;
//! assert!(0.9 < overall.column("skill").ok_or("skill")?[0]);
//! # Ok(())
//! # }
//! ```

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
