//! Fetches, cleans, splits, fits, evaluates, tracks and registers.

pub mod plot;
