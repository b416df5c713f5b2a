//! The program, from outside.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of them")]

mod bad_input;
mod end_to_end;
mod main_job;
mod registry;
mod score;
mod score_alarms;
mod served;
mod service;
mod support;
