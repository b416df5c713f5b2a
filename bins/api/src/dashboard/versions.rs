//! Which version was served from when on, and why it changed.

use maud::{Markup, html};

use super::Lang;
use super::parts::{card, missing};
use super::view::View;

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
                }
            }
        }
    };
    card("versions", title, &html! {}, &rows)
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
