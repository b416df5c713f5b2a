//! Pictures of models that were fitted to made-up series.

mod components;
mod cross_validation;
mod forecast;
mod pages;
mod realised;
mod support;
