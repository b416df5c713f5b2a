//! `forecast-monitor` from outside.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test does")]

mod child;
mod files;
mod processes;
mod python;
