//! A panel: its heading, grid, axes and the lines in it.

use chrono::NaiveDate;
use plotters::prelude::{Color as _, DrawingBackend};
use plotters::style::{RGBAColor, RGBColor};

use super::Point;
use super::axis::{Scale, Tick, date_axis, day_number, value_axis};
use super::canvas::{Align, Canvas, Pen, Type};
use super::style::{self, HEADING_PX, LABEL_PX, SUBTITLE_PX, TITLE_PX};

/// Room that one label of a date axis needs, in pixels.
const DATE_LABEL_PX: f64 = 72.0;
/// Height that one step of a value axis needs, in pixels.
const VALUE_STEP_PX: f64 = 52.0;

pub(super) const LABEL: Type = Type { px: LABEL_PX, is_bold: false, colour: style::MUTED };

/// The edges of a panel, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edges {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// A panel whose axes are set.
pub(super) struct Frame<'a, DB: DrawingBackend> {
    pub(super) canvas: &'a Canvas<'a, DB>,
    pub(super) edges: Edges,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

/// Writes the title and the line below it.
pub(super) fn header<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    title: &str,
    subtitle: &str,
) -> anyhow::Result<()> {
    let of = Type { px: TITLE_PX, is_bold: true, colour: style::INK };
    canvas.text(title, (style::LEFT, 38.0), Align::Left, of)?;
    let of = Type { px: SUBTITLE_PX, is_bold: false, colour: style::MUTED };
    canvas.text(subtitle, (style::LEFT, 74.0), Align::Left, of)
}

/// Writes what a panel shows, and its unit, above its upper left corner.
pub(super) fn heading<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    edges: Edges,
    title: &str,
    unit: &str,
) -> anyhow::Result<()> {
    let of = Type { px: HEADING_PX, is_bold: true, colour: style::INK };
    let y = edges.top - 20.0;
    canvas.text(title, (edges.left, y), Align::Left, of)?;
    // An SVG may be shown in another font, up to a fifth wider than the one measured here.
    let beside = edges.left + 1.2 * canvas.text_width(title, of)? + 8.0;
    canvas.text(unit, (beside, y), Align::Left, LABEL)
}

impl<'a, DB: DrawingBackend> Frame<'a, DB> {
    /// Sets the axes, and draws the grid and the labels of the values.
    pub(super) fn new(
        canvas: &'a Canvas<'a, DB>,
        edges: Edges,
        x_range: (f64, f64),
        values: impl IntoIterator<Item = f64>,
    ) -> anyhow::Result<Self> {
        let n_steps = ((edges.bottom - edges.top) / VALUE_STEP_PX).max(2.0);
        let (y_range, ticks) = value_axis(values, n_steps);
        let x = Scale::new(x_range, (edges.left, edges.right));
        let y = Scale::new(y_range, (edges.bottom, edges.top));
        for tick in &ticks {
            let y = y.px(tick.at);
            canvas.line(&[(edges.left, y), (edges.right, y)], Pen::solid(style::GRID, 1.0))?;
            canvas.text(&tick.label, (edges.left - 12.0, y), Align::Right, LABEL)?;
        }
        let base = [(edges.left, edges.bottom), (edges.right, edges.bottom)];
        canvas.line(&base, Pen::solid(style::AXIS, 1.5))?;
        Ok(Self { canvas, edges, x, y })
    }

    /// Draws the labels of a date axis below the panel.
    pub(super) fn dates(&self, from: NaiveDate, to: NaiveDate) -> anyhow::Result<()> {
        let n_labels = (self.edges.right - self.edges.left) / DATE_LABEL_PX;
        self.ticks(&date_axis(from, to, n_labels))
    }

    /// Draws the labels of any axis below the panel.
    pub(super) fn ticks(&self, ticks: &[Tick]) -> anyhow::Result<()> {
        let bottom = self.edges.bottom;
        for tick in ticks {
            let x = self.x.px(tick.at);
            self.canvas.line(&[(x, bottom), (x, bottom + 6.0)], Pen::solid(style::AXIS, 1.5))?;
            self.canvas.text(&tick.label, (x, bottom + 20.0), Align::Centre, LABEL)?;
            let year = Type { is_bold: true, ..LABEL };
            self.canvas.text(&tick.below, (x, bottom + 41.0), Align::Centre, year)?;
        }
        Ok(())
    }

    /// The page coordinates of a date and a value.
    pub(super) fn at(&self, date: NaiveDate, value: f64) -> (f64, f64) {
        (self.x.px(day_number(date)), self.y.px(value))
    }

    /// Draws a line through the finite values; a gap in them is a gap in the line.
    pub(super) fn series(
        &self,
        points: impl IntoIterator<Item = (NaiveDate, f64)>,
        pen: Pen,
    ) -> anyhow::Result<()> {
        let points: Vec<(NaiveDate, f64)> = points.into_iter().collect();
        for run in points.split(|(_, v)| !v.is_finite()) {
            let line: Vec<(f64, f64)> = run.iter().map(|(d, v)| self.at(*d, *v)).collect();
            self.canvas.line(&line, pen)?;
            if let [alone] = line[..] {
                self.canvas.dot(alone, pen.width, solid(pen.colour))?;
            }
        }
        Ok(())
    }

    /// Fills the interval where both its ends are finite.
    pub(super) fn band(&self, points: &[Point], fill: RGBAColor) -> anyhow::Result<()> {
        for run in points.split(|p| !(p.lower.is_finite() && p.upper.is_finite())) {
            let upper = run.iter().map(|p| self.at(p.date, p.upper));
            let lower = run.iter().rev().map(|p| self.at(p.date, p.lower));
            self.canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), fill)?;
        }
        Ok(())
    }

    /// Draws a vertical from the top of the panel to its bottom.
    pub(super) fn vertical(&self, date: NaiveDate, pen: Pen) -> anyhow::Result<()> {
        let x = self.x.px(day_number(date));
        self.canvas.line(&[(x, self.edges.top), (x, self.edges.bottom)], pen)
    }
}

/// The colour without its transparency.
fn solid(colour: RGBAColor) -> RGBColor {
    let (r, g, b) = colour.rgb();
    RGBColor(r, g, b)
}
