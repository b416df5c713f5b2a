//! Pairs of columns: ours, and what it is measured against.

use maud::{Markup, html};

use super::scale::Values;
use crate::dashboard::Lang;

/// The height of the columns, and of the strips above and below for letters, in pixels.
const HEIGHT: f64 = 190.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 40.0;

/// What is left to the letters of the values, as a share of the width.
const LEFT: f64 = 7.0;

/// How far above the highest column a limit may lie to be drawn.
const LIMIT_RATIO_MAX: f64 = 1.5;

/// A pair.
#[derive(Debug, Clone)]
pub(in crate::dashboard) struct Column {
    pub(in crate::dashboard) label: String,
    pub(in crate::dashboard) ours: f64,
    pub(in crate::dashboard) naive: f64,
    /// Above which ours is worth a look.
    pub(in crate::dashboard) limit: Option<f64>,
}

/// A picture of pairs, side by side.
#[derive(Debug, Clone)]
pub(in crate::dashboard) struct Columns {
    pub(in crate::dashboard) id: &'static str,
    pub(in crate::dashboard) title: String,
    /// What the labels below are.
    pub(in crate::dashboard) below: &'static str,
    pub(in crate::dashboard) ours: &'static str,
    pub(in crate::dashboard) naive: &'static str,
    pub(in crate::dashboard) limit: &'static str,
    pub(in crate::dashboard) unit: &'static str,
    pub(in crate::dashboard) groups: Vec<Column>,
}

impl Columns {
    /// The figure: the picture and its legend. The numbers are in a table beside it.
    pub(in crate::dashboard) fn figure(&self, lang: Lang) -> Markup {
        html! {
            figure.columns {
                figcaption.legend {
                    span.key.column.ours { (self.ours) }
                    span.key.column.naive { (self.naive) }
                    @if self.groups.iter().any(|group| self.limit_of(group).is_some()) { span.key.limit { (self.limit) } }
                }
                div.plot { (self.svg(lang)) }
            }
        }
    }

    /// The highest column.
    fn highest(&self) -> f64 {
        let values = self.groups.iter().flat_map(|group| [group.ours, group.naive]);
        values.filter(|value| value.is_finite()).fold(0.0, f64::max)
    }

    /// The limit of a pair, unless it lies so high that nothing else could be seen.
    fn limit_of(&self, group: &Column) -> Option<f64> {
        group.limit.filter(|limit| *limit <= LIMIT_RATIO_MAX * self.highest())
    }

    fn svg(&self, lang: Lang) -> Markup {
        let limits = self.groups.iter().filter_map(|group| self.limit_of(group));
        let high = limits.fold(self.highest(), f64::max);
        let values = Values::around(0.0, if 0.0 < high { high } else { 1.0 });
        let y = |value: f64| (10.0 * (TOP + HEIGHT * values.down(value))).round() / 10.0;
        let name = format!("{}-name", self.id);
        let share = (100.0 - LEFT) / self.groups.len().max(1) as f64;
        html! {
            svg role="img" aria-labelledby=(name) width="100%" height=(TOP + HEIGHT + BOTTOM) {
                title #(name) { (self.title) }
                @for tick in &values.ticks {
                    line.grid x1="0" x2="100%" y1=(y(*tick)) y2=(y(*tick)) {}
                }
                @for tick in values.ticks.iter().filter(|tick| 0.0 < **tick) {
                    text.value x="0" y=(y(*tick) - 4.0) { (lang.number(*tick, values.decimals)) }
                }
                @for (idx, group) in self.groups.iter().enumerate() {
                    @let left = LEFT + share * idx as f64;
                    (column("ours", left + 0.18 * share, share, y(group.ours)))
                    (column("naive", left + 0.51 * share, share, y(group.naive)))
                    @if let Some(limit) = self.limit_of(group) {
                        line.limit x1=(at(left + 0.14 * share)) x2=(at(left + 0.53 * share))
                            y1=(y(limit)) y2=(y(limit)) {}
                    }
                    text.group x=(at(left + 0.5 * share)) y=(TOP + HEIGHT + 17.0) text-anchor="middle" {
                        (group.label)
                    }
                }
                text x="50%" y=(TOP + HEIGHT + 35.0) text-anchor="middle" {
                    (self.below)
                    @if !self.unit.is_empty() { " · " (self.unit) }
                }
            }
        }
    }
}

/// A column from the ground up.
fn column(class: &str, left: f64, share: f64, top: f64) -> Markup {
    let height = (10.0 * (TOP + HEIGHT - top)).round() / 10.0;
    html! {
        rect class={ "column " (class) } x=(at(left)) width=(at(0.31 * share)) y=(top)
            height=(height) rx="2" {}
    }
}

/// A place across, as a share of the width.
fn at(share: f64) -> String {
    format!("{share:.2}%")
}
