//! The paper: how large, and light or dark.

use crate::{error::PlotError, theme::Theme};

/// Narrower than this no two labels stand side by side.
const WIDTH_MIN: u32 = 320;
/// Lower than this no panel has room between its title and its dates.
const HEIGHT_MIN: u32 = 240;
/// Twice the width of an 8K display.
const SIDE_MAX: u32 = 16_000;
/// Sixteen million pixels: drawn at twice the size, a PNG then takes 200 MB to make.
const AREA_MAX: u64 = 16_000_000;

/// Size and theme of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Width in pixels, 320 to 16,000.
    pub width: u32,
    /// Height in pixels, 240 to 16,000; `None` is what suits the picture at this width.
    pub height: Option<u32>,
    /// Light or dark.
    pub theme: Theme,
}

impl Default for Page {
    fn default() -> Self {
        Self { width: 1600, height: None, theme: Theme::Light }
    }
}

impl Page {
    /// A page of `width` by `height` pixels.
    #[must_use]
    pub const fn sized(width: u32, height: u32, theme: Theme) -> Self {
        Self { width, height: Some(height), theme }
    }

    /// Width and height, once checked; `preferred` is the height that suits the picture.
    pub(crate) fn size(&self, preferred: f64) -> Result<(u32, u32), PlotError> {
        side("width", self.width, WIDTH_MIN)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive height, cut to the bound"
        )]
        let preferred = preferred.clamp(f64::from(HEIGHT_MIN), f64::from(SIDE_MAX)) as u32;
        let height = self.height.unwrap_or(preferred);
        side("height", height, HEIGHT_MIN)?;
        let area = u64::from(self.width) * u64::from(height);
        if AREA_MAX < area {
            let allowed = format!("at most {AREA_MAX} pixels; make width or height smaller");
            return Err(PlotError::Page { field: "area", value: area, allowed });
        }
        Ok((self.width, height))
    }
}

fn side(field: &'static str, value: u32, min: u32) -> Result<(), PlotError> {
    if (min..=SIDE_MAX).contains(&value) {
        return Ok(());
    }
    let allowed = format!("{min} to {SIDE_MAX} pixels");
    Err(PlotError::Page { field, value: u64::from(value), allowed })
}
