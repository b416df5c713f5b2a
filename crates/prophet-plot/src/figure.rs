//! What a picture shows, before it has a size: panels of layers over an axis.

use chrono::NaiveDateTime;

use crate::{
    axis::{Tick, value::Numbers},
    error::PlotError,
    layout,
    page::Page,
    render,
    sheet::{Fill, Pen},
    theme::Ink,
};

/// A picture that can be drawn on any page, as SVG and as PNG.
///
/// The same figure on the same page gives the same bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) legend: Vec<Entry>,
    pub(crate) panels: Vec<Panel>,
    /// Height that suits it at the width for which the sizes below are given.
    pub(crate) height: f64,
}

/// The width at which lines and letters have the sizes that are written in the code.
pub(crate) const DESIGN_WIDTH: f64 = 1600.0;
/// Height of a figure with one subject, at that width.
pub(crate) const HEIGHT: f64 = 900.0;

impl Figure {
    /// Puts a headline and a line below it; either may be empty.
    #[must_use]
    pub fn titled(mut self, title: &str, subtitle: &str) -> Self {
        title.clone_into(&mut self.title);
        subtitle.clone_into(&mut self.subtitle);
        self
    }

    /// The picture as an SVG document.
    ///
    /// Letters are named, not drawn: Inter where the reader has it, else Helvetica or Arial.
    ///
    /// # Errors
    ///
    /// [`PlotError::Page`] if the page is too small or too large for the picture.
    pub fn svg(&self, page: &Page) -> Result<String, PlotError> {
        render::svg(&layout::sheet(self, page)?, page.theme)
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    ///
    /// As [`Figure::svg`].
    pub fn png(&self, page: &Page) -> Result<Vec<u8>, PlotError> {
        render::png(&layout::sheet(self, page)?, page.theme)
    }
}

/// A line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) label: &'static str,
    pub(crate) swatch: Swatch,
}

/// The sample beside a line of the legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Swatch {
    Line(Pen),
    Dot(Ink),
    Band(Ink),
}

/// One pair of axes and what stands between them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    pub(crate) title: String,
    /// What the values are, in the words of the caller.
    pub(crate) unit: String,
    pub(crate) x: XAxis,
    /// Written below the axis; may be empty.
    pub(crate) x_label: String,
    pub(crate) numbers: Numbers,
    /// Whether zero is on the axis, with a line of its own.
    pub(crate) has_zero: bool,
    pub(crate) layers: Vec<Layer>,
    /// Its part of the height, beside that of the other panels.
    pub(crate) weight: f64,
}

/// What a panel stands over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum XAxis {
    /// Time; values are seconds since 1970-01-01.
    Time { from: NaiveDateTime, to: NaiveDateTime },
    /// Ticks given by hand; some are left out where there is no room.
    Ticks { range: (f64, f64), ticks: Vec<Tick> },
    /// Numbers.
    Values { range: (f64, f64) },
}

/// One thing that a panel shows, in the units of its axes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Layer {
    /// A line through the finite values; a gap in them is a gap in the line.
    Line { points: Vec<(f64, f64)>, pen: Pen },
    /// A dot for each finite value.
    Dots { points: Vec<(f64, f64)>, radius: f64, fill: Fill },
    /// Filled where both ends are finite: `(x, lower, upper)`.
    Band { points: Vec<(f64, f64, f64)>, ink: Ink, share: f64 },
    /// From the top of the panel to its bottom, with its name beside it.
    Vertical { at: f64, pen: Pen, label: String },
    /// A part of the panel, tinted.
    Tint { from: f64, to: f64, fill: Fill },
    /// Bars on zero, each with its value.
    Bars(Vec<Bar>),
    /// A dot and its value, written beside it in the margin.
    Last { at: (f64, f64), ink: Ink },
}

/// A bar, and the interval of its value where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    pub(crate) at: f64,
    pub(crate) value: f64,
    pub(crate) interval: Option<(f64, f64)>,
}

impl Panel {
    pub(crate) fn new(title: impl Into<String>, unit: impl Into<String>, x: XAxis) -> Self {
        Self {
            title: title.into(),
            unit: unit.into(),
            x,
            x_label: String::new(),
            numbers: Numbers::Plain,
            has_zero: false,
            layers: Vec::new(),
            weight: 1.0,
        }
    }

    /// Whether nothing has a value.
    pub(crate) fn is_empty(&self) -> bool {
        !self.values().any(f64::is_finite)
    }

    /// Every value that the axis must reach.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.layers.iter().flat_map(|layer| -> Box<dyn Iterator<Item = f64> + '_> {
            match layer {
                Layer::Line { points, .. } | Layer::Dots { points, .. } => {
                    Box::new(points.iter().map(|p| p.1))
                }
                Layer::Band { points, .. } => Box::new(points.iter().flat_map(|p| [p.1, p.2])),
                Layer::Bars(bars) => Box::new(bars.iter().flat_map(Bar::values)),
                Layer::Last { at, .. } => Box::new(std::iter::once(at.1)),
                Layer::Vertical { .. } | Layer::Tint { .. } => Box::new(std::iter::empty()),
            }
        })
    }
}

/// A bar's value is written beyond its end: the axis must go on so much further.
const BAR_LABEL: f64 = 1.4;

impl Bar {
    fn values(&self) -> [f64; 3] {
        let (lower, upper) = self.interval.unwrap_or((self.value, self.value));
        [self.value, lower, upper].map(|v| BAR_LABEL * v)
    }
}
