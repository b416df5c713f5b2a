#![doc = include_str!("../README.md")]

pub mod connect;
pub mod files;
pub mod last_good;
pub mod load;
pub mod reload;
pub mod run;
pub mod select;
pub mod serve_after;
pub mod served;
pub mod status;
pub mod step;
pub mod wake;
pub mod watch;

pub use connect::Connect;
pub use files::Files;
pub use last_good::{LastGood, LastGoodError};
pub use load::{Load, LoadError};
pub use run::{Schedule, run};
pub use select::{Selector, Target};
pub use served::{Changes, Reader, Served, Writer, slot};
pub use status::{
    Cause, Degraded, Loading, Refusal, Serving, Staged, Status, StatusReader, Swap, SwapReason,
    Totals,
};
pub use step::Step;
pub use wake::Wake;
pub use watch::Watcher;
