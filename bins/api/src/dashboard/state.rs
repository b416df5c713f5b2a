//! What stands between the registry's wish and what is served.

mod record;

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use registry_watcher::Cause;

use super::Lang;
use super::parts::{Mood, badge, card};
use super::view::View;

/// Refused versions that are named; the rest is at `/model`.
const REFUSED_MAX: usize = 5;

pub(super) fn section(view: &View, lang: Lang) -> Markup {
    let content = html! {
        dl.facts {
            (registry(view, lang))
            (loading(view, lang))
            (rivals(view, lang))
            (refused(view, lang))
            (copy(view, lang))
            (record::score(view, lang))
            (record::kept(view, lang))
            (record::mlflow(view, lang))
        }
    };
    card("state", lang.pick("State", "Estado"), &html! {}, &content)
}

/// Why nothing is served, and what to do.
pub(super) fn why_nothing(view: &View, lang: Lang) -> Markup {
    if let Some(loading) = view.status.loading {
        let version = loading.version;
        return html! { (lang.pick("Being loaded: version ", "Carregando: versão ")) (version) "." };
    }
    let Some(degraded) = &view.status.degraded else {
        return html! { (lang.pick(
            "The registry has not been asked yet.",
            "O registro ainda não foi consultado.",
        )) };
    };
    html! {
        (cause(degraded.cause, lang))
        @if degraded.cause == Cause::NothingSelected {
            " " (lang.pick("Train and promote one:", "Treine e promova uma:")) " "
            code { "trainer --promote Production" }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn registry(view: &View, lang: Lang) -> Markup {
    let name = lang.pick("Registry", "Registro");
    let Some(degraded) = &view.status.degraded else {
        let text = match view.status.stepped_at {
            Some(_) => badge(Mood::Good, lang.pick("answers", "responde")),
            None => badge(Mood::Neutral, lang.pick("not asked yet", "ainda não consultado")),
        };
        return fact(name, &text);
    };
    let since: DateTime<Utc> = degraded.since.into();
    fact(
        name,
        &html! {
            (badge(Mood::Warn, lang.pick("degraded", "degradado")))
            " " (cause(degraded.cause, lang)) " "
            (lang.pick("Since ", "Desde "))
            time datetime=(since.to_rfc3339()) { (lang.instant(since, view.zone)) } "."
            p.why lang="en" { (degraded.why) }
        },
    )
}

fn cause(cause: Cause, lang: Lang) -> &'static str {
    match cause {
        Cause::NothingSelected => lang.pick(
            "The registry names no version to serve.",
            "O registro não indica nenhuma versão.",
        ),
        Cause::ArtifactsUnreachable => lang.pick(
            "The version's files cannot be fetched.",
            "Os arquivos da versão não podem ser lidos.",
        ),
        Cause::Superseded => lang.pick(
            "The registry's choice changed during a load; the new one is next.",
            "A escolha do registro mudou durante a carga; a nova é a próxima.",
        ),
        Cause::Refused => lang.pick(
            "The version that the registry names is refused.",
            "A versão que o registro indica foi recusada.",
        ),
        _ => lang.pick("The registry does not answer.", "O registro não responde."),
    }
}

fn loading(view: &View, lang: Lang) -> Markup {
    html! {
        @if let Some(loading) = view.status.loading {
            (fact(lang.pick("Being loaded", "Carregando"), &html! {
                (lang.pick("version ", "versão ")) (loading.version)
            }))
        }
        @if let Some(staged) = view.status.staged {
            @let until: DateTime<Utc> = staged.until.into();
            (fact(lang.pick("Waiting", "Aguardando"), &html! {
                (lang.pick("version ", "versão ")) (staged.version)
                (lang.pick(" is served from ", " entra em serviço em "))
                time datetime=(until.to_rfc3339()) { (lang.instant(until, view.zone)) }
            }))
        }
    }
}

fn rivals(view: &View, lang: Lang) -> Markup {
    let rivals: Vec<String> = view.status.rivals.iter().map(ToString::to_string).collect();
    html! {
        @if !rivals.is_empty() {
            (fact(lang.pick("Also in the stage", "Também no estágio"), &html! {
                (lang.pick("version ", "versão ")) (rivals.join(", "))
            }))
        }
    }
}

fn refused(view: &View, lang: Lang) -> Markup {
    let newest_first = view.status.refused.iter().rev().take(REFUSED_MAX);
    html! {
        @if view.status.refused.is_empty() {
            (fact(lang.pick("Refused versions", "Versões recusadas"), &html! {
                (lang.pick("none", "nenhuma"))
            }))
        } @else {
            (fact(lang.pick("Refused versions", "Versões recusadas"), &html! {
                ul { @for refusal in newest_first {
                    li {
                        (badge(Mood::Warn, &format!(
                            "{} {}", lang.pick("version", "versão"), refusal.version
                        )))
                        p.why lang="en" { (refusal.reason) }
                    }
                } }
            }))
        }
    }
}

fn copy(view: &View, lang: Lang) -> Markup {
    html! {
        @if let Some(why) = &view.status.copy_failure {
            (fact(lang.pick("Copy on disk", "Cópia em disco"), &html! {
                (badge(Mood::Warn, lang.pick("none", "nenhuma")))
                p.why lang="en" { (why) }
            }))
        }
    }
}
