//! The bundled letters: how wide a text comes out, and how it is made to fit.

use std::sync::LazyLock;

use plotters::style::{FontFamily, FontStyle, IntoFont as _, TextStyle, register_font};

use crate::{error::PlotError, theme::Ink};

/// Named in an SVG, where the reader's own fonts stand in if Inter is missing.
pub(crate) const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";
/// Plotters takes the size of a font by its line height; Inter's is this much above its em.
const LINE_HEIGHT_TO_EM: f64 = 1.21;
/// Texts are measured at this many times their size, for the answer is in whole pixels.
const MEASURED_AT: f64 = 8.0;
/// A headline that is too long is first made this much smaller, and then cut.
const SMALLEST: f64 = 0.72;

static FONTS: LazyLock<bool> = LazyLock::new(|| {
    let regular = include_bytes!("../assets/Inter-Regular-latin.otf");
    let bold = include_bytes!("../assets/Inter-SemiBold-latin.otf");
    register_font(FAMILY, FontStyle::Normal, regular).is_ok()
        && register_font(FAMILY, FontStyle::Bold, bold).is_ok()
});

/// Makes the bundled fonts known, once.
pub(crate) fn load() -> Result<(), PlotError> {
    if *FONTS {
        Ok(())
    } else {
        Err(PlotError::Draw("the bundled fonts cannot be read".to_owned()))
    }
}

/// Size, weight and colour of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Type {
    pub(crate) px: f64,
    pub(crate) is_bold: bool,
    pub(crate) ink: Ink,
}

impl Type {
    /// The style for a backend that draws `scale` pixels for one of the picture.
    pub(crate) fn style(&self, scale: f64) -> TextStyle<'static> {
        let weight = if self.is_bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = self.px * LINE_HEIGHT_TO_EM * scale;
        TextStyle::from((FontFamily::Name(FAMILY), size, weight).into_font())
    }

    /// How wide `text` comes out, in pixels.
    pub(crate) fn width(&self, text: &str) -> Result<f64, PlotError> {
        if text.is_empty() {
            return Ok(0.0);
        }
        let (width, _) = self
            .style(MEASURED_AT)
            .font
            .box_size(text)
            .map_err(|error| PlotError::Draw(error.to_string()))?;
        Ok(f64::from(width) / MEASURED_AT)
    }

    /// `text` in a size that fits `room`, cut with an ellipsis where it must be.
    pub(crate) fn fit(&self, text: &str, room: f64) -> Result<(String, Self), PlotError> {
        let width = self.width(text)?;
        if width <= room {
            return Ok((text.to_owned(), *self));
        }
        let shrink = (room / width).max(SMALLEST);
        let smaller = Self { px: self.px * shrink, ..*self };
        if width * shrink <= room * 1.001 {
            return Ok((text.to_owned(), smaller));
        }
        // The longest beginning that fits, found by halving.
        let chars: Vec<char> = text.chars().collect();
        let cut = |n: usize| chars[..n].iter().collect::<String>().trim_end().to_owned() + "…";
        let (mut fits, mut too_long) = (0, chars.len());
        while fits + 1 < too_long {
            let middle = usize::midpoint(fits, too_long);
            if smaller.width(&cut(middle))? <= room {
                fits = middle;
            } else {
                too_long = middle;
            }
        }
        Ok((cut(fits), smaller))
    }
}
