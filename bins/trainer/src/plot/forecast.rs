//! The forecast plot: the whole series above, the last year below.

use chrono::NaiveDate;
use plotters::prelude::{Color as _, DrawingBackend};
use plotters::style::RGBColor;

use super::axis::{day_number, number};
use super::canvas::{Align, Canvas, Drawing, Pen, Type};
use super::frame::{Edges, Frame, LABEL, header, heading};
use super::style::{self, BAND_ALPHA, LABEL_PX};
use super::{ForecastPlot, Point};

/// How many sessions the lower panel shows: about a year of them.
const ZOOM_SESSIONS: usize = 250;
/// Fewer sessions than this fit one panel well enough.
const ONE_PANEL_SESSIONS: usize = 330;
/// So few points are drawn as dots too, or nobody would see where they are.
const DOTS_MAX: usize = 90;

const CHANGEPOINT_DASH: (f64, f64) = (3.0, 5.0);
const CUTOFF_DASH: (f64, f64) = (8.0, 6.0);

/// What a panel shows, and how thick.
#[derive(Clone, Copy)]
struct View {
    from: NaiveDate,
    to: NaiveDate,
    line_px: f64,
    is_detail: bool,
}

impl Drawing for ForecastPlot<'_> {
    fn size(&self) -> (f64, f64) {
        (style::WIDTH, style::FORECAST_HEIGHT)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> anyhow::Result<()> {
        header(canvas, self.title, self.subtitle)?;
        let right = style::WIDTH - style::RIGHT;
        let whole = Edges { left: style::LEFT, top: style::HEADER + 36.0, right, bottom: 346.0 };
        let detail =
            Edges { left: style::LEFT, top: 450.0, right, bottom: style::FORECAST_HEIGHT - 60.0 };
        let Some((from, to)) = self.span() else {
            let of = Type { px: LABEL_PX, is_bold: false, colour: style::MUTED };
            let middle = (style::WIDTH / 2.0, style::FORECAST_HEIGHT / 2.0);
            return canvas.text("nothing to draw", middle, Align::Centre, of);
        };
        self.legend(canvas, right)?;
        let Some(zoom_from) = self.zoom_from() else {
            let edges = Edges { top: whole.top, ..detail };
            heading(canvas, edges, "All sessions", self.unit)?;
            let view = View { from, to, line_px: 2.0, is_detail: true };
            return self.panel(canvas, edges, view);
        };
        let x =
            super::axis::Scale::new((day_number(from), day_number(to)), (whole.left, whole.right));
        let tint = style::FORECAST.mix(style::ZOOM_ALPHA);
        let corner = (x.px(day_number(zoom_from)), whole.top);
        canvas.rect(corner, (whole.right, whole.bottom), tint)?;
        heading(canvas, whole, "Whole series", self.unit)?;
        self.panel(canvas, whole, View { from, to, line_px: 1.4, is_detail: false })?;
        let title = format!("Last {ZOOM_SESSIONS} sessions");
        heading(canvas, detail, &title, "the shaded part, enlarged")?;
        self.panel(canvas, detail, View { from: zoom_from, to, line_px: 2.0, is_detail: true })
    }
}

impl ForecastPlot<'_> {
    /// The first and the last date of anything that has a value.
    fn span(&self) -> Option<(NaiveDate, NaiveDate)> {
        let dates = || self.actuals().map(|(d, _)| d).chain(self.forecast.iter().map(|p| p.date));
        Some((dates().min()?, dates().max()?))
    }

    fn actuals(&self) -> impl DoubleEndedIterator<Item = (NaiveDate, f64)> + '_ {
        self.history.iter().chain(self.test).copied()
    }

    /// Where the lower panel begins; `None` if one panel is enough.
    fn zoom_from(&self) -> Option<NaiveDate> {
        let n_sessions = self.history.len() + self.test.len();
        if n_sessions < ONE_PANEL_SESSIONS {
            return None;
        }
        self.actuals().nth_back(ZOOM_SESSIONS).map(|(date, _)| date)
    }

    fn panel<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, DB>,
        edges: Edges,
        view: View,
    ) -> anyhow::Result<()> {
        let seen = |date: NaiveDate| view.from <= date && date <= view.to;
        let forecast: Vec<Point> = self.forecast.iter().filter(|p| seen(p.date)).copied().collect();
        let (fit, ahead): (Vec<Point>, Vec<Point>) =
            forecast.iter().partition(|p| self.cutoff.is_some_and(|cutoff| p.date <= cutoff));
        let history: Vec<_> = self.history.iter().filter(|(d, _)| seen(*d)).copied().collect();
        let test: Vec<_> = self.test.iter().filter(|(d, _)| seen(*d)).copied().collect();
        let values = history.iter().chain(&test).map(|(_, v)| *v);
        let values = values.chain(forecast.iter().flat_map(|p| [p.yhat, p.lower, p.upper]));
        let x_range = (day_number(view.from), day_number(view.to));
        let frame = Frame::new(canvas, edges, x_range, values)?;
        frame.dates(view.from, view.to)?;

        for date in self.changepoints.iter().filter(|d| seen(**d)) {
            let colour = style::CHANGEPOINT.mix(0.75);
            frame.vertical(*date, Pen::dashed(colour, 1.3, CHANGEPOINT_DASH))?;
        }
        frame.band(&fit, style::FORECAST.mix(BAND_ALPHA / 2.0))?;
        frame.band(&ahead, style::FORECAST.mix(BAND_ALPHA))?;
        let line = |colour: RGBColor, wider: f64| Pen::solid(colour, view.line_px + wider);
        frame.series(history.iter().copied(), line(style::HISTORY, 0.0))?;
        frame.series(fit.iter().map(|p| (p.date, p.yhat)), line(style::FORECAST, 0.0))?;
        frame.series(test.iter().copied(), line(style::TEST, 0.4))?;
        frame.series(ahead.iter().map(|p| (p.date, p.yhat)), line(style::FORECAST, 0.8))?;
        if view.is_detail {
            dots(&frame, &history, &test)?;
            self.mark_cutoff(&frame, seen)?;
            last_values(&frame, test.last().or(history.last()), ahead.last())?;
        } else if let Some(cutoff) = self.cutoff.filter(|d| seen(*d)) {
            frame.vertical(cutoff, Pen::dashed(style::INK.mix(0.8), 1.3, CUTOFF_DASH))?;
        }
        Ok(())
    }

    fn mark_cutoff<DB: DrawingBackend>(
        &self,
        frame: &Frame<'_, DB>,
        seen: impl Fn(NaiveDate) -> bool,
    ) -> anyhow::Result<()> {
        let Some(cutoff) = self.cutoff.filter(|d| seen(*d)) else { return Ok(()) };
        frame.vertical(cutoff, Pen::dashed(style::INK.mix(0.9), 1.6, CUTOFF_DASH))?;
        let of = Type { px: LABEL_PX, is_bold: false, colour: style::INK };
        let (x, _) = frame.at(cutoff, 0.0);
        let text = format!("cutoff {cutoff}");
        let at = (x - 8.0, frame.edges.top + 14.0);
        // A halo keeps the words legible over the lines that they cross.
        let width = frame.canvas.text_width(&text, of)?;
        let corner = (at.0 - width - 4.0, at.1 - 12.0);
        frame.canvas.rect(corner, (at.0 + 4.0, at.1 + 12.0), style::BACKGROUND.mix(0.8))?;
        frame.canvas.text(&text, at, Align::Right, of)
    }

    fn legend<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, DB>,
        right: f64,
    ) -> anyhow::Result<()> {
        let has_band = self.forecast.iter().any(|p| p.lower.is_finite() && p.upper.is_finite());
        let line = |colour| Swatch::Line(Pen::solid(colour, 3.0));
        let dashed = |colour: RGBColor, dash| Swatch::Line(Pen::dashed(colour.mix(1.0), 1.8, dash));
        let entries = [
            (!self.history.is_empty(), line(style::HISTORY), "history"),
            (!self.test.is_empty(), line(style::TEST), "test sessions"),
            (!self.forecast.is_empty(), line(style::FORECAST), "forecast"),
            (has_band, Swatch::Band, "interval"),
            (
                !self.changepoints.is_empty(),
                dashed(style::CHANGEPOINT, CHANGEPOINT_DASH),
                "changepoint",
            ),
            (self.cutoff.is_some(), dashed(style::INK, CUTOFF_DASH), "cutoff"),
        ];
        // On the line of the first heading, whose right end is free.
        let (mut x, y) = (right, style::HEADER + 16.0);
        for (_, swatch, label) in entries.into_iter().rev().filter(|(is_shown, ..)| *is_shown) {
            canvas.text(label, (x, y), Align::Right, LABEL)?;
            x -= canvas.text_width(label, LABEL)? + 8.0;
            match swatch {
                Swatch::Line(pen) => canvas.line(&[(x - 28.0, y), (x, y)], pen)?,
                Swatch::Band => {
                    let fill = style::FORECAST.mix(BAND_ALPHA * 1.5);
                    canvas.rect((x - 28.0, y - 7.0), (x, y + 7.0), fill)?;
                }
            }
            x -= 28.0 + 22.0;
        }
        Ok(())
    }
}

/// Marks each value with a dot where there are few enough of them.
fn dots<DB: DrawingBackend>(
    frame: &Frame<'_, DB>,
    history: &[(NaiveDate, f64)],
    test: &[(NaiveDate, f64)],
) -> anyhow::Result<()> {
    for (points, colour) in [(history, style::HISTORY), (test, style::TEST)] {
        if points.len() <= DOTS_MAX {
            for (date, value) in points.iter().filter(|(_, v)| v.is_finite()) {
                frame.canvas.dot(frame.at(*date, *value), 2.4, colour)?;
            }
        }
    }
    Ok(())
}

enum Swatch {
    Line(Pen),
    Band,
}

/// Marks the last close and the last forecast with a dot and their value.
fn last_values<DB: DrawingBackend>(
    frame: &Frame<'_, DB>,
    actual: Option<&(NaiveDate, f64)>,
    forecast: Option<&Point>,
) -> anyhow::Result<()> {
    /// Two labels closer than this would overlap.
    const APART_PX: (f64, f64) = (70.0, 22.0);
    let mut marks: Vec<((f64, f64), f64, RGBColor)> = Vec::new();
    if let Some((date, value)) = actual.filter(|(_, v)| v.is_finite()) {
        marks.push((frame.at(*date, *value), *value, style::TEST));
    }
    if let Some(p) = forecast.filter(|p| p.yhat.is_finite()) {
        marks.push((frame.at(p.date, p.yhat), p.yhat, style::FORECAST));
    }
    marks.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let mut shift = 0.0;
    if let [(above, ..), (below, ..)] = &marks[..]
        && (above.0 - below.0).abs() < APART_PX.0
    {
        shift = (APART_PX.1 - (below.1 - above.1)).max(0.0) / 2.0;
    }
    for (i, (at, value, colour)) in marks.into_iter().enumerate() {
        frame.canvas.dot(at, 4.5, colour)?;
        let text = number(value, 0.01);
        let of = Type { px: LABEL_PX, is_bold: true, colour };
        let beside = (at.0 + 12.0, if i == 0 { at.1 - shift } else { at.1 + shift });
        let end = beside.0 + frame.canvas.text_width(&text, of)? + 2.0;
        let halo = style::BACKGROUND.mix(0.75);
        frame.canvas.rect((beside.0 - 2.0, beside.1 - 11.0), (end, beside.1 + 11.0), halo)?;
        frame.canvas.text(&text, beside, Align::Left, of)?;
    }
    Ok(())
}
