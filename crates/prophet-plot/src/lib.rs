#![doc = include_str!("../README.md")]

mod error;
mod font;
mod page;
mod theme;

mod axis;
mod decimate;
mod figure;
mod layout;
mod panel;
mod render;
mod sheet;

mod components;
mod cross_validation;
mod effects;
mod forecast;
mod realised;
mod seasonality;

pub use components::{ComponentOptions, plot_components, plot_forecast_component};
pub use cross_validation::plot_cross_validation_metric;
pub use error::PlotError;
pub use figure::Figure;
pub use forecast::{Changepoints, History, PlotOptions, plot};
pub use page::Page;
pub use realised::{Foreseen, Realised, plot_realised};
pub use seasonality::{plot_seasonality, plot_weekly, plot_yearly};
pub use theme::Theme;

/// Points of one series that are taken: a 5-minute series of twenty years has two million.
const POINTS_MAX: usize = 5_000_000;

/// Checks the length of a series against the bound.
fn check_points(what: &'static str, count: usize) -> Result<(), PlotError> {
    if count <= POINTS_MAX {
        return Ok(());
    }
    Err(PlotError::TooManyPoints { what, count, max: POINTS_MAX })
}
