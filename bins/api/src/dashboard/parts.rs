//! Small pieces of HTML that several sections use.

use maud::{Markup, html};

use super::Lang;

/// A card of the page: a section with a heading, which names it to screen readers.
pub(super) fn card(id: &str, title: &str, intro: &Markup, content: &Markup) -> Markup {
    let heading = format!("{id}-title");
    html! {
        section.card #(id) aria-labelledby=(heading) {
            header {
                h2 #(heading) { (title) }
                (intro)
            }
            (content)
        }
    }
}

/// What stands where there is nothing to show yet: what is missing, and what to do.
pub(super) fn missing(text: &Markup) -> Markup {
    html! { p.missing { (text) } }
}

/// A price with its currency.
pub(super) fn money(lang: Lang, currency: &str, value: f64) -> String {
    with_currency(currency, &lang.price(value))
}

/// An amount with its currency, where that is known.
pub(super) fn with_currency(currency: &str, amount: &str) -> String {
    if currency.is_empty() { amount.to_owned() } else { format!("{currency}\u{a0}{amount}") }
}

/// How good or bad something is; never told by its colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Neutral,
    Warn,
    Bad,
}

/// A word with a mark before it.
pub(super) fn badge(mood: Mood, text: &str) -> Markup {
    let (class, mark) = match mood {
        Mood::Good => ("good", "✓"),
        Mood::Neutral => ("neutral", "·"),
        Mood::Warn => ("warn", "!"),
        Mood::Bad => ("bad", "✕"),
    };
    html! {
        span class={ "badge " (class) } { span aria-hidden="true" { (mark) } " " (text) }
    }
}

/// Numbers behind a picture, folded away; a wide table scrolls by itself, and by keys.
pub(super) fn numbers(id: &str, summary: &str, table: &Markup) -> Markup {
    html! {
        details #(id) {
            summary { (summary) }
            div.scroll tabindex="0" role="region" aria-label=(summary) { (table) }
        }
    }
}
