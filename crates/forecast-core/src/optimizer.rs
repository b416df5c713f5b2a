//! The seam between the model and whoever finds its parameters.
//!
//! These are augurs-prophet's types, which are the interface of Prophet's Stan
//! program: any optimizer written for augurs can fit our models
//! ([`fit_with`](crate::fit_with)), and [`MapOptimizer`](crate::map::MapOptimizer)
//! can fit theirs.

pub use augurs_prophet::{
    PositiveFloat, TrendIndicator,
    optimizer::{Data, Error, InitialParams, OptimizeOpts, OptimizedParams, Optimizer},
};
