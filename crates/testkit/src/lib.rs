#![doc = include_str!("../README.md")]

pub mod draw;
pub mod program;
pub mod series;
pub mod tolerance;
pub mod yahoo_fake;
