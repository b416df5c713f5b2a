//! The picture as SVG.
//!
//! It has one size in height and any in width: places across are percentages, and the lines lie
//! in a view that is stretched, while their strokes and the letters are not.

use maud::{Markup, html};

use super::scale::{Dates, Values};
use super::{Chart, Line};
use crate::dashboard::Lang;

/// The stretched view, in its own units; a tenth of one is below what a screen shows.
const WIDTH: f64 = 1000.0;

/// The height of the lines, and of the strips above and below for letters, in pixels.
const HEIGHT: f64 = 260.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 24.0;

/// The picture; nothing if there is nothing to show.
pub(super) fn svg(chart: &Chart, lang: Lang) -> Markup {
    let (Some(dates), Some((low, high))) = (Dates::of(&chart.dates), chart.extremes()) else {
        return Markup::default();
    };
    let values = Values::around(low, high);
    let (title, desc) = (format!("{}-name", chart.id), format!("{}-desc", chart.id));
    html! {
        svg role="img" aria-labelledby=(title) aria-describedby=(desc)
            width="100%" height=(TOP + HEIGHT + BOTTOM) {
            title #(title) { (chart.title) }
            desc #(desc) { (chart.desc) }
            @for tick in &values.ticks {
                line.grid x1="0" x2="100%" y1=(y(&values, *tick)) y2=(y(&values, *tick)) {}
            }
            @if let Some((date, label)) = &chart.mark {
                line.mark x1=(x(dates.right(*date))) x2=(x(dates.right(*date)))
                    y1=(TOP) y2=(TOP + HEIGHT) {}
                text.mark x=(x(dates.right(*date))) y="12" text-anchor="end" { (label) "\u{a0}" }
            }
            svg x="0" y=(TOP) width="100%" height=(HEIGHT) preserveAspectRatio="none"
                viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
                @if let Some(band) = &chart.band {
                    path.band d=(band_path(chart, &band.ends, dates, &values)) {}
                }
                @for line in &chart.lines {
                    path class={ "line " (line.ink.class()) } vector-effect="non-scaling-stroke"
                        d=(line_path(chart, line, dates, &values)) {}
                }
            }
            @for tick in &values.ticks {
                text.value x="0" y=(y(&values, *tick) - 4.0) {
                    (lang.number(*tick, values.decimals))
                }
            }
            @for (idx, (date, label)) in dates.ticks(lang).into_iter().enumerate() {
                text x=(x(dates.right(date))) y=(TOP + HEIGHT + 17.0) text-anchor="middle"
                    class=(if idx.is_multiple_of(2) { "date" } else { "date odd" }) { (label) }
            }
        }
    }
}

/// A place across, as a share of the width.
fn x(right: f64) -> String {
    format!("{:.2}%", 100.0 * right)
}

/// A place down, in pixels.
fn y(values: &Values, value: f64) -> f64 {
    (10.0 * (TOP + HEIGHT * values.down(value))).round() / 10.0
}

fn point(right: f64, down: f64) -> String {
    format!("{:.1} {:.1}", WIDTH * right, HEIGHT * down)
}

/// A line through the values that there are; one that is missing does not break it, since
/// lines that share their dates need not share every one.
fn line_path(chart: &Chart, line: &Line, dates: Dates, values: &Values) -> String {
    let known = chart.dates.iter().zip(&line.values);
    let points: Vec<String> = known
        .filter_map(|(date, value)| Some(point(dates.right(*date), values.down((*value)?))))
        .collect();
    path(&points, "")
}

/// Along the upper ends, and back along the lower.
fn band_path(chart: &Chart, ends: &[Option<(f64, f64)>], dates: Dates, values: &Values) -> String {
    let known = chart.dates.iter().zip(ends).filter_map(|(date, ends)| Some((*date, (*ends)?)));
    let upper = known.clone().map(|(date, (_, high))| point(dates.right(date), values.down(high)));
    let lower = known.rev().map(|(date, (low, _))| point(dates.right(date), values.down(low)));
    path(&upper.chain(lower).collect::<Vec<_>>(), "Z")
}

fn path(points: &[String], end: &str) -> String {
    if points.is_empty() { String::new() } else { format!("M{}{end}", points.join("L")) }
}
