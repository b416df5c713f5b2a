#![doc = include_str!("../README.md")]

pub mod logs;
pub mod report;
pub mod shutdown;
#[cfg(feature = "otel")]
pub mod traces;

pub use logs::{Filtered, Format, InitError, Logs, Verbosity, init};
pub use report::{Hinted, WithHint, report_error};
pub use shutdown::{Request, ServiceSignals, Signal, shutdown_signal};
