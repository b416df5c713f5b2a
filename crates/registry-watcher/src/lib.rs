#![doc = include_str!("../README.md")]

pub mod connect;
pub mod load;
pub mod reload;
pub mod run;
pub mod select;
pub mod served;
pub mod status;
pub mod step;
pub mod watch;

pub use connect::Connect;
pub use load::{Load, LoadError};
pub use run::{Schedule, run};
pub use select::{Selector, Target};
pub use served::{Reader, Served, Writer, slot};
pub use status::{
    Cause, Degraded, Loading, Refusal, Serving, Status, StatusReader, Swap, SwapReason,
};
pub use step::Step;
pub use watch::Watcher;
