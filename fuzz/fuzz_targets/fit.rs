#![no_main]

#[path = "../../crates/forecast-core/tests/it/fuzz/targets.rs"]
#[expect(dead_code, reason = "each program runs one of the targets")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::any_fit(bytes));
