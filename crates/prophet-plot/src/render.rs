//! From the list of marks to a file: the only place that knows plotters.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{
    error::PlotError,
    sheet::{Align, Fill, Mark, Sheet, Xy},
    theme::{Ink, Theme},
};

/// A PNG is drawn this much larger and averaged down: that smooths every edge.
const PNG_OVERSAMPLING: u32 = 2;
/// An SVG has whole coordinates, so they are given in fractions of a pixel.
const SVG_FRACTIONS: u32 = 8;

/// How a format has to be drawn to come out the same.
#[derive(Debug, Clone, Copy)]
struct Format {
    theme: Theme,
    /// Pixels of the drawing for one of the picture.
    scale: u32,
    /// How far below its middle the backend must be told to put a text, in em.
    ///
    /// Plotters' backends disagree on the middle of a line; with these the
    /// digits are centred in both.
    text_drop_em: f64,
}

/// The bytes of a PNG file.
pub(crate) fn png(sheet: &Sheet, theme: Theme) -> Result<Vec<u8>, PlotError> {
    let (width, height) = (sheet.width, sheet.height);
    let (w, h) = (width * PNG_OVERSAMPLING, height * PNG_OVERSAMPLING);
    let mut large = vec![0_u8; w as usize * h as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut large, (w, h)).into_drawing_area();
        let format = Format { theme, scale: PNG_OVERSAMPLING, text_drop_em: 0.23 };
        format.draw(sheet, &area)?;
    }
    let small = average(&large, (width as usize, height as usize), PNG_OVERSAMPLING as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&small).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// The text of an SVG document.
pub(crate) fn svg(sheet: &Sheet, theme: Theme) -> Result<String, PlotError> {
    let (width, height) = (sheet.width, sheet.height);
    let (w, h) = (width * SVG_FRACTIONS, height * SVG_FRACTIONS);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (w, h)).into_drawing_area();
        let format = Format { theme, scale: SVG_FRACTIONS, text_drop_em: 0.08 };
        format.draw(sheet, &area)?;
    }
    // The view box keeps the fine coordinates; the picture has the size of the PNG.
    let large = format!("width=\"{w}\" height=\"{h}\"");
    Ok(text.replacen(&large, &format!("width=\"{width}\" height=\"{height}\""), 1))
}

fn failed(error: impl std::fmt::Display) -> PlotError {
    PlotError::Draw(error.to_string())
}

/// Averages squares of `by` × `by` pixels of an RGB picture.
fn average(large: &[u8], (width, height): (usize, usize), by: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(width * height * 3);
    let n = u32::try_from(by * by).unwrap_or(u32::MAX);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = 0_u32;
                for dy in 0..by {
                    let row = (y * by + dy) * width * by;
                    for dx in 0..by {
                        sum += u32::from(large[(row + x * by + dx) * 3 + channel]);
                    }
                }
                small.push(u8::try_from((sum + n / 2) / n).unwrap_or(u8::MAX));
            }
        }
    }
    small
}

impl Format {
    fn draw<DB: DrawingBackend>(
        &self,
        sheet: &Sheet,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<(), PlotError> {
        area.fill(&self.colour(Fill::solid(Ink::Page))).map_err(failed)?;
        for mark in &sheet.marks {
            self.mark(mark, area)?;
        }
        area.present().map_err(failed)
    }

    fn mark<DB: DrawingBackend>(
        &self,
        mark: &Mark,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<(), PlotError> {
        match mark {
            Mark::Line { points, pen } => {
                let style = self.colour(pen.fill).stroke_width(self.length(pen.width));
                area.draw(&PathElement::new(self.all(points), style)).map_err(failed)
            }
            Mark::Polygon { points, fill } => {
                let style = self.colour(*fill).filled();
                area.draw(&Polygon::new(self.all(points), style)).map_err(failed)
            }
            Mark::Rect { from, to, fill } => {
                let style = self.colour(*fill).filled();
                area.draw(&Rectangle::new([self.at(*from), self.at(*to)], style)).map_err(failed)
            }
            Mark::Dot { at, radius, fill } => {
                let style = self.colour(*fill).filled();
                area.draw(&Circle::new(self.at(*at), self.length(*radius), style)).map_err(failed)
            }
            Mark::Text { text, at, align, of } => {
                let h = match align {
                    Align::Left => HPos::Left,
                    Align::Centre => HPos::Center,
                    Align::Right => HPos::Right,
                };
                let mut style = of.style(f64::from(self.scale)).pos(Pos::new(h, VPos::Center));
                style.color = self.colour(Fill::solid(of.ink)).to_backend_color();
                let at = self.at((at.0, at.1 + self.text_drop_em * of.px));
                area.draw(&Text::new(text.as_str(), at, style)).map_err(failed)
            }
        }
    }

    fn colour(&self, fill: Fill) -> RGBAColor {
        let (r, g, b) = self.theme.colour(fill.ink);
        RGBColor(r, g, b).mix(fill.alpha)
    }

    #[expect(clippy::cast_possible_truncation, reason = "coordinates lie on or near the page")]
    fn at(&self, (x, y): Xy) -> (i32, i32) {
        let scale = f64::from(self.scale);
        ((x * scale).round() as i32, (y * scale).round() as i32)
    }

    fn all(&self, points: &[Xy]) -> Vec<(i32, i32)> {
        let mut pixels: Vec<(i32, i32)> = points.iter().map(|p| self.at(*p)).collect();
        // Two equal corners in a row have no direction, which the rasteriser needs.
        pixels.dedup();
        pixels
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "widths are small")]
    fn length(&self, px: f64) -> u32 {
        (px * f64::from(self.scale)).round().max(1.0) as u32
    }
}
