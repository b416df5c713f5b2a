//! A panel: grid, axes, and the layers in it.

use crate::{
    axis::{
        Scale, Tick,
        value::{Numbers, number},
    },
    decimate,
    error::PlotError,
    figure::{Bar, Layer, Panel},
    layout::{Desk, Edges, LABEL_PX},
    sheet::{Align, Fill, Pen, Xy},
    theme::Ink,
};

/// How much of its place a bar takes.
const BAR_SHARE: f64 = 0.5;
/// How opaque the halo is that keeps words legible over the lines that they cross.
const HALO: f64 = 0.8;
/// So much of a value is written beside its point.
const LAST_STEP: f64 = 0.01;

/// Edges and scales of a panel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) edges: Edges,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
}

impl Frame {
    pub(crate) fn new(edges: Edges, x_range: (f64, f64), y_range: (f64, f64)) -> Self {
        let x = Scale::new(x_range, (edges.left, edges.right));
        let y = Scale::new(y_range, (edges.bottom, edges.top));
        Self { edges, x, y }
    }

    fn at(&self, (x, y): (f64, f64)) -> Xy {
        (self.x.px(x), self.y.px(y))
    }
}

/// Draws a panel: the grid, the layers over it, the labels of the axes.
pub(crate) fn draw(
    desk: &mut Desk,
    panel: &Panel,
    frame: &Frame,
    y_ticks: &[Tick],
    x_ticks: &[Tick],
) -> Result<(), PlotError> {
    let (s, edges) = (desk.scale, frame.edges);
    let of = desk.label();
    for tick in y_ticks {
        let y = frame.y.px(tick.at);
        desk.sheet.line(vec![(edges.left, y), (edges.right, y)], Pen::solid(Ink::Grid, s));
        desk.sheet.text(tick.label.as_str(), (edges.left - 12.0 * s, y), Align::Right, of);
    }
    if panel.has_zero {
        let y = frame.y.px(0.0);
        let pen = Pen::solid(Ink::Axis, 1.5 * s);
        desk.sheet.line(vec![(edges.left, y), (edges.right, y)], pen);
    }
    for layer in &panel.layers {
        self::layer(desk, panel, frame, layer)?;
    }
    let base = vec![(edges.left, edges.bottom), (edges.right, edges.bottom)];
    desk.sheet.line(base, Pen::solid(Ink::Axis, 1.5 * s));
    last_values(desk, panel, frame)?;
    ticks(desk, frame, x_ticks)?;
    if !panel.x_label.is_empty() {
        let two_lines = x_ticks.iter().any(|tick| !tick.below.is_empty());
        let below = if two_lines { 68.0 } else { 46.0 };
        let at = (f64::midpoint(edges.left, edges.right), edges.bottom + below * s);
        let (text, of) = of.fit(&panel.x_label, edges.right - edges.left)?;
        desk.sheet.text(text, at, Align::Centre, of);
    }
    Ok(())
}

fn layer(desk: &mut Desk, panel: &Panel, frame: &Frame, layer: &Layer) -> Result<(), PlotError> {
    let (s, edges) = (desk.scale, frame.edges);
    match layer {
        Layer::Line { points, pen } => line(desk, frame, points, pen.scaled(s)),
        Layer::Dots { points, radius, fill } => {
            let radius = radius * s;
            let finite = points.iter().filter(|(_, v)| v.is_finite());
            let dots = finite.map(|p| frame.at(*p)).collect();
            // Dots nearer than a third of their radius are one to the eye.
            for at in decimate::dots(dots, radius / 3.0) {
                desk.sheet.dot(at, radius, *fill);
            }
        }
        Layer::Band { points, ink, share } => {
            let alpha = share * desk.theme.band_alpha();
            band(desk, frame, points, Fill { ink: *ink, alpha });
        }
        Layer::Vertical { at, pen, label } => {
            let x = frame.x.px(*at);
            desk.sheet.line(vec![(x, edges.top), (x, edges.bottom)], pen.scaled(s));
            beside(desk, frame, x, label)?;
        }
        Layer::Tint { from, to, fill } => {
            let corners = [(*from, edges.top), (*to, edges.bottom)];
            let [from, to] = corners.map(|(x, y)| (frame.x.px(x), y));
            desk.sheet.rect(from, to, *fill);
        }
        Layer::Bars(bars) => self::bars(desk, panel.numbers, frame, bars)?,
        // Written last, over everything.
        Layer::Last { .. } => {}
    }
    Ok(())
}

fn line(desk: &mut Desk, frame: &Frame, points: &[(f64, f64)], pen: Pen) {
    for run in points.split(|(_, v)| !v.is_finite()) {
        if let [alone] = run {
            desk.sheet.dot(frame.at(*alone), pen.width, pen.fill);
        }
        let run = decimate::line(run.iter().map(|p| frame.at(*p)).collect());
        desk.sheet.line(run, pen);
    }
}

fn band(desk: &mut Desk, frame: &Frame, points: &[(f64, f64, f64)], fill: Fill) {
    for run in points.split(|(_, lower, upper)| !(lower.is_finite() && upper.is_finite())) {
        let px = |(x, lower, upper): &(f64, f64, f64)| {
            (frame.x.px(*x), frame.y.px(*upper), frame.y.px(*lower))
        };
        let run = decimate::band(run.iter().map(px).collect());
        let upper = run.iter().map(|(x, upper, _)| (*x, *upper));
        let lower = run.iter().rev().map(|(x, _, lower)| (*x, *lower));
        desk.sheet.polygon(upper.chain(lower).collect(), fill);
    }
}

/// Writes `label` at the upper end of a vertical, on the side that has room.
fn beside(desk: &mut Desk, frame: &Frame, x: f64, label: &str) -> Result<(), PlotError> {
    if label.is_empty() {
        return Ok(());
    }
    let s = desk.scale;
    let of = desk.of(LABEL_PX, false, Ink::Text);
    let width = of.width(label)?;
    let is_left = frame.edges.left < x - width - 16.0 * s;
    let y = frame.edges.top + 14.0 * s;
    let (align, from) =
        if is_left { (Align::Right, x - 8.0 * s - width) } else { (Align::Left, x + 8.0 * s) };
    let halo = Fill { ink: Ink::Page, alpha: HALO };
    let (corner, end) = ((from - 4.0 * s, y - 12.0 * s), (from + width + 4.0 * s, y + 12.0 * s));
    desk.sheet.rect(corner, end, halo);
    let at = if is_left { from + width } else { from };
    desk.sheet.text(label, (at, y), align, of);
    Ok(())
}

fn bars(desk: &mut Desk, numbers: Numbers, frame: &Frame, bars: &[Bar]) -> Result<(), PlotError> {
    let s = desk.scale;
    let largest = bars.iter().map(|b| b.value.abs()).filter(|v| v.is_finite());
    let largest = largest.fold(0.0, f64::max);
    for bar in bars.iter().filter(|b| b.value.is_finite()) {
        let ink = if 0.0 <= bar.value { Ink::Positive } else { Ink::Negative };
        let half = BAR_SHARE / 2.0;
        let low = frame.at((bar.at - half, bar.value.min(0.0)));
        let high = frame.at((bar.at + half, bar.value.max(0.0)));
        desk.sheet.rect((low.0, high.1), (high.0, low.1), Fill { ink, alpha: 0.85 });
        let x = frame.x.px(bar.at);
        let (mut top, mut bottom) = (high.1, low.1);
        if let Some((lower, upper)) = bar.interval {
            let (lower, upper) = (frame.y.px(lower), frame.y.px(upper));
            desk.sheet.line(vec![(x, lower), (x, upper)], Pen::solid(Ink::Text, 1.6 * s));
            for y in [lower, upper] {
                let cap = vec![(x - 6.0 * s, y), (x + 6.0 * s, y)];
                desk.sheet.line(cap, Pen::solid(Ink::Text, 1.6 * s));
            }
            (top, bottom) = (top.min(upper), bottom.max(lower));
        }
        let text = numbers.signed(bar.value, largest);
        let room = (high.0 - low.0) / BAR_SHARE;
        let (text, of) = desk.of(LABEL_PX, true, Ink::Text).fit(&text, room)?;
        let beyond = if 0.0 <= bar.value { top - 14.0 * s } else { bottom + 14.0 * s };
        desk.sheet.text(text, (x, beyond), Align::Centre, of);
    }
    Ok(())
}

/// What is written beside a last value.
pub(crate) fn last_value(value: f64) -> String {
    number(value, LAST_STEP)
}

/// Marks the last values with a dot and writes them in the margin, apart from each other.
fn last_values(desk: &mut Desk, panel: &Panel, frame: &Frame) -> Result<(), PlotError> {
    /// Labels whose points are nearer than this would overlap.
    const APART: (f64, f64) = (70.0, 22.0);
    let s = desk.scale;
    let mut marks: Vec<(Xy, f64, Ink)> = panel
        .layers
        .iter()
        .filter_map(|layer| match layer {
            Layer::Last { at, ink } if at.1.is_finite() => Some((frame.at(*at), at.1, *ink)),
            _ => None,
        })
        .collect();
    marks.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let mut shift = 0.0;
    if let [(above, ..), (below, ..)] = &marks[..]
        && (above.0 - below.0).abs() < APART.0 * s
    {
        shift = (APART.1 * s - (below.1 - above.1)).max(0.0) / 2.0;
    }
    for (i, (at, value, ink)) in marks.into_iter().enumerate() {
        desk.sheet.dot(at, 4.5 * s, Fill::solid(ink));
        let text = last_value(value);
        let of = desk.of(LABEL_PX, true, ink);
        let beside = (at.0 + 12.0 * s, if i == 0 { at.1 - shift } else { at.1 + shift });
        let end = beside.0 + of.width(&text)? + 2.0 * s;
        let halo = Fill { ink: Ink::Page, alpha: HALO };
        let corner = (beside.0 - 2.0 * s, beside.1 - 11.0 * s);
        desk.sheet.rect(corner, (end, beside.1 + 11.0 * s), halo);
        desk.sheet.text(text, beside, Align::Left, of);
    }
    Ok(())
}

/// Draws the labels of the horizontal axis, each within the page and none over another.
fn ticks(desk: &mut Desk, frame: &Frame, ticks: &[Tick]) -> Result<(), PlotError> {
    let (s, bottom) = (desk.scale, frame.edges.bottom);
    let of = desk.label();
    let bold = desk.of(LABEL_PX, true, Ink::Muted);
    let page = f64::from(desk.sheet.width);
    let mut ends = [f64::NEG_INFINITY; 2];
    for tick in ticks {
        let x = frame.x.px(tick.at);
        desk.sheet.line(vec![(x, bottom), (x, bottom + 6.0 * s)], Pen::solid(Ink::Axis, 1.5 * s));
        let lines = [(&tick.label, of, 20.0), (&tick.below, bold, 41.0)];
        for ((text, of, below), end) in lines.into_iter().zip(&mut ends) {
            if text.is_empty() {
                continue;
            }
            let half = of.width(text)? / 2.0;
            let middle = x.clamp(half + 4.0 * s, (page - half - 4.0 * s).max(half + 4.0 * s));
            if middle - half < *end + 6.0 * s {
                continue;
            }
            desk.sheet.text(text.as_str(), (middle, bottom + below * s), Align::Centre, of);
            *end = middle + half;
        }
    }
    Ok(())
}
