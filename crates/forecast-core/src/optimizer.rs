//! The seam between the model and whoever finds its parameters.
//!
//! These are augurs-prophet's types, which are the interface of Prophet's Stan
//! program: any optimizer written for augurs can fit our models
//! ([`fit_with`](crate::fit_with)), and [`MapOptimizer`](crate::map::MapOptimizer)
//! can fit theirs.
//!
//! Stan itself is one of them: the features `cmdstan` and `wasmstan` bring it as
//! `optimizer::stan`.

pub use augurs_prophet::{
    PositiveFloat, TrendIndicator,
    optimizer::{Algorithm, Data, Error, InitialParams, OptimizeOpts, OptimizedParams, Optimizer},
};

/// Stan's L-BFGS, as augurs-prophet runs it.
///
/// It stops some way before the optimum that [`fit`](crate::fit()) finds, and
/// takes about a thousand times as long: it is here to compare with.
#[cfg(any(feature = "cmdstan", feature = "wasmstan"))]
pub mod stan {
    /// Runs the compiled model of Prophet, for each fit in a process of its own.
    ///
    /// Python Prophet brings the program: `prophet/stan_model/prophet_model.bin`
    /// in its package. Of the options only `algorithm` and `seed` reach it.
    #[cfg(feature = "cmdstan")]
    pub use augurs_prophet::cmdstan::CmdstanOptimizer;
    /// Runs the model of Prophet compiled to WebAssembly; making one takes about
    /// a second.
    #[cfg(feature = "wasmstan")]
    pub use augurs_prophet::wasmstan::WasmstanOptimizer;
}
