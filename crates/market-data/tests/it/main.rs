//! The crate from outside: a fake Yahoo, the disk, and recorded answers where they are at hand.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a helper of a test may fail the test and may tell what was not compared"
)]

mod answers;
mod kept;
mod recorded;
mod support;
#[cfg(feature = "frame")]
mod written;
