//! Lines over dates: one description, drawn as SVG on the server and handed as numbers to the
//! script, which draws it again to be zoomed.

mod columns;
mod data;
mod lines;
mod scale;

use chrono::NaiveDate;
use maud::{Markup, html};

use super::Lang;
pub(super) use columns::{Column, Columns};

/// What a line or a band shows; the style sheet and the script choose its colour by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// What the market did.
    Close,
    /// What the model says.
    Forecast,
}

impl Ink {
    const fn class(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Forecast => "forecast",
        }
    }
}

/// A line: a value for each date, or none.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) ink: Ink,
    pub(super) values: Vec<Option<f64>>,
}

/// A band: its two ends for each date, or none.
#[derive(Debug, Clone)]
pub(super) struct Band {
    pub(super) label: String,
    pub(super) ends: Vec<Option<(f64, f64)>>,
}

/// A picture of lines over dates.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    /// Names its elements.
    pub(super) id: &'static str,
    /// What it shows, for those who do not see it.
    pub(super) title: String,
    /// What can be seen on it.
    pub(super) desc: String,
    /// The dates, rising.
    pub(super) dates: Vec<NaiveDate>,
    pub(super) lines: Vec<Line>,
    pub(super) band: Option<Band>,
    /// A date at which something begins, and what.
    pub(super) mark: Option<(NaiveDate, String)>,
    pub(super) currency: &'static str,
}

impl Chart {
    /// The figure: the picture, its legend, and its numbers for the script.
    pub(super) fn figure(&self, lang: Lang) -> Markup {
        html! {
            figure.chart data-chart=(self.id) {
                figcaption.legend {
                    @for line in &self.lines {
                        span class={ "key line " (line.ink.class()) } { (line.label) }
                    }
                    @if let Some(band) = &self.band { span.key.band { (band.label) } }
                }
                div.plot { (lines::svg(self, lang)) }
                (data::script(self, lang))
            }
        }
    }

    /// The lowest and the highest value.
    fn extremes(&self) -> Option<(f64, f64)> {
        let of_lines = self.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
        let ends = self.band.iter().flat_map(|band| band.ends.iter().flatten());
        let values = of_lines.chain(ends.flat_map(|(low, high)| [*low, *high]));
        values.fold(None, |extremes, value| {
            let (low, high) = extremes.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    }
}
