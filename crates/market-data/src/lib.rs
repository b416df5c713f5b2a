#![doc = include_str!("../README.md")]

pub mod bar;
mod cache;
pub mod calendar;
pub mod clean;
pub mod error;
#[cfg(feature = "frame")]
pub mod file;
#[cfg(feature = "frame")]
pub mod frame;
mod hex;
mod market;
pub mod quality;
pub mod source;
pub mod split;
pub mod symbol;
pub mod yahoo;
pub mod zone;

pub use bar::{Bar, Bars, Price, RawBar};
pub use calendar::Calendar;
pub use clean::clean;
pub use error::Error;
#[cfg(feature = "frame")]
pub use file::CsvSource;
pub use quality::{Finding, FindingKind, Quality};
pub use source::{Fetched, PriceSource, Provenance, Request};
pub use symbol::Symbol;
pub use yahoo::{YahooOptions, YahooSource};
