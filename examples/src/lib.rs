//! Programs that embed the crates in another service; each is a file in `src/bin/`.
//!
//! ```text
//! cargo run -p examples --features market --bin fetch_and_split -- prices.csv
//! cargo run -p examples --bin fit_and_predict
//! cargo run --release -p examples --bin prophet -- fit --csv series.csv
//! ```
