//! The error by horizon, beside that of repeating the last close.

use forecast_monitor::{Alert, Band, BandReport, Level, Report, Scores, What};
use maud::{Markup, html};

use super::Lang;
use super::chart::{Column, Columns};
use super::parts::{Mood, badge, card, missing, with_currency};
use super::view::View;

/// Alerts that are shown; there are a few kinds for each of five bands.
const ALERTS_MAX: usize = 12;

pub(super) fn section(view: &View, lang: Lang) -> Markup {
    let title = lang.pick("Error by horizon", "Erro por horizonte");
    let Some(report) = view.report() else {
        return card("errors", title, &html! {}, &missing(&not_scored(view, lang)));
    };
    if report.bands.iter().all(|band| band.scores.is_none()) {
        let text = html! { (lang.pick(
            "Scored, and no forecast of this version has a close yet.",
            "Avaliada, e nenhuma previsão desta versão tem fechamento ainda.",
        )) };
        return card("errors", title, &html! {}, &missing(&text));
    }
    let content = html! {
        (alerts(view, report, lang))
        div.beside {
            (columns(view, report, lang).figure(lang))
            div.scroll tabindex="0" role="region" aria-label=(lang.pick("Errors as a table", "Erros em tabela")) { (table(report, lang)) }
        }
    };
    card("errors", title, &intro(report, lang), &content)
}

/// What is missing where a score would be, and what to do.
pub(super) fn not_scored(view: &View, lang: Lang) -> Markup {
    html! {
        @match &view.served {
            Some(served) => { (match lang {
                Lang::En => format!("No score of version {} yet: run ", served.version),
                Lang::Pt => format!("Ainda não há avaliação da versão {}: rode ", served.version),
            }) }
            None => { (lang.pick("No score yet: run ", "Ainda não há avaliação: rode ")) }
        }
        code { "trainer score" } "."
    }
}

fn intro(report: &Report, lang: Lang) -> Markup {
    let n = report.window_sessions;
    let scored = report.bands.iter().filter_map(|band| band.scores?.mase);
    let (n_scored, n_better) = (scored.clone().count(), scored.filter(|mase| *mase < 1.0).count());
    let through = report.through.map(|date| lang.date(date));
    html! {
        p {
            (match lang {
                Lang::En => format!("The last {n} sessions with a close"),
                Lang::Pt => format!("Os últimos {n} pregões com fechamento"),
            })
            @if let Some(through) = through { (lang.pick(", through ", ", até ")) (through) }
            ". "
            (match lang {
                Lang::En => format!(
                    "The forecast was better than repeating the last close at {n_better} of {n_scored} horizons."
                ),
                Lang::Pt => format!(
                    "A previsão foi melhor que repetir o último fechamento em {n_better} de {n_scored} horizontes."
                ),
            })
        }
    }
}

fn columns(view: &View, report: &Report, lang: Lang) -> Columns {
    let groups = report.bands.iter().filter_map(|band| {
        let scores = band.scores?;
        Some(Column {
            label: horizon(band.band),
            ours: scores.mae,
            naive: scores.naive_mae,
            limit: band.limits.map(forecast_monitor::Limits::warn),
        })
    });
    Columns {
        id: "errors-chart",
        title: lang
            .pick(
                "Mean absolute error by sessions ahead",
                "Erro absoluto médio por pregões à frente",
            )
            .to_owned(),
        below: lang.pick("sessions ahead", "pregões à frente"),
        ours: lang.pick("Forecast", "Previsão"),
        naive: lang.pick("Last close", "Último fechamento"),
        limit: lang.pick("Limit of its backtest", "Limite do backtest"),
        unit: view.currency,
        groups: groups.collect(),
    }
}

/// The sessions ahead of a band: `1`, `2–5`.
pub(super) fn horizon(band: Band) -> String {
    let (from, to) = (band.from(), band.to());
    if from == to { from.to_string() } else { format!("{from}–{to}") }
}

fn table(report: &Report, lang: Lang) -> Markup {
    html! {
        table.scores {
            thead { tr {
                th scope="col" { (lang.pick("Sessions ahead", "Pregões à frente")) }
                th scope="col" { (lang.pick("Forecast", "Previsão")) }
                th scope="col" { (lang.pick("Last close", "Último fech.")) }
                th scope="col" { abbr title=(lang.pick(
                    "The forecast's error divided by that of repeating the last close: below 1 is better.",
                    "O erro da previsão dividido pelo de repetir o último fechamento: abaixo de 1 é melhor.",
                )) { "MASE" } }
                th scope="col" { (lang.pick("In band", "Na banda")) }
                th.count scope="col" { abbr title=(lang.pick(
                    "Forecasts that have a close, several of a session.",
                    "Previsões que têm fechamento, várias de um pregão.",
                )) { "n" } }
                th.limit scope="col" { abbr title=(lang.pick(
                    "The error from which on its backtest makes a warning of it.",
                    "O erro a partir do qual o backtest faz dele um aviso.",
                )) { (lang.pick("Limit", "Limite")) } }
                th scope="col" { (lang.pick("State", "Estado")) }
            } }
            tbody { @for band in &report.bands { (row(band, lang)) } }
        }
    }
}

fn row(band: &BandReport, lang: Lang) -> Markup {
    let none = || "–".to_owned();
    let cell = |value: fn(&Scores) -> Option<f64>, write: &dyn Fn(f64) -> String| {
        band.scores.as_ref().and_then(value).map_or_else(none, write)
    };
    let price = |value| lang.error(value);
    let coverage = |value| lang.percent(value);
    let promised = band.scores.and_then(|scores| scores.interval_width);
    html! {
        tr {
            th scope="row" { (horizon(band.band)) }
            td { (cell(|it| Some(it.mae), &price)) }
            td { (cell(|it| Some(it.naive_mae), &price)) }
            td { (cell(|it| it.mase, &|value| lang.number(value, 2))) }
            td title=[promised.map(|width| format!("{} {}", lang.pick("promised:", "prometido:"), lang.percent(width)))] {
                (cell(|it| it.coverage, &coverage))
            }
            td.count { (band.scores.map_or_else(none, |it| it.n.to_string())) }
            td.limit { (band.limits.map_or_else(none, |it| lang.error(it.warn()))) }
            td { (level(band, lang)) }
        }
    }
}

fn level(band: &BandReport, lang: Lang) -> Markup {
    let (mood, text) = match band.level {
        Level::TooFew => (Mood::Neutral, lang.pick("too few", "poucos")),
        Level::Ok => (Mood::Good, lang.pick("in order", "em ordem")),
        Level::Warn => (Mood::Warn, lang.pick("warning", "aviso")),
        Level::Alert => (Mood::Bad, lang.pick("alert", "alerta")),
    };
    badge(mood, text)
}

fn alerts(view: &View, report: &Report, lang: Lang) -> Markup {
    html! {
        @if !report.alerts.is_empty() {
            ul.alerts {
                @for alert in report.alerts.iter().take(ALERTS_MAX) {
                    li {
                        @if alert.level == Level::Alert {
                            (badge(Mood::Bad, lang.pick("alert", "alerta")))
                        } @else {
                            (badge(Mood::Warn, lang.pick("warning", "aviso")))
                        }
                        " " (sentence(view, alert, lang))
                    }
                }
            }
        }
    }
}

/// What is beyond its limit, from its numbers, since its own sentence is in English.
fn sentence(view: &View, alert: &Alert, lang: Lang) -> String {
    let at = alert.band.map(horizon).map(|horizon| match lang {
        Lang::En => format!("At {horizon} sessions "),
        Lang::Pt => format!("A {horizon} pregões, "),
    });
    let at = at.unwrap_or_default();
    let (value, limit) = (alert.value, alert.limit);
    let number = |value| lang.number(value, 2);
    let money = |value| with_currency(view.currency, &lang.error(value));
    match (alert.what, lang) {
        (What::Mae, Lang::En) => {
            format!("{at}the error is {}, above its limit of {}.", money(value), money(limit))
        }
        (What::Mae, Lang::Pt) => {
            format!("{at}o erro é {}, acima do limite de {}.", money(value), money(limit))
        }
        (What::Mase, Lang::En) => format!(
            "{at}the error is {} times that of repeating the last close; the limit is {}.",
            number(value),
            number(limit)
        ),
        (What::Mase, Lang::Pt) => format!(
            "{at}o erro é {} vezes o de repetir o último fechamento; o limite é {}.",
            number(value),
            number(limit)
        ),
        (What::Coverage, Lang::En) => format!(
            "{at}the band held {} of the closes; the limit is {}.",
            lang.percent(value),
            lang.percent(limit)
        ),
        (What::Coverage, Lang::Pt) => format!(
            "{at}a banda conteve {} dos fechamentos; o limite é {}.",
            lang.percent(value),
            lang.percent(limit)
        ),
        (What::TrackingSignal, Lang::En) => format!(
            "{at}the errors lie to one side: tracking signal {}, limit {}.",
            number(value),
            number(limit)
        ),
        (What::TrackingSignal, Lang::Pt) => format!(
            "{at}os erros pendem para um lado: sinal de rastreamento {}, limite {}.",
            number(value),
            number(limit)
        ),
        (What::Closes, Lang::En) => format!(
            "No closes for {} sessions: the data is late, not the model.",
            lang.number(value, 0)
        ),
        (What::Closes, Lang::Pt) => format!(
            "Sem fechamentos há {} pregões: faltam os dados, não o modelo.",
            lang.number(value, 0)
        ),
        _ => alert.sentence.clone(),
    }
}
