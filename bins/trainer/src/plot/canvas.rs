//! A page to draw on, in pixels of the finished picture, whatever the format.

use std::sync::LazyLock;

use anyhow::{Context as _, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::style;

/// Named in an SVG, where the reader's own fonts stand in if Inter is missing.
const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";
/// A PNG is drawn this much larger and averaged down: that smooths every edge.
const PNG_OVERSAMPLING: u32 = 2;
/// An SVG has whole coordinates, so they are given in fractions of a pixel.
const SVG_FRACTIONS: u32 = 8;
/// Plotters takes the size of a font by its line height; Inter's is this much above its em.
const LINE_HEIGHT_TO_EM: f64 = 1.21;

static FONTS: LazyLock<bool> = LazyLock::new(|| {
    let regular = include_bytes!("../../assets/Inter-Regular-latin.otf");
    let bold = include_bytes!("../../assets/Inter-SemiBold-latin.otf");
    register_font(FAMILY, FontStyle::Normal, regular).is_ok()
        && register_font(FAMILY, FontStyle::Bold, bold).is_ok()
});

/// How a format has to be drawn to come out the same.
#[derive(Debug, Clone, Copy)]
struct Format {
    /// Pixels of the drawing for one of the picture.
    scale: u32,
    /// How far below its middle the backend must be told to put a text, in em.
    ///
    /// Plotters' backends disagree on the middle of a line; with these the
    /// digits are centred in both.
    text_drop_em: f64,
}

const PNG: Format = Format { scale: PNG_OVERSAMPLING, text_drop_em: 0.23 };
const SVG: Format = Format { scale: SVG_FRACTIONS, text_drop_em: 0.08 };

/// Something that can be drawn on any canvas.
pub(super) trait Drawing {
    /// Width and height, in pixels.
    fn size(&self) -> (f64, f64);

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> anyhow::Result<()>;
}

/// Where a text stands relative to the point that is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// Size, weight and colour of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub(super) px: f64,
    pub(super) is_bold: bool,
    pub(super) colour: RGBColor,
}

/// Colour and width of a line; `dash` is the length of a dash and of a gap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub(super) colour: RGBAColor,
    pub(super) width: f64,
    pub(super) dash: Option<(f64, f64)>,
}

impl Pen {
    pub(super) fn solid(colour: RGBColor, width: f64) -> Self {
        Self { colour: colour.mix(1.0), width, dash: None }
    }

    pub(super) fn dashed(colour: RGBAColor, width: f64, dash: (f64, f64)) -> Self {
        Self { colour, width, dash: Some(dash) }
    }
}

/// The page; coordinates are pixels of the finished picture, from its upper left corner.
pub(super) struct Canvas<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    scale: f64,
    text_drop_em: f64,
}

pub(super) fn to_png(drawing: &impl Drawing) -> anyhow::Result<Vec<u8>> {
    let (width, height) = pixels(drawing.size());
    let (w, h) = (width * PNG_OVERSAMPLING, height * PNG_OVERSAMPLING);
    let mut large = vec![0_u8; w as usize * h as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut large, (w, h)).into_drawing_area();
        render(drawing, &area, PNG)?;
    }
    let small = average(&large, (width as usize, height as usize), PNG_OVERSAMPLING as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().context("cannot encode the plot as PNG")?;
    writer.write_image_data(&small).context("cannot encode the plot as PNG")?;
    writer.finish().context("cannot encode the plot as PNG")?;
    Ok(bytes)
}

pub(super) fn to_svg(drawing: &impl Drawing) -> anyhow::Result<String> {
    let (width, height) = pixels(drawing.size());
    let (w, h) = (width * SVG_FRACTIONS, height * SVG_FRACTIONS);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (w, h)).into_drawing_area();
        render(drawing, &area, SVG)?;
    }
    // The view box keeps the fine coordinates; the picture has the size of the PNG.
    let large = format!("width=\"{w}\" height=\"{h}\"");
    Ok(text.replacen(&large, &format!("width=\"{width}\" height=\"{height}\""), 1))
}

fn render<DB: DrawingBackend>(
    drawing: &impl Drawing,
    area: &DrawingArea<DB, Shift>,
    format: Format,
) -> anyhow::Result<()> {
    anyhow::ensure!(*FONTS, "the bundled fonts cannot be read");
    area.fill(&style::BACKGROUND).map_err(failed)?;
    let scale = f64::from(format.scale);
    drawing.draw(&Canvas { area, scale, text_drop_em: format.text_drop_em })?;
    area.present().map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw the plot: {error}")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are small constants"
)]
fn pixels((width, height): (f64, f64)) -> (u32, u32) {
    (width as u32, height as u32)
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

impl<DB: DrawingBackend> Canvas<'_, DB> {
    pub(super) fn line(&self, points: &[(f64, f64)], pen: Pen) -> anyhow::Result<()> {
        if let Some(dash) = pen.dash {
            for piece in dashes(points, dash) {
                self.line(&piece, Pen { dash: None, ..pen })?;
            }
            return Ok(());
        }
        if points.len() < 2 {
            return Ok(());
        }
        let style = pen.colour.stroke_width(self.width(pen.width));
        self.area.draw(&PathElement::new(self.all(points), style)).map_err(failed)
    }

    pub(super) fn polygon(&self, points: &[(f64, f64)], fill: RGBAColor) -> anyhow::Result<()> {
        if points.len() < 3 {
            return Ok(());
        }
        self.area.draw(&Polygon::new(self.all(points), fill.filled())).map_err(failed)
    }

    pub(super) fn rect(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        fill: RGBAColor,
    ) -> anyhow::Result<()> {
        let corners = [self.at(from), self.at(to)];
        self.area.draw(&Rectangle::new(corners, fill.filled())).map_err(failed)
    }

    pub(super) fn dot(&self, at: (f64, f64), radius: f64, fill: RGBColor) -> anyhow::Result<()> {
        let size = self.width(radius);
        self.area.draw(&Circle::new(self.at(at), size, fill.filled())).map_err(failed)
    }

    /// Writes `text` in one line, centred on the height of `at`.
    pub(super) fn text(
        &self,
        text: &str,
        at: (f64, f64),
        align: Align,
        of: Type,
    ) -> anyhow::Result<()> {
        let h = match align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style = self.font(of).pos(Pos::new(h, VPos::Center));
        let at = (at.0, at.1 + self.text_drop_em * of.px);
        self.area.draw(&Text::new(text.to_owned(), self.at(at), style)).map_err(failed)
    }

    /// How wide `text` comes out, in pixels.
    pub(super) fn text_width(&self, text: &str, of: Type) -> anyhow::Result<f64> {
        let (width, _) = self.area.estimate_text_size(text, &self.font(of)).map_err(failed)?;
        Ok(f64::from(width) / self.scale)
    }

    fn font(&self, of: Type) -> TextStyle<'static> {
        let weight = if of.is_bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = of.px * LINE_HEIGHT_TO_EM * self.scale;
        let mut style = TextStyle::from((FAMILY, size, weight).into_font());
        style.color = of.colour.to_backend_color();
        style
    }

    #[expect(clippy::cast_possible_truncation, reason = "coordinates lie on or near the page")]
    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn all(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        let mut pixels: Vec<(i32, i32)> = points.iter().map(|p| self.at(*p)).collect();
        // Two equal corners in a row have no direction, which the rasteriser needs.
        pixels.dedup();
        pixels
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "widths are small")]
    fn width(&self, px: f64) -> u32 {
        (px * self.scale).round().max(1.0) as u32
    }
}

/// Cuts a line into dashes of `(on, off)` pixels.
fn dashes(points: &[(f64, f64)], (on, off): (f64, f64)) -> Vec<[(f64, f64); 2]> {
    let mut pieces = Vec::new();
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let at = |s: f64| (x0 + (x1 - x0) * s / length, y0 + (y1 - y0) * s / length);
        let mut s = 0.0;
        while s < length {
            pieces.push([at(s), at((s + on).min(length))]);
            s += on + off;
        }
    }
    pieces
}
