#![doc = include_str!("../README.md")]

pub mod load;
pub mod run;
pub mod select;
pub mod served;
pub mod status;
pub mod watch;

pub use load::{Load, LoadError};
pub use run::{Schedule, run};
pub use select::{Selector, Target};
pub use served::{Reader, Served, Writer, slot};
pub use status::{Cause, Degraded, Refusal, Serving, Status, StatusReader, Swap, SwapReason};
pub use watch::{Step, Watcher};
