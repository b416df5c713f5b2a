//! How it goes with keeping what was forecast, and with scoring it.

use chrono::{DateTime, Utc};
use forecast_monitor::{Level, Report};
use maud::{Markup, html};

use super::super::Lang;
use super::super::errors::not_scored;
use super::super::parts::{Mood, badge};
use super::super::view::View;
use super::fact;

/// The last score of the version that answers.
pub(super) fn score(view: &View, lang: Lang) -> Markup {
    let name = lang.pick("Last score", "Última avaliação");
    let Some(report) = view.report() else { return fact(name, &not_scored(view, lang)) };
    let (mood, text) = match report.level() {
        Level::TooFew => (Mood::Neutral, lang.pick("too few sessions to say", "poucos pregões")),
        Level::Ok => (Mood::Good, lang.pick("within limits", "dentro dos limites")),
        Level::Warn => (Mood::Warn, lang.pick("warning", "aviso")),
        Level::Alert => (Mood::Bad, lang.pick("alert", "alerta")),
    };
    let at = report.scored_at;
    fact(
        name,
        &html! {
            (badge(mood, text)) " "
            time datetime=(at.to_rfc3339()) { (lang.instant(at, view.zone)) }
            @if let Some(through) = report.through {
                (lang.pick(", closes through ", ", fechamentos até ")) (lang.date(through))
            }
            (left_out(report, lang))
        },
    )
}

/// What could not be scored, by reason.
fn left_out(report: &Report, lang: Lang) -> Markup {
    let counts = report.left_out.by_reason().into_iter().filter(|(_, n)| *n != 0);
    let counts: Vec<String> = counts
        .map(|(reason, n)| format!("{} {}", lang.number(n as f64, 0), because(reason, lang)))
        .collect();
    html! {
        @if !counts.is_empty() {
            p.why { (lang.pick("Not scored: ", "Fora da avaliação: ")) (counts.join(", ")) "." }
        }
    }
}

fn because(reason: &str, lang: Lang) -> &str {
    match reason {
        "asked" => lang.pick("asked for with a date", "pedidas com data"),
        "duplicate" => lang.pick("issued before", "já emitidas antes"),
        "not_live" => lang.pick("issued after the close", "emitidas após o fechamento"),
        "clock_wrong" => lang.pick("by a wrong clock", "com relógio errado"),
        "not_finite" => lang.pick("not a price", "que não são preço"),
        "awaiting" => lang.pick("awaiting their close", "à espera do fechamento"),
        "no_close" => lang.pick("without a close", "sem fechamento"),
        "no_origin_close" => lang.pick("without a close to begin at", "sem fechamento inicial"),
        "anchors_disagree" => lang.pick("by other prices", "com outros preços"),
        "anchors_unseen" => lang.pick("by prices not seen again", "com preços não revistos"),
        other => other,
    }
}

/// The record of what was forecast.
pub(super) fn kept(view: &View, lang: Lang) -> Markup {
    let name = lang.pick("Forecasts kept", "Previsões guardadas");
    if !view.board.is_on {
        return fact(
            name,
            &html! { (lang.pick(
                "none: monitor.enabled is false",
                "nenhuma: monitor.enabled é false",
            )) },
        );
    }
    let number = |n: u64| lang.number(n as f64, 0);
    let stats = view.recorder.as_ref();
    let lost = stats.map_or(0, |stats| stats.lost);
    let why = stats.filter(|stats| stats.failing_since.is_some());
    let why = why.and_then(|stats| stats.last_error.as_ref());
    fact(
        name,
        &html! {
            @match &view.board.spool {
                Some(spool) => {
                    (number(spool.kept)) (lang.pick(" on disk, ", " em disco, "))
                    (number(spool.pending))
                    (lang.pick(" wait for MLflow or their day", " esperam o MLflow ou seu dia"))
                    @if spool.corrupt != 0 {
                        " " (badge(Mood::Warn, &format!(
                            "{} {}", number(spool.corrupt), lang.pick("unreadable", "ilegíveis")
                        )))
                    }
                }
                None => { (lang.pick("not looked at yet", "ainda não verificado")) }
            }
            @if lost != 0 {
                " " (badge(Mood::Bad, &format!("{} {}", number(lost), lang.pick("lost", "perdidas"))))
            }
            @if let Some(error) = why {
                p.why lang="en" { (badge(Mood::Warn, lang.pick("failing", "falhando"))) " " (error.message) }
            }
        },
    )
}

/// What MLflow has of it, and where.
pub(super) fn mlflow(view: &View, lang: Lang) -> Markup {
    let url = view.served.as_ref().and_then(|served| view.run_url(served.version));
    let since: Option<DateTime<Utc>> = view.board.delivered_at.map(Into::into);
    html! {
        @if let Some(why) = &view.board.failure {
            (fact("MLflow", &html! {
                (badge(Mood::Warn, lang.pick("behind", "atrasado")))
                @if let Some(since) = since {
                    (lang.pick(" It had everything at ", " Estava em dia em "))
                    time datetime=(since.to_rfc3339()) { (lang.instant(since, view.zone)) } "."
                }
                p.why lang="en" { (why) }
            }))
        } @else if let Some(url) = url {
            (fact("MLflow", &html! {
                a href=(url) rel="noreferrer" {
                    (lang.pick("The run of this version", "A execução desta versão"))
                }
            }))
        }
    }
}
