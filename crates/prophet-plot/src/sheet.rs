//! A finished drawing as a list of marks, before it becomes an SVG or a PNG.
//!
//! Coordinates are pixels of the finished picture, from its upper left corner.

use crate::{font::Type, theme::Ink};

/// A point of the page.
pub(crate) type Xy = (f64, f64);

/// The marks, in the order in which they are drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) marks: Vec<Mark>,
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    Line { points: Vec<Xy>, pen: Pen },
    Polygon { points: Vec<Xy>, fill: Fill },
    Rect { from: Xy, to: Xy, fill: Fill },
    Dot { at: Xy, radius: f64, fill: Fill },
    Text { text: String, at: Xy, align: Align, of: Type },
}

/// Where a text stands relative to the point that is given; its height is centred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// A colour, more or less opaque.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fill {
    pub(crate) ink: Ink,
    pub(crate) alpha: f64,
}

impl Fill {
    pub(crate) const fn solid(ink: Ink) -> Self {
        Self { ink, alpha: 1.0 }
    }
}

/// Colour and width of a line; `dash` is the length of a dash and of a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pen {
    pub(crate) fill: Fill,
    pub(crate) width: f64,
    pub(crate) dash: Option<(f64, f64)>,
}

impl Pen {
    pub(crate) const fn solid(ink: Ink, width: f64) -> Self {
        Self { fill: Fill::solid(ink), width, dash: None }
    }

    /// The same line, `by` times as thick and as long in its dashes.
    pub(crate) fn scaled(self, by: f64) -> Self {
        let dash = self.dash.map(|(on, off)| (on * by, off * by));
        Self { width: self.width * by, dash, ..self }
    }
}

impl Sheet {
    pub(crate) const fn new(width: u32, height: u32) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    /// Draws a line; a dashed one in pieces.
    pub(crate) fn line(&mut self, points: Vec<Xy>, pen: Pen) {
        if points.len() < 2 {
            return;
        }
        let Some(dash) = pen.dash else {
            self.marks.push(Mark::Line { points, pen });
            return;
        };
        for piece in dashes(&points, dash) {
            let pen = Pen { dash: None, ..pen };
            self.marks.push(Mark::Line { points: piece, pen });
        }
    }

    pub(crate) fn polygon(&mut self, points: Vec<Xy>, fill: Fill) {
        if 2 < points.len() {
            self.marks.push(Mark::Polygon { points, fill });
        }
    }

    pub(crate) fn rect(&mut self, from: Xy, to: Xy, fill: Fill) {
        self.marks.push(Mark::Rect { from, to, fill });
    }

    pub(crate) fn dot(&mut self, at: Xy, radius: f64, fill: Fill) {
        self.marks.push(Mark::Dot { at, radius, fill });
    }

    /// Writes `text` in one line, centred on the height of `at`.
    pub(crate) fn text(&mut self, text: impl Into<String>, at: Xy, align: Align, of: Type) {
        let text = text.into();
        if !text.is_empty() {
            self.marks.push(Mark::Text { text, at, align, of });
        }
    }
}

/// Cuts a line into dashes of `(on, off)` pixels, which go on around its corners.
fn dashes(points: &[Xy], (on, off): (f64, f64)) -> Vec<Vec<Xy>> {
    let mut pieces: Vec<Vec<Xy>> = Vec::new();
    // How far into the pattern the line is, and the dash that is being drawn.
    let (mut phase, mut dash) = (0.0, vec![points[0]]);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while 0.0 < length - done {
            let edge = if phase < on { on } else { on + off };
            let step = (edge - phase).min(length - done);
            done += step;
            phase += step;
            let share = done / length;
            let at = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share);
            if phase <= on {
                dash.push(at);
            }
            // Sums of lengths are not exact.
            if phase + 1e-9 < edge {
                continue;
            }
            if edge <= on {
                pieces.push(std::mem::take(&mut dash));
                phase = on;
            } else {
                dash = vec![at];
                phase = 0.0;
            }
        }
    }
    if 1 < dash.len() {
        pieces.push(dash);
    }
    pieces
}

#[cfg(test)]
mod tests;
