//! The command-line Prophet, run as a user would.

mod bad_input;
mod cv;
mod fit;
mod predict;
mod programs;
mod python;
mod support;
