//! Benchmarks: criterion's in `benches/`, a file a crate (`cargo bench -p benches`, or
//! `make bench`), and in `peers/` the race against other implementations of Prophet
//! (`make bench-peers`).

pub mod series;
