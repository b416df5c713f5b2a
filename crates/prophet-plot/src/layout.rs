//! Where everything stands: a figure and a page make a sheet.

use chrono::NaiveDateTime;

use crate::{
    axis::{Tick, time::time_axis, value::Numbers, value::value_axis},
    error::PlotError,
    figure::{DESIGN_WIDTH, Entry, Figure, Layer, Panel, Swatch, XAxis},
    font::{self, Type},
    page::Page,
    panel::{self, Frame},
    sheet::{Align, Fill, Sheet},
    theme::{Ink, Theme},
};

/// Lines and letters shrink with the page down to this, and not further: small
/// print cannot be read.
const SCALE_MIN: f64 = 0.66;
/// The height for which the sizes are meant, where a page is flatter than usual.
const DESIGN_HEIGHT: f64 = 640.0;

/// Sizes at the design's width, in pixels.
const TITLE_PX: f64 = 34.0;
const SUBTITLE_PX: f64 = 20.0;
const HEADING_PX: f64 = 19.0;
pub(crate) const LABEL_PX: f64 = 18.0;
/// From the edge of the page to what is written.
const MARGIN: f64 = 28.0;
/// From a panel's top up to the line above it: its heading.
const HEADING_ROOM: f64 = 38.0;
/// From a panel's bottom to the end of one and of two lines of labels.
const TICK_ROOM: (f64, f64) = (34.0, 56.0);
/// From there to the end of the axis' name.
const X_LABEL_ROOM: f64 = 28.0;
/// One row of the legend.
const LEGEND_ROW: f64 = 30.0;
/// Room between two panels.
const PANEL_GAP: f64 = 20.0;
/// A panel lower than this shows nothing.
const PANEL_HEIGHT_MIN: f64 = 48.0;
/// Height that one step of a value axis needs.
const VALUE_STEP_PX: f64 = 52.0;
/// Room that one label of a time axis needs.
const TIME_LABEL_PX: f64 = 76.0;
/// The sample of a legend's entry, the gap beside it, and the gap between entries.
const SWATCH: (f64, f64, f64) = (28.0, 8.0, 24.0);
/// An SVG may be shown in another font, up to so much wider than the one measured here.
const OTHER_FONT: f64 = 1.12;

/// The edges of a panel, in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A page that is being filled.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) sheet: Sheet,
    pub(crate) theme: Theme,
    /// Pixels of this page for one of the design.
    pub(crate) scale: f64,
}

impl Desk {
    /// A type of `px` pixels at the design's width.
    pub(crate) fn of(&self, px: f64, is_bold: bool, ink: Ink) -> Type {
        Type { px: px * self.scale, is_bold, ink }
    }

    pub(crate) fn label(&self) -> Type {
        self.of(LABEL_PX, false, Ink::Muted)
    }

    fn width(&self) -> f64 {
        f64::from(self.sheet.width)
    }
}

/// Puts `figure` on `page`.
pub(crate) fn sheet(figure: &Figure, page: &Page) -> Result<Sheet, PlotError> {
    font::load()?;
    let by_width = f64::from(page.width) / DESIGN_WIDTH;
    let (width, height) = page.size(figure.height * by_width.max(SCALE_MIN))?;
    let by_height = f64::from(height) / DESIGN_HEIGHT;
    let scale = by_width.min(by_height).max(SCALE_MIN);
    let mut desk = Desk { sheet: Sheet::new(width, height), theme: page.theme, scale };

    let s = scale;
    let mut top = header(&mut desk, figure)?;
    let right = desk.width() - right_room(&desk, figure)?;
    let legend_rows = legend(&mut desk, figure, top)?;
    top += legend_rows * LEGEND_ROW * s;

    let bottoms: Vec<f64> = figure.panels.iter().map(|p| bottom_room(p) * s).collect();
    let n_panels = figure.panels.len();
    let gaps = PANEL_GAP * s * n_panels.saturating_sub(1) as f64;
    let around = HEADING_ROOM * s * n_panels as f64 + bottoms.iter().sum::<f64>() + gaps;
    let room = f64::from(height) - top - around - MARGIN / 2.0 * s;
    let weights: f64 = figure.panels.iter().map(|p| p.weight).sum();
    let lowest = figure.panels.iter().map(|p| room * p.weight / weights).fold(room, f64::min);
    if lowest < PANEL_HEIGHT_MIN * s && 0 < n_panels {
        let missing = (PANEL_HEIGHT_MIN * s - lowest) * n_panels as f64;
        let allowed = format!(
            "at least about {:.0} pixels for {n_panels} panels",
            (f64::from(height) + missing).ceil()
        );
        return Err(PlotError::Page { field: "height", value: u64::from(height), allowed });
    }

    let mut frames = Vec::with_capacity(n_panels);
    for (panel, below) in figure.panels.iter().zip(&bottoms) {
        let plot_height = room * panel.weight / weights;
        let n_steps = (plot_height / (VALUE_STEP_PX * s)).max(2.0);
        let zero = panel.has_zero.then_some(0.0);
        let (range, ticks) = value_axis(panel.values().chain(zero), n_steps, panel.numbers);
        let edges = Edges {
            left: 0.0,
            top: top + HEADING_ROOM * s,
            right,
            bottom: top + HEADING_ROOM * s + plot_height,
        };
        frames.push((panel, edges, range, ticks));
        top = edges.bottom + below + PANEL_GAP * s;
    }
    // Panels stand below one another, so their left edges agree.
    let of = desk.label();
    let mut widest: f64 = 0.0;
    for tick in frames.iter().flat_map(|(_, _, _, ticks)| ticks) {
        widest = widest.max(of.width(&tick.label)?);
    }
    let left = (MARGIN * s + widest * OTHER_FONT + 14.0 * s).min(desk.width() / 3.0);
    for (panel, edges, range, ticks) in frames {
        let edges = Edges { left, ..edges };
        heading(&mut desk, edges, panel)?;
        if panel.is_empty() {
            let middle =
                (f64::midpoint(edges.left, edges.right), f64::midpoint(edges.top, edges.bottom));
            let of = desk.label();
            desk.sheet.text("nothing to draw", middle, Align::Centre, of);
            continue;
        }
        let x_ticks = x_ticks(&desk, panel, edges)?;
        let frame = Frame::new(edges, x_range(&panel.x), range);
        panel::draw(&mut desk, panel, &frame, &ticks, &x_ticks)?;
    }
    Ok(desk.sheet)
}

/// Writes the title and the line below it; returns where the panels may begin.
fn header(desk: &mut Desk, figure: &Figure) -> Result<f64, PlotError> {
    let s = desk.scale;
    let room = (desk.width() - 2.0 * MARGIN * s) / OTHER_FONT;
    let mut y = 10.0 * s;
    let lines = [
        (&figure.title, TITLE_PX, true, Ink::Text, 48.0),
        (&figure.subtitle, SUBTITLE_PX, false, Ink::Muted, 34.0),
    ];
    for (text, px, is_bold, ink, advance) in lines {
        if text.is_empty() {
            continue;
        }
        let (text, of) = desk.of(px, is_bold, ink).fit(text, room)?;
        desk.sheet.text(text, (MARGIN * s, y + advance / 2.0 * s + 4.0 * s), Align::Left, of);
        y += advance * s;
    }
    Ok(y + 6.0 * s)
}

/// Writes the legend and returns the rows that it took above the first heading:
/// none where it fits beside that heading.
fn legend(desk: &mut Desk, figure: &Figure, top: f64) -> Result<f64, PlotError> {
    let s = desk.scale;
    let of = desk.label();
    let Some(first) = figure.panels.first().filter(|_| !figure.legend.is_empty()) else {
        return Ok(0.0);
    };
    let mut widths = Vec::with_capacity(figure.legend.len());
    for entry in &figure.legend {
        let text = of.width(entry.label)? * OTHER_FONT;
        widths.push((SWATCH.0 + SWATCH.1 + SWATCH.2) * s + text);
    }
    let all: f64 = widths.iter().sum();
    let bold = desk.of(HEADING_PX, true, Ink::Text);
    let heading = bold.width(&first.title)? * OTHER_FONT + of.width(&first.unit)? * OTHER_FONT;
    // The left edge of the panel is not known yet; a sixth of the page is more than it needs.
    let right = desk.width() - right_room(desk, figure)?;
    if all + heading + desk.width() / 6.0 <= right {
        let mut x = right - all + SWATCH.2 * s;
        let y = top + (HEADING_ROOM - 20.0) * s;
        for (entry, width) in figure.legend.iter().zip(&widths) {
            self::entry(desk, entry, (x, y));
            x += width;
        }
        return Ok(0.0);
    }
    let (mut x, mut row) = (MARGIN * s, 0.0);
    for (entry, width) in figure.legend.iter().zip(&widths) {
        if desk.width() - MARGIN * s < x + width - SWATCH.2 * s && MARGIN * s < x {
            x = MARGIN * s;
            row += 1.0;
        }
        self::entry(desk, entry, (x, top + (row + 0.5) * LEGEND_ROW * s));
        x += width;
    }
    Ok(row + 1.0)
}

fn entry(desk: &mut Desk, entry: &Entry, (x, y): (f64, f64)) {
    let s = desk.scale;
    let end = x + SWATCH.0 * s;
    match entry.swatch {
        Swatch::Line(pen) => desk.sheet.line(vec![(x, y), (end, y)], pen.scaled(s)),
        Swatch::Dot(ink) => {
            desk.sheet.dot((f64::midpoint(x, end), y), 3.6 * s, Fill::solid(ink));
        }
        Swatch::Band(ink) => {
            let fill = Fill { ink, alpha: desk.theme.band_alpha() * 1.5 };
            desk.sheet.rect((x, y - 7.0 * s), (end, y + 7.0 * s), fill);
        }
    }
    let of = desk.label();
    desk.sheet.text(entry.label, (end + SWATCH.1 * s, y), Align::Left, of);
}

/// Writes what a panel shows, and its unit, above its upper left corner.
fn heading(desk: &mut Desk, edges: Edges, panel: &Panel) -> Result<(), PlotError> {
    let s = desk.scale;
    let y = edges.top - 20.0 * s;
    let room = (edges.right - edges.left) / OTHER_FONT;
    let (title, of) = desk.of(HEADING_PX, true, Ink::Text).fit(&panel.title, room)?;
    let beside = of.width(&title)? * OTHER_FONT + if title.is_empty() { 0.0 } else { 10.0 * s };
    desk.sheet.text(title, (edges.left, y), Align::Left, of);
    if 40.0 * s < room - beside {
        let (unit, of) = desk.label().fit(&panel.unit, room - beside)?;
        desk.sheet.text(unit, (edges.left + beside, y), Align::Left, of);
    }
    Ok(())
}

/// From the right edge of the panels to that of the page: half a label, or the
/// last values that are written there.
fn right_room(desk: &Desk, figure: &Figure) -> Result<f64, PlotError> {
    let s = desk.scale;
    let of = desk.of(LABEL_PX, true, Ink::Text);
    let mut widest: f64 = 0.0;
    for panel in &figure.panels {
        for layer in &panel.layers {
            if let Layer::Last { at, .. } = layer {
                widest = widest.max(of.width(&panel::last_value(at.1))? + 12.0 * s);
            }
        }
    }
    Ok((widest * OTHER_FONT + 8.0 * s).max(44.0 * s))
}

fn bottom_room(panel: &Panel) -> f64 {
    let labels = match &panel.x {
        XAxis::Time { .. } => TICK_ROOM.1,
        XAxis::Ticks { .. } | XAxis::Values { .. } => TICK_ROOM.0,
    };
    labels + if panel.x_label.is_empty() { 0.0 } else { X_LABEL_ROOM }
}

fn x_range(x: &XAxis) -> (f64, f64) {
    let seconds = |ds: NaiveDateTime| crate::axis::time::seconds(ds);
    match x {
        XAxis::Time { from, to } => (seconds(*from), seconds(*to)),
        XAxis::Ticks { range, .. } | XAxis::Values { range } => *range,
    }
}

/// The ticks of the horizontal axis that there is room for.
fn x_ticks(desk: &Desk, panel: &Panel, edges: Edges) -> Result<Vec<Tick>, PlotError> {
    let room = edges.right - edges.left;
    match &panel.x {
        XAxis::Time { from, to } => Ok(time_axis(*from, *to, room / (TIME_LABEL_PX * desk.scale))),
        XAxis::Values { range } => {
            let n_labels = (room / (1.6 * TIME_LABEL_PX * desk.scale)).max(2.0);
            let (_, ticks) = value_axis([range.0, range.1], n_labels, Numbers::Plain);
            Ok(ticks.into_iter().filter(|t| range.0 <= t.at && t.at <= range.1).collect())
        }
        XAxis::Ticks { ticks, .. } => {
            let of = desk.label();
            let mut widest: f64 = 0.0;
            for tick in ticks {
                widest = widest.max(of.width(&tick.label)? * OTHER_FONT);
            }
            let fits = (room / (widest + 10.0 * desk.scale)).max(1.0);
            let every = (ticks.len() as f64 / fits).ceil().max(1.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at least one, at most the number of ticks"
            )]
            Ok(ticks.iter().step_by(every as usize).cloned().collect())
        }
    }
}

#[cfg(test)]
mod tests;
