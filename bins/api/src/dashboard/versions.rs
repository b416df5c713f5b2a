//! Which version was served from when on, and why it changed.

use maud::{Markup, html};

use super::Lang;
use super::errors::horizon;
use super::parts::{card, missing};
use super::view::View;

/// The band by which versions are compared here, as a place in a report: a week ahead.
const WEEK_IDX: usize = 1;

pub(super) fn section(view: &View, lang: Lang) -> Markup {
    let title = lang.pick("Versions in service", "Versões em serviço");
    if view.changes.is_empty() {
        let text = html! { (lang.pick(
            "No version has been served yet.",
            "Nenhuma versão esteve em serviço ainda.",
        )) };
        return card("versions", title, &html! {}, &missing(&text));
    }
    let rows = html! {
        ol.changes {
            @for (idx, change) in view.changes.iter().enumerate() {
                li {
                    span.version { (lang.pick("Version ", "Versão ")) (change.version) }
                    @if idx == 0 { " " span.now { (lang.pick("now", "agora")) } }
                    p { (reason(&change.reason, lang)) }
                    p.note {
                        (lang.pick("from ", "desde "))
                        time datetime=(change.at.to_rfc3339()) { (lang.instant(change.at, view.zone)) }
                    }
                    (score(view, change.version, lang))
                }
            }
        }
    };
    card("versions", title, &html! {}, &rows)
}

/// How it did, in a line, and where there is more.
fn score(view: &View, version: u32, lang: Lang) -> Markup {
    let report = view.board.report(version);
    let band = report.and_then(|report| report.bands.get(WEEK_IDX));
    let scores = band.and_then(|band| Some((band.band, band.scores?)));
    let link = view.run_url(version);
    html! {
        @if scores.is_some() || link.is_some() {
            p.note {
                @if let Some((band, scores)) = scores {
                    (lang.pick("error ", "erro ")) strong { (lang.error(scores.mae)) }
                    @if let Some(mase) = scores.mase { ", MASE " strong { (lang.number(mase, 2)) } }
                    (match lang {
                        Lang::En => format!(" at {} sessions", horizon(band)),
                        Lang::Pt => format!(" a {} pregões", horizon(band)),
                    })
                }
                @if scores.is_some() && link.is_some() { " · " }
                @if let Some(url) = link {
                    a href=(url) rel="noreferrer" { (lang.pick("MLflow run", "Execução no MLflow")) }
                }
            }
        }
    }
}

/// Why a version began to be served.
fn reason(reason: &str, lang: Lang) -> &str {
    match reason {
        "first" => lang
            .pick("The first since the service started.", "A primeira desde o início do serviço."),
        "promoted" => lang.pick(
            "Promoted: the registry chose a newer version.",
            "Promovida: o registro escolheu uma versão mais nova.",
        ),
        "rolled_back" => lang.pick(
            "Rolled back: the registry chose an older version.",
            "Revertida: o registro escolheu uma versão mais antiga.",
        ),
        "replaced" => lang.pick(
            "Replaced: the same number now has other files.",
            "Substituída: o mesmo número tem agora outros arquivos.",
        ),
        "last_good" => lang.pick(
            "The copy on disk, while the registry's choice could not be served.",
            "A cópia em disco, enquanto a escolha do registro não podia entrar em serviço.",
        ),
        other => other,
    }
}
