//! Pictures of a training run, as PNG and as SVG, from plain values.
//!
//! One drawing serves both formats. The fonts are bundled, so that a machine
//! without any draws the same picture.

mod axis;
mod canvas;
mod components;
mod forecast;
mod frame;
mod style;

use chrono::{NaiveDate, Weekday};

use canvas::{to_png, to_svg};

/// One date of a forecast or of a component, in the unit of the plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The date.
    pub date: NaiveDate,
    /// The value; a date whose value is not finite is left out of the line.
    pub yhat: f64,
    /// Lower end of the interval; NaN where there is none.
    pub lower: f64,
    /// Upper end of the interval; NaN where there is none.
    pub upper: f64,
}

impl Point {
    /// A point without an interval.
    #[must_use]
    pub const fn bare(date: NaiveDate, yhat: f64) -> Self {
        Self { date, yhat, lower: f64::NAN, upper: f64::NAN }
    }
}

/// History, test sessions and forecast: the whole, and the last year larger.
#[derive(Debug, Clone, Copy)]
pub struct ForecastPlot<'a> {
    /// The headline, such as `PETR4.SA`.
    pub title: &'a str,
    /// One line below it, such as the metrics; may be empty.
    pub subtitle: &'a str,
    /// What the fit saw, in order of date.
    pub history: &'a [(NaiveDate, f64)],
    /// What it did not see, in order of date.
    pub test: &'a [(NaiveDate, f64)],
    /// What it says, in order of date; dates up to the cutoff are drawn as the fit.
    pub forecast: &'a [Point],
    /// Where the trend may bend.
    pub changepoints: &'a [NaiveDate],
    /// The last date that the fit saw.
    pub cutoff: Option<NaiveDate>,
    /// What the values are, such as `BRL per share`.
    pub unit: &'a str,
}

/// The parts that add up to a forecast, one panel each.
#[derive(Debug, Clone, Copy)]
pub struct ComponentsPlot<'a> {
    /// The headline.
    pub title: &'a str,
    /// One line below it; may be empty.
    pub subtitle: &'a str,
    /// From top to bottom.
    pub panels: &'a [Panel<'a>],
}

/// One part of a forecast.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// What it is, such as `Trend`.
    pub title: &'a str,
    /// What the values are, such as `BRL per share`.
    pub unit: &'a str,
    /// The values, over the axis that suits them.
    pub values: Values<'a>,
}

/// The values of a panel and what they stand over.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// Over time, in order of date.
    Dates(&'a [Point]),
    /// One effect for each weekday, drawn in the order given.
    Weekdays(&'a [(Weekday, f64)]),
    /// Over the days of a year, 1 to 366, in order.
    DaysOfYear(&'a [(u16, f64)]),
}

impl ForecastPlot<'_> {
    /// The picture as the bytes of a PNG file, 1600 × 900.
    ///
    /// # Errors
    ///
    /// If drawing or encoding fails; no input makes it.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        to_png(self)
    }

    /// The picture as an SVG document.
    ///
    /// # Errors
    ///
    /// If drawing fails; no input makes it.
    pub fn svg(&self) -> anyhow::Result<String> {
        to_svg(self)
    }
}

impl ComponentsPlot<'_> {
    /// The picture as the bytes of a PNG file, 1600 wide.
    ///
    /// # Errors
    ///
    /// If drawing or encoding fails; no input makes it.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        to_png(self)
    }

    /// The picture as an SVG document.
    ///
    /// # Errors
    ///
    /// If drawing fails; no input makes it.
    pub fn svg(&self) -> anyhow::Result<String> {
        to_svg(self)
    }
}

#[cfg(test)]
mod tests;
