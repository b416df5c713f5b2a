//! The document around the sections.

use maud::{DOCTYPE, Markup, html};

use super::assets::{ICON, PAGE_CSS, PAGE_JS, PLOT_CSS, PLOT_JS};
use super::parts::money;
use super::view::View;
use super::{Lang, errors, forecast, headline, realised, state, versions};

/// How often the page asks whether it is still true, in seconds: the script by a request that
/// is usually answered with 304, a browser without scripts by loading it again.
const ASK_S: u32 = 15;
const RELOAD_S: u32 = 60;

/// The whole page.
pub(crate) fn page(view: &View, lang: Lang) -> String {
    let title = match view.served.as_ref().and_then(|served| served.rows.first()) {
        Some(row) => format!("{} {}", view.symbol, money(lang, view.currency, row.yhat)),
        None => view.symbol.clone(),
    };
    let document = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · PETR4 Forecast" }
                link rel="icon" type="image/svg+xml" href=(ICON.url());
                link rel="stylesheet" href=(PLOT_CSS.url());
                link rel="stylesheet" href=(PAGE_CSS.url());
                script defer src=(PLOT_JS.url()) {}
                script defer src=(PAGE_JS.url()) {}
                noscript { meta http-equiv="refresh" content=(RELOAD_S); }
            }
            body data-ask=(ASK_S) {
                a.skip href="#main" { (lang.pick("Skip to content", "Ir para o conteúdo")) }
                (top(lang))
                p #lost role="status" hidden {
                    (lang.pick(
                        "The service does not answer; this is what it said last.",
                        "O serviço não responde; isto é o que ele disse por último.",
                    ))
                }
                p #news.unseen role="status" data-text=(news(view, lang)) {}
                main #main tabindex="-1" {
                    (headline::section(view, lang))
                    (forecast::section(view, lang))
                    (realised::section(view, lang))
                    (errors::section(view, lang))
                    (versions::section(view, lang))
                    (state::section(view, lang))
                }
                (bottom(view, lang))
            }
        }
    };
    document.into_string()
}

/// What is read aloud when it changes.
fn news(view: &View, lang: Lang) -> String {
    match &view.served {
        Some(served) => match lang {
            Lang::En => format!("Version {} is served.", served.version),
            Lang::Pt => format!("A versão {} está em serviço.", served.version),
        },
        None => lang.pick("No version is served.", "Nenhuma versão está em serviço.").to_owned(),
    }
}

fn top(lang: Lang) -> Markup {
    html! {
        header.top {
            p.brand { "PETR4 Forecast" }
            nav aria-label=(lang.pick("Language and documentation", "Idioma e documentação")) {
                @for other in Lang::ALL {
                    a href={ "/?lang=" (other.code()) } lang=(other.tag()) hreflang=(other.tag())
                        aria-current=[(other == lang).then_some("true")] { (other.name()) }
                }
                a href="/docs" { "API" }
            }
        }
    }
}

fn bottom(view: &View, lang: Lang) -> Markup {
    html! {
        footer {
            p {
                (lang.pick("Times are those of ", "Os horários são de ")) (view.zone.name()) ". "
                (lang.pick(
                    "This is a forecast by a program, not advice to buy or sell.",
                    "Esta é uma previsão de um programa, não um conselho de compra ou venda.",
                ))
            }
        }
    }
}
