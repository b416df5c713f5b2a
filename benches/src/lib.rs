//! Criterion benchmarks, a file a crate in `benches/`.
//!
//! `cargo bench -p benches`, or `make bench`.
