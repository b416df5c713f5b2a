//! The components plot: one panel for each part of the forecast.

use chrono::{NaiveDate, Weekday};
use plotters::prelude::{Color as _, DrawingBackend};

use super::axis::{Tick, day_number, number};
use super::canvas::{Align, Canvas, Drawing, Pen, Type};
use super::frame::{Edges, Frame, LABEL, header, heading};
use super::style::{self, BAND_ALPHA, PANEL_HEIGHT};
use super::{ComponentsPlot, Panel, Point, Values};

/// Where the months begin in a year of 365 days, with their names.
const MONTHS: [(u16, &str); 12] = [
    (1, "Jan"),
    (32, "Feb"),
    (60, "Mar"),
    (91, "Apr"),
    (121, "May"),
    (152, "Jun"),
    (182, "Jul"),
    (213, "Aug"),
    (244, "Sep"),
    (274, "Oct"),
    (305, "Nov"),
    (335, "Dec"),
];
/// How much of its place a weekday's bar takes.
const BAR_SHARE: f64 = 0.5;
const LINE_PX: f64 = 2.4;

impl Drawing for ComponentsPlot<'_> {
    fn size(&self) -> (f64, f64) {
        // One empty panel's height, so that a plot without panels still has a page.
        let n_panels = self.panels.len().max(1) as f64;
        (style::WIDTH, style::HEADER + n_panels * PANEL_HEIGHT)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> anyhow::Result<()> {
        header(canvas, self.title, self.subtitle)?;
        let mut top = style::HEADER;
        for panel in self.panels {
            let edges = Edges {
                left: style::LEFT,
                top: top + 36.0,
                right: style::WIDTH - style::RIGHT,
                bottom: top + PANEL_HEIGHT - 58.0,
            };
            heading(canvas, edges, panel.title, panel.unit)?;
            draw_panel(canvas, edges, panel)?;
            top += PANEL_HEIGHT;
        }
        Ok(())
    }
}

fn draw_panel<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    edges: Edges,
    panel: &Panel<'_>,
) -> anyhow::Result<()> {
    match panel.values {
        Values::Dates(points) => over_time(canvas, edges, points),
        Values::Weekdays(effects) => over_weekdays(canvas, edges, effects),
        Values::DaysOfYear(effects) => over_a_year(canvas, edges, effects),
    }
}

fn over_time<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    edges: Edges,
    points: &[Point],
) -> anyhow::Result<()> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return nothing(canvas, edges);
    };
    let (from, to): (NaiveDate, NaiveDate) = (first.date, last.date);
    let values = points.iter().flat_map(|p| [p.yhat, p.lower, p.upper]);
    let frame = Frame::new(canvas, edges, (day_number(from), day_number(to)), values)?;
    frame.dates(from, to)?;
    frame.band(points, style::FORECAST.mix(BAND_ALPHA))?;
    frame.series(points.iter().map(|p| (p.date, p.yhat)), Pen::solid(style::FORECAST, LINE_PX))
}

fn over_weekdays<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    edges: Edges,
    effects: &[(Weekday, f64)],
) -> anyhow::Result<()> {
    if effects.is_empty() {
        return nothing(canvas, edges);
    }
    let n_days = effects.len() as f64;
    // Bars stand on zero, so zero is part of the axis; their labels need room beyond them.
    let values = effects.iter().map(|(_, v)| 1.35 * v).chain([0.0]);
    let frame = Frame::new(canvas, edges, (-0.5, n_days - 0.5), values)?;
    zero_line(&frame)?;
    let mut ticks = Vec::new();
    for (i, (day, value)) in effects.iter().enumerate() {
        let at = i as f64;
        ticks.push(Tick { at, label: day.to_string(), below: String::new() });
        if !value.is_finite() {
            continue;
        }
        let colour = if 0.0 <= *value { style::POSITIVE } else { style::NEGATIVE };
        let half = BAR_SHARE / 2.0;
        let (x, y) = (frame.x, frame.y);
        let (low, high) = (value.min(0.0), value.max(0.0));
        canvas.rect(
            (x.px(at - half), y.px(high)),
            (x.px(at + half), y.px(low)),
            colour.mix(0.85),
        )?;
        let of = Type { is_bold: true, colour: style::INK, ..LABEL };
        let beyond = if 0.0 <= *value { y.px(high) - 14.0 } else { y.px(low) + 14.0 };
        canvas.text(&signed(*value), (x.px(at), beyond), Align::Centre, of)?;
    }
    frame.ticks(&ticks)
}

fn over_a_year<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    edges: Edges,
    effects: &[(u16, f64)],
) -> anyhow::Result<()> {
    if effects.is_empty() {
        return nothing(canvas, edges);
    }
    let values = effects.iter().map(|(_, v)| *v).chain([0.0]);
    let frame = Frame::new(canvas, edges, (1.0, 366.0), values)?;
    zero_line(&frame)?;
    let ticks = MONTHS.map(|(day, name)| Tick {
        at: f64::from(day),
        label: name.to_owned(),
        below: String::new(),
    });
    frame.ticks(&ticks)?;
    for run in effects.split(|(_, v)| !v.is_finite()) {
        let line: Vec<(f64, f64)> =
            run.iter().map(|(day, v)| (frame.x.px(f64::from(*day)), frame.y.px(*v))).collect();
        canvas.line(&line, Pen::solid(style::FORECAST, LINE_PX))?;
    }
    Ok(())
}

fn zero_line<DB: DrawingBackend>(frame: &Frame<'_, DB>) -> anyhow::Result<()> {
    let y = frame.y.px(0.0);
    let ends = [(frame.edges.left, y), (frame.edges.right, y)];
    frame.canvas.line(&ends, Pen::solid(style::AXIS, 1.5))
}

fn nothing<DB: DrawingBackend>(canvas: &Canvas<'_, DB>, edges: Edges) -> anyhow::Result<()> {
    let middle = (f64::midpoint(edges.left, edges.right), f64::midpoint(edges.top, edges.bottom));
    canvas.text("nothing to draw", middle, Align::Centre, LABEL)
}

fn signed(value: f64) -> String {
    let text = number(value, 0.001);
    if 0.0 < value { format!("+{text}") } else { text }
}
