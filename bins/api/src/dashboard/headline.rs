//! The first thing that is read: what is forecast for the next session, by which version.

use maud::{Markup, html};

use super::Lang;
use super::parts::{Mood, badge, missing, money};
use super::state::why_nothing;
use super::view::{ServedVersion, Trouble, View};

pub(super) fn section(view: &View, lang: Lang) -> Markup {
    html! {
        section #headline aria-labelledby="headline-title" {
            h1 #headline-title { (view.symbol) }
            @match &view.served {
                Some(served) => {
                    p.lead { (lead(view, served, lang)) }
                    div.tiles {
                        (next_session(view, served, lang))
                        (last_close(view, served, lang))
                        (version(view, served, lang))
                        (health(view, lang))
                    }
                }
                None => {
                    p.lead { (lang.pick("No version is served.", "Nenhuma versão está em serviço.")) }
                    (missing(&html! { (why_nothing(view, lang)) }))
                }
            }
        }
    }
}

fn lead(view: &View, served: &ServedVersion, lang: Lang) -> Markup {
    let (model, version) = (&view.model, served.version);
    let through = served.trained_through.map(|date| lang.date(date));
    html! {
        strong { (model) } " " (lang.pick("version", "versão")) " " strong { (version) }
        @if let Some(through) = through {
            (lang.pick(", trained through ", ", treinada até ")) strong { (through) }
        }
    }
}

/// A number with what it is above it and what belongs to it below.
fn tile(class: &str, what: &str, value: &Markup, notes: &[Markup]) -> Markup {
    html! {
        div class={ "tile " (class) } {
            h2 { (what) }
            p.value { (value) }
            @for note in notes { p.note { (note) } }
        }
    }
}

fn next_session(view: &View, served: &ServedVersion, lang: Lang) -> Markup {
    let what = lang.pick("Next session", "Próximo pregão");
    let Some(row) = served.rows.first() else {
        let why = lang.pick("no forecast from dates alone", "sem previsão só com datas");
        return tile("next", what, &html! { "–" }, &[html! { (why) }]);
    };
    let mut notes = vec![html! { time datetime=(row.ds) { (lang.day(row.ds)) } }];
    if let Some((low, high)) = row.yhat_lower.zip(row.yhat_upper) {
        let width = lang.percent(served.interval_width);
        let (low, high) = (lang.price(low), lang.price(high));
        notes.push(html! {
            (match lang {
                Lang::En => format!("{width} band: "),
                Lang::Pt => format!("banda de {width}: "),
            })
            strong { (low) } (lang.pick(" to ", " a ")) strong { (high) }
        });
    }
    tile("next", what, &html! { (money(lang, view.currency, row.yhat)) }, &notes)
}

fn last_close(view: &View, served: &ServedVersion, lang: Lang) -> Markup {
    let what = lang.pick("Last known close", "Último fechamento conhecido");
    let Some((date, close)) = served.last_close() else {
        let why = lang.pick("the model came without prices", "o modelo veio sem preços");
        return tile("", what, &html! { "–" }, &[html! { (why) }]);
    };
    let mut notes = vec![html! { time datetime=(date) { (lang.day(date)) } }];
    let change = served.rows.first().map(|row| 100.0 * (row.yhat / close - 1.0));
    if let Some(change) = change.filter(|change| change.is_finite()) {
        notes.push(html! {
            (lang.pick("the forecast is ", "a previsão está "))
            strong { (lang.signed(change, 1)) "%" }
            (lang.pick(" from it", " dele"))
        });
    }
    tile("", what, &html! { (money(lang, view.currency, close)) }, &notes)
}

fn version(view: &View, served: &ServedVersion, lang: Lang) -> Markup {
    // What is written down goes back beyond the beginning of this process.
    let newest = view.changes.first().filter(|change| change.version == served.version);
    let since = newest.map_or(served.since, |change| change.at);
    let since = html! {
        (lang.pick("since ", "desde "))
        time datetime=(since.to_rfc3339()) { (lang.instant(since, view.zone)) }
    };
    let follows = html! { (lang.pick("follows ", "segue ")) code { (view.selector) } };
    let what = lang.pick("Version served", "Versão em serviço");
    tile("", what, &html! { (served.version) }, &[since, follows])
}

fn health(view: &View, lang: Lang) -> Markup {
    let (mood, value, note) = match view.trouble() {
        None => (
            Mood::Good,
            lang.pick("In order", "Em ordem"),
            lang.pick(
                "What is served is what the registry asks for.",
                "O que está em serviço é o que o registro pede.",
            ),
        ),
        Some(Trouble::Degraded) => (
            Mood::Warn,
            lang.pick("Degraded", "Degradado"),
            lang.pick(
                "What is served may not be what the registry asks for.",
                "O que está em serviço pode não ser o que o registro pede.",
            ),
        ),
        Some(trouble @ (Trouble::Alert | Trouble::Warning)) => (
            if trouble == Trouble::Alert { Mood::Bad } else { Mood::Warn },
            match trouble {
                Trouble::Alert => lang.pick("Alert", "Alerta"),
                _ => lang.pick("Warning", "Aviso"),
            },
            lang.pick(
                "The forecasts are worse than their limits.",
                "As previsões estão piores que seus limites.",
            ),
        ),
        Some(Trouble::NotKept) => (
            Mood::Warn,
            lang.pick("Not recorded", "Sem registro"),
            lang.pick(
                "Forecasts cannot be written to disk.",
                "As previsões não podem ser gravadas em disco.",
            ),
        ),
        Some(Trouble::NotDelivered) => (
            Mood::Warn,
            lang.pick("MLflow behind", "MLflow atrasado"),
            lang.pick(
                "Forecasts are kept here until MLflow takes them.",
                "As previsões esperam aqui até o MLflow as receber.",
            ),
        ),
    };
    let more = html! { a href="#state" { (lang.pick("All of it", "Detalhes")) } };
    let note = html! { (note) " " (more) };
    tile("", lang.pick("State", "Estado"), &badge(mood, value), &[note])
}
