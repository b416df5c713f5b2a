#![doc = include_str!("../README.md")]

pub mod augurs;
pub mod ds;
pub mod error;
pub mod series;
pub mod spec;

pub mod frequency;
pub mod holidays;

mod changepoint;
mod design;
mod moments;
mod normal;
mod panel;
mod scale;
mod simd;
mod trend;

pub mod map;
pub mod optimizer;
pub mod posterior;
pub mod sampler;

pub mod fit;
pub mod fitted;
mod future;
mod predict;
mod regressor;
mod uncertainty;
pub mod utilities;

pub mod baseline;
pub mod batch;
pub mod diagnostics;
pub mod evaluate;
mod seed;

#[doc(hidden)]
pub mod phases;

pub mod compact;
pub mod prophet_json;

pub use error::{FitError, PredictError};
pub use fit::{Prophet, fit, fit_bayes, fit_from, fit_with, prepare};
pub use fitted::{FitReport, Fitted, Params};
pub use frequency::{Frequency, FutureError};
pub use predict::{Component, Forecast, Samples};
pub use sampler::{McmcReport, McmcWarning, SamplerOptions};
pub use series::{Future, Series};
pub use spec::{Growth, Mode, Scaling, SeasonalityChoice, Spec};
