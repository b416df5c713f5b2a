//! Tests of the crate as its users meet it.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests, outside of them")]

mod augurs;
mod baseline;
mod batch;
mod bayes;
mod compact;
mod cross_validation;
mod diagnostics;
mod diagnostics_reference;
mod features;
mod future;
mod fuzz;
mod golden;
mod input;
mod intervals;
mod parity;
mod posterior;
mod properties;
mod python;
mod reference;
mod stan;
mod support;
