//! Colours and sizes, in one place.

use plotters::style::RGBColor;

/// The colours are Okabe and Ito's, told apart by colour-blind readers too.
pub(super) const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
pub(super) const INK: RGBColor = RGBColor(31, 41, 51);
pub(super) const MUTED: RGBColor = RGBColor(107, 118, 130);
pub(super) const GRID: RGBColor = RGBColor(232, 235, 238);
pub(super) const AXIS: RGBColor = RGBColor(176, 184, 192);
pub(super) const HISTORY: RGBColor = RGBColor(52, 62, 74);
pub(super) const FORECAST: RGBColor = RGBColor(0, 114, 178);
pub(super) const TEST: RGBColor = RGBColor(213, 94, 0);
pub(super) const CHANGEPOINT: RGBColor = RGBColor(204, 121, 167);
pub(super) const POSITIVE: RGBColor = RGBColor(0, 114, 178);
pub(super) const NEGATIVE: RGBColor = RGBColor(213, 94, 0);

/// How opaque the interval is: the grid must show through it.
pub(super) const BAND_ALPHA: f64 = 0.20;
/// How opaque the part of the whole that the lower panel enlarges is tinted.
pub(super) const ZOOM_ALPHA: f64 = 0.05;

/// Width of every picture, in pixels.
pub(super) const WIDTH: f64 = 1600.0;
/// Height of the forecast plot, in pixels.
pub(super) const FORECAST_HEIGHT: f64 = 900.0;
/// Height of one panel of the components plot with what is around it, in pixels.
pub(super) const PANEL_HEIGHT: f64 = 270.0;

/// From the left edge to a panel: room for the labels of the values.
pub(super) const LEFT: f64 = 92.0;
/// From a panel to the right edge: room for the last values, written beside their lines.
pub(super) const RIGHT: f64 = 92.0;
/// From the top edge to the first panel's heading: the title and the line below it.
pub(super) const HEADER: f64 = 104.0;

pub(super) const TITLE_PX: f64 = 34.0;
pub(super) const SUBTITLE_PX: f64 = 20.0;
pub(super) const HEADING_PX: f64 = 19.0;
pub(super) const LABEL_PX: f64 = 18.0;
